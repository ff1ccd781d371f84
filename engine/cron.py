"""The next time of a cron expression on the wall clock of a zone.

Five fields are cron's own (Sunday is 0 or 7). Six or seven are Quartz's, as Camunda reads them: seconds first, a year last, Sunday is 1, `?` is any day.
A time that the clock leaves out in spring comes right after the gap, and one that comes twice in autumn comes once.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

NAMED = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
YEARS = re.compile(r"\*|[0-9,/*-]+")
LAST_YEAR = 2099  #: of Quartz


def next_time(text: str, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first time after a moment (UTC). Refuses with `ValueError` what is no cron expression, and one that never comes."""
    fields = NAMED.get(text.strip(), text).upper().split()
    years = "*"
    if len(fields) >= 6:
        fields, years = _from_quartz(fields)
    elif len(fields) != 5:
        raise ValueError("cron has five fields, or six or seven with seconds first")
    wanted = _years(years)
    try:
        for moment in CronSim(" ".join(fields), after.astimezone(zone)):
            if wanted is None or moment.year in wanted:
                return moment.astimezone(UTC)
            if moment.year > max(wanted):
                break
    except CronSimError as error:
        raise ValueError(str(error)) from error
    raise ValueError("this time never comes")


def _from_quartz(fields: list[str]) -> tuple[list[str], str]:
    """Return five or six fields of cron, and the years."""
    if len(fields) > 7:
        raise ValueError("cron has at most seven fields")
    second, minute, hour, day, month, weekday, *rest = fields
    if day != "?" and weekday != "?" and "*" not in (day, weekday):
        raise ValueError("a day of the month or a day of the week, and ? for the other")
    cron = [minute, hour, day.replace("?", "*"), month, ",".join(_weekday(part) for part in weekday.replace("?", "*").split(","))]
    # without seconds the library knows what to do where the clock is moved
    return (cron if second in ("0", "00") else [second, *cron]), rest[0] if rest else "*"


def _weekday(part: str) -> str:
    """Return one term of Quartz's days of the week as cron's: SUN-SAT or 1-7, `6L` the last Friday, `6#3` the third."""
    if part == "L":
        return DAYS[6]
    term, slash, step = part.partition("/")
    if term == "*":
        return part if not slash else f"SUN-SAT/{step}"
    if term.endswith("L"):
        return f"{_number(term[:-1])}L"
    if "#" in term:
        day, _, nth = term.partition("#")
        return f"{_number(day)}#{nth}"
    first, dash, last = term.partition("-")
    if not dash:
        return f"{_number(first)}-6/{step}" if slash else str(_number(first))
    begin, end = _number(first), _number(last)
    days = [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]
    return ",".join(str(day) for day in (days[:: int(step)] if slash else days))


def _number(day: str) -> int:
    """Return a day of Quartz's week counted from Sunday = 0."""
    if day in DAYS:
        return DAYS.index(day)
    if day.isdecimal() and 1 <= int(day) <= 7:
        return int(day) - 1
    raise ValueError(f"{day[:20]!r} is no day of the week")


def _years(text: str) -> frozenset[int] | None:
    """Return the years that a term names; None for every year."""
    if text == "*":
        return None
    if not YEARS.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no year")
    found: set[int] = set()
    for part in text.split(","):
        term, slash, step = part.partition("/")
        first, dash, last = ("1970", "-", str(LAST_YEAR)) if term == "*" else term.partition("-")
        begin = int(first)
        end = int(last) if dash else (LAST_YEAR if slash else begin)
        if not 1970 <= begin <= end <= LAST_YEAR:
            raise ValueError(f"{text[:20]!r} is no year")
        found.update(range(begin, end + 1, int(step) if slash else 1))
    return frozenset(found)
