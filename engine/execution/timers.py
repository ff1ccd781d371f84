"""Timers on recorded time: due is reckoned once from the step's `now`, kept in the state, and compared with a later step's `now`.

Days, months and years are added on the wall clock of the installation's time zone, so that "every day at nine" stays at nine when the clock is moved.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import isodate

from engine.bpmn.model import TimerDefinition
from engine.errors import ExecutionFailed
from engine.execution.done import Done, Result

if TYPE_CHECKING:
    from engine.execution.run import Execution
    from engine.execution.token import Token

REPEAT = re.compile(r"R(\d*)/(.+)")
SHORTEST = timedelta(seconds=1)  #: between two firings of one cycle


def begin(execution: Execution, token: Token, definition: TimerDefinition) -> dict[str, Any]:
    """Return what is kept of a timer: when it is due, and of a cycle how often it still fires (None: without end) and its interval."""
    element = token.node.element.id
    value = execution.text(definition.text, token) if definition.kind == "cycle" else execution.value_of(definition.text, token)
    if definition.kind == "duration" and definition.calendar:
        due = execution.operations.due(definition.calendar, execution.now, str(value)).astimezone(UTC)
        return {"due": _noted(execution, element, definition.calendar, due)}
    if definition.kind != "cycle":
        return {"due": due_at(definition.kind, value, execution.now, element, execution.zone)}
    return cycle(execution, str(value), definition, element)


def cycle(execution: Execution, text: str, definition: TimerDefinition, element: str) -> dict[str, Any]:
    """Return the first time of a cycle (`R3/PT1H`, `R/2026-01-01T09:00:00/P1D`, cron) and what is needed for the next."""
    found = REPEAT.fullmatch(text.strip())
    if found is None:
        due = _noted(execution, element, text, execution.operations.next_by_cron(text, execution.now, element))
        return {"due": due, "left": None, "every": text, "cron": element}
    count, rest = found.groups()
    left = None if count in ("", "-1") else int(count)
    if left == 0:
        raise ExecutionFailed(element=element, reason=f"{text!r} never fires")
    now, zone = execution.now, execution.zone
    try:
        parts, until = rest.split("/"), None
        if len(parts) == 1:
            first, every, number = now, parts[0], 1
        elif parts[0].startswith("P"):
            first, every, number, until = now, parts[0], 1, moment_of(parts[1], zone)
        else:
            first = moment_of(parts[0], zone)
            every = parts[1] if parts[1].startswith("P") else isodate.duration_isoformat(moment_of(parts[1], zone) - first)
            number = 0
        if times(first, every, 1, zone) - first < SHORTEST:
            raise ValueError("a cycle needs at least a second between two times")
        if len(parts) > 1 and until is None:
            number = _after(first, every, now, zone)
        due = times(first, every, number, zone)
    except (isodate.ISO8601Error, ValueError, TypeError, OverflowError) as error:
        raise ExecutionFailed(element=element, reason=f"{text[:100]!r} is not a cycle: {error}") from error
    kept: dict[str, Any] = {"due": due, "left": left, "every": every, "first": first, "n": number}
    return kept if until is None else kept | {"until": until}


def _after(first: datetime, every: str, now: datetime, zone: ZoneInfo) -> int:
    """Return the number of the first time of a cycle that is not over; found by halving, for the first may be centuries ago."""
    if first > now:
        return 0
    most = 1
    while times(first, every, most, zone) <= now:
        most *= 2
    least = most // 2
    while least < most:
        middle = (least + most) // 2
        least, most = (middle + 1, most) if times(first, every, middle, zone) <= now else (least, middle)
    return least


def following(execution: Execution, kept: dict[str, Any]) -> dict[str, Any] | None:
    """Return a timer's next time after it fired, or None when it does not fire again."""
    if "every" not in kept:
        return None
    left = kept["left"] - 1 if kept["left"] is not None else None
    if left == 0:
        return None
    if "cron" in kept:
        due = execution.operations.next_by_cron(kept["every"], kept["due"], kept["cron"])
        return {"due": _noted(execution, kept["cron"], kept["every"], due), "left": left}
    number = kept["n"] + 1
    try:
        due = times(kept["first"], kept["every"], number, execution.zone)
    except (OverflowError, ValueError) as error:
        raise ExecutionFailed(element="", reason=f"no time after {kept['due'].isoformat()}") from error
    if "until" in kept and due > kept["until"]:
        return None
    return {"due": due, "left": left, "n": number}


def times(first: datetime, every: str, number: int, zone: ZoneInfo) -> datetime:
    """Return the time of a cycle that is so many intervals after its first (UTC); counted from the first, so that the 31st stays the 31st."""
    months, days, rest = parts_of(every)
    return _moved(first, months * number, days * number, rest * number, zone)


def _noted(execution: Execution, element: str, by: str, due: datetime) -> datetime:
    """Keep a time that was reckoned by something outside the case for its record: a calendar may be changed later."""
    execution.done.append(Done(element, "timer", by, {}, Result(due)))
    return due


def due_at(kind: str, value: Any, now: datetime, element: str, zone: ZoneInfo) -> datetime:
    """Return when a date or duration is due (UTC); a date without zone is one of the installation's. Refuses others with `ExecutionFailed` on the element."""
    try:
        return plus(now, value, zone) if kind == "duration" else moment_of(value, zone)
    except (isodate.ISO8601Error, ValueError, TypeError, OverflowError) as error:
        raise ExecutionFailed(element=element, reason=f"{str(value)[:100]!r} is not a {kind}") from error


def moment_of(value: Any, zone: ZoneInfo) -> datetime:
    """Return a moment (UTC) from a date, a date and time, or their ISO 8601 text."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, time())
    else:
        text = str(value)
        moment = isodate.parse_datetime(text if "T" in text else f"{text}T00:00:00")
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)


def plus(start: datetime, value: Any, zone: ZoneInfo) -> datetime:
    """Return a moment an ISO 8601 duration later (UTC): years, months, weeks and days on the wall clock of the zone, hours and less as they pass."""
    if isinstance(value, timedelta):
        return start.astimezone(UTC) + value
    return _moved(start, *parts_of(str(value)), zone)


def parts_of(text: str) -> tuple[int, int, timedelta]:
    """Return an ISO 8601 duration as months, days, and what passes by the clock (PT24H is no P1D). Refuses others as `isodate` does."""
    isodate.parse_duration(text)
    dated, _, timed = text.partition("T")
    sign = "-" if dated.startswith("-") else ""
    calendar = isodate.parse_duration(dated) if dated.lstrip("+-") != "P" else timedelta()
    rest = isodate.parse_duration(f"{sign}PT{timed}") if timed else timedelta()
    if isinstance(calendar, timedelta):
        return 0, calendar.days, rest + calendar - timedelta(days=calendar.days)
    return 12 * int(calendar.years) + int(calendar.months), calendar.tdelta.days, rest


def _moved(start: datetime, months: int, days: int, rest: timedelta, zone: ZoneInfo) -> datetime:
    if not months and not days:
        return start.astimezone(UTC) + rest
    return (add_months(start.astimezone(zone), months) + timedelta(days=days)).astimezone(UTC) + rest


def add_months(start: datetime, months: int) -> datetime:
    """Return the same day some months later, capped at the month's last."""
    if not months:
        return start
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
