"""Office systems compared with us (对账), for operators: what differs, since when, and what is done about it, one by one or many at once."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from api.callbacks import connectors
from api.pages.listing import next_url, rows_only, text
from api.pages.once import once, said
from api.rest.conventions import place_of
from api.security import current, needs
from engine import reconciliation as room
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import Fault, InvalidContent, NotFound, Refused
from engine.permissions import allows
from engine.reconciliation import listing

blueprint = Blueprint("reconciliation_page", __name__, url_prefix="/reconciliation")
PAGE = 30
MOST = 200  #: differences of one press
ACTS: dict[str, room.Act] = {"ours": "ours", "push": "push", "ignore": "ignore"}
REASONS = {
    "the difference is resolved": Fault("refused", "这条差异已经有人处理了", "Somebody has dealt with this difference already"),
    "only the office system has it": Fault(
        "refused",
        "只有对方才有这一条，重新推送改变不了它；请“以本系统为准”来关闭",
        "Only the office system has this: pushing again does not change it; take ours to close it",
    ),
    "a reason is needed": Fault("refused", "请写明原因", "A reason is needed"),
    "the connection is not compared": Fault("refused", "这个连接已停用，或不能对账", "This connection is off, or cannot be compared"),
}


@blueprint.get("")
@needs("incident.read")
def index() -> ResponseReturnValue:
    """Open differences, newest first; with `state=resolved` those that were dealt with."""
    return page([], 200)


def page(faults: list[Fault], status: int, typed: UUID | str | None = None) -> ResponseReturnValue:
    """Render the list, with what was refused and the form that was typed into left open."""
    done = request.args.get("state") == "resolved"
    wanted = listing.Wanted(text("connection"), text("kind"), text("case"), resolved=done)
    after = place_of(text("after") or None)
    with transaction() as session:
        rows = listing.search(session, wanted, limit=PAGE + 1, after=after)
        shown: dict[str, Any] = {"compared": listing.compared(session), "now": read_clock(session)}
    found = rows[:PAGE]
    open_ones = [each for each in shown["compared"] if each.open]
    return render_template(
        "reconciliation_rows.html" if rows_only() else "reconciliation.html", differences=found, done=done, asked=request.args, kinds=listing.KINDS,
        number=sum(each.open for each in open_ones), oldest=min((each.oldest for each in open_ones), default=None),
        filtered=any(request.args.get(name) for name in ("connection", "kind", "case")),
        more=next_url("reconciliation_page.index", str(found[-1].id) if len(rows) > PAGE else None),
        faults=faults, typed_at=typed, place=place, typed=request.form if typed else {}, acting=allows(current(), "incident.resolve"), most=MOST, **shown,
    ), status  # fmt: skip


def place(connection: str) -> str | None:
    """Return the address of a connection's own page for whoever may see it."""
    return url_for("connections_page.show", key=connection) if allows(current(), "connection.manage") else None


@blueprint.post("/<uuid:difference_id>/take-ours")
@needs("incident.resolve")
def take_ours(difference_id: UUID) -> ResponseReturnValue:
    """Bring the office system to what we have in this one thing."""

    def work(session: Session) -> str:
        room.take_ours(session, connectors, difference_id, by=current())
        return url_for("reconciliation_page.index")

    return answered(work, _("已以本系统为准：对方缺少的随后补上，多出的关闭，不同的改写。"))


@blueprint.post("/<uuid:difference_id>/push-again")
@needs("incident.resolve")
def push_again(difference_id: UUID) -> ResponseReturnValue:
    """Show the office system the whole case once more."""
    counted: list[int] = []

    def work(session: Session) -> str:
        counted.append(len(room.push_again(session, connectors, difference_id, by=current())))
        return url_for("reconciliation_page.index")

    try:
        answer = once(work)
    except (Refused, NotFound) as error:
        return page(faults_of(error), 404 if isinstance(error, NotFound) else 409)
    return said(answer, _("已重新推送整个流程，一并处理了 %(n)s 条差异。", n=counted[0] if counted else 1))


@blueprint.post("/<uuid:difference_id>/ignore")
@needs("incident.resolve")
def ignore(difference_id: UUID) -> ResponseReturnValue:
    """Let it be, with a reason."""

    def work(session: Session) -> str:
        room.ignore(session, difference_id, by=current(), reason=request.form.get("reason", ""))
        return url_for("reconciliation_page.index")

    return answered(work, _("已忽略；只要它保持原样，就不再列出。"), difference_id)


@blueprint.post("/many")
@needs("incident.resolve")
def many() -> ResponseReturnValue:
    """Take ours in what was ticked, push its cases again, or let it be with one reason."""
    act = ACTS.get(request.form.get("act", ""))
    counted: list[int] = []

    def work(session: Session) -> str:
        if act is None:
            raise InvalidContent([Fault("act-unknown", "请选择怎样处理", "Choose what to do")])
        counted.append(room.resolve_many(session, connectors, chosen(), act, by=current(), reason=request.form.get("reason", "")))
        return url_for("reconciliation_page.index")

    number = len(set(request.form.getlist("difference")))
    try:
        answer = once(work)
    except (Refused, InvalidContent) as error:
        return page(faults_of(error), 422, "many")
    done = counted[0] if counted else number
    return said(answer, told_of(act, done) + (rest_of(act, number - done) if number > done else ""))


def told_of(act: str | None, done: int) -> str:
    if act == "ignore":
        return _("已忽略 %(n)s 条。", n=done)
    return _("已重新推送 %(n)s 条。", n=done) if act == "push" else _("已以本系统为准 %(n)s 条。", n=done)


def rest_of(act: str | None, left: int) -> str:
    if act == "push":
        return _("另有 %(n)s 条没有处理：已被别人处理，或只有对方才有，须“以本系统为准”才能关闭。", n=left)
    return _("另有 %(n)s 条已被别人处理。", n=left)


def chosen() -> list[UUID]:
    """Return the differences that were ticked."""
    found = []
    for value in request.form.getlist("difference")[:MOST]:
        try:
            found.append(UUID(value))
        except ValueError:
            continue
    if not found:
        raise InvalidContent([Fault("nothing-chosen", "请先勾选差异", "Choose differences first")])
    return found


@blueprint.post("/runs")
@needs("incident.resolve")
def run() -> ResponseReturnValue:
    """Compare a connection now."""

    def work(session: Session) -> str:
        room.ask(session, request.form.get("connection", ""), by=current())
        return url_for("reconciliation_page.index")

    return answered(work, _("已开始对账。关掉这个页面也会继续；刷新可看结果。"))


def answered(work: Any, told: str, typed: UUID | None = None) -> ResponseReturnValue:
    """Do it once; a refusal is the list with the reason, and what was typed."""
    try:
        return said(once(work), told)
    except (Refused, NotFound, InvalidContent) as error:
        return page(faults_of(error), 422 if isinstance(error, InvalidContent) else 404 if isinstance(error, NotFound) else 409, typed)


def faults_of(error: Refused | NotFound | InvalidContent) -> list[Fault]:
    if isinstance(error, InvalidContent):
        return list(error.faults)
    return [REASONS.get(str(error.facts.get("reason", "")), Fault(error.code, error.say("zh"), error.say("en")))]
