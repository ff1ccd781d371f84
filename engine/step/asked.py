"""What the execution asks of us while it runs: local operations and decisions, in the transaction of the step."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marshmallow import ValidationError
from sqlalchemy.orm import Session

from engine import calendars, cron, definitions, operations
from engine.bpmn.model import Element
from engine.definitions import Definition
from engine.dmn import map_result
from engine.errors import ExecutionFailed, NotFound
from engine.execution import Program, Result
from engine.operations import Situation
from engine.settings import read_settings
from engine.step.case import Case


class InlineOperations:
    """Answers the execution from the registry and the definition's decision tables."""

    def __init__(self, session: Session, definition: Definition, case: Case, now: datetime, before: Callable[[], None]) -> None:
        self.session = session
        self.definition = definition
        self.case = case
        self.now = now
        self.before = before  #: a new instance's row must be there before an operation may refer to it

    def known(self) -> Mapping[str, str]:
        """Return what the case is known by."""
        return {"id": str(self.case.id), "businessKey": self.case.business_key}

    def is_local(self, operation: str) -> bool:
        found = operations.find(operation)
        return found is not None and found.local is not None

    def run(self, element: Element, operation: str, inputs: dict[str, Any]) -> Result:
        """Run a local operation inside a savepoint, so that a failure leaves nothing behind; `ExecutionFailed` on the element when it refuses its inputs."""
        found = operations.get(operation, element.id)
        assert found.local is not None
        self.before()
        try:
            loaded = found.takes().load(inputs)
            with self.session.begin_nested():
                outcome = found.local(self.session, situation(self.case, element.id, self.now), loaded)
        except ValidationError as error:
            raise ExecutionFailed(element=element.id, reason=f"inputs of {operation}: {error.messages}") from error
        return Result(outcome.value, dict(outcome.evidence))

    def decide(self, element: Element, decision: str, variables: Mapping[str, Any], zone: ZoneInfo) -> Result:
        """Evaluate a decision table; the rules that matched are the evidence."""
        return self._decide(self.definition, element, decision, variables, zone)

    def _decide(self, definition: Definition, element: Element, decision: str, variables: Mapping[str, Any], zone: ZoneInfo) -> Result:
        table = definition.decisions.get(decision)
        if table is None:
            raise ExecutionFailed(element=element.id, reason=f"no decision {decision}")
        verdict = table.decide(variables, now=self.now, zone=zone)
        return Result(map_result(verdict.results, element.map_result), {"rules": list(verdict.rules)})

    def decide_within(self, identity: str, element: Element, decision: str, variables: Mapping[str, Any], zone: ZoneInfo) -> Result:
        """Evaluate a decision table of a called process."""
        return self._decide(definitions.get(self.session, UUID(identity)), element, decision, variables, zone)

    def called(self, element: Element, key: str, binding: str, version: str | None) -> tuple[str, Program]:
        """Find the definition that a call activity calls; `ExecutionFailed` on the element when there is none."""
        try:
            found = definitions.called(self.session, self.definition, key, binding, version)
        except NotFound as error:
            raise ExecutionFailed(element=element.id, reason=f"no process definition {key} ({binding} {version or ''})") from error
        return str(found.id), found.program

    def program(self, identity: str) -> Program:
        """Return a program that was called in an earlier step."""
        return definitions.get(self.session, UUID(identity)).program

    def due(self, calendar: str, start: datetime, duration: str) -> datetime:
        """Count a duration on a working calendar."""
        try:
            return calendars.due(calendars.load(self.session, calendar), start, duration, ZoneInfo(read_settings().time_zone))
        except NotFound as error:
            raise ExecutionFailed(element="", reason=f"no working calendar {calendar}") from error
        except ValueError as error:
            raise ExecutionFailed(element="", reason=str(error)) from error

    def next_by_cron(self, cycle: str, after: datetime, element: str) -> datetime:
        """Return the next time of a cron expression (UTC)."""
        try:
            return cron.next_time(cycle, after, ZoneInfo(read_settings().time_zone))
        except ValueError as error:
            raise ExecutionFailed(element=element, reason=f"{cycle!r}: {error}") from error


def situation(case: Case, element: str, now: datetime, key: str = "") -> Situation:
    """Return what an operation is told about the case that asks."""
    return Situation(
        instance_id=case.id,
        business_key=case.business_key,
        element=element,
        subject_kind=case.subject_kind,
        subject_id=case.subject_id,
        initiator=case.initiator,
        now=now,
        key=key or f"{case.id}:{element}:{case.step_count}",
    )
