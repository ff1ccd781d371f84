"""Holding cases and processes: a suspended case keeps everything that comes for it and does nothing; no case of a suspended process begins."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from engine import jobs, start_events
from engine.database.transaction import read_clock
from engine.errors import InstanceEnded, InstanceSuspended, NotFound, Refused
from engine.execution.values import limited
from engine.permissions import Actor, require
from engine.step import Step, lock
from models.events import Message, SignalTarget
from models.repository import ProcessDefinition
from models.runtime import Job, ProcessInstance

BATCH = 50


def suspend(session: Session, instance_id: UUID, *, by: Actor, reason: str, expected_revision: int | None = None) -> Step:
    """Hold a running case: nobody can do anything with it; its timers, messages and the answers of its jobs wait.

    Refuses with `NotPermitted`, with `InstanceEnded`, with `InstanceSuspended` one that is held already, with `StaleRevision` a caller who saw an older case.
    """
    require(by, "instance.suspend")
    return _hold(session, instance_id, by, reason, expected_revision)


def resume(session: Session, instance_id: UUID, *, by: Actor, reason: str, expected_revision: int | None = None) -> Step:
    """Let a suspended case go on; what came for it meanwhile is brought to it by jobs.

    Refuses with `NotPermitted`, with `Refused` one that is not suspended, with `StaleRevision` a caller who saw an older case.
    """
    require(by, "instance.suspend")
    return _release(session, instance_id, by, reason, expected_revision)


def _hold(session: Session, instance_id: UUID, by: Actor, reason: str, expected_revision: int | None = None) -> Step:
    step = lock(session, instance_id, expected_revision=expected_revision)
    step.case.status = "suspended"
    _record(step, "instance:suspended", by, reason)
    return step


def _release(session: Session, instance_id: UUID, by: Actor, reason: str, expected_revision: int | None = None) -> Step:
    step = lock(session, instance_id, running=False, expected_revision=expected_revision)
    if step.case.status != "suspended":
        raise Refused(reason="the process instance is not suspended")
    step.case.status = "running"
    step.document.wake.extend(_kept(session, instance_id))
    _record(step, "instance:resumed", by, reason)
    return step


def _record(step: Step, event: str, by: Actor, reason: str) -> None:
    personal = {"reason": limited(reason, "reason", 2000), "by": {"name": by.name, "department": by.department}}
    step.recorder.record(event, actor=by.key, personal=personal)
    step.write()


def _kept(session: Session, instance_id: UUID) -> list[dict[str, Any]]:
    """Return jobs for everything that came for a case while it was suspended, and for the outside calls that were not made."""
    found = [jobs.wake(jobs.LOOK, instance=instance_id)]
    held = select(Message.id).filter_by(instance_id=instance_id, state="waiting").order_by(Message.received_at, Message.id)
    found += [jobs.wake(jobs.MESSAGE, message=message) for message in session.scalars(held)]
    targets = select(SignalTarget.signal_id).where(SignalTarget.target_id == instance_id, SignalTarget.element == "")
    found += [jobs.wake(jobs.SIGNAL, signal=signal, target=instance_id, element="") for signal in session.scalars(targets)]
    for job, state in session.execute(
        select(Job.id, Job.state).where(Job.instance_id == instance_id, Job.state.in_(("waiting", "answered")))
    ):
        found.append(jobs.wake(jobs.CALL if state == "waiting" else jobs.ANSWER, job=job))
    return found


# --- processes


def suspend_process(session: Session, key: str, *, by: Actor, reason: str, instances: bool = False) -> None:
    """Let no case of a process begin, of whatever version; with `instances` its running cases are suspended too, by a job.

    Refuses with `NotPermitted`, with `NotFound`, with `Refused` a process that is suspended already.
    """
    _require_state(session, key, by, suspended=False)
    values = {"suspended_at": read_clock(session), "suspended_by": by.key, "suspended_reason": limited(reason, "reason", 2000)}
    _mark(session, key, values)
    if instances:
        jobs.enqueue(session, jobs.SUSPEND, jobs.arguments(process=key, suspended=True, by=by.key, reason=reason))


def resume_process(session: Session, key: str, *, by: Actor, reason: str, instances: bool = False) -> None:
    """Let cases of a process begin again; with `instances` all its suspended cases are resumed, by a job. Refuses as `suspend_process` does."""
    _require_state(session, key, by, suspended=True)
    _mark(session, key, {"suspended_at": None, "suspended_by": None, "suspended_reason": None})
    start_events.wake(session, key=key)
    if instances:
        jobs.enqueue(session, jobs.SUSPEND, jobs.arguments(process=key, suspended=False, by=by.key, reason=reason))


def _require_state(session: Session, key: str, by: Actor, *, suspended: bool) -> None:
    require(by, "definition.suspend")
    # as a deployment of the key does, so that a new version cannot slip through
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"definition:{key}"})
    newest = select(ProcessDefinition.suspended_at).filter_by(key=key).order_by(ProcessDefinition.version.desc()).limit(1)
    found = session.execute(newest).one_or_none()
    if found is None:
        raise NotFound(kind="process definition")
    if (found.suspended_at is not None) is not suspended:
        raise Refused(reason="the process is not suspended" if suspended else "the process is suspended")


def _mark(session: Session, key: str, values: dict[str, Any]) -> None:
    session.execute(update(ProcessDefinition).where(ProcessDefinition.key == key).values(values))


def cases_to_follow(session: Session, key: str, after: UUID | None, *, suspended: bool) -> list[UUID]:
    """Return some cases that do not follow their process yet; none when the process is not in this state any more."""
    still = ProcessDefinition.suspended_at.is_not(None) if suspended else ProcessDefinition.suspended_at.is_(None)
    wanted = (
        select(ProcessInstance.id)
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .where(ProcessDefinition.key == key, still, ProcessInstance.status == ("running" if suspended else "suspended"))
    )
    if after is not None:
        wanted = wanted.where(ProcessInstance.id > after)
    return list(session.scalars(wanted.order_by(ProcessInstance.id).limit(BATCH)))


def follow(session: Session, instance_id: UUID, *, suspended: bool, by: Actor, reason: str) -> None:
    """Suspend or resume one case because its process is; nothing happens to one that changed meanwhile."""
    try:
        (_hold if suspended else _release)(session, instance_id, by, reason)
    except (InstanceEnded, InstanceSuspended, Refused):
        return
