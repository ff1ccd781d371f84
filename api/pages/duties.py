"""Separation of duties: exceptions that wait for a second person, people in groups that are kept apart, and the company's rules."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.pages.listing import next_url, rows_only, text
from api.pages.once import once, said
from api.rest.conventions import place_of
from api.security import current, needs
from engine import definitions
from engine.bpmn.model import HUMAN
from engine.database import transaction
from engine.duties import overrides as exceptions
from engine.duties import rules as room
from engine.duties.violations import DRAWN
from engine.errors import Conflict, Fault, InvalidVariables, NotPermitted, Refused
from engine.replay import people
from models.duties import DUTY_KINDS, DutyOverride, DutyRule
from models.identity import Group
from models.repository import ProcessDefinition

blueprint = Blueprint("duties_page", __name__, url_prefix="/duties")
PAGE = 50
TABS = ("overrides", "conflicts", "rules", "ended")


@blueprint.get("")
@needs("duty.read")
def index() -> ResponseReturnValue:
    """Exceptions, newest first; with `tab` the conflicts, the rules, or the rules that ended."""
    return page([], 200)


def page(faults: list[Fault], status: int, tab: str = "") -> ResponseReturnValue:
    """Render one tab, with what was typed when there are faults."""
    tab = tab or text("tab")
    tab = tab if tab in TABS else "overrides"
    more, shown = None, []
    with transaction() as session:
        conflicts = room.conflicts(session)
        names = Names(session)
        if tab == "overrides":
            rows = exceptions.overrides(session, limit=PAGE + 1, after=place_of(text("after") or None))
            keys = {key for row, *_case in rows for key in (row.person, row.asked_by, row.settled_by) if key}
            found = people(session, keys)
            shown = [exception(session, row, key, definition, found) for row, key, definition in rows[:PAGE]]
            more = next_url("duties_page.index", str(rows[PAGE - 1][0].id) if len(rows) > PAGE else None)
        elif tab in ("rules", "ended"):
            listed = room.rules(session, ended=tab == "ended")
            found = people(session, {key for row in listed for key in (row.made_by, row.ended_by) if key})
            shown = [rule(row, names) | {"by": found.get(row.ended_by or row.made_by)} for row in listed]
    return render_template(
        "duties_rows.html" if rows_only() else "duties.html", tab=tab, rows=shown, conflicts=conflicts, more=more, faults=faults, typed=request.form,
        groups=names.groups, processes=names.processes, tasks=names.tasks, kinds=DUTY_KINDS,
    ), status  # fmt: skip


class Names:
    """The names of groups, processes and user tasks, the newest version of each process."""

    def __init__(self, session: Session) -> None:
        self.groups = {row.key: row.name for row in session.execute(select(Group.key, Group.name).order_by(Group.key))}
        keys = session.scalars(select(ProcessDefinition.key).distinct().order_by(ProcessDefinition.key)).all()
        models = {key: definitions.latest(session, key).model for key in keys}
        self.processes = {key: model.name or key for key, model in models.items()}
        self.tasks = {key: {task.id: task.name or task.id for task in model.of_kind(HUMAN)} for key, model in models.items()}

    def task(self, process: str | None, element: str | None) -> str:
        return self.tasks.get(process or "", {}).get(element or "", element or "")


def rule(row: DutyRule, names: Names) -> dict[str, Any]:
    """Return a rule in words."""
    process = names.processes.get(row.definition_key or "", row.definition_key or "")
    group, other = (names.groups.get(key or "", key or "") for key in (row.group, row.other_group))
    task, second = (names.task(row.definition_key, element) for element in (row.element, row.other_element))
    if row.kind == "initiator":
        said_ = _("发起人不审批自己的“%(process)s”", process=process) if process else _("发起人不审批自己发起的任何流程")
    elif row.kind == "elements":
        said_ = _("“%(process)s”的“%(one)s”和“%(other)s”由两个人办理", process=process, one=task, other=second)
    elif row.kind == "groups":
        said_ = _("没有人同时在“%(one)s”和“%(other)s”两个组", one=group, other=other)
    elif row.element:
        said_ = _("“%(group)s”组的成员不办理“%(process)s”的“%(task)s”", group=group, process=process, task=task)
    else:
        said_ = _("“%(group)s”组的成员不办理“%(process)s”", group=group, process=process)
    return {"id": row.id, "text": said_, "reason": row.reason, "made_at": row.made_at, "ended_at": row.ended_at}


def exception(session: Session, row: DutyOverride, key: str, definition: UUID, found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return an exception in words, with the names that its own case's drawing has."""
    elements = definitions.get(session, definition).model.elements
    tasks = {element: one.name or element for element, one in elements.items()}
    return {
        "id": row.id, "case_id": row.instance_id, "case_key": key, "person": found.get(row.person), "place": tasks.get(row.element, row.element),
        "rule": drawn(row.rule, tasks) if row.rule.startswith(DRAWN) else _("公司规则"), "reason": row.reason, "state": row.state,
        "asked_by": found.get(row.asked_by), "asked_at": row.asked_at, "settled_by": found.get(row.settled_by or ""), "settled_at": row.settled_at,
        "note": row.note, "mine": current().key in (row.asked_by, row.person),
    }  # fmt: skip


def drawn(text_: str, tasks: dict[str, str]) -> str:
    """Return a rule of a drawing in words."""
    other = text_.removeprefix(DRAWN)
    return _("发起人不能办理") if other == "initiator" else _("已办理过“%(task)s”的人不能办理", task=tasks.get(other, other))


def company_rules(session: Session, named: Iterable[str]) -> dict[str, tuple[DutyRule, str | None]]:
    """Return those of the named rules that are the company's and that there are, each with the name of its group."""
    wanted = {UUID(rule_) for rule_ in named if not rule_.startswith(DRAWN)}
    statement = select(DutyRule, Group.name).outerjoin(Group, Group.key == DutyRule.group).where(DutyRule.id.in_(wanted))
    return {str(row.id): (row, name) for row, name in session.execute(statement)} if wanted else {}


def barring(company: Mapping[str, tuple[DutyRule, str | None]], rule_: str, element: str, said: str, tasks: dict[str, str]) -> str:
    """Return in words why somebody must not do a task: a rule of the drawing, or of `company_rules` with what it rests on; `said` is what the engine says."""
    if rule_.startswith(DRAWN):
        return drawn(rule_, tasks)
    row, group = company.get(rule_, (None, None))
    if row is None:
        return said
    if row.kind == "elements":
        other = str(row.other_element if element == row.element else row.element)
        said = drawn(other, tasks)
    elif row.kind == "group-task":
        said = _("“%(group)s”组的成员不办理此事", group=group or row.group)
    return _("%(why)s（公司规则：%(reason)s）", why=said, reason=row.reason)


@blueprint.post("")
@needs("duty.manage")
def add() -> ResponseReturnValue:
    """Make a rule."""
    values = {name: request.form.get(name, "") for name in ("kind", "reason", "definition_key", "group", "other_group")}
    for name in ("element", "other_element"):  # each is offered with its process, so that one list serves all
        process, _slash, element = request.form.get(name, "").partition("/")
        values[name] = element
        values["definition_key"] = values["definition_key"] or process

    def work(session: Session) -> str:
        room.add(session, values, by=current().key)
        return url_for("duties_page.index", tab="rules")

    try:
        return said(once(work), _("规则已生效。"))
    except InvalidVariables as error:
        return page(error.faults, 422, "rules")


@blueprint.post("/<uuid:rule_id>/end")
@needs("duty.manage")
def end(rule_id: UUID) -> ResponseReturnValue:
    """Let a rule bind nobody any more."""

    def work(session: Session) -> str:
        room.end(session, rule_id, by=current().key)
        return url_for("duties_page.index", tab="rules")

    return said(once(work), _("规则已停用，保留在“已停用”里。"))


@blueprint.post("/overrides/<uuid:override_id>/<any(approve, refuse):verdict>")
@needs("duty.override")
def settle(override_id: UUID, verdict: str) -> ResponseReturnValue:
    """Approve or refuse an exception as the second person."""

    def work(session: Session) -> str:
        exceptions.settle(session, override_id, by=current(), approve=verdict == "approve", note=request.form.get("note", ""))
        return url_for("duties_page.index")

    try:
        return said(once(work), _("例外已批准，只在这一个流程里有效。") if verdict == "approve" else _("例外未批准。"))
    except NotPermitted:
        raise
    except (Refused, Conflict) as error:
        return page([Fault(error.code, error.say("zh"), error.say("en"))], 409, "overrides")
