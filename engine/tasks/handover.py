"""Handing over what somebody has open when she leaves: an administrator names who goes on, and each task is a step of its own."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine.errors import Fault, InstanceSuspended, InvalidVariables, NotFound, Refused
from engine.execution import values as kept
from engine.forms import MAX_COMMENT
from engine.permissions import Actor, require
from engine.step import Step, lock_task
from engine.tasks.held import JSON, Held, change, picture, somebody
from engine.tasks.late import explain_closed
from models.identity import Person

MOST = 200  #: tasks at once

_OPEN = text(
    """
    SELECT id FROM (
      SELECT t.id FROM user_task t WHERE t.assignee = :person AND t.state = 'open'
      UNION SELECT t.id FROM user_task t WHERE t.assignee = :person AND t.state = 'held'
      UNION SELECT t.id FROM user_task t WHERE t.owner = :person AND t.ended_at IS NULL
      UNION SELECT c.task_id FROM candidate c WHERE c.kind = 'u' AND c.name = :person
    ) AS t ORDER BY id LIMIT :n
    """
)
_CANDIDATE = text(
    """
    WITH gone AS (DELETE FROM candidate WHERE task_id = :task AND kind = 'u' AND name = :person RETURNING task_id, due_key, created_at, amount)
    INSERT INTO candidate (task_id, kind, name, due_key, created_at, amount)
    SELECT task_id, 'u', :to, due_key, created_at, amount FROM gone ON CONFLICT DO NOTHING
    """
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What an administrator said: whose tasks go to whom, and why."""

    person: str
    to: Actor
    reason: str


def open_of(session: Session, person: str, at_most: int = MOST) -> list[UUID]:
    """Return the tasks that somebody holds, is asked personally to claim, or gets back from whom she delegated them to; up to a limit, the oldest first."""
    return list(session.scalars(_OPEN, {"person": person, "n": at_most}))


def leaving(session: Session, person: str, *, by: Actor, to: str, reason: str) -> Leaving:
    """Return a handover that may be made; nothing is changed yet.

    Refuses with `NotPermitted` all but administrators, with `NotFound` a person who is not there and a successor who is not there or inactive, with `Refused` a
    successor who is the person or the administrator herself, with `InvalidVariables` a missing reason.
    """
    require(by, "task.hand_over")
    if session.execute(select(Person.id).filter_by(key=kept.clean(person, "person"))).first() is None:
        raise NotFound(kind="person")
    reason = kept.limited(reason.strip(), "reason", MAX_COMMENT)
    if not reason:
        raise InvalidVariables([Fault("reason-missing", "请填写原因", "A reason is needed", path="reason")])
    target = somebody(session, kept.clean(to.strip(), "to"))
    if target.key == person:
        raise Refused(reason="the tasks are with this person already")
    if target.key == by.key:
        raise Refused(reason="nobody hands tasks over to herself")
    return Leaving(person, target, reason)


def hand_over(session: Session, task_id: UUID, wanted: Leaving, *, by: Actor) -> Step:
    """Put the successor in the person's place at one task: as its assignee, as a candidate, or as whom it comes back to.

    A drawing that forbids transfers forbids them to approvers, not this. Refuses with `TaskClosed` a task that is decided or gone, with `InstanceSuspended`,
    with `DutyConflict` where the successor must not decide it, with `Refused` a task that is no longer the person's.
    """
    require(by, "task.hand_over")
    step = lock_task(session, task_id)
    task = step.execution.memory.tasks.get(str(task_id))
    if task is None:
        raise explain_closed(session, task_id)
    if step.case.status == "suspended":
        raise InstanceSuspended(instance=str(step.case.id))
    held = Held(step, task, by)
    place = _place(task, wanted.person)
    if place is None:
        raise Refused(reason="the task is no longer with this person")
    excepted = held.require_duties(wanted.to)
    _put(held, place, wanted)
    held.touch()
    step.recorder.record(
        "task:transferred",
        actor=by.key,
        element=task["element"],
        data={"task": task["id"], "assignee": task["assignee"], "from": wanted.person, "to": wanted.to.key, "place": place} | excepted,
        personal={"reason": wanted.reason, "by": picture(by)},
    )
    step.write()
    return step


def _place(task: JSON, person: str) -> str | None:
    if task["assignee"] == person:
        return "assignee"
    if task.get("owner") == person:
        return "owner"
    return "candidate" if task["assignee"] is None and person in task["users"] else None


def _put(held: Held, place: str, wanted: Leaving) -> None:
    task, to = held.task, wanted.to.key
    if place == "candidate":
        task["users"] = list(dict.fromkeys(to if name == wanted.person else name for name in task["users"]))
        held.step.session.execute(_CANDIDATE, {"task": task["id"], "person": wanted.person, "to": to})
        change(held.step, task, listed=True)
        return
    task[place] = to
    if place == "assignee":
        task["claimed"] = False
    if task.get("owner") == task["assignee"]:  # it has come back to whom it was delegated by
        task.pop("owner")
        task["origin"] = "normal"
    elif place == "assignee" and not task.get("owner") and "for" not in task:
        task["origin"] = "transfer"
    change(held.step, task)
