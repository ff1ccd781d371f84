"""A user task for which the drawing found nobody, or nobody who may do it: an operator names who does."""

from uuid import UUID

from sqlalchemy.orm import Session

from engine.errors import NotFound, Refused
from engine.execution import values as kept
from engine.forms import MAX_COMMENT
from engine.permissions import Actor, require
from engine.step import Step, lock
from engine.step.failed import record_resolved
from engine.tasks.held import Held, change, picture, somebody
from models.runtime import Incident


def assign(session: Session, incident_id: UUID, *, by: Actor, to: str, reason: str) -> Step:
    """Name who is to do the user task of an incident: the task is hers, and the incident resolved.

    Refuses with `NotPermitted`, with `NotFound` an unknown incident and nobody active, with `InstanceEnded` and `InstanceSuspended`, with `DutyConflict`
    somebody who must not do it either, with `Refused` an incident that is resolved or is of no such task, an empty reason, and oneself.
    """
    require(by, "incident.resolve")
    reason = kept.limited(reason.strip(), "reason", MAX_COMMENT)
    if not reason:
        raise Refused(reason="a reason is needed")
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(kind="incident")
    step = lock(session, incident.instance_id)
    session.refresh(incident)
    if incident.resolved_at is not None:
        raise Refused(reason="the incident is resolved")
    task = next((one for one in step.execution.memory.tasks.values() if incident.token and one["token"] == incident.token.hex), None)
    if task is None or not task.get("nobody"):
        raise Refused(reason="the incident is not of a user task without people")
    target = somebody(session, kept.clean(to.strip(), "to"))
    if target.key == by.key:
        raise Refused(reason="nobody hands tasks over to herself")
    held = Held(step, task, by)
    excepted = held.require_duties(target)
    record_resolved(step, incident, by, "assigned", reason)
    task.pop("nobody")
    task.update(assignee=target.key, claimed=False)
    change(step, task)
    held.touch()
    step.recorder.record(
        "task:transferred",
        actor=by.key,
        element=task["element"],
        data={"task": task["id"], "assignee": target.key, "from": None, "to": target.key, "place": "nobody"} | excepted,
        personal={"reason": reason, "by": picture(by)},
    )
    step.write()
    return step
