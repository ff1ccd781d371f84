"""The picture of a case for office systems: header, open tasks, and the tasks that changed in this step. Immutable, with a strictly increasing version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.bpmn.policies import REQUIRED
from engine.forms import UNFILLED
from engine.history.events import stamp

if TYPE_CHECKING:
    from engine.step.move import Step

#: life-cycle and outcome of ours -> the one status that office systems know
STATUS = {"approve": "approved", "reject": "rejected", "error": "terminated"}


def make_snapshot(step: Step) -> dict[str, Any]:
    """Return the snapshot as the outbox keeps it; candidates are groups here and become people when it is pushed."""
    case = step.case
    open_tasks = [
        _task(task, "pending") | {"outcomes": _pressed(step, task)} for task in step.execution.memory.tasks.values() if not task.get("held")
    ]
    changed = {row["id"] for row in step.document.changed}
    held = [
        _task(task, "closed") | {"reason": "held", "endedAt": stamp(step.now)}
        for task in step.execution.memory.tasks.values()
        if task.get("held") and task["id"] in changed  # it waits for a signer: nothing to press meanwhile
    ]
    closed = [_closed(row, stamp(step.now)) for row in (*step.document.closed, *step.document.passed)]
    return {
        "businessKey": case.business_key,
        "definitionKey": step.definition.key,
        "applicant": case.initiator,
        "status": status_of(case.status, case.outcome),
        "startedAt": stamp(case.started_at),
        "endedAt": stamp(step.now) if case.over else None,
        "tasks": open_tasks + held + closed,
        "copies": [{"person": copy["person"], "at": stamp(step.now)} for copy in step.document.copies],
    }


def _pressed(step: Step, task: dict[str, Any]) -> list[str]:
    """Return what may be pressed in an office system: what needs a signature or a form filled in is decided on our page."""
    element = step.execution.element_of(UUID(task["token"]))
    signed = element.policy.signature == REQUIRED and not task.get("owner")
    filled = any(field.required and field.default is None and not field.readonly for field in element.form)
    filled = filled or (element.schema is not None and bool(element.schema.gives))
    return [outcome for outcome in task["outcomes"] if not (signed or filled) or outcome in UNFILLED]


def status_of(status: str, outcome: str | None) -> str:
    """Return the status office systems know: running, approved, rejected, withdrawn or terminated."""
    if status == "completed":
        return STATUS.get(outcome or "approve", "approved")
    return "running" if status == "suspended" else status


def _task(task: dict[str, Any], status: str) -> dict[str, Any]:
    names = ("id", "round", "element", "name", "assignee", "users", "groups", "due", "at", "nonce", "outcomes")
    return {name: task[name] for name in names} | {"status": status, "origin": task.get("origin", "normal")}


def _closed(row: dict[str, Any], at: str) -> dict[str, Any]:
    status = STATUS.get(row.get("outcome") or "", "closed") if row["state"] == "completed" else "canceled"
    decided = {name: row.get(name) for name in ("outcome", "comment", "decided_by", "on_behalf_of", "reason")} | {"endedAt": at}
    return _task(row["task"], status) | decided
