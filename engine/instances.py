"""Process instances: started, withdrawn, terminated, listed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from engine import attachments, definitions
from engine.bpmn.model import START, Element, ProcessModel
from engine.definitions import Definition
from engine.errors import Fault, InstanceEnded, InvalidVariables, NotPermitted
from engine.execution.values import clean
from engine.forms import check_start, files_in
from engine.permissions import SYSTEM, Actor, allows
from engine.step import Step, begin, lock
from models.repository import ProcessDefinition

#: what decisions write; a starter who gave them would forge one
RESERVED = frozenset({"outcome", "decisions"})
MOST_STARTABLE = 200


def start(
    session: Session,
    key_or_id: str | UUID,
    *,
    by: Actor,
    variables: Mapping[str, Any] | None = None,
    business_key: str | None = None,
    subject: tuple[str, UUID] | None = None,
    legal_entity_id: UUID | None = None,
    parent_id: UUID | None = None,
    at: str | None = None,
    event: Mapping[str, Any] | None = None,
) -> Step:
    """Start a case of the newest version of a process (by key) or of one definition (by id) and run it to its first wait.

    With `at`, it begins at this event, which has happened; `event` says what it was. Refuses with `NotFound` an unknown process, with `DefinitionSuspended`
    one that is suspended, with `NotPermitted` somebody who is not among its candidate starters, with `Duplicate` a business key that is taken, with
    `InvalidVariables` values that cannot be kept.
    """
    step = begin(
        session, key_or_id, by=by, variables=accept(variables or {}),
        business_key=business_key, subject=subject, legal_entity_id=legal_entity_id, parent_id=parent_id,
        at=at, event=event,
    )  # fmt: skip
    if by is not SYSTEM and not may_begin(by, step.definition.model):
        raise NotPermitted(permission="instance.start")
    step.write()
    return step


def submit(
    session: Session, key_or_id: str | UUID, *, by: Actor, values: Mapping[str, Any] | None = None, business_key: str | None = None
) -> Step:
    """Start a case as somebody from outside does: what she gives is held against the start form, if the process has one, and its files are attached.

    Refuses as `start` does, and with `InvalidVariables` everything that does not fit the form.
    """
    found = definitions.get(session, key_or_id) if isinstance(key_or_id, UUID) else definitions.latest(session, key_or_id)
    element = beginning(found.model)
    if element is None or not has_form(element):
        return start(session, found.id, by=by, variables=values, business_key=business_key)
    if by is not SYSTEM and not may_begin(by, found.model):
        raise NotPermitted(permission="instance.start")
    variables = check_start(element, values or {})
    step = start(session, found.id, by=by, variables=variables, business_key=business_key)
    attachments.attach_to_start(session, files_in(element, variables), instance_id=step.case.id, by=by)
    return step


def beginning(model: ProcessModel) -> Element | None:
    """Return the start event that waits for nothing, by which people begin a case; None when a process begins only by events."""
    return next((one for one in model.inside(None) if one.kind == START and not one.events), None)


def startable(session: Session, by: Actor) -> list[Definition]:
    """Return the processes that somebody may begin by filling in a start form, by name; those that begin with a subject of their own are not among them."""
    if not allows(by, "instance.start"):
        return []
    newest = (
        select(ProcessDefinition.id, ProcessDefinition.subject_kind, ProcessDefinition.suspended_at)
        .ext(distinct_on(ProcessDefinition.key))
        .order_by(ProcessDefinition.key, ProcessDefinition.version.desc())
        .limit(MOST_STARTABLE)
    )
    rows = [row for row in session.execute(newest) if row.subject_kind is None and row.suspended_at is None]
    found = [definitions.get(session, row.id) for row in rows]
    return sorted(
        (one for one in found if has_form(beginning(one.model)) and may_begin(by, one.model)), key=lambda one: one.name or one.key
    )


def has_form(element: Element | None) -> bool:
    """Tell whether something is asked for at an element."""
    return element is not None and (element.schema is not None or bool(element.form))


def may_begin(by: Actor, model: ProcessModel) -> bool:
    """Tell whether a drawing lets somebody begin it: its candidate starters, or anybody when it names none."""
    users, groups = ({name.strip() for name in (names or "").split(",")} - {""} for names in (model.starter_users, model.starter_groups))
    return not (users or groups) or by.key in users or not by.groups.isdisjoint(groups)


def accept(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables from outside as the engine keeps them. Refuses with `InvalidVariables` what cannot be kept, and names that only decisions write."""
    reserved = sorted(RESERVED.intersection(variables))
    if reserved:
        zh, en = "该名称由系统写入", "This name is written by the engine"
        raise InvalidVariables([Fault("name-reserved", zh, en, path=name) for name in reserved])
    found: dict[str, Any] = clean(dict(variables))
    return found


def withdraw(session: Session, instance_id: UUID, *, by: Actor, reason: str = "", expected_revision: int | None = None) -> Step:
    """Take a running case back (撤回): its open tasks, timers and jobs end, nothing in the history is undone.

    Only its initiator may. Refuses with `NotPermitted`, with `InstanceEnded` a case that is over, with `StaleRevision` a caller who saw an older case.
    """
    step = lock(session, instance_id, expected_revision=expected_revision)
    if step.case.initiator != by.key or not allows(by, "instance.withdraw"):
        raise NotPermitted(permission="instance.withdraw")
    return _end(step, "withdrawn", by, reason)


def terminate(session: Session, instance_id: UUID, *, by: Actor, reason: str, expected_revision: int | None = None) -> Step:
    """End a running or suspended case from outside (an operator's last means), with a reason that stands in the history."""
    if by is not SYSTEM and not allows(by, "incident.resolve"):
        raise NotPermitted(permission="incident.resolve")
    step = lock(session, instance_id, running=False, expected_revision=expected_revision)
    if step.case.over:
        raise InstanceEnded(state=step.case.status)
    return _end(step, "terminated", by, reason)


def _end(step: Step, status: str, by: Actor, reason: str) -> Step:
    step.case.status = status
    step.recorder.record(
        f"instance:{status}",
        actor=by.key,
        personal={"reason": clean(reason[:2000], "reason"), "by": {"name": by.name, "department": by.department}},
    )
    step.execution.cancel()
    step.write()
    return step
