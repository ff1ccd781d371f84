"""The organisation of an office system beside ours, for administrators: fetched, compared, looked at, applied; and who must hand over."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from api import connections
from api.pages.connections import reached
from api.pages.listing import text
from api.pages.once import once, said
from api.pages.organisation import in_words
from api.security import current, needs
from engine import directory
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import Fault, InvalidContent
from engine.oa.opening import serves
from models.desk import OaDirectory
from models.oa import OaConnection

blueprint = Blueprint("directory_page", __name__, url_prefix="/directory")
SHOWN = 300  #: changes
REFRESH = 2


@blueprint.get("")
@needs("connection.manage")
def index() -> ResponseReturnValue:
    """What would change, of one connection that knows people."""
    return page([], 200)


def page(faults: list[Fault], status: int, key: str | None = None) -> ResponseReturnValue:
    """Render the comparison; of the first connection with contacts where none is named."""
    with transaction() as session:
        able = [row for row in connections.every(session) if knows_people(row)]
        wanted = key or text("connection") or (able[0].key if able else "")
        due = directory.leavers(session)
        if not wanted:
            return render_template("directory.html", connections=[], leavers=due, faults=faults), status
        row = connections.find(session, wanted)
        kept = session.get(OaDirectory, row.key)
        found = directory.compare(session, row.key)
        shown = {
            "row": row, "kept": kept, "busy": directory.is_wanted(kept), "changes": found.changes[:SHOWN], "number": len(found.changes), "left": found.left,
            "unplaced": found.unplaced, "doubles": found.doubles, "wrong": found.faults, "now": read_clock(session), "on": serves(row, "people"),
            "able": row in able,
        }  # fmt: skip
        session.expunge_all()
    partly = request.headers.get("HX-Request") == "true"
    return render_template(
        "directory_differences.html" if partly else "directory.html", connections=able, leavers=due, faults=faults, said=in_words, refresh=REFRESH, **shown
    ), status  # fmt: skip


def knows_people(row: OaConnection) -> bool:
    """Tell whether an office system can list its people."""
    connector = reached(row)[1]
    return connector is not None and connector.capabilities().contacts


def answered(key: str, work: Any, text_of: Any) -> ResponseReturnValue:
    """Do it once and lead back; a refusal is the page with the reasons."""
    found: list[Any] = []

    def inside(session: Session) -> str:
        found.append(work(session))
        return url_for("directory_page.index", connection=key)

    try:
        answer = once(inside)
        return said(answer, text_of(found[0])) if found else answer
    except InvalidContent as error:
        return page(error.faults, 422, key)


@blueprint.post("/<key>/fetch")
@needs("connection.manage")
def fetch(key: str) -> ResponseReturnValue:
    """Have the contacts read by a worker; nothing of ours is changed."""
    return answered(key, lambda session: directory.want(session, key), lambda _found: _("正在读通讯录，读完就列出不同之处。"))


@blueprint.post("/<key>/apply")
@needs("connection.manage")
def apply(key: str) -> ResponseReturnValue:
    """Bring our organisation to what was read."""
    return answered(
        key, lambda session: directory.apply(session, key, by=current()),
        lambda found: _("已应用 %(n)s 项变更，%(m)s 人停用。", n=found.changes, m=len(found.left)),
    )  # fmt: skip


@blueprint.post("/<key>/nightly")
@needs("connection.manage")
def nightly(key: str) -> ResponseReturnValue:
    """Say whether that is done each night."""
    on = request.form.get("nightly") == "true"
    return answered(
        key,
        lambda session: connections.set_nightly(session, key, on),
        lambda _found: _("每天夜里自动同步。") if on else _("不再自动同步。"),
    )
