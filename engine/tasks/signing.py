"""Signers added to a task before, after or beside its own decision (加签), and taken away again (减签)."""

import secrets
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine.errors import InstanceSuspended, NotPermitted, Refused
from engine.execution import touch
from engine.execution import values as kept
from engine.forms import MAX_COMMENT
from engine.history.events import stamp
from engine.permissions import Actor, require
from engine.step import Step, lock_task
from engine.step.entries import add_candidates, close_task
from engine.tasks.deciding import AGAINST, open_next
from engine.tasks.held import Held, change, hold, picture, require_known, somebody
from engine.tasks.late import explain_closed

PLACES = ("before", "after", "beside")
MAX_SIGNERS = 20  #: at one task


def add_signer(
    session: Session, task_id: UUID, *, by: Actor, who: str, place: str, reason: str = "", expected_revision: int | None = None
) -> Step:
    """Ask one more person to sign: before this task may be decided, after it was, or beside it. Without her the case does not go on.

    In a parallel multi-instance that names its people by a variable, somebody beside becomes one more instance, with a vote of her own. Refuses with `NotFound`
    an unknown or inactive person, with `Refused` one who signs or voted already, one who has no weight in a vote by weight, or another place, with
    `NotPermitted` where the drawing forbids it, and as `complete`.
    """
    if place not in PLACES:
        raise Refused(reason="signers are added before, after or beside")
    held = hold(session, task_id, by, expected_revision, waiting=True)
    step, task = held.step, held.task
    if not held.element.policy.signers or "approve" not in task["outcomes"]:
        raise NotPermitted(permission="task.sign")
    signer = somebody(session, kept.clean(who, "who"))
    there = [task, *held.others]
    loop = held.element.loop
    votes = (
        place == "beside"
        and loop is not None
        and loop.kind == "parallel"
        and loop.element_variable
        and step.execution.is_instance(held.token)
    )
    others, voted = step.execution.beside(held.token) if votes else (set(), set())
    asked = {one["assignee"] for one in step.execution.memory.tasks.values() if one in there or one["token"] in others}
    if signer.key in asked | voted or signer.key == by.key:
        raise Refused(reason="this person signs already")
    excepted = held.require_duties(signer)
    if len(there) > MAX_SIGNERS:
        raise Refused(reason="the task has as many signers as it may")
    if place == "before" and "for" in task:
        raise Refused(reason="a signer who was added adds nobody before herself")
    held.touch()
    reason = kept.limited(reason, "reason", MAX_COMMENT)
    if votes:
        _record(held, "task:signer_added", {"place": place, "signer": signer.key, "instance": True, "by": by.key} | excepted, reason)
        step.execution.add_instance(held.token, signer.key, by.key)
        step.write()
        return step
    entry = _entry(step, task, signer.key, place, by.key)
    if place == "before" and not task.get("held"):
        task["held"] = True
        change(step, task)
    step.execution.memory.tasks[entry["id"]] = entry
    step.document.opened.append(entry)
    if not entry["held"]:
        add_candidates(step, entry)
    _record(held, "task:signer_added", {"place": place, "signer": signer.key, "new": entry["id"]} | excepted, reason)
    step.write()
    return step


def _entry(step: Step, task: dict[str, Any], signer: str, place: str, added_by: str) -> dict[str, Any]:
    base = task.get("for", task["id"])
    return {
        "id": str(uuid7()), "token": task["token"], "element": task["element"], "name": task["name"], "round": task["round"], "assignee": signer,
        "claimed": False, "users": [], "groups": [], "due": task["due"], "at": stamp(step.now), "nonce": secrets.token_urlsafe(12),
        "outcomes": [one for one in task["outcomes"] if one == "approve" or one in AGAINST], "origin": f"add_{place}", "for": base, "parent": base,
        "held": place == "after", "after": task["id"], "addedBy": added_by,
    }  # fmt: skip


def remove_signer(session: Session, task_id: UUID, *, by: Actor, reason: str = "") -> Step:
    """Take back the request to somebody who was added, or one instance of a multi-instance; the case goes on if it waited for her only.

    Who added her may, and who holds the task she was added to; nobody takes away those whom the drawing asks. Refuses with `NotFound` a case that is not the
    caller's to know, with `TaskClosed`, with `NotPermitted` anybody else, with `Refused` the last one who decides.
    """
    require(by, "task.work")
    reason = kept.limited(reason, "reason", MAX_COMMENT)
    step = lock_task(session, task_id)
    tasks = step.execution.memory.tasks
    gone = tasks.get(str(task_id))
    require_known(session, by, step)
    if gone is None:
        raise explain_closed(session, task_id)
    if step.case.status == "suspended":
        raise InstanceSuspended(instance=str(step.case.id))
    element = step.execution.element_of(UUID(gone["token"]))
    base = tasks.get(gone.get("for", ""))
    if not element.policy.signers or by.key not in (gone.get("addedBy"), base and base["assignee"]):
        raise NotPermitted(permission="task.sign")
    instance = "for" not in gone
    rest = [one for one in tasks.values() if one["token"] == gone["token"] and one is not gone]
    concludes = not instance and not rest
    touch(step.execution, UUID(gone["token"]))
    step.recorder.record(
        "task:signer_removed",
        actor=by.key,
        element=gone["element"],
        data={"task": gone["id"], "signer": gone["assignee"], "instance": instance, "concludes": concludes},
        personal={"reason": reason, "by": picture(by)},
    )
    if instance:
        step.execution.remove_instance(UUID(gone["token"]))
    else:
        close_task(step, gone, "removed")
        for other in rest:
            if gone.get("held") and other.get("after") == gone["id"]:  # she waits for whom the other waited for
                other["after"] = gone["after"]
        open_next(step, rest, gone)
    if concludes:
        step.execution.conclude(UUID(gone["token"]))
    step.write()
    return step


def _record(held: Held, event: str, data: dict[str, Any], reason: str) -> None:
    held.step.recorder.record(
        event,
        actor=held.by.key,
        on_behalf_of=held.behalf,
        element=held.task["element"],
        data={"task": held.task["id"], **data},
        personal={"reason": reason, "by": picture(held.by)},
    )
