"""User tasks: what people are asked to do, and what they answer.

A task is open until it is decided or its instance goes elsewhere. Anyone among its candidates may claim it; its assignee, or while nobody holds it any
candidate, may decide it. Where the process goes next is not decided here.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import InstanceSuspended, NotFound, NotPermitted, Refused, StaleRevision, TaskAlreadyClaimed, TaskClosed
from engine.execution import values as kept
from engine.forms import MAX_COMMENT, check_decision
from engine.history.events import stamp
from engine.permissions import SYSTEM, Actor, load_actor, may_read_instance, may_work_on, require
from engine.step import Step, lock_task
from engine.step.gather import add_candidates
from models.runtime import UserTask


def complete(
    session: Session,
    task_id: UUID,
    *,
    by: Actor,
    outcome: str,
    comment: str = "",
    values: Mapping[str, Any] | None = None,
    expected_revision: int | None = None,
    channel: str | None = None,
    nonce: str | None = None,
) -> Step:
    """Decide a user task and let its case go on to its next wait.

    Afterwards the task is closed, the decision stands in the history, `outcome`, `decisions.<element>` and the form's values are variables.
    Refuses with `TaskClosed` a task that is decided or gone, with `NotPermitted` somebody it is not addressed to, with `TaskAlreadyClaimed` when somebody
    else holds it, with `InvalidVariables` values outside the form or an unknown outcome, with `StaleRevision` a caller who saw an older task.
    """
    step, token, task = _held(session, task_id, by, expected_revision)
    if nonce is not None and not secrets.compare_digest(nonce.encode(errors="replace"), task["nonce"].encode()):
        raise NotPermitted(reason="nonce")
    element = step.execution.element_of(UUID(token))
    accepted = check_decision(element, task, outcome, comment, values or {})
    decision = {"outcome": outcome, "comment": comment, "by": by.key, "onBehalfOf": None, "at": stamp(step.now)}
    step.recorder.record(
        "task:completed",
        actor=by.key,
        element=element.id,
        data={"task": task["id"], "outcome": outcome, "round": task["round"], "channel": channel},
        personal={
            "comment": comment, "values": kept.tagged(accepted), "by": {"name": by.name, "department": by.department},
        },
    )  # fmt: skip
    step.execution.memory.tasks.pop(token)
    step.document.closed.append(
        {
            "id": task["id"], "state": "completed", "reason": None, "outcome": outcome, "comment": comment, "decided_by": by.key, "on_behalf_of": None,
            "task": task,
        }
    )  # fmt: skip
    step.document.dropped.append(task["id"])
    step.execution.complete(UUID(token), decision, accepted)
    step.write()
    return step


def claim(session: Session, task_id: UUID, *, by: Actor, expected_revision: int | None = None) -> Step:
    """Take an unassigned task for oneself. Refuses as `complete` does; claiming one's own task again changes nothing."""
    step, _, task = _held(session, task_id, by, expected_revision)
    if task["assignee"] == by.key:
        return step
    task["assignee"], task["claimed"] = by.key, True
    return _reassign(step, task, "task:claimed", by, {})


def unclaim(session: Session, task_id: UUID, *, by: Actor, expected_revision: int | None = None) -> Step:
    """Give a claimed task back to its candidates. Refuses with `Refused` a task that was assigned rather than claimed."""
    step, _, task = _held(session, task_id, by, expected_revision)
    if not task["claimed"] or not (task["users"] or task["groups"]):
        raise Refused(reason="the task was not claimed")
    task["assignee"], task["claimed"] = None, False
    add_candidates(step, task)
    return _reassign(step, task, "task:unclaimed", by, {})


def transfer(session: Session, task_id: UUID, *, by: Actor, to: str, reason: str = "", expected_revision: int | None = None) -> Step:
    """Hand a task to somebody else for good (转办). Refuses with `NotFound` an unknown or inactive person, with `Refused` oneself, and as `complete` does."""
    reason = kept.clean(reason[:MAX_COMMENT], "reason")
    step, _, task = _held(session, task_id, by, expected_revision)
    target = load_actor(session, kept.clean(to, "to"))
    if target is None:
        raise NotFound(kind="person")
    if target.key == task["assignee"] or target.key == by.key:
        raise Refused(reason="the task is already with this person")
    task["assignee"], task["claimed"] = target.key, False
    return _reassign(step, task, "task:transferred", by, {"from": by.key, "to": target.key}, reason=reason)


def mark_reminded(session: Session, task_id: UUID) -> Step | None:
    """Note that the people of an open task were reminded; None when it is no longer open, or its case is suspended."""
    step = lock_task(session, task_id)
    found = _find(step, task_id)
    if found is None or step.case.status == "suspended":
        return None
    task = found[1]
    step.document.changed.append(_row(task) | {"reminded_at": stamp(step.now)})
    step.recorder.record("task:reminded", actor=SYSTEM.key, element=task["element"], data={"task": task["id"]})
    step.write()
    return step


def _reassign(step: Step, task: dict[str, Any], event: str, by: Actor, data: dict[str, Any], *, reason: str = "") -> Step:
    task["nonce"] = secrets.token_urlsafe(12)  # a button pressed on an older picture in an office system must not count
    step.document.changed.append(_row(task))
    if task["assignee"] is not None:
        step.document.dropped.append(task["id"])
    step.recorder.record(
        event,
        actor=by.key,
        element=task["element"],
        data={"task": task["id"], "assignee": task["assignee"], **data},
        personal={"reason": reason, "by": {"name": by.name, "department": by.department}},
    )
    step.write()
    return step


def _row(task: dict[str, Any]) -> dict[str, Any]:
    return {"id": task["id"], "assignee": task["assignee"], "claimed": task["claimed"], "nonce": task["nonce"], "reminded_at": None}


def _held(session: Session, task_id: UUID, by: Actor, expected_revision: int | None) -> tuple[Step, str, dict[str, Any]]:
    """Lock a task that is open and this actor's to work on."""
    require(by, "task.work")
    step = lock_task(session, task_id)
    found = _find(step, task_id)
    if found is None or not may_work_on(by, found[1]):
        _require_known(session, by, step)
    if found is None:
        raise explain_closed(session, task_id)
    token, task = found
    if step.case.status == "suspended" and may_work_on(by, task):
        raise InstanceSuspended(instance=str(step.case.id))
    if not may_work_on(by, task):
        listed = by.key in task["users"] or not by.groups.isdisjoint(task["groups"])
        raise TaskAlreadyClaimed(task=str(task_id), assignee=task["assignee"]) if listed else NotPermitted(permission="task.work")
    if expected_revision is not None:
        revision = session.execute(select(UserTask.revision).where(UserTask.id == task_id)).scalar_one()
        if revision != expected_revision:
            raise StaleRevision(expected=expected_revision, found=revision)
    return step, token, task


def _require_known(session: Session, by: Actor, step: Step) -> None:
    """Refuse with `NotFound` somebody who may not even know of the case: why she cannot decide would tell her."""
    if not may_read_instance(session, by, step.case.id):
        raise NotFound(kind="user task")


def _find(step: Step, task_id: UUID) -> tuple[str, dict[str, Any]] | None:
    wanted = str(task_id)
    return next(((token, task) for token, task in step.execution.memory.tasks.items() if task["id"] == wanted), None)


def explain_closed(session: Session, task_id: UUID) -> TaskClosed:
    """Return the kind answer to somebody who came too late: what became of the task, by whom and when."""
    row = session.execute(
        select(UserTask.state, UserTask.outcome, UserTask.decided_by, UserTask.reason, UserTask.ended_at).where(UserTask.id == task_id)
    ).one()
    facts = {
        "outcome": row.outcome,
        "decidedBy": row.decided_by,
        "reason": row.reason,
        "endedAt": stamp(row.ended_at) if row.ended_at else None,
    }
    return TaskClosed(state=row.outcome or row.reason or row.state, task=str(task_id), **facts)
