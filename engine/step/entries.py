"""A task's entry in the memory of its case, and the rows it writes: who may find it, what changed of it, how it was closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.step.copies import send_drawn

if TYPE_CHECKING:
    from engine.step.move import Step

JSON = dict[str, Any]
KEPT = ("id", "assignee", "claimed", "nonce")


def row_of(task: JSON) -> JSON:
    """Return the row of an open task as its entry says it is now."""
    state = "held" if task.get("held") else "open"
    return {name: task[name] for name in KEPT} | {"owner": task.get("owner"), "origin": task.get("origin", "normal"), "state": state}


def add_candidates(step: Step, task: JSON, *, again: bool = False) -> None:
    """Write the rows by which candidates find an unassigned task in their lists; `again` says that the task was there before, with an amount of its own."""
    if task["assignee"] is None:
        names = [("u", name) for name in task["users"]] + [("g", name) for name in task["groups"]]
        more = {"again": True} if again else {}
        step.document.candidates.extend(
            {"task": task["id"], "kind": kind, "name": name, "due": task.get("due"), "at": task["at"], **more}
            for kind, name in dict.fromkeys(names)
        )


def close_task(step: Step, task: JSON, reason: str) -> None:
    """Close a task without a decision: its activity was interrupted, its people are looked for again, somebody else decided, or the instance ended."""
    del step.execution.memory.tasks[task["id"]]
    step.document.closed.append({"id": task["id"], "state": "canceled", "reason": reason, "element": task["element"], "task": task})
    step.document.dropped.append(task["id"])
    step.recorder.record("task:canceled", element=task["element"], data={"task": task["id"], "reason": reason})


def close_decided(step: Step, task: JSON, decision: Mapping[str, Any]) -> None:
    """Close a task with its decision; whom the drawing names gets a copy of the case."""
    del step.execution.memory.tasks[task["id"]]
    token = UUID(task["token"])
    wanted = step.execution.element_of(token).policy.copies
    if wanted is not None and "for" not in task:
        send_drawn(step, task["element"], wanted, step.execution.variables_of(token))
    step.document.closed.append(
        {
            "id": task["id"], "state": "completed", "reason": None, "outcome": decision["outcome"], "comment": decision["comment"],
            "decided_by": decision["by"], "on_behalf_of": decision["onBehalfOf"], "task": task,
        }
    )  # fmt: skip
    step.document.dropped.append(task["id"])
