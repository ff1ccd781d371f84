"""Who has a task: claimed, given back to its candidates, transferred for good, delegated and given back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.errors import NotPermitted, Refused
from engine.execution import values as kept
from engine.forms import MAX_COMMENT
from engine.permissions import Actor
from engine.step import Step
from engine.tasks.held import JSON, Held, change, hold, picture, somebody


def claim(session: Session, task_id: UUID, *, by: Actor, expected_revision: int | None = None) -> Step:
    """Take an unassigned task for oneself, or for whom one stands in for: it is hers then, and both may work on it.

    Refuses as `complete` does; claiming one's own task again changes nothing.
    """
    held = hold(session, task_id, by, expected_revision)
    if held.task["assignee"] is not None:
        return held.step
    excepted = held.require_duties(by, held.behalf)
    held.task["assignee"], held.task["claimed"] = held.behalf or by.key, True
    return _record(held, "task:claimed", excepted)


def unclaim(session: Session, task_id: UUID, *, by: Actor, expected_revision: int | None = None) -> Step:
    """Give a claimed task back to its candidates. Refuses with `Refused` a task that was assigned rather than claimed."""
    held = hold(session, task_id, by, expected_revision)
    if not held.task["claimed"] or not (held.task["users"] or held.task["groups"]):
        raise Refused(reason="the task was not claimed")
    held.task["assignee"], held.task["claimed"] = None, False
    return _record(held, "task:unclaimed", {})


def transfer(session: Session, task_id: UUID, *, by: Actor, to: str, reason: str = "", expected_revision: int | None = None) -> Step:
    """Hand a task to somebody else for good (转办); of one that was delegated the question is handed on, and the opinion goes to who delegated it.

    Refuses with `NotFound` an unknown or inactive person, with `Refused` oneself, with `NotPermitted` where the drawing forbids it, and as `complete` does.
    """
    held, target, reason, excepted = _handed(session, task_id, by, to, reason, expected_revision)
    held.task.update(assignee=target.key, claimed=False, origin=_origin(held, "transfer"))
    return _record(held, "task:transferred", {"from": by.key, "to": target.key} | excepted, reason=reason)


def delegate(session: Session, task_id: UUID, *, by: Actor, to: str, reason: str = "", expected_revision: int | None = None) -> Step:
    """Ask somebody else for an opinion (委派): the task comes back when she has given it, to the caller or to whom she stands in for.

    Refuses as `transfer` does, and with `Refused` one that is delegated already.
    """
    held, target, reason, excepted = _handed(session, task_id, by, to, reason, expected_revision)
    if held.task.get("owner"):
        raise Refused(reason="the task is delegated already")
    held.require_duties(by, held.behalf)  # it comes back to her
    held.task.update(assignee=target.key, claimed=False, owner=held.behalf or by.key, origin=_origin(held, "delegate"))
    return _record(held, "task:delegated", {"from": by.key, "to": target.key} | excepted, reason=reason)


def resolve(session: Session, task_id: UUID, *, by: Actor, comment: str = "", expected_revision: int | None = None) -> Step:
    """Give a delegated task back with an opinion. Refuses with `Refused` one that is not delegated, and as `complete` does."""
    held = hold(session, task_id, by, expected_revision)
    if not held.task.get("owner"):
        raise Refused(reason="the task is not delegated")
    return give_back(held, comment)


def give_back(
    held: Held, comment: str, *, opinion: str | None = None, channel: str | None = None, files: Sequence[dict[str, str]] = ()
) -> Step:
    """Let a delegated task go back to who delegated it; `files` were attached to the opinion."""
    task = held.task
    comment = kept.limited(comment, "comment", MAX_COMMENT)
    owner = task.pop("owner")
    task.update(assignee=owner, claimed=False, origin=_origin(held, "normal"))
    data = {"from": held.by.key, "to": owner, "opinion": opinion, "channel": channel} | ({"files": list(files)} if files else {})
    return _record(held, "task:resolved", data, reason=comment)


def _origin(held: Held, new: str) -> str:
    """Return how a task came to who has it; a signer who was added stays one in her place."""
    kept: str = held.task["origin"] if "for" in held.task else new
    return kept


def _handed(
    session: Session, task_id: UUID, by: Actor, to: str, reason: str, expected_revision: int | None
) -> tuple[Held, Actor, str, JSON]:
    reason = kept.limited(reason, "reason", MAX_COMMENT)
    held = hold(session, task_id, by, expected_revision)
    if not held.element.policy.transfers:
        raise NotPermitted(permission="task.transfer")
    target = somebody(session, kept.clean(to, "to"))
    if target.key in (held.task["assignee"], held.task.get("owner"), by.key):
        raise Refused(reason="the task is already with this person")
    return held, target, reason, held.require_duties(target)


def _record(held: Held, event: str, data: dict[str, Any], *, reason: str = "") -> Step:
    """Write who has the task now, and the event that says so."""
    held.touch()
    change(held.step, held.task)
    held.step.recorder.record(
        event,
        actor=held.by.key,
        on_behalf_of=held.behalf,
        element=held.task["element"],
        data={"task": held.task["id"], "assignee": held.task["assignee"], **data},
        personal={"reason": reason, "by": picture(held.by)},
    )
    held.step.write()
    return held.step
