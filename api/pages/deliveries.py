"""What went to office systems, for administrators: searched, opened with everything that was said, and sent again."""

from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.pages.cases import day
from api.pages.listing import next_url, rows_only, text
from api.pages.once import once, said
from api.security import current, needs
from engine import deliveries
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.deliveries import resending, searching
from engine.errors import Fault, InvalidVariables, Refused
from engine.oa.masking import masked
from models.oa import DELIVERY_STATES, OaConnection

blueprint = Blueprint("deliveries_page", __name__, url_prefix="/deliveries")
PAGE = 30
REFRESH = 2  #: seconds between two looks at the progress


@blueprint.get("")
@needs("connection.manage")
def index() -> ResponseReturnValue:
    """Deliveries, newest first, filtered as the address says."""
    return page([], 200)


def page(faults: list[Fault], status: int) -> ResponseReturnValue:
    """Render the list."""
    wanted = searching.Wanted(
        text("connection"), text("state"), text("case"), text("error"), day(text("from"), faults, later=False), day(text("to"), faults, later=True)
    )  # fmt: skip
    with transaction() as session:
        found = searching.search(session, wanted, limit=PAGE, after=text("after", 500) or None)
        shown = {
            "rows": found.rows, "now": read_clock(session), "counts": searching.counts(session), "names": names(session),
            "recent": [each for each in resending.recent(session, 3) if not each.over],
        }  # fmt: skip
    kept = {name: value for name, value in request.args.items() if name != "after" and value}
    return render_template(
        "deliveries_rows.html" if rows_only() else "deliveries.html", more=next_url("deliveries_page.index", found.after), asked=request.args,
        filtered=bool(kept), faults=faults, states=("failed", "waiting", *DELIVERY_STATES), most=resending.MOST, **shown,
    ), status  # fmt: skip


def names(session: Session) -> dict[str, str]:
    """Return the names of all connections by their keys."""
    return {row.key: row.name for row in session.execute(select(OaConnection.key, OaConnection.name).order_by(OaConnection.key))}


@blueprint.get("/<uuid:instance_id>/<connection>/<int:version>")
@needs("connection.manage")
def show(instance_id: UUID, connection: str, version: int) -> ResponseReturnValue:
    """One delivery: snapshot, receipt, and every request with its answer."""
    with transaction() as session:
        row, exchanges = searching.one(session, instance_id, connection, version)
        now = read_clock(session)
    return render_template(
        "delivery.html",
        row=row,
        exchanges=exchanges,
        now=now,
        snapshot=pretty(row.snapshot),
        receipt=pretty(row.receipt),
        tasks=row.snapshot["tasks"],
    )


def pretty(value: Any) -> str:
    """Return JSON for people to read, with what is secret in it masked."""
    return "" if value is None else masked(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode(), ())


@blueprint.get("/exchanges/<uuid:exchange_id>")
@needs("connection.manage")
def exchange(exchange_id: UUID) -> ResponseReturnValue:
    """One request and its answer, by the number that alerts and errors name."""
    with transaction() as session:
        row = searching.exchange(session, exchange_id)
    return render_template("exchange.html", row=row)


@blueprint.post("/resend")
@needs("connection.manage")
def resend() -> ResponseReturnValue:
    """Send again what was chosen, or all that failed at a connection."""

    def work(session: Session) -> str:
        every = request.form.get("all", "").replace("\0", "")
        made = resending.ask_for_all(session, every, by=current()) if every else resending.ask_for(session, chosen(), by=current())
        return url_for("deliveries_page.progress", resend_id=made)

    try:
        return said(once(work), _("已开始重新发送。关掉这个页面也会继续。"))
    except Refused:
        zh = "没有可以重新发送的：已在发送、已送出，或连接已停用"
        return page([Fault("refused", zh, "There is nothing to send again: it is being sent, was sent, or the connection is off")], 409)
    except InvalidVariables as error:
        return page(error.faults, 422)


@blueprint.post("/hurry")
@needs("connection.manage")
def hurry() -> ResponseReturnValue:
    """Try again at once what is put off at a connection."""
    key = request.form.get("connection", "").replace("\0", "")
    found: list[int] = []

    def work(session: Session) -> str:
        found.append(deliveries.hurry(session, key))
        return url_for("deliveries_page.index", connection=key)

    answer = once(work)
    return said(answer, _("%(n)s 条正在立即重试。", n=found[0])) if found else answer


def chosen() -> list[tuple[UUID, str]]:
    """Return the cases that were ticked, each with its connection."""
    found = []
    for value in request.form.getlist("delivery"):
        case, _colon, connection = value.replace("\0", "").partition(":")
        try:
            found.append((UUID(case), connection))
        except ValueError:
            continue
    if not found:
        raise InvalidVariables([Fault("nothing-chosen", "请先勾选要重新发送的记录", "Choose what to send again first")])
    return found


@blueprint.get("/resends/<uuid:resend_id>")
@needs("connection.manage")
def progress(resend_id: UUID) -> ResponseReturnValue:
    """How far a wish to send again has come; the page looks again by itself until it is over."""
    with transaction() as session:
        found = resending.progress(session, resend_id)
        shown = {"progress": found, "names": names(session), "now": read_clock(session)}
    partly = request.headers.get("HX-Request") == "true"
    return render_template("resend_progress.html" if partly else "resend.html", refresh=REFRESH, **shown)
