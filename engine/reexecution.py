"""A case run again from its record alone: the same commands at the same times with the same answers must take the same way.

Everything a step led to is compared with what was recorded: the way, every variable with old and new, the operations asked, tasks, jobs, timers, incidents
and the end. Nothing outside the record is read except the drawing and the decision tables it names by hash.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from engine.bpmn.model import Element
from engine.dmn import Decision, map_result
from engine.errors import ExecutionFailed, Fault
from engine.execution import Execution, Program
from engine.execution.run import Result
from engine.execution.values import tagged, untagged
from engine.history.chain import Row
from engine.history.events import stamp

#: events that begin a step without moving a token
QUIET = (
    "task:claimed",
    "task:unclaimed",
    "task:transferred",
    "task:reminded",
    "job:failed",
    "oa:delivered",
    "oa:refused",
    "archive:sealed",
    "personal:erased",
)


@dataclass(slots=True)
class Recorded:
    """One event as the re-execution reads it."""

    type: str
    element: str | None
    at: datetime
    data: dict[str, Any]
    personal: dict[str, Any]

    @classmethod
    def read(cls, row: Row) -> "Recorded":
        body = orjson.loads(bytes(row.body))
        personal = orjson.loads(bytes(row.personal)) if row.personal is not None else {}
        return cls(body["type"], body["element"], datetime.fromisoformat(body["at"]).astimezone(UTC), body["data"], personal)


@dataclass(slots=True)
class Outcome:
    """How far the record was run again, and where it came out differently."""

    steps: int = 0
    faults: list[Fault] = field(default_factory=list)


class Answers:
    """Answers operations from the record of one step, and decides again by the tables."""

    def __init__(self, events: list[Recorded], decisions: Mapping[str, Decision], now: datetime) -> None:
        self.decisions = decisions
        self.now = now
        self.kept: dict[str, deque[Recorded]] = defaultdict(deque)
        self.failed = {event.element: event for event in events if event.type == "incident:raised"}
        for event in events:
            if event.type == "operation:completed" and event.element:
                self.kept[event.element].append(event)
        self.asked = {event.data["operation"] for event in events if event.type == "job:created"}

    def is_local(self, operation: str) -> bool:
        return operation not in self.asked

    def run(self, element: Element, operation: str, inputs: dict[str, Any]) -> Result:
        if not self.kept[element.id]:
            said = self.failed.get(element.id)
            raise ExecutionFailed(element=element.id, reason=said.personal.get("message", "") if said else "not in the record")
        event = self.kept[element.id].popleft()
        if event.personal["inputs"] != tagged(inputs):
            raise ExecutionFailed(element=element.id, reason="asked with other inputs than recorded")
        return Result(untagged(event.personal["result"]), {})

    def decide(self, element: Element, decision: str, variables: Mapping[str, Any]) -> Result:
        verdict = self.decisions[decision].decide(variables, now=self.now)
        return Result(map_result(verdict.results, element.map_result), {"rules": list(verdict.rules)})


class Rerun:
    """One case being run again."""

    def __init__(self, program: Program, decisions: Mapping[str, Decision]) -> None:
        self.program = program
        self.decisions = decisions
        self.state: bytes | None = None
        self.tasks: dict[str, UUID] = {}
        self.jobs: dict[str, UUID] = {}
        self.held: dict[str, UUID] = {}
        self.outcome = Outcome()

    def step(self, number: int, events: list[Recorded]) -> None:
        """Give the command of one recorded step and compare what it leads to."""
        first = events[0]
        if first.type in QUIET:
            return
        self.outcome.steps += 1
        answers = Answers(events, self.decisions, first.at)
        if first.type == "instance:started":
            inputs = {c["name"]: untagged(c["new"]) for c in _changes(events) if c["element"] is None}
            execution = Execution.start(self.program, first.at, answers, inputs, first.data["initiator"])
        else:
            assert self.state is not None
            execution = Execution.restore(self.program, first.at, answers, self.state)
            self._command(execution, first, events)
        self._compare(number, execution, events, first)
        self.state = execution.save()

    def _command(self, execution: Execution, first: Recorded, events: list[Recorded]) -> None:
        match first.type:
            case "task:completed":
                decision = next(c["new"] for c in _changes(events) if c["name"] == f"decisions.{first.element}")
                values = {name: untagged(value) for name, value in first.personal["values"].items()}
                execution.complete(self.tasks.pop(first.data["task"]), untagged(decision), values)
            case "job:completed":
                execution.answer(self.jobs.pop(first.data["job"]), untagged(first.personal["result"]))
            case "timer:fired":
                execution.fire_timers([t.token for t in execution.timers() if t.element == first.element and t.due_at <= first.at][:1])
            case "incident:resolved":
                self._resolve(execution, first)
            case "instance:withdrawn" | "instance:terminated":
                execution.cancel()
            case other:
                raise ValueError(f"a step begins with {other}")

    def _resolve(self, execution: Execution, first: Recorded) -> None:
        token = self.held.pop(first.element or "", None)
        if first.data["kind"] == "element" and first.data["resolution"] == "retried":
            elements = {task.token: task.element for task in execution.open_tasks()}
            self.tasks = {task: kept for task, kept in self.tasks.items() if elements.get(kept) != first.element}
        if token is None:  # of a job, a delivery or a user task without people: nothing in memory failed
            if first.data["kind"] == "job" and first.data["resolution"] == "resolved":
                waiting = [t for t in execution.pending_calls() if execution.workflow.tasks[t].task_spec.bpmn_id == first.element]
                execution.resolve(waiting[0], untagged(first.personal.get("value")))
        elif first.data["resolution"] == "retried":
            execution.retry(token)
        else:
            execution.resolve(token, untagged(first.personal.get("value")))

    def _compare(self, number: int, execution: Execution, events: list[Recorded], first: Recorded) -> None:
        kinds: dict[str, list[Recorded]] = defaultdict(list)
        for event in events:
            kinds[event.type].append(event)
        known = set(self.tasks.values())
        opened = [task for task in execution.open_tasks() if task.token not in known]
        timers = [t for t in execution.timers() if t.token not in execution.timers_before]
        pairs = [
            ("path", [i for e in kinds["path:taken"] for i in e.data["path"]], execution.path),
            ("variables", _changes(events), [_change(c) for c in execution.changes]),
            ("operations", [e.data["operation"] for e in kinds["operation:completed"]], [d.name for d in execution.done if d.kind == "operation"]),
            ("rules", [e.data["rules"] for e in kinds["decision:evaluated"]], [d.result.evidence["rules"] for d in execution.done if d.kind == "decision"]),
            ("tasks", [e.element for e in kinds["task:created"]], [t.element for t in opened]),
            ("jobs", [(e.element, e.data["operation"]) for e in kinds["job:created"]], [(c.element, c.operation) for c in execution.calls]),
            ("timers", [(e.element, e.data["due"]) for e in kinds["timer:created"]], [(t.element, stamp(t.due_at)) for t in timers]),
        ]  # fmt: skip
        if first.type not in ("instance:withdrawn", "instance:terminated"):
            ended = [e.data["outcome"] for e in kinds["instance:completed"]]
            pairs.append(("end", ended, [execution.outcome] if execution.finished else []))
        for name, expected, found in pairs:
            if expected != found:
                self.outcome.faults.append(
                    Fault("rerun-differs", f"第 {number} 步重新执行结果不同：{name}", f"Step {number} comes out differently: {name}",
                          path=f"step {number}", expected=str(expected)[:500], found=str(found)[:500])
                )  # fmt: skip
        self.tasks |= {event.data["task"]: task.token for event, task in zip(kinds["task:created"], opened, strict=False)}
        self.jobs |= {event.data["job"]: call.token for event, call in zip(kinds["job:created"], execution.calls, strict=False)}
        self.held |= {failure.element: failure.token for failure in execution.failures}
        for event in kinds["task:canceled"]:
            self.tasks.pop(event.data["task"], None)
        for task_id, token in list(self.tasks.items()):
            if token not in {task.token for task in execution.open_tasks()}:
                self.tasks.pop(task_id)


def _changes(events: list[Recorded]) -> list[dict[str, Any]]:
    return [change for event in events if event.type == "variables:changed" for change in event.personal.get("changes", [])]


def _change(change: Any) -> dict[str, Any]:
    return {"element": change.element, "name": change.name, "old": tagged(change.old), "new": tagged(change.new)}


def rerun(rows: list[Row], program: Program, decisions: Mapping[str, Decision]) -> Outcome:
    """Run a case again from its rows, in order; differences are collected, not raised. An erased payload makes its step a difference."""
    steps: dict[int, list[Recorded]] = defaultdict(list)
    for row in rows:
        steps[row.step].append(Recorded.read(row))
    again = Rerun(program, decisions)
    for number in sorted(steps):
        try:
            again.step(number, steps[number])
        except Exception as error:
            again.outcome.faults.append(
                Fault("rerun-failed", f"第 {number} 步无法重新执行", f"Step {number} cannot be run again: {error!r}", path=f"step {number}")
            )
            break
    return again.outcome
