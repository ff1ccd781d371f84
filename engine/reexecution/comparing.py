"""What a step led to, beside what was recorded of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.execution import Execution
from engine.execution.done import OpenTask
from engine.execution.values import tagged
from engine.history.events import stamp
from engine.reexecution.recorded import Recorded, changes


def pairs(
    execution: Execution, kinds: Mapping[str, list[Recorded]], opened: list[OpenTask], *, ended: bool
) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """Yield what is compared, with what was recorded and what came out; `ended` tells whether the end is what the drawing makes of it."""
    timers = [t for t in execution.timers() if execution.timers_before.get(t.token) != t.due_at]
    decided = [done.result.evidence["rules"] for done in execution.done if done.kind == "decision"]
    yield "path", [i for e in kinds["path:taken"] for i in e.data["path"]], execution.path
    yield "variables", changes(kinds["variables:changed"]), [_change(c) for c in execution.changes]
    yield "operations", [e.data["operation"] for e in kinds["operation:completed"]], _names(execution, False)
    yield "errors", [e.data["operation"] for e in kinds["operation:failed"]], _names(execution, True)
    yield "calls", [e.data["id"] for e in kinds["call:entered"]], [entered.identity for entered in execution.entered]
    yield "thrown", [e.data["name"] for kind in ("message", "signal") for e in kinds[f"{kind}:thrown"]], _thrown(execution)
    yield "rules", [e.data["rules"] for e in kinds["decision:evaluated"]], decided
    yield "tasks", [e.element for e in kinds["task:created"]], [t.element for t in opened]
    yield "jobs", [(e.element, e.data["operation"]) for e in kinds["job:created"]], [(c.element, c.operation) for c in execution.asked()]
    yield "timers", [(e.element, e.data["due"]) for e in kinds["timer:created"]], [(t.element, stamp(t.due_at)) for t in timers]
    if ended:
        yield "end", [e.data["outcome"] for e in kinds["instance:completed"]], [execution.outcome] if execution.finished else []


def _names(execution: Execution, failed: bool) -> list[str]:
    return [one.name for one in execution.done if one.kind == "operation" and ("error" in one.result.evidence) is failed]


def _thrown(execution: Execution) -> list[str]:
    return [one.name for kind in ("message", "signal") for one in execution.thrown if one.kind == kind]


def _change(change: Any) -> dict[str, Any]:
    found = {"element": change.element, "name": change.name, "old": tagged(change.old), "new": tagged(change.new)}
    return found | ({"scope": change.scope} if change.scope is not None else {})
