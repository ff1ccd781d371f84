"""Working time: durations counted in the days and hours on which people work.

Calendar `cn` knows China's public holidays and the weekends that are worked for them, `weekdays` Monday to Friday. Rows of `calendar_day` are a company's own
exceptions to either, and make a calendar of their own, on the ground of `cn`, under any other name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.settings import read_settings
from models.events import CalendarDay

CHINA, WEEKDAYS = "cn", "weekdays"
DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
WEEK = 5  #: working days
LONGEST = 3_660  #: working days
Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Calendar:
    """On which days people work, and when on these days."""

    name: str
    exceptions: Mapping[date, bool]  #: day -> whether people work
    hours: tuple[Span, ...]

    def works(self, day: date) -> bool:
        """Tell whether people work on a day. Of years whose holidays are not announced yet, only weekends are known."""
        found = self.exceptions.get(day)
        if found is not None:
            return found
        if self.name != WEEKDAYS:
            try:
                return bool(chinese_calendar.is_workday(day))
            except NotImplementedError:
                pass
        return day.weekday() < 5


def load(session: Session, name: str) -> Calendar:
    """Return a calendar with the company's exceptions. Refuses with `NotFound` a name that is neither ours nor in the table."""
    rows = session.execute(select(CalendarDay.day, CalendarDay.working).where(CalendarDay.calendar == name)).all()
    if not rows and name not in (CHINA, WEEKDAYS):
        raise NotFound(kind="calendar")
    return Calendar(name, {row.day: row.working for row in rows}, read_hours(read_settings().working_hours))


@cache
def read_hours(text: str) -> tuple[Span, ...]:
    """Read working hours such as `09:00-12:00,13:00-18:00`. Refuses with `ValueError` what is empty, or not in order."""
    spans = tuple(
        (time.fromisoformat(first.strip()), time.fromisoformat(last.strip()))
        for first, last in (part.split("-") for part in text.split(","))
    )
    moments = [moment for span in spans for moment in span]
    if not spans or any(one >= other for one, other in pairwise(moments)):
        raise ValueError(f"{text!r} is no list of working hours")
    return spans


def due(calendar: Calendar, start: datetime, duration: str, zone: ZoneInfo) -> datetime:
    """Return when a duration of working days and hours is over (UTC); weeks are five days, and what begins outside of working time begins with the next.

    Refuses with `ValueError` another duration, months and years among them, which no calendar of working days counts.
    """
    found = DURATION.fullmatch(duration.strip())
    if found is None or not any(found.groups()):
        raise ValueError(f"{duration[:50]!r} is no duration of weeks, days, hours and minutes")
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    rest = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if weeks * WEEK + days > LONGEST or rest > timedelta(days=LONGEST):
        raise ValueError(f"{duration[:50]!r} is too long")
    local = _begin(calendar, start.astimezone(zone).replace(tzinfo=None, fold=0))
    for _ in range(weeks * WEEK + days):
        local = datetime.combine(_next_day(calendar, local.date()), local.time())
    while rest:
        span = next((span for span in calendar.hours if local.time() < span[1]), None)
        if span is None:
            local = datetime.combine(_next_day(calendar, local.date()), calendar.hours[0][0])
            continue
        local = max(local, datetime.combine(local.date(), span[0]))
        left = datetime.combine(local.date(), span[1]) - local
        local, rest = local + min(left, rest), rest - min(left, rest)
    return local.replace(tzinfo=zone).astimezone(UTC)


def _begin(calendar: Calendar, local: datetime) -> datetime:
    """Return the moment, or the beginning of the next working time if nobody works any more or yet on its day."""
    opening, closing = calendar.hours[0][0], calendar.hours[-1][1]
    if not calendar.works(local.date()) or local.time() >= closing:
        return datetime.combine(_next_day(calendar, local.date()), opening)
    return max(local, datetime.combine(local.date(), opening))


def _next_day(calendar: Calendar, day: date) -> date:
    for _ in range(LONGEST):
        day += timedelta(days=1)
        if calendar.works(day):
            return day
    raise ValueError("nobody works any more")


def days_of(session: Session, name: str | None = None) -> list[CalendarDay]:
    """Return the company's own days, of one calendar or of all, in their order."""
    wanted = select(CalendarDay).order_by(CalendarDay.calendar, CalendarDay.day)
    return list(session.scalars(wanted.filter_by(calendar=name) if name else wanted))


def set_day(session: Session, name: str, day: date, *, working: bool, note: str | None = None) -> None:
    """Say of a day whether people work on it. Timers that are counted already keep their time."""
    session.merge(CalendarDay(calendar=name, day=day, working=working, note=note))
    session.flush()


def remove_day(session: Session, name: str, day: date) -> None:
    """Take back what was said of a day. Refuses with `NotFound` a day of which nothing was said."""
    row = session.get(CalendarDay, (name, day))
    if row is None:
        raise NotFound(kind="calendar")
    session.delete(row)
    session.flush()
