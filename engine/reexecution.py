"""A case run again from its record alone: the same commands at the same times with the same answers must take the same way.

Everything a step led to is compared with what was recorded: the way, every variable with old and new, the operations asked, tasks, jobs, timers, incidents
and the end. Nothing outside the record is read except the drawing and the decision tables it names by hash.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from engine.bpmn.model import Element
from engine.dmn import Decision, map_result
from engine.errors import BpmnError, ExecutionFailed, Fault
from engine.execution import Execution, Program, Result
from engine.execution.values import tagged, untagged
from engine.history.chain import Row
from engine.history.events import stamp

#: events that begin a step without moving a token
QUIET = (
    "task:claimed",
    "task:unclaimed",
    "task:transferred",
    "task:reminded",
    "task:delegated",
    "task:resolved",
    "task:escalated",
    "task:urged",
    "comment:added",
    "instance:copied",
    "instance:revoked",
    "job:failed",
    "oa:delivered",
    "oa:refused",
    "oa:unknown",
    "archive:sealed",
    "personal:erased",
    "instance:suspended",
    "instance:resumed",
)


class Pinned(Protocol):
    """What a case is pinned to: the program, and its decision tables."""

    @property
    def program(self) -> Program: ...

    @property
    def decisions(self) -> Mapping[str, Decision]: ...


@dataclass(slots=True)
class Recorded:
    """One event as the re-execution reads it."""

    type: str
    element: str | None
    at: datetime
    data: dict[str, Any]
    personal: dict[str, Any]
    instance: str

    @classmethod
    def read(cls, row: Row) -> "Recorded":
        body = orjson.loads(bytes(row.body))
        personal = orjson.loads(bytes(row.personal)) if row.personal is not None else {}
        return cls(
            body["type"], body["element"], datetime.fromisoformat(body["at"]).astimezone(UTC), body["data"], personal, body["instance"]
        )


@dataclass(slots=True)
class Outcome:
    """How far the record was run again, and where it came out differently."""

    steps: int = 0
    faults: list[Fault] = field(default_factory=list)


class Answers:
    """Answers operations from the record of one step, and decides again by the tables."""

    def __init__(
        self,
        events: list[Recorded],
        definition: Pinned,
        called_definition: Callable[[str], Pinned],
        now: datetime,
        known: Mapping[str, str],
    ) -> None:
        self.key = known
        self.decisions = definition.decisions
        self.called_definition = called_definition
        self.now = now
        self.kept: dict[str, deque[Recorded]] = defaultdict(deque)
        self.failed = {event.element: event for event in events if event.type == "incident:raised"}
        for event in events:
            if event.type in ("operation:completed", "operation:failed") and event.element:
                self.kept[event.element].append(event)
        self.asked = {event.data["operation"] for event in events if event.type == "job:created"}
        self.entered = deque(event.data["id"] for event in events if event.type == "call:entered")
        self.reckoned = deque(datetime.fromisoformat(event.data["due"]) for event in events if event.type == "timer:reckoned")

    def known(self) -> Mapping[str, str]:
        return self.key

    def is_local(self, operation: str) -> bool:
        return operation not in self.asked

    def run(self, element: Element, operation: str, inputs: dict[str, Any]) -> Result:
        if not self.kept[element.id]:
            said = self.failed.get(element.id)
            raise ExecutionFailed(element=element.id, reason=said.personal.get("message", "") if said else "not in the record")
        event = self.kept[element.id].popleft()
        if event.personal["inputs"] != tagged(inputs):
            raise ExecutionFailed(element=element.id, reason="asked with other inputs than recorded")
        if event.type == "operation:failed":
            raise BpmnError(event.data["error"], event.personal["message"], element=element.id)
        return Result(untagged(event.personal["result"]), {})

    def decide(self, element: Element, decision: str, variables: Mapping[str, Any], zone: ZoneInfo) -> Result:
        return self._decide(self.decisions, element, decision, variables, zone)

    def decide_within(self, identity: str, element: Element, decision: str, variables: Mapping[str, Any], zone: ZoneInfo) -> Result:
        return self._decide(self.called_definition(identity).decisions, element, decision, variables, zone)

    def _decide(
        self, tables: Mapping[str, Decision], element: Element, decision: str, variables: Mapping[str, Any], zone: ZoneInfo
    ) -> Result:
        if decision not in tables:  # an expression gave it
            raise ExecutionFailed(element=element.id, reason=f"no decision {decision}")
        verdict = tables[decision].decide(variables, now=self.now, zone=zone)
        return Result(map_result(verdict.results, element.map_result), {"rules": list(verdict.rules)})

    def called(self, element: Element, key: str, binding: str, version: str | None) -> tuple[str, Program]:
        if not self.entered:
            raise ExecutionFailed(element=element.id, reason="no such call in the record")
        identity = self.entered.popleft()
        return identity, self.program(identity)

    def program(self, identity: str) -> Program:
        return self.called_definition(identity).program

    def due(self, calendar: str, start: datetime, duration: str) -> datetime:
        return self._next_reckoned()

    def next_by_cron(self, cycle: str, after: datetime, element: str) -> datetime:
        return self._next_reckoned()

    def _next_reckoned(self) -> datetime:
        if not self.reckoned:
            raise ExecutionFailed(element="", reason="no such time in the record")
        return self.reckoned.popleft().astimezone(UTC)


class Rerun:
    """One case being run again."""

    def __init__(self, definition: Pinned, called_definition: Callable[[str], Pinned]) -> None:
        self.program = definition.program
        self.definition = definition
        self.called_definition = called_definition
        self.state: bytes | None = None
        self.tasks: dict[str, UUID] = {}
        self.jobs: dict[str, UUID] = {}
        self.held: dict[str, UUID] = {}
        self.decided: dict[str, UUID] = {}  #: user tasks that are decided and may be taken back
        self.known: dict[str, str] = {}  #: what the case is known by
        self.outcome = Outcome()

    def step(self, number: int, events: list[Recorded]) -> None:
        """Give the command of one recorded step and compare what it leads to."""
        first = events[0]
        if first.type in QUIET or (first.type.startswith("task:signer_") and not self._moves(first)):
            return
        self.outcome.steps += 1
        if first.type == "instance:started":
            self.known = {"id": first.instance, "businessKey": first.data["businessKey"]}
        answers = Answers(events, self.definition, self.called_definition, first.at, self.known)
        if first.type == "instance:started":
            inputs = {c["name"]: untagged(c["new"]) for c in _changes(events) if c["element"] is None}
            zone = ZoneInfo(first.data["zone"])
            execution = Execution.start(
                self.program,
                first.at,
                answers,
                inputs,
                first.data["initiator"],
                at=first.data.get("at"),
                event=first.data.get("event"),
                zone=zone,
            )
        else:
            assert self.state is not None
            execution = Execution.restore(self.program, first.at, answers, self.state)
            self._command(execution, first, events)
        self._compare(number, execution, events, first)
        self.state = execution.save()

    def _command(self, execution: Execution, first: Recorded, events: list[Recorded]) -> None:
        match first.type:
            case "task:completed":
                self._decide(execution, first, events)
            case "task:passed":
                token = self._close(first)
                execution.complete(token, untagged(first.personal["decision"]), {})
            case "task:returned":
                back = first.data["straightBack"]
                execution.return_to(self._close(first), first.data["to"], straight_back=back, who=first.data["by"])
            case "task:taken_back":
                execution.take_back(self.decided[first.data["task"]], first.data["by"])
            case "task:signer_added":
                execution.add_instance(self.tasks[first.data["task"]], first.data["signer"], first.data["by"])
            case "task:signer_removed":
                token = self._close(first)
                if first.data["instance"]:
                    execution.remove_instance(token)
                else:
                    execution.conclude(token)
            case "instance:jumped":
                execution.jump(first.data["to"])
            case "message:received":
                waiting = [m.token for m in execution.messages() if m.element == first.element and m.name == first.data["name"]]
                execution.receive(waiting[first.data.get("nth", 0)], untagged(first.personal["payload"]))
            case "signal:received":
                execution.signal(first.data["name"], untagged(first.personal["payload"]))
            case "task:continued":
                paused = [c.token for c in execution.continuations() if c.element == first.element]
                execution.resume([paused[first.data.get("nth", 0)]])
            case "job:errored":
                execution.fail(self.jobs.pop(first.data["job"]), first.data["error"], first.personal["message"])
            case "job:completed":
                execution.answer(self.jobs.pop(first.data["job"]), untagged(first.personal["result"]))
            case "timer:fired":
                due = [timer.token for timer in execution.timers() if timer.element == first.element]
                execution.fire_timers([due[first.data.get("nth", 0)]])
            case "incident:resolved":
                self._resolve(execution, first, events)
            case "instance:withdrawn" | "instance:terminated":
                execution.cancel()
            case other:
                raise ValueError(f"a step begins with {other}")

    def _moves(self, first: Recorded) -> bool:
        """Note who signs at a place in the drawing; tells whether the case moved by it."""
        if first.type == "task:signer_added":
            if "new" in first.data:
                self.tasks[first.data["new"]] = self.tasks[first.data["task"]]
            return bool(first.data.get("instance", False))
        if first.data["instance"] or first.data["concludes"]:
            return True
        self.tasks.pop(first.data["task"])
        return False

    def _close(self, first: Recorded) -> UUID:
        """Return the place of a task that is decided now."""
        token = self.decided[first.data["task"]] = self.tasks.pop(first.data["task"])
        return token

    def _decide(self, execution: Execution, first: Recorded, events: list[Recorded]) -> None:
        token = self._close(first)
        concludes = first.data.get("concludes", True)
        if not first.data.get("decides", True):
            if concludes:
                execution.conclude(token)
            return
        decision = untagged(next(c["new"] for c in _changes(events) if c["name"] == f"decisions.{first.element}"))
        values = {name: untagged(value) for name, value in first.personal["values"].items()}
        if concludes:
            execution.complete(token, decision, values)
        else:
            execution.decide(token, decision, values)

    def _resolve(self, execution: Execution, first: Recorded, events: list[Recorded]) -> None:
        token = self.held.pop(first.data["incident"], None)
        if first.data["kind"] == "element" and first.data["resolution"] == "retried":
            for anew in (event for event in events if event.type == "task:canceled" and event.data["reason"] == "reassigned"):
                self.tasks.pop(anew.data["task"], None)  # its people are looked for again; others at the element are as they were
        if token is None:  # of a job, a delivery or a user task without people: nothing in memory failed
            if first.data["kind"] == "job" and first.data["resolution"] == "resolved":
                waiting = [t for t in execution.pending_calls() if execution.element_of(t).id == first.element]
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
        timers = [t for t in execution.timers() if execution.timers_before.get(t.token) != t.due_at]
        pairs = [
            ("path", [i for e in kinds["path:taken"] for i in e.data["path"]], execution.path),
            ("variables", _changes(events), [_change(c) for c in execution.changes]),
            ("operations", [e.data["operation"] for e in kinds["operation:completed"]], _names(execution, False)),
            ("errors", [e.data["operation"] for e in kinds["operation:failed"]], _names(execution, True)),
            ("calls", [e.data["id"] for e in kinds["call:entered"]], [entered.identity for entered in execution.entered]),
            ("thrown", [e.data["name"] for kind in ("message", "signal") for e in kinds[f"{kind}:thrown"]], _thrown(execution)),
            ("rules", [e.data["rules"] for e in kinds["decision:evaluated"]], [d.result.evidence["rules"] for d in execution.done if d.kind == "decision"]),
            ("tasks", [e.element for e in kinds["task:created"]], [t.element for t in opened]),
            ("jobs", [(e.element, e.data["operation"]) for e in kinds["job:created"]], [(c.element, c.operation) for c in execution.asked()]),
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
        self.jobs |= {event.data["job"]: call.token for event, call in zip(kinds["job:created"], execution.asked(), strict=False)}
        failed = list(execution.failures)
        for event in kinds["incident:raised"]:
            failure = next((one for one in failed if one.element == event.element), None)
            if failure is not None:  # none: of a job, or of a user task without people
                failed.remove(failure)
                self.held[event.data["incident"]] = failure.token
        for event in kinds["task:canceled"]:
            self.tasks.pop(event.data["task"], None)
        for task_id, token in list(self.tasks.items()):
            if token not in {task.token for task in execution.open_tasks()}:
                self.tasks.pop(task_id)


def _names(execution: Execution, failed: bool) -> list[str]:
    return [one.name for one in execution.done if one.kind == "operation" and ("error" in one.result.evidence) is failed]


def _thrown(execution: Execution) -> list[str]:
    return [one.name for kind in ("message", "signal") for one in execution.thrown if one.kind == kind]


def _changes(events: list[Recorded]) -> list[dict[str, Any]]:
    return [change for event in events if event.type == "variables:changed" for change in event.personal.get("changes", [])]


def _change(change: Any) -> dict[str, Any]:
    found = {"element": change.element, "name": change.name, "old": tagged(change.old), "new": tagged(change.new)}
    return found | ({"scope": change.scope} if change.scope is not None else {})


def rerun(rows: list[Row], definition: Pinned, called_definition: Callable[[str], Pinned]) -> Outcome:
    """Run a case again from its rows, in order; differences are collected, not raised. An erased payload makes its step a difference."""
    steps: dict[int, list[Recorded]] = defaultdict(list)
    for row in rows:
        steps[row.step].append(Recorded.read(row))
    again = Rerun(definition, called_definition)
    for number in sorted(steps):
        try:
            again.step(number, steps[number])
        except Exception as error:
            again.outcome.faults.append(
                Fault("rerun-failed", f"第 {number} 步无法重新执行", f"Step {number} cannot be run again: {error!r}", path=f"step {number}")
            )
            break
    return again.outcome
