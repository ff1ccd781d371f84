"""Exceptions in one case: asked for by one person with a reason, approved or refused by a second. Every one stays listed for the auditor.

Who may settle one is told that it waits; whoever asked and whom it is for are told what became of it.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select, text, tuple_
from sqlalchemy.orm import Session

from engine import definitions, jobs
from engine.bpmn.model import Element
from engine.database.transaction import read_clock
from engine.duties.violations import DRAWN
from engine.errors import Duplicate, Fault, InvalidVariables, NotFound, Refused
from engine.permissions import PERMISSIONS, Actor, require, require_instance
from models.duties import DutyOverride, DutyRule
from models.identity import Person
from models.runtime import ProcessInstance

MAX_REASON = 500

_MAY_SETTLE = text("SELECT DISTINCT p.key FROM role_grant r JOIN person p ON p.id = r.person_id AND p.active WHERE r.role = ANY(:roles)")


def ask(session: Session, instance_id: UUID, *, by: Actor, rule: str, person: str, element: str, reason: str) -> DutyOverride:
    """Ask for an exception: that a person may work on an element of a case although a rule forbids it; nothing is allowed yet.

    `rule` is what `DutyConflict` names. Refuses with `NotFound` a case that is not hers to know, with `InvalidVariables` every fault with its field, with
    `Refused` a case that is over, with `Duplicate` an exception that is asked for or approved already.
    """
    require(by, "duty.ask")
    require_instance(session, by, instance_id)
    status = session.execute(select(ProcessInstance.status).filter_by(id=instance_id)).scalar()
    if status is None:
        raise NotFound(kind="process instance")
    if status not in ("running", "suspended"):
        raise Refused(reason=status)
    found = definitions.element_of(session, instance_id, element)
    faults = []
    if found is None:
        faults.append(Fault("element-unknown", "流程中没有这个节点", "The process has no such element", path="element"))
    if found is None or not _is_rule(session, rule, found):
        faults.append(Fault("rule-unknown", "没有这条规则", "No such rule", path="rule", found=rule[:100]))
    if session.execute(select(Person.id).filter_by(key=person, active=True)).first() is None:
        faults.append(Fault("person-unknown", "没有这个在职人员", "No such active person", path="person", found=person[:100]))
    if not reason.strip():
        faults.append(Fault("reason-missing", "请写明原因", "A reason is needed", path="reason"))
    if faults:
        raise InvalidVariables(faults)
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('duty_override'))"))
    same = select(DutyOverride.id).filter_by(instance_id=instance_id, rule=rule, person=person, element=element)
    if session.execute(same.where(DutyOverride.state != "refused")).first() is not None:
        raise Duplicate(kind="duty exception")
    row = DutyOverride(
        instance_id=instance_id, rule=rule, person=person, element=element, reason=reason.strip()[:MAX_REASON], state="asked", asked_by=by.key,
        asked_at=read_clock(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    second = set(session.scalars(_MAY_SETTLE, {"roles": list(PERMISSIONS["duty.override"])})) - {by.key, person}
    _tell(session, row, second, f"{by.name}申请例外，等您批准或不批准：{row.reason}")
    return row


def _is_rule(session: Session, rule: str, element: Element) -> bool:
    if rule.startswith(DRAWN):
        return rule.removeprefix(DRAWN) in element.not_by
    try:
        row = session.get(DutyRule, UUID(rule))
    except ValueError:
        return False
    return row is not None and row.ended_at is None


def settle(session: Session, override_id: UUID, *, by: Actor, approve: bool, note: str = "") -> DutyOverride:
    """Approve or refuse an exception as the second person; an approved one counts from the next act on.

    Refuses with `NotPermitted` without `duty.override`, with `NotFound`, and with `Refused` whoever asked for it, whom it is for, and one that is settled.
    """
    require(by, "duty.override")
    row = session.get(DutyOverride, override_id, with_for_update=True)
    if row is None:
        raise NotFound(kind="duty exception")
    if row.state != "asked":
        raise Refused(reason="the exception is settled")
    if row.asked_by == by.key:
        raise Refused(reason="whoever asked cannot approve")
    if row.person == by.key:
        raise Refused(reason="whom it is for cannot approve")
    row.state, row.settled_by, row.settled_at = ("approved" if approve else "refused"), by.key, read_clock(session)
    row.note = note.strip()[:MAX_REASON] or None
    session.flush()
    _tell(session, row, {row.asked_by, row.person}, f"{by.name}{'批准了' if approve else '没有批准'}例外。{row.note or ''}")
    return row


def _tell(session: Session, row: DutyOverride, people: set[str], said: str) -> None:
    if people:
        key = f"{row.id}:{row.state}"
        jobs.enqueue(
            session, jobs.NOTICE, jobs.arguments(key=key, kind="exception", instance=row.instance_id, people=sorted(people), text=said)
        )


def at(session: Session, instance_id: UUID, element: str, *, known_to: str | None = None) -> list[DutyOverride]:
    """Return the exceptions at an element of a case, of each rule and person the last one; with `known_to` those for a person or asked for by her."""
    statement = select(DutyOverride).filter_by(instance_id=instance_id, element=element).order_by(DutyOverride.id)
    if known_to is not None:
        statement = statement.where(or_(DutyOverride.person == known_to, DutyOverride.asked_by == known_to))
    return list({(row.rule, row.person): row for row in session.scalars(statement)}.values())


def at_places(session: Session, places: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], list[DutyOverride]]:
    """Return what `at` does for each case and element in which somebody asked for an exception."""
    statement = select(DutyOverride).where(tuple_(DutyOverride.instance_id, DutyOverride.element).in_(places)).order_by(DutyOverride.id)
    found: dict[tuple[UUID, str], dict[tuple[str, str], DutyOverride]] = {}
    for row in session.scalars(statement) if places else ():
        found.setdefault((row.instance_id, row.element), {})[(row.rule, row.person)] = row
    return {place: list(rows.values()) for place, rows in found.items()}


def overrides(
    session: Session, *, state: str | None = None, limit: int = 50, after: UUID | None = None
) -> list[tuple[DutyOverride, str, UUID]]:
    """Return exceptions with the number and the definition of their case, newest first."""
    statement = (
        select(DutyOverride, ProcessInstance.business_key, ProcessInstance.definition_id)
        .join(ProcessInstance, ProcessInstance.id == DutyOverride.instance_id)
        .order_by(DutyOverride.id.desc())
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(DutyOverride.state == state)
    if after is not None:
        statement = statement.where(DutyOverride.id < after)
    return [(row, key, definition) for row, key, definition in session.execute(statement)]
