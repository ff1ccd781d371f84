"""Cron on the wall clock: cron's own five fields, Quartz's six and seven, and the two nights on which clocks are moved."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.cron import next_time

CHINA, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=CHINA)


def times(text: str, after: datetime = SUNDAY, zone: ZoneInfo = CHINA, count: int = 1) -> list[str]:
    found = []
    for _ in range(count):
        after = next_time(text, after, zone)
        assert after.tzinfo is UTC
        found.append(after.astimezone(zone).strftime("%a %Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 8 * * 1-5", "Mon 2026-11-23 08:00:00"),
        ("0 8 * * 0", "Sun 2026-11-29 08:00:00"),
        ("0 8 * * 7", "Sun 2026-11-29 08:00:00"),
        ("*/20 * * * *", "Sun 2026-11-22 12:20:00"),
        ("@daily", "Mon 2026-11-23 00:00:00"),
        ("0 0 8 ? * MON-FRI", "Mon 2026-11-23 08:00:00"),
        ("0 0 8 ? * 1", "Sun 2026-11-29 08:00:00"),
        ("0 0 8 ? * 2-6", "Mon 2026-11-23 08:00:00"),
        ("0 0 8 ? * FRI-MON", "Mon 2026-11-23 08:00:00"),
        ("0 0 8 ? * mon,wed", "Mon 2026-11-23 08:00:00"),
        ("0 0 8 ? * 6L", "Fri 2026-11-27 08:00:00"),
        ("0 0 8 ? * FRI#1", "Fri 2026-12-04 08:00:00"),
        ("0 0 8 ? * L", "Sat 2026-11-28 08:00:00"),
        ("0 0 8 L * ?", "Mon 2026-11-30 08:00:00"),
        ("0 0 8 1 JAN ?", "Fri 2027-01-01 08:00:00"),
        ("30 0 8 * * ?", "Mon 2026-11-23 08:00:30"),
        ("0/15 * * * * ?", "Sun 2026-11-22 12:00:15"),
        ("0 0 8 * * ? 2028", "Sat 2028-01-01 08:00:00"),
        ("0 0 8 29 2 ? 2027/2", None),
        ("0 0 8 * * ? 2026-2027", "Mon 2026-11-23 08:00:00"),
    ],
)
def test_the_next_time_is_the_one_that_is_meant(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="never"):
            times(text)
    else:
        assert times(text) == [expected]


@pytest.mark.parametrize("text", ["", "* * * *", "0 8 * * MUN", "0 0 8 15 * MON", "61 * * * * ?", "0 0 8 ? * 8", "0 0 8 30 2 ?", "0 0 8 15W * ?",
                                  "0 0 8 * * ? 1066", "0 0 8 * * ? x", "0 0 8 ? * 0", "1 2 3 4 5 6 7 8", "@never", "0 0 8 ? * #3"])  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        times(text)


def test_a_daily_time_stays_at_its_hour_when_the_clock_is_moved() -> None:
    spring = datetime(2026, 3, 28, 9, 0, tzinfo=BERLIN)

    assert times("0 0 8 * * ?", spring, BERLIN, 2) == ["Sun 2026-03-29 08:00:00", "Mon 2026-03-30 08:00:00"]
    assert next_time("0 0 8 * * ?", spring, BERLIN) == datetime(2026, 3, 29, 6, tzinfo=UTC)


def test_a_time_in_the_gap_of_spring_comes_right_after_it() -> None:
    spring = datetime(2026, 3, 28, 9, 0, tzinfo=BERLIN)

    assert times("0 30 2 * * ?", spring, BERLIN, 2) == ["Sun 2026-03-29 03:00:00", "Mon 2026-03-30 02:30:00"]


def test_a_time_that_autumn_has_twice_comes_once() -> None:
    autumn = datetime(2026, 10, 24, 9, 0, tzinfo=BERLIN)

    assert times("0 30 2 * * ?", autumn, BERLIN, 2) == ["Sun 2026-10-25 02:30:00", "Mon 2026-10-26 02:30:00"]
