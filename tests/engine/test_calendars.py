"""Working time: China's holidays and the weekends worked for them, a company's own days, hours with a break at noon."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from engine_support import execute
from flask import Flask

from api.cli import main
from engine.calendars import Calendar, due, load, read_hours
from engine.database import transaction
from engine.errors import NotFound

CHINA, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOURS = read_hours("09:00-12:00,13:00-18:00")
CN = Calendar("cn", {}, HOURS)
WEEKDAYS = Calendar("weekdays", {}, HOURS)


def counted(start: str, duration: str, calendar: Calendar = CN) -> str:
    found = due(calendar, datetime.fromisoformat(start).replace(tzinfo=CHINA), duration, CHINA)
    assert found.tzinfo is UTC
    return found.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("2026-11-20T10:00", "P1D", "2026-11-23 10:00"),  # a Friday
        ("2026-11-20T10:00", "P1W", "2026-11-27 10:00"),
        ("2026-11-20T10:00", "PT2H", "2026-11-20 12:00"),
        ("2026-11-20T10:00", "PT3H", "2026-11-20 14:00"),
        ("2026-11-20T10:00", "PT8H", "2026-11-23 10:00"),
        ("2026-11-20T12:30", "PT30M", "2026-11-20 13:30"),
        ("2026-11-20T07:00", "PT30M", "2026-11-20 09:30"),
        ("2026-11-20T18:00", "PT30M", "2026-11-23 09:30"),
        ("2026-11-20T22:00", "P1D", "2026-11-24 09:00"),
        ("2026-11-21T10:00", "P1DT1H", "2026-11-24 10:00"),
        ("2026-11-20T10:00", "PT90S", "2026-11-20 10:01"),
        ("2026-09-30T10:00", "P1D", "2026-10-08 10:00"),  # the week of the national day
        ("2026-02-13T10:00", "P1D", "2026-02-14 10:00"),  # a Saturday worked for the spring festival
    ],
)
def test_a_duration_is_counted_in_working_time(start: str, duration: str, expected: str) -> None:
    assert counted(start, duration) == expected


def test_a_calendar_of_weekdays_knows_no_holiday() -> None:
    assert counted("2026-09-30T10:00", "P1D", WEEKDAYS) == "2026-10-01 10:00"


def test_of_years_that_nobody_has_announced_only_weekends_are_known() -> None:
    assert not CN.works(date(2040, 1, 7)) and CN.works(date(2040, 1, 6))


def test_the_companys_own_days_win() -> None:
    own = Calendar("cn", {date(2026, 11, 21): True, date(2026, 11, 23): False}, HOURS)

    assert counted("2026-11-20T10:00", "P1D", own) == "2026-11-21 10:00"
    assert counted("2026-11-20T10:00", "P2D", own) == "2026-11-24 10:00"


@pytest.mark.parametrize("duration", ["", "P", "PT", "P1M", "P1Y", "P-1D", "-P1D", "1D", "P1.5D", "P99999D", "PT99999999H", "P1DT"])
def test_other_durations_are_refused(duration: str) -> None:
    with pytest.raises(ValueError):
        counted("2026-11-20T10:00", duration)


def test_a_calendar_without_working_days_does_not_hang() -> None:
    class Never(Calendar):
        def works(self, day: date) -> bool:
            return False

    with pytest.raises(ValueError):
        counted("2026-11-20T10:00", "P1D", Never("never", {}, HOURS))


def test_a_day_on_which_the_clock_is_moved_has_its_working_hours() -> None:
    sunday = Calendar("weekdays", {date(2026, 3, 29): True}, HOURS)

    found = due(sunday, datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN), "PT3H", BERLIN)

    assert found == datetime(2026, 3, 29, 12, 0, tzinfo=BERLIN)


@pytest.mark.parametrize("text", ["", "9-12", "12:00-09:00", "09:00-12:00,11:00-18:00", "09:00"])
def test_hours_that_are_no_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_hours(text)


def test_a_calendar_is_ours_or_has_days_in_the_table(app: Flask) -> None:
    execute("INSERT INTO calendar_day VALUES ('plant', '2026-11-21', true, '盘点'), ('cn', '2026-11-20', false, '厂庆')")

    with transaction() as session:
        assert load(session, "plant").works(date(2026, 11, 21)) and not load(session, "plant").works(date(2026, 10, 1))
        assert not load(session, "cn").works(date(2026, 11, 20))
        assert load(session, "weekdays").exceptions == {}
        with pytest.raises(NotFound):
            load(session, "unknown")


@pytest.fixture
def shenpi(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command on an installation of its own."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))
    return lambda *words: CliRunner().invoke(main, ["calendar", *words])


def test_an_administrator_says_which_days_are_worked(shenpi: Callable[..., Result]) -> None:
    assert shenpi("due", "cn", "P1D", "--from", "2026-11-20T10:00").output == "2026-11-23T10:00+08:00\n"

    assert shenpi("set", "cn", "2026-11-21", "--working", "--note", "盘点").output == "cn 2026-11-21 is worked.\n"
    assert shenpi("set", "plant", "2026-11-23", "--free").exit_code == 0

    assert shenpi("list").output == "cn 2026-11-21 worked 盘点\nplant 2026-11-23 free\n"
    assert shenpi("list", "plant").output == "plant 2026-11-23 free\n"
    assert shenpi("due", "cn", "P1D", "--from", "2026-11-20T10:00").output == "2026-11-21T10:00+08:00\n"
    assert shenpi("set", "cn", "2026-11-21", "--free").exit_code == 0
    assert shenpi("remove", "plant", "2026-11-23").exit_code == 0
    assert shenpi("list").output == "cn 2026-11-21 free\n"


def test_what_cannot_be_said_of_a_calendar_ends_with_its_reason(shenpi: Callable[..., Result]) -> None:
    for words in (
        ("remove", "cn", "2026-11-21"),
        ("due", "plant", "P1D"),
        ("due", "cn", "P1M"),
        ("set", "cn", "someday", "--free"),
        ("set", "cn", "2026-11-21"),
    ):
        found = shenpi(*words)
        assert found.exit_code != 0 and "Error" in found.output, words
