"""What is said about a task without deciding it: a reminder by the drawing, an urge by who waits, a comment."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import jobs
from engine.errors import Fault, InstanceEnded, InvalidVariables, NotFound, TooSoon
from engine.execution import touch
from engine.execution import values as kept
from engine.execution.timers import plus
from engine.forms import MAX_COMMENT
from engine.history.events import stamp
from engine.permissions import SYSTEM, Actor, require, require_instance
from engine.settings import read_settings
from engine.step import Step, lock, lock_task
from engine.tasks.held import picture, remind
from engine.tasks.late import explain_closed
from models.runtime import UserTask

_KNOWN = text("SELECT key FROM person WHERE key = ANY(:keys) AND active")


def mark_reminded(session: Session, task_id: UUID) -> Step | None:
    """Note that the people of an open task were reminded; None when it is no longer open, or its case is suspended."""
    step = lock_task(session, task_id)
    task = step.execution.memory.tasks.get(str(task_id))
    if task is None or step.case.status == "suspended":
        return None
    remind(step, task, reminded_at=step.now)
    step.recorder.record("task:reminded", actor=SYSTEM.key, element=task["element"], data={"task": task["id"]})
    step.write()
    return step


def urge(session: Session, task_id: UUID, *, by: Actor, reason: str = "") -> Step:
    """Urge the people of an open task (催办): they are told here, in their office system, and by mail where mail is set up.

    Anybody who may read the case may, once in `SHENPI_URGE_EVERY` for each task. Refuses with `NotFound` a case that is not hers to know, with `TaskClosed`,
    with `TooSoon` and the seconds to wait.
    """
    require(by, "task.work")
    reason = kept.limited(reason, "reason", MAX_COMMENT)
    step = lock_task(session, task_id)
    require_instance(session, by, step.case.id)
    task = step.execution.memory.tasks.get(str(task_id))
    if task is None:
        raise explain_closed(session, task_id)
    last = session.execute(select(UserTask.urged_at).where(UserTask.id == task_id)).scalar_one()
    if last is not None:
        again = plus(last, read_settings().urge_every, step.execution.zone)
        if again > step.now:
            raise TooSoon(seconds=max(1, round((again - step.now) / timedelta(seconds=1))))
    remind(step, task, urged_at=step.now)
    step.recorder.record(
        "task:urged", actor=by.key, element=task["element"], data={"task": task["id"]}, personal={"reason": reason, "by": picture(by)}
    )
    people = [task["assignee"]] if task["assignee"] else [*task["users"], *(f"@{group}" for group in task["groups"])]
    step.document.wake.append(
        jobs.wake(jobs.NOTICE, key=f"{task['id']}:{stamp(step.now)}", kind="urge", instance=step.case.id, people=people, text=reason)
    )
    step.write()
    return step


def comment(session: Session, instance_id: UUID, *, by: Actor, said: str, to: tuple[str, ...] = ()) -> Step:
    """Say something about a running case without deciding (评论); `to` are people who are told.

    Whoever comments on what waits for her has acted: the decision before it can no longer be taken back. Refuses with `NotFound` a case that is not hers to
    know, with `InstanceEnded`, with `InvalidVariables` an empty or too long text.
    """
    require(by, "task.work")
    require_instance(session, by, instance_id)
    said = kept.clean(said.strip(), "text")
    if not 0 < len(said) <= MAX_COMMENT:
        zh, en = f"评论须为 1 到 {MAX_COMMENT} 字", f"A comment has 1 to {MAX_COMMENT} characters"
        raise InvalidVariables([Fault("comment-length", zh, en, path="text")])
    step = lock(session, instance_id, running=False)
    if step.case.over:
        raise InstanceEnded(state=step.case.status)
    for task in step.execution.memory.tasks.values():
        if task["assignee"] == by.key or by.key in task["users"] or not by.groups.isdisjoint(task["groups"]):
            touch(step.execution, UUID(task["token"]))
    known = set(session.scalars(_KNOWN, {"keys": list(to)})) if to else set()
    if set(to) - known:
        raise NotFound(kind="person")
    event = step.recorder.record("comment:added", actor=by.key, data={"to": sorted(known)}, personal={"text": said, "by": picture(by)})
    if known:
        step.document.wake.append(
            jobs.wake(
                jobs.NOTICE, key=f"{step.case.id}:{event.number}", kind="comment", instance=step.case.id, people=sorted(known), text=said
            )
        )
    step.write()
    return step
