"""Timers on recorded time: due is reckoned once from the step's `now`, kept in the state, and compared with a later step's `now`.

The library asks the machine's clock; a replay of the record would then come out differently.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any

import isodate
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.task import Task

from engine.bpmn.model import TimerDefinition
from engine.errors import ExecutionFailed, ShenpiError


class DueTimer(TimerEventDefinition):  # type: ignore[misc]
    """A BPMN date or duration timer."""

    def __init__(self, element: str, definition: TimerDefinition) -> None:
        super().__init__(name=element, expression=definition.text)
        self.kind = definition.kind

    def has_fired(self, my_task: Task) -> bool:
        """Reckon the due time once; a timer fires only by the step that was started for it, never in passing."""
        internal = my_task.internal_data
        if "due" not in internal and "failed" not in internal:
            execution = my_task.workflow.script_engine
            try:
                internal["due"] = due_at(self.kind, execution.resolve_text(self.expression), execution.now, self.name)
            except ShenpiError as error:
                execution.fail(my_task, error.code, str(error))
        return bool(internal.get("fired"))

    def reset(self, my_task: Task) -> None:
        my_task.internal_data.pop("due", None)
        my_task.internal_data.pop("fired", None)


def due_at(kind: str, value: Any, now: datetime, element: str) -> datetime:
    """Return when a timer is due (UTC); a date without zone counts as UTC. Refuses other values with `ExecutionFailed` on the element."""
    try:
        if kind == "duration":
            return (now + parse_duration(value, now)).astimezone(UTC)
        moment = value if isinstance(value, datetime) else isodate.parse_datetime(_with_time(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (isodate.ISO8601Error, ValueError, TypeError, OverflowError) as error:
        raise ExecutionFailed(element=element, reason=f"{value!r} is not a {kind}") from error


def _with_time(value: Any) -> str:
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    text = str(value)
    return text if "T" in text else f"{text}T00:00:00"


def parse_duration(value: Any, start: datetime) -> timedelta:
    """Return an ISO 8601 duration as a span from `start`; months and years follow the calendar, the day capped at the month's last."""
    if isinstance(value, timedelta):
        return value
    parsed = isodate.parse_duration(str(value))
    if isinstance(parsed, timedelta):
        return parsed
    months = start.month - 1 + int(parsed.months) + 12 * int(parsed.years)
    year, month = start.year + months // 12, months % 12 + 1
    moved = start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
    span: timedelta = moved - start + parsed.tdelta
    return span
