"""Times as they stand in a drawing: ISO 8601 dates, durations and repeating intervals, and cron. What is an expression is known only when it runs."""

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import isodate

from engine.cron import next_time

SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
MARKS = ("${", "#{")
REPEAT = re.compile(r"R(-1|\d*)/(.+)")
LONGEST = 200


def is_literal(text: str) -> bool:
    """Say whether a text is the same each time."""
    return not any(mark in text for mark in MARKS)


def is_time(kind: str, text: str) -> bool:
    """Say whether a literal can be the time of a timer of this kind: date, duration or cycle."""
    text = text.strip()
    if len(text) > LONGEST:
        return False
    match kind:
        case "date":
            return is_date(text)
        case "duration":
            return is_duration(text)
        case "cycle":
            return is_cycle(text) or is_cron(text)
    return False


def is_date(text: str) -> bool:
    """Say whether a text is a date or a date and time of ISO 8601."""
    try:
        found = isodate.parse_datetime(text) if "T" in text else isodate.parse_date(text)
        return bool(MINYEAR <= found.year <= MAXYEAR)
    except (isodate.ISO8601Error, ValueError, TypeError, OverflowError, AttributeError, RecursionError):
        return False


def is_duration(text: str) -> bool:
    """Say whether a text is a duration of ISO 8601 that is not negative."""
    try:
        found = isodate.parse_duration(text)
        rest = found if isinstance(found, timedelta) else found.tdelta
        months = 0 if isinstance(found, timedelta) else 12 * found.years + found.months
        return bool(
            any(letter.isdigit() for letter in text)
            and rest >= timedelta(0)
            and 0 <= months < 12 * 1000
            and rest < timedelta(days=1000 * 366)
        )
    except (isodate.ISO8601Error, ValueError, TypeError, OverflowError, AttributeError, ArithmeticError):
        return False


def is_cycle(text: str) -> bool:
    """Say whether a text is a repeating interval of ISO 8601: `R3/PT1H`, `R/2026-01-01T09:00/P1D`, `R/PT1H/2026-12-31`, `R/begin/second time`."""
    found = REPEAT.fullmatch(text)
    if found is None or found[1].lstrip("0") == "" != found[1]:
        return False
    parts = found[2].split("/")
    shapes = [
        ("P" if is_duration(part) and any(letter in "123456789" for letter in part) else "D" if is_date(part) else "?") for part in parts
    ]
    return "".join(shapes) in ("P", "DP", "PD", "DD")


def is_cron(text: str) -> bool:
    """Say whether a text is a cron expression that comes at least once."""
    try:
        next_time(text, SOME_DAY, ZoneInfo("UTC"))
    except (ValueError, ArithmeticError, IndexError, KeyError):
        return False
    return True


def is_retry(text: str) -> bool:
    """Say whether a literal is a retry time cycle: a repeating interval, or durations between commas."""
    return is_cycle(text.strip()) or all(is_duration(part.strip()) for part in text.split(","))
