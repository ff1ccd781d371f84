"""Lists of cases: mine, and for auditors, operators and administrators all of them, with filters in the address bar and as CSV."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from api.pages.counts import counts
from api.pages.frame import moment, zone
from api.pages.listing import next_url, rows_only, text
from api.pages.words.cases import CASES, case_sign
from api.security import current, needs
from engine import worklist
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import Fault
from engine.permissions import Actor
from engine.worklist import Filter

AMOUNT = re.compile(r"[-+]?[0-9]{1,17}(\.[0-9]{1,6})?")
blueprint = Blueprint("cases", __name__)
PAGE = 30
STATES = tuple(name for name in CASES if name != "completed")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  #: what a spreadsheet may take for a formula


@blueprint.get("/mine")
@needs("instance.read")
def mine() -> ResponseReturnValue:
    """What I have submitted, newest first."""
    wanted = Filter(initiator=current().key, words=text("q") or None)
    with transaction() as session:
        page = worklist.cases(session, current(), wanted, limit=PAGE, after=text("after", 500) or None)
        shown = {"now": read_clock(session), "counts": counts(session)}
    more = next_url("cases.mine", page.after)
    return render_template("cases_rows.html" if rows_only() else "mine.html", rows=page.rows, q=wanted.words or "", more=more, **shown)


@blueprint.get("/cases")
@needs("instance.read_all")
def index() -> ResponseReturnValue:
    """All cases, filtered as the address says; a filter that cannot be read is told and left out."""
    wanted, faults = asked()
    with transaction() as session:
        page = worklist.cases(session, current(), wanted, limit=PAGE, after=text("after", 500) or None)
        shown = {"now": read_clock(session), "running": running(session)}
    more = next_url("cases.index", page.after)
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "after" and value}
    return render_template(
        "cases_rows.html" if rows_only() else "cases.html", rows=page.rows, more=more, faults=faults, states=STATES, asked=request.args,
        csv=url_for("cases.export", **kept), filtered=bool(kept), **shown,
    )  # fmt: skip


def running(session: Session) -> dict[str, Any]:
    """Return how many cases run and since when the oldest does."""
    row = session.execute(sql("SELECT count(*) AS number, min(started_at) AS oldest FROM process_instance WHERE status = 'running'")).one()
    return {"number": row.number, "oldest": row.oldest}


def asked() -> tuple[Filter, list[Fault]]:
    """Return the filter of the address, and a fault for each part that cannot be read."""
    faults: list[Fault] = []
    state = text("state")
    values: dict[str, Any] = {"words": text("q") or None, "person": text("person") or None}
    if state in ("approve", "reject"):
        values["outcome"] = state
    elif state in STATES:
        values["status"] = state
    for name, field in (("since", "from"), ("until", "to")):
        values[name] = day(text(field), faults, later=name == "until")
    for name in ("least", "most"):
        values[name] = amount(text(name), faults)
    return Filter(**values), faults


def day(value: str, faults: list[Fault], *, later: bool) -> datetime | None:
    """Return the beginning of a day in the installation's zone (of the next day with `later`) in UTC."""
    if not value:
        return None
    try:
        found = date.fromisoformat(value) + timedelta(days=1 if later else 0)
        return datetime(found.year, found.month, found.day, tzinfo=zone()).astimezone(UTC)
    except (ValueError, OverflowError):
        faults.append(
            Fault("date-invalid", f"日期应写作 2026-11-22，“{value}”没有用上", f"A date is written 2026-11-22; “{value}” was left out")
        )
        return None


def amount(value: str, faults: list[Fault]) -> str | None:
    """Return an amount as the database reads it; thousands may be grouped."""
    if not value:
        return None
    written = value.replace(",", "").replace("，", "").strip()
    if AMOUNT.fullmatch(written):  # read as it is written: an exponent could ask for a gigabyte of digits
        return written.removeprefix("+")
    faults.append(Fault("amount-invalid", f"“{value}”不是金额，没有用上", f"“{value}” is no amount and was left out"))
    return None


@blueprint.get("/cases.csv")
@needs("instance.read_all")
def export() -> Response:
    """The same list as CSV, a page at a time, so that any length needs little memory. Begins with a BOM for spreadsheets."""
    wanted, _faults = asked()
    response = Response(stream_with_context(lines(current(), wanted)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"cases-{datetime.now(zone()):%Y%m%d-%H%M}.csv")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def lines(actor: Actor, wanted: Filter) -> Iterator[str]:
    """Give the CSV in pieces."""
    heads = (
        _("单号"),
        _("事项"),
        _("流程"),
        _("状态"),
        _("币种"),
        _("金额"),
        _("发起人"),
        _("部门"),
        _("提交时间"),
        _("结束时间"),
        _("当前环节"),
    )
    yield "\ufeff" + written(list(heads))
    after: str | None = None
    while True:
        with transaction() as session:
            page = worklist.cases(session, actor, wanted, limit=worklist.MAX_PAGE, after=after)
        yield "".join(written(cells(row)) for row in page.rows)
        after = page.after
        if after is None:
            return


def cells(row: Row[Any]) -> list[str]:
    """Return one case as texts."""
    return [
        row.business_key, row.title or "", f"{row.definition_name or row.definition_key} v{row.version}", str(case_sign(row.status, row.outcome).label),
        row.currency or "", f"{row.amount:.2f}" if row.amount is not None else "", row.initiator_name or row.initiator or "",
        row.initiator_department or "", moment(row.started_at), moment(row.ended_at) if row.ended_at else "", row.waiting_at or "",
    ]  # fmt: skip


def written(values: list[str]) -> str:
    """Return one line of CSV in which no text can act as a formula of a spreadsheet."""
    memory = io.StringIO()
    csv.writer(memory).writerow([harmless(value) for value in values])
    return memory.getvalue()


def harmless(value: str) -> str:
    """Return a text that a spreadsheet shows as it is; numbers stay numbers."""
    if not value.startswith(FORMULA):
        return value
    try:
        Decimal(value)
        return value
    except InvalidOperation:
        return f"'{value}"
