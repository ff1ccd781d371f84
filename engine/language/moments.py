"""Dates, datetimes and durations, and the only clock there is: the recorded time of the step."""

from datetime import date, datetime, timedelta
from typing import Any

import isodate

from engine.language.scope import Scope
from engine.language.values import failure


def day(scope: Scope, *parts: Any) -> date:
    """A date from its ISO text, from a datetime (in the datetime's own zone), or from year, month and day."""
    if len(parts) == 1 and type(parts[0]) is datetime:
        return parts[0].date()
    if len(parts) == 1 and type(parts[0]) is date:
        return parts[0]
    try:
        return date(*parts) if len(parts) == 3 else date.fromisoformat(parts[0])
    except (TypeError, ValueError):
        raise failure("不是有效的日期", "that is no date") from None


def moment(scope: Scope, value: Any) -> datetime:
    """A datetime from its ISO text, which must name its zone."""
    try:
        found = value if type(value) is datetime else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise failure("不是有效的日期时间", "that is no datetime") from None
    if found.tzinfo is None:
        raise failure("日期时间缺少时区", "the datetime names no time zone")
    return found


def duration(scope: Scope, **parts: Any) -> timedelta:
    if not all(type(value) is int for value in parts.values()):
        raise failure("timedelta 只接受整数", "timedelta takes whole numbers only")
    return timedelta(**parts)


def span(scope: Scope, value: Any) -> timedelta:
    """A duration of fixed length from its ISO 8601 text, such as `P2D` or `PT36H`; months and years have no fixed length."""
    try:
        found = isodate.parse_duration(value)
    except (isodate.ISO8601Error, TypeError, ValueError, OverflowError):
        found = None
    if not isinstance(found, timedelta):
        raise failure("不是固定长度的时长", "that is no duration of fixed length")
    return found


def now(scope: Scope) -> datetime:
    """The time of the step, as recorded. There is no other clock."""
    return scope.now


def today(scope: Scope) -> date:
    return scope.now.date()
