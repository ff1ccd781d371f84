"""What operations, tables, calls and calendars answered, read from the record of one step."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from engine.bpmn.model import Element
from engine.dmn import Decision, map_result
from engine.errors import BpmnError, ExecutionFailed
from engine.execution import Program, Result
from engine.execution.values import tagged, untagged
from engine.reexecution.recorded import Recorded


class Pinned(Protocol):
    """What a case is pinned to: the program, and its decision tables."""

    @property
    def program(self) -> Program: ...

    @property
    def decisions(self) -> Mapping[str, Decision]: ...


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
