"""Steps by hand that take two administrators: a case is put on any of its user tasks (跳转) or ended (终止), with a reason that stands in the record."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import instances
from engine.database.transaction import read_clock
from engine.errors import InstanceEnded, NotFound, Refused
from engine.execution.values import clean
from engine.permissions import Actor, require
from engine.step import Step, lock, peek
from models.approvals import INTERVENTIONS, Intervention

LONGEST_REASON = 2000


def ask(session: Session, instance_id: UUID, *, by: Actor, kind: str, reason: str, element: str | None = None) -> Intervention:
    """Ask for a jump to a user task, or for the end of a case; nothing happens until a second administrator does it.

    Refuses with `NotPermitted`, with `NotFound`, with `InstanceEnded` a case that is over, with `Refused` an unknown kind or step and an empty reason.
    """
    require(by, "instance.intervene")
    step = peek(session, instance_id)
    if step.case.over:
        raise InstanceEnded(state=step.case.status)
    reason = clean(reason.strip()[:LONGEST_REASON], "reason")
    if not reason:
        raise Refused(reason="a reason is needed")
    target = step.definition.model.elements.get(element or "")
    if kind not in INTERVENTIONS or (kind == "jump") is not (target is not None and target.kind == "userTask"):
        raise Refused(reason="there is no such step in this case")
    row = Intervention(
        id=uuid7(),
        instance_id=instance_id,
        kind=kind,
        element=element,
        reason=reason,
        state="asked",
        asked_by=by.key,
        asked_at=read_clock(session),
    )
    session.add(row)
    session.flush()
    return row


def confirm(session: Session, intervention_id: UUID, *, by: Actor) -> Step:
    """Do what another administrator asked for, in one step. Refuses with `NotPermitted`, with `Refused` who asked herself, and what was done or declined."""
    require(by, "instance.confirm")
    row = _asked(session, intervention_id, by)
    if row.asked_by == by.key:
        raise Refused(reason="a second person has to do it")
    step = lock(session, row.instance_id, running=row.kind == "jump")
    if step.case.over:
        raise InstanceEnded(state=step.case.status)
    row.state, row.decided_by, row.decided_at = "done", by.key, step.now
    session.flush()
    asked = {"intervention": str(row.id), "askedBy": row.asked_by}
    if row.kind == "terminate":
        return instances.end(step, "terminated", by, row.reason, **asked)
    step.recorder.record(
        "instance:jumped", actor=by.key, element=row.element, data={"to": row.element, **asked},
        personal={"reason": row.reason, "by": instances.picture(by)},
    )  # fmt: skip
    step.execution.jump(row.element or "")
    step.write()
    return step


def decline(session: Session, intervention_id: UUID, *, by: Actor) -> Intervention:
    """Do not do what was asked for; who asked may take it back so. Refuses with `NotPermitted`, with `Refused` what was done or declined."""
    row = _asked(session, intervention_id, by)
    row.state, row.decided_by, row.decided_at = "declined", by.key, read_clock(session)
    session.flush()
    return row


def waiting(session: Session, by: Actor, instance_id: UUID | None = None) -> list[Intervention]:
    """Return what is asked for and neither done nor declined, oldest first."""
    require(by, "instance.intervene")
    statement = select(Intervention).filter_by(state="asked").order_by(Intervention.asked_at).limit(200)
    return list(session.scalars(statement if instance_id is None else statement.filter_by(instance_id=instance_id)))


def _asked(session: Session, intervention_id: UUID, by: Actor) -> Intervention:
    require(by, "instance.intervene")
    row = session.get(Intervention, intervention_id, with_for_update=True)
    if row is None:
        raise NotFound(kind="intervention")
    if row.state != "asked":
        raise Refused(reason="it is done or declined already")
    return row
