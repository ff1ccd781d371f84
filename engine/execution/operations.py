"""What the execution asks of the rooms above it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from engine.bpmn.model import Element
from engine.execution.done import Result
from engine.execution.program import Program


class Operations(Protocol):
    """Answers for one step. A re-execution answers from the record instead."""

    def known(self) -> Mapping[str, str]:
        """Return what the case is known by: `id` and `businessKey`."""

    def is_local(self, operation: str) -> bool:
        """Tell whether an operation runs inside the step."""

    def run(self, element: Element, operation: str, inputs: dict[str, Any]) -> Result:
        """Run a local operation; `BpmnError` goes to the error events of the drawing."""

    def decide(self, element: Element, decision: str, variables: Mapping[str, Any], zone: ZoneInfo) -> Result:
        """Evaluate a decision table; dates and times without a zone are in the case's."""

    def decide_within(self, identity: str, element: Element, decision: str, variables: Mapping[str, Any], zone: ZoneInfo) -> Result:
        """Evaluate a decision table of a called process."""

    def called(self, element: Element, key: str, binding: str, version: str | None) -> tuple[str, Program]:
        """Find the process that a call activity calls: what `program` knows it by, and the program."""

    def program(self, identity: str) -> Program:
        """Return a program that was called in an earlier step."""

    def due(self, calendar: str, start: datetime, duration: str) -> datetime:
        """Count a duration on a working calendar."""

    def next_by_cron(self, cycle: str, after: datetime, element: str) -> datetime:
        """Return the next time of a cron expression (UTC)."""
