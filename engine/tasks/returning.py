"""Going back by hand: a case to an earlier step (退回), a decision to who took it (拿回)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import drafts
from engine.bpmn import policies
from engine.errors import InstanceEnded, InstanceSuspended, NotFound, NotPermitted, Refused
from engine.execution import values as kept
from engine.forms import MAX_COMMENT
from engine.history.events import stamp
from engine.permissions import Actor, require
from engine.step import Step, lock_task, peek
from engine.step.entries import close_decided, close_task
from engine.tasks.held import Held, held_by, hold, picture, require_known
from models.runtime import UserTask


def steps_back(step: Step, task_id: UUID, *, by: Actor) -> list[tuple[str, str]]:
    """Return the earlier steps that a task may be returned to, as id and name in the order of the drawing; none of one that is delegated.

    It only looks: a case that was peeked at will do. Refuses as `complete` does.
    """
    held = held_by(step, task_id, by)
    if held.task.get("owner"):
        return []
    execution, model = step.execution, step.definition.model
    been = execution.memory.rounds
    return [
        (element.id, element.name or element.id)
        for element in model.elements.values()
        if element.id in been and _may_go(held, element.id) and execution.leads_back(held.token, element.id)
    ]


def policy_of(step: Step, task_id: UUID) -> policies.Policy:
    """Return what the drawing says of an open task of a case; nothing of one that is closed."""
    task = step.execution.memory.tasks.get(str(task_id))
    return step.execution.element_of(UUID(task["token"])).policy if task is not None else policies.NO_POLICY


def _may_go(held: Held, target: str) -> bool:
    allowed = held.element.policy.return_to
    if policies.NONE in allowed:
        return False
    home = policies.initiators_task(held.step.definition.model.elements)
    return policies.ANY in allowed or target in allowed or (policies.INITIATOR in allowed and target == home)


def return_to(
    session: Session,
    task_id: UUID,
    *,
    by: Actor,
    to: str,
    comment: str = "",
    straight_back: bool = False,
    expected_revision: int | None = None,
    channel: str | None = None,
) -> Step:
    """Return a case to an earlier step of its own (退回到…): what is open between is cancelled, and that step is asked again.

    A return to before a split cancels the whole block, one within a branch leaves the other branches alone, one into another branch is refused. With
    `straight_back`, who is asked then leads straight back to the caller, or to whom she stands in for; else every step between is taken again. Refuses with
    `NotPermitted` what the drawing forbids, with `Refused` a step that this case has not been at or that does not lead here and a task that is delegated, and
    as `complete` does.
    """
    comment = kept.limited(comment, "comment", MAX_COMMENT)
    held = hold(session, task_id, by, expected_revision)
    step, task = held.step, held.task
    if task.get("owner"):
        raise Refused(reason="the task is delegated: an opinion is asked for")
    if to not in step.execution.memory.rounds:
        raise Refused(reason="there is no such step in this case")
    if not _may_go(held, to):
        raise NotPermitted(permission="task.return")
    element = held.element
    excepted = held.require_duties(by, held.behalf)
    who = held.behalf or by.key
    decision = {"outcome": "return", "comment": comment, "by": by.key, "onBehalfOf": held.behalf, "at": stamp(step.now)}
    step.recorder.record(
        "task:returned",
        actor=by.key,
        on_behalf_of=held.behalf,
        element=element.id,
        data={"task": task["id"], "to": to, "straightBack": straight_back, "by": who, "round": task["round"], "channel": channel}
        | excepted,
        personal={"comment": comment, "by": picture(by)},
    )
    others = held.others
    close_decided(step, task, decision)
    for other in others:
        close_task(step, other, "returned")
    step.execution.return_to(held.token, to, straight_back=straight_back, who=who)
    step.write()
    return step


def may_take_back(session: Session, task_id: UUID, *, by: Actor) -> bool:
    """Tell whether `take_back` would not be refused for what has come of the decision."""
    row = session.execute(select(UserTask.token, UserTask.instance_id, UserTask.decided_by).where(UserTask.id == task_id)).one_or_none()
    if row is None or row.decided_by != by.key:
        return False
    step = peek(session, row.instance_id)
    return step.case.status == "running" and step.execution.may_take_back(row.token) and not _begun(step, row.token)


def _begun(step: Step, token: UUID) -> bool:
    """Tell whether the next person keeps a draft of what the decision led to."""
    made = set(step.execution.made_by(token))
    return drafts.begun(step.session, [UUID(task["id"]) for task in step.execution.memory.tasks.values() if task["token"] in made])


def take_back(session: Session, task_id: UUID, *, by: Actor, reason: str = "") -> Step:
    """Take back one's own decision while nothing has come of it (拿回): the task is open again for whose it was, what it led to is gone.

    Refuses with `NotFound` a task of a case that is not hers to know, with `NotPermitted` somebody else's decision, with `InstanceEnded`, `InstanceSuspended`,
    and with `Refused` when the next person has acted, a job was sent, or something else has come of it.
    """
    require(by, "task.work")
    reason = kept.limited(reason, "reason", MAX_COMMENT)
    step = lock_task(session, task_id)
    require_known(session, by, step)
    row = session.execute(
        select(UserTask.token, UserTask.element, UserTask.decided_by, UserTask.on_behalf_of).where(UserTask.id == task_id)
    ).one_or_none()
    if row is None:
        raise NotFound(kind="user task")
    if row.decided_by != by.key:
        raise NotPermitted(permission="task.take_back")
    if step.case.over:
        raise InstanceEnded(state=step.case.status)
    if step.case.status == "suspended":
        raise InstanceSuspended(instance=str(step.case.id))
    if _begun(step, row.token):
        raise Refused(reason="something has come of the decision already")
    who = row.on_behalf_of or by.key
    step.recorder.record(
        "task:taken_back",
        actor=by.key,
        element=row.element,
        on_behalf_of=row.on_behalf_of,
        data={"task": str(task_id), "by": who},
        personal={"reason": reason, "by": picture(by)},
    )
    step.execution.take_back(row.token, who)
    step.write()
    return step
