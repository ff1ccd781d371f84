"""Process instances: started, withdrawn, revoked, terminated."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from engine import attachments, definitions
from engine.bpmn.model import START, Element, ProcessModel
from engine.definitions import Definition
from engine.errors import Fault, InvalidVariables, NotPermitted, Refused
from engine.execution.values import clean, limited
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

    Only its initiator may, as long as the drawing's `shenpi:withdraw` lets her: always, until somebody else decided, or never. Refuses with `NotPermitted`,
    with `Refused` when somebody has decided, with `InstanceEnded` a case that is over, with `StaleRevision` a caller who saw an older case.
    """
    step = lock(session, instance_id, expected_revision=expected_revision)
    policy = step.definition.model.withdraw
    if step.case.initiator != by.key or not allows(by, "instance.withdraw") or policy == "never":
        raise NotPermitted(permission="instance.withdraw")
    if policy == "undecided" and session.execute(_DECIDED, {"id": instance_id, "initiator": by.key}).scalar():
        raise Refused(reason="somebody has decided already")
    return end(step, "withdrawn", by, reason)


# a decision that was taken back is none
_DECIDED = text(
    """
    SELECT EXISTS (
      SELECT 1 FROM user_task t WHERE t.instance_id = :id AND t.state = 'completed' AND t.decided_by NOT IN ('system', :initiator) AND NOT EXISTS (
        SELECT 1 FROM history_event e WHERE e.instance_id = :id AND e.type = 'task:taken_back'
          AND convert_from(e.body, 'UTF8')::jsonb -> 'data' ->> 'task' = t.id::text))
    """
)
_OPENED = text("SELECT id, status FROM process_instance WHERE parent_id = :id ORDER BY id")
_SEALED = text("SELECT EXISTS (SELECT 1 FROM history_event WHERE instance_id = :id AND type = 'archive:sealed')")

#: told of each case that a revoked one had opened, in the same transaction
Ended = Callable[[Session, UUID], None]
_ended: list[Ended] = []


def tell_revoked(function: Ended) -> None:
    """Let a business area put its own rows right when a case that it works on ends because the case behind it was revoked."""
    if function not in _ended:
        _ended.append(function)


def is_revocable(session: Session, instance_id: UUID) -> bool:
    """Tell whether what a case opened is still on its way: nothing of it is archived."""
    opened = session.execute(_OPENED, {"id": instance_id}).all()
    return not any(one.status == "completed" or session.execute(_SEALED, {"id": one.id}).scalar() for one in opened)


def revoke(session: Session, instance_id: UUID, *, by: Actor, reason: str) -> Step:
    """Take back what has passed (撤销), until it is archived: what the case opened, its filing, ends; the approval itself is never opened again.

    Only its initiator may, and only where the drawing's `shenpi:revoke` says so. Refuses with `NotPermitted`, with `Refused` a case that has not passed or is
    archived, or an empty reason.
    """
    step = lock(session, instance_id, running=False)
    if step.case.initiator != by.key or not allows(by, "instance.withdraw") or step.definition.model.revoke != "initiator":
        raise NotPermitted(permission="instance.revoke")
    if step.case.status != "completed" or step.case.outcome not in (None, "approve"):
        raise Refused(reason="the case has not passed")
    if not reason.strip():
        raise Refused(reason="a reason is needed")
    for opened in session.execute(_OPENED, {"id": instance_id}).all():
        inner = lock(session, opened.id, running=False)
        if inner.case.status == "completed" or session.execute(_SEALED, {"id": opened.id}).scalar():
            raise Refused(reason="the case is archived")
        if not inner.case.over:
            end(inner, "terminated", by, reason)
        for function in _ended:
            function(session, opened.id)
    step.case.status = "revoked"
    step.recorder.record("instance:revoked", actor=by.key, personal={"reason": limited(reason, "reason", 2000), "by": picture(by)})
    step.write()
    return step


def end(step: Step, status: str, by: Actor, reason: str, **data: str) -> Step:
    """End a locked case from outside: withdrawn or terminated."""
    step.case.status = status
    step.recorder.record(
        f"instance:{status}",
        actor=by.key,
        data=data,
        personal={"reason": limited(reason, "reason", 2000), "by": picture(by)},
    )
    step.execution.cancel()
    step.write()
    return step


def picture(by: Actor) -> dict[str, Any]:
    """Return who somebody is at the time of an act, for the record."""
    return {"name": by.name, "department": by.department}
