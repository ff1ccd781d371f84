"""When timers are due: dates, durations and cycles, on the wall clock of a zone."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from drawings import END, START, drawing, human, node, path
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.execution import Execution
from engine.execution.program import build
from engine.execution.timers import plus, times

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


def moment(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "duration", "zone", "expected"),
    [
        ("2026-03-28T09:00", "P1D", BERLIN, "2026-03-29T09:00"),  # the clocks go forward in the night: 23 hours
        ("2026-03-28T09:00", "PT24H", BERLIN, "2026-03-29T10:00"),
        ("2026-10-24T09:00", "P1D", BERLIN, "2026-10-25T09:00"),  # and back: 25 hours
        ("2026-01-31T09:00", "P1M", SHANGHAI, "2026-02-28T09:00"),
        ("2024-02-29T09:00", "P1Y", SHANGHAI, "2025-02-28T09:00"),
        ("2026-01-31T09:00", "P1M1DT1H", SHANGHAI, "2026-03-01T10:00"),
    ],
)
def test_days_and_months_are_counted_on_the_wall_clock_and_hours_as_they_pass(
    start: str, duration: str, zone: ZoneInfo, expected: str
) -> None:
    assert plus(moment(start, zone), duration, zone) == moment(expected, zone)


def test_the_last_of_the_month_stays_the_last() -> None:
    first = moment("2026-01-31T09:00")

    assert [times(first, "P1M", number, SHANGHAI) for number in range(4)] == [
        moment(text) for text in ("2026-01-31T09:00", "2026-02-28T09:00", "2026-03-31T09:00", "2026-04-30T09:00")
    ]


@given(st.integers(1, 400), st.sampled_from(["P1D", "P1M", "PT36H", "P1DT12H", "P1Y2M", "PT1S", "P2W"]))
def test_the_times_of_a_cycle_only_grow(number: int, every: str) -> None:
    first = moment("2025-12-31T23:30", BERLIN)

    assert times(first, every, number, BERLIN) < times(first, every, number + 1, BERLIN)


def cycle(text: str, now: datetime, rounds: int = 1, zone: ZoneInfo = SHANGHAI) -> list[datetime]:
    """Return the times at which a boundary timer of a user task fires, one after the other."""
    event = f"<timerEventDefinition><timeCycle>{text}</timeCycle></timerEventDefinition>"
    xml = drawing(
        START, human("t"), node("boundaryEvent", "b", event, attachedToRef="t", cancelActivity="false"), node("endEvent", "e"), END,
        path("start", "t", "end"), path("b", "e"),
    )  # fmt: skip
    program = build("t", read_process(processes(parse(xml, "t"))[0], "t"))
    execution: Any = Execution.start(program, now, None, {}, None, zone=zone)  # type: ignore[arg-type]
    found = []
    while execution.timers() and len(found) < rounds:
        (timer,) = execution.timers()
        found.append(timer.due_at)
        execution = Execution.restore(program, timer.due_at, None, execution.save())  # type: ignore[arg-type]
        assert execution.fire_timers([timer.token]) == ["b"]
    return found


def test_a_bounded_cycle_fires_so_often_and_no_more() -> None:
    now = moment("2026-11-22T09:00")

    assert cycle("R3/PT1H", now, 9) == [moment(f"2026-11-22T{hour}:00") for hour in (10, 11, 12)]


def test_a_daily_cycle_keeps_its_hour_when_the_clocks_change() -> None:
    now = moment("2026-10-23T08:00", BERLIN)

    assert cycle("R/2026-10-01T09:00:00/P1D", now, 4, BERLIN) == [moment(f"2026-10-{day}T09:00", BERLIN) for day in (23, 24, 25, 26)]


def test_a_cycle_ends_at_its_end() -> None:
    assert len(cycle("R/PT1H/2026-11-22T12:30:00", moment("2026-11-22T09:00"), 9)) == 3


@pytest.mark.parametrize("first", ["0001-01-01T00:00:00Z", "2000-01-01T00:00:00Z"])
def test_a_cycle_that_began_long_ago_is_reckoned_at_once(first: str) -> None:
    now = moment("2026-11-22T09:00:00")

    (due,) = cycle(f"R/{first}/PT1S", now)

    assert (due - now).total_seconds() == 1
