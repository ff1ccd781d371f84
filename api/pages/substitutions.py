"""My substitutions: who stands in for me and for whom I do; for administrators and auditors everybody's."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.pages.frame import zone
from api.pages.listing import next_url, rows_only, text
from api.pages.once import once, said
from api.pages.people import choices
from api.rest.conventions import place_of
from api.security import current, needs
from engine import substitutions as room
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import Conflict, Fault, InvalidVariables, NotPermitted, Refused
from engine.permissions import allows, require
from engine.replay import people
from models.identity import Department
from models.repository import ProcessDefinition
from models.substitution import Substitution

blueprint = Blueprint("substitutions_page", __name__, url_prefix="/substitutions")
PAGE = 50
FIRST, LAST = 2000, 9000  #: years of a date that is meant


@blueprint.get("")
@needs("substitution.own")
def index() -> ResponseReturnValue:
    """One's own; with `tab=all` everybody's, with `tab=over` one's own that are over."""
    return page([], 200)


def page(faults: list[Fault], status: int) -> ResponseReturnValue:
    """Render the list and the form, with what was typed when there are faults."""
    tab = text("tab")
    if tab == "all":
        require(current(), "substitution.read_all")
    with transaction() as session:
        rows = room.listed(
            session, person=None if tab == "all" else current().key, over=tab == "over", limit=PAGE + 1, after=place_of(text("after") or None)
        )  # fmt: skip
        shown = described(session, rows[:PAGE], read_clock(session))
        departments = session.execute(select(Department.key, Department.name).where(Department.active).order_by(Department.key)).all()
        found = choices(session, request.form.get("q", ""), but=current().key) if request.form.get("q") else []
        named = processes(session)
        chosen = people(session, {request.form["to"]}).get(request.form["to"]) if request.form.get("to") else None
    more = next_url("substitutions_page.index", str(rows[PAGE - 1].id) if len(rows) > PAGE else None)
    return render_template(
        "substitutions_rows.html" if rows_only() else "substitutions.html", rows=shown, tab=tab or "mine", more=more, faults=faults, typed=request.form,
        departments=departments, processes=named, people=found, chosen=chosen, today=datetime.now(zone()).date(),
    ), status  # fmt: skip


def processes(session: Session) -> dict[str, str]:
    """Return the name of every process by its key, from its newest version."""
    rows = session.execute(select(ProcessDefinition.key, ProcessDefinition.name).order_by(ProcessDefinition.key, ProcessDefinition.version))
    return {row.key: row.name or row.key for row in rows}


def described(session: Session, rows: list[Substitution], now: datetime) -> list[dict[str, Any]]:
    """Return substitutions in words, with how they go on where the substitute is away too."""
    chains = room.chains_of(session, [row for row in rows if state(row, now) in ("now", "coming")])
    keys = {key for row in rows for key in (row.person, row.substitute, row.made_by, row.revoked_by) if key}
    names = people(session, keys | {key for found in chains.values() for chain in found for key in chain})
    departments = {row.key: row.name for row in session.execute(select(Department.key, Department.name))}
    named = processes(session)
    own = current().key
    return [
        {
            "id": row.id, "person": names.get(row.person), "substitute": names.get(row.substitute), "given": row.person == own, "state": state(row, now),
            "start": moment_of(row.starts_at), "end": moment_of(row.ends_at, end=True), "process": named.get(row.definition_key or "", row.definition_key),
            "department": departments.get(row.department or ""), "limit": row.amount_limit, "currency": row.currency, "reason": row.reason,
            "made_by": names.get(row.made_by) if row.made_by != row.person else None, "revoked_at": row.revoked_at,
            "chains": [" → ".join((names.get(key) or {"name": None})["name"] or key for key in chain) for chain in chains.get(row.id, [])],
            "revocable": state(row, now) in ("now", "coming") and (row.person == own or allows(current(), "substitution.manage")),
        }
        for row in rows
    ]  # fmt: skip


def state(row: Substitution, now: datetime) -> str:
    """Return whether a substitution is in force: one of `words.people.SUBSTITUTIONS`."""
    if row.revoked_at is not None:
        return "revoked"
    if row.ends_at is not None and row.ends_at <= now:
        return "over"
    return "now" if row.starts_at <= now else "coming"


def moment_of(value: datetime | None, *, end: bool = False) -> str | None:
    """Return a day where the time is midnight, the last day of what ends then; else day and time."""
    if value is None:
        return None
    local = value.astimezone(zone())
    if local.time() == time():
        return (local - timedelta(days=end)).strftime("%Y-%m-%d")
    return local.strftime("%Y-%m-%d %H:%M")


@blueprint.post("")
@needs("substitution.own")
def add() -> ResponseReturnValue:
    """Let somebody stand in, from the first day to the end of the last."""
    form = request.form

    def work(session: Session) -> str:
        faults: list[Fault] = []
        first, last = day("start", faults), day("end", faults)
        if first is None and not faults:
            faults.append(Fault("start-missing", "请选择开始日期", "The first day is needed", path="startsAt"))
        if faults or first is None:
            raise InvalidVariables(faults)
        room.add(
            session, by=current(), person=form.get("person", "").strip() or current().key, substitute=substitute(session), starts_at=midnight(first),
            ends_at=midnight(last + timedelta(days=1)) if last else None, definition_key=form.get("process") or None,
            department=form.get("department") or None, amount_limit=form.get("amount", "").strip() or None, currency=form.get("currency"),
            reason=form.get("reason", ""),
        )  # fmt: skip
        return url_for("substitutions_page.index", tab="all" if form.get("person") else None)

    try:
        return said(once(work), _("代理已设置，双方都能看到相关待办。"))
    except InvalidVariables as error:
        return page(error.faults, 422)
    except NotPermitted:
        raise
    except (Refused, Conflict) as error:
        return page([Fault(error.code, error.say("zh"), error.say("en"))], 409)


def substitute(session: Session) -> str:
    """Return whom was chosen; where no script runs, the only one whom the words find."""
    if request.form.get("to"):
        return request.form["to"]
    found = choices(session, request.form.get("q", "").strip(), but=current().key) if request.form.get("q", "").strip() else []
    if len(found) != 1:
        zh, en = ("请从下面选择代理人", "Choose the substitute below") if found else ("请选择代理人", "A substitute is needed")
        raise InvalidVariables([Fault("substitute-missing", zh, en, path="substitute")])
    return str(found[0]["key"])


def day(name: str, faults: list[Fault]) -> date | None:
    """Read a day of the form."""
    value = request.form.get(name, "").strip()
    if not value:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        found = date.min
    if not FIRST <= found.year <= LAST:
        faults.append(Fault("date-invalid", "日期无效", "The date is not valid", path=name, found=value[:50]))
        return None
    return found


def midnight(found: date) -> datetime:
    """Return the beginning of a day in the installation's zone."""
    return datetime.combine(found, time(), zone())


@blueprint.post("/<uuid:substitution_id>/revoke")
@needs("substitution.own")
def revoke(substitution_id: UUID) -> ResponseReturnValue:
    """End a substitution now."""

    def work(session: Session) -> str:
        row = room.revoke(session, substitution_id, by=current())
        return url_for("substitutions_page.index", tab=None if row.person == current().key else "all")

    try:
        return said(once(work), _("代理已撤销，代理人从现在起不能再代办。"))
    except NotPermitted:
        raise
    except (Refused, Conflict) as error:
        return page([Fault(error.code, error.say("zh"), error.say("en"))], 409)
