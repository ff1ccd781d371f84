"""Work due later: it happens once, never early, and not at all for a case that is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from drawings import END, START, drawing, flow, human, node, path, timer
from engine_support import advance, deploy, events, execute, rows, start, take_all, value
from flask import Flask
from tests_support import person

from engine import instances, jobs, tasks, timers, worker
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import Refused
from engine.replay import rerun_instance
from models import db


@pytest.fixture
def waiting(app: Flask) -> UUID:
    """A case that asks Wang Fang and, after an hour, Wu Gang as well."""
    late = timer("late", "PT1H", attachedToRef="a", cancelActivity="false")
    deploy(drawing(START, human("a"), late, human("b", "wu.gang"), END, path("start", "a", "end"), flow("late", "b"), flow("b", "end")))
    return start().case.id


def enqueue() -> int:
    with transaction() as session:
        return timers.enqueue_due(session)


def open_elements(case: UUID) -> list[str]:
    return sorted(row.element for row in rows("SELECT element FROM user_task WHERE instance_id = :case AND state = 'open'", case=case))


def test_a_timer_is_due_when_its_duration_is_over_and_not_before(waiting: UUID) -> None:
    due, began = rows("SELECT due_at, started_at FROM timer t JOIN process_instance i ON i.id = t.instance_id")[0]
    assert due - began == timedelta(hours=1)

    advance(3590)
    assert enqueue() == 0
    advance(20)
    assert enqueue() == 1

    for arguments in take_all(jobs.TIMERS):
        worker.fire(**arguments)
    assert open_elements(waiting) == ["a", "b"]
    assert events(waiting).count("timer:fired") == 1
    assert rows("SELECT 1 FROM timer") == []


def test_four_workers_at_once_make_one_job_of_each_timer(app: Flask, waiting: UUID) -> None:
    more = [start().case.id for _ in range(20)]
    advance(3700)

    def one(_: int) -> int:
        with app.app_context():
            found = enqueue()
            db.session.remove()
            return found

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(one, range(4)))

    queued = take_all(jobs.TIMERS)
    assert sum(counts) == len(queued) == 21
    assert {UUID(arguments["instance"]) for arguments in queued} == {waiting, *more}


def test_a_timer_that_is_fired_by_four_threads_fires_once(app: Flask, waiting: UUID) -> None:
    advance(3700)
    enqueue()
    arguments = take_all(jobs.TIMERS)[0]

    def one(_: int) -> None:
        with app.app_context():
            worker.fire(**arguments)
            db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))

    assert events(waiting).count("timer:fired") == 1
    assert open_elements(waiting) == ["a", "b"]


def test_a_job_that_was_lost_is_made_again(waiting: UUID) -> None:
    advance(3700)
    assert enqueue() == 1
    take_all(jobs.TIMERS)

    assert enqueue() == 0
    advance(31)
    assert enqueue() == 1


def test_the_timer_of_a_withdrawn_case_does_nothing(waiting: UUID) -> None:
    token = value("SELECT token FROM timer")
    with transaction() as session:
        instances.withdraw(session, waiting, by=person("li.na"))
    before = events(waiting)
    assert rows("SELECT 1 FROM timer") == []
    advance(3700)

    worker.fire(str(waiting), str(token))

    assert events(waiting) == before
    assert value("SELECT status FROM process_instance WHERE id = :case", case=waiting) == "withdrawn"


def test_a_row_left_behind_by_a_case_that_is_over_is_cleared_away(waiting: UUID) -> None:
    row = rows("SELECT * FROM timer")[0]
    with transaction() as session:
        instances.withdraw(session, waiting, by=person("li.na"))
    execute(
        "INSERT INTO timer (id, kind, instance_id, token, due_at) VALUES (:id, 'event', :case, :token, now())",
        id=row.id,
        case=waiting,
        token=row.token,
    )

    assert enqueue() == 1
    for arguments in take_all(jobs.TIMERS):
        worker.fire(**arguments)

    assert rows("SELECT 1 FROM timer") == []


def test_a_timer_told_to_fire_too_early_waits(waiting: UUID) -> None:
    worker.fire(str(waiting), str(value("SELECT token FROM timer")))

    assert "timer:fired" not in events(waiting)
    assert len(rows("SELECT 1 FROM timer")) == 1


def test_a_decision_takes_its_timer_with_it(waiting: UUID) -> None:
    task = value("SELECT id FROM user_task WHERE instance_id = :case", case=waiting)
    with transaction() as session:
        tasks.complete(session, task, by=person("wang.fang"), outcome="approve")

    assert rows("SELECT 1 FROM timer") == []


def test_the_clock_goes_forward_and_only_in_development(app: Flask) -> None:
    with transaction() as session:
        before = read_clock(session)
    for span, development in (
        (timedelta(hours=1), False),
        (timedelta(0), True),
        (timedelta(hours=-1), True),
        (timedelta(microseconds=-1), True),
    ):
        with pytest.raises(Refused), transaction() as session:
            timers.advance_clock(session, span, development=development)

    with transaction() as session:
        after = timers.advance_clock(session, timedelta(hours=25), development=True)

    assert timedelta(hours=25) <= after - before < timedelta(hours=25, minutes=1)


@pytest.mark.parametrize("text", ["P9999999999D", "0001-01-01T00:00:00+10:00", "PX", "tomorrow", "P1Y2W3"])
def test_a_timer_whose_time_cannot_be_told_is_an_incident_and_no_crash(app: Flask, text: str) -> None:
    deploy(drawing(START, timer("t", "${when}"), human("a"), END, path("start", "t", "a", "end")))

    case = start(when=text).case.id

    assert [row.element for row in rows("SELECT element FROM incident WHERE instance_id = :case", case=case)] == ["t"]


# --- counted by a calendar, repeated by cron


def calendared(calendar: str, duration: str) -> bytes:
    event = f'<timerEventDefinition shenpi:calendar="{calendar}"><timeDuration>{duration}</timeDuration></timerEventDefinition>'
    return drawing(START, node("intermediateCatchEvent", "wait", event), human("a"), END, path("start", "wait", "a", "end"))


def fire_due(seconds: float) -> None:
    advance(seconds)
    enqueue()
    for arguments in take_all(jobs.TIMERS):
        worker.fire(**arguments)


def rerun(case: UUID) -> list[str]:
    with transaction() as session:
        return [str(fault) for fault in rerun_instance(session, case).faults]


def test_a_timer_counts_working_days_and_keeps_its_time_when_the_calendar_is_changed(app: Flask) -> None:
    deploy(calendared("plant", "P1D"))
    execute(
        "INSERT INTO calendar_day SELECT 'plant', d, false FROM generate_series(current_date + 1, current_date + 20, interval '1 day') AS d"
    )
    case = start().case.id
    due, began = rows("SELECT due_at, started_at FROM timer t JOIN process_instance i ON i.id = t.instance_id")[0]
    assert due - began > timedelta(days=19)

    execute("DELETE FROM calendar_day")
    execute("INSERT INTO calendar_day SELECT 'plant', d, true FROM generate_series(current_date, current_date + 20, interval '1 day') AS d")
    fire_due(3 * 86400)

    assert open_elements(case) == []
    assert rerun(case) == []
    fire_due(40 * 86400)
    assert open_elements(case) == ["a"]
    assert rerun(case) == []


@pytest.mark.parametrize(("calendar", "duration"), [("unknown", "P1D"), ("cn", "P1M")])
def test_a_calendar_or_a_duration_that_cannot_be_counted_is_an_incident_on_the_element(app: Flask, calendar: str, duration: str) -> None:
    deploy(calendared(calendar, duration))

    case = start().case.id

    assert [row.element for row in rows("SELECT element FROM incident WHERE instance_id = :case", case=case)] == ["wait"]
    assert rerun(case) == []


def test_a_boundary_event_repeats_by_cron_and_runs_again_from_its_record(app: Flask) -> None:
    event = "<timerEventDefinition><timeCycle>0 0 8 * * ?</timeCycle></timerEventDefinition>"
    late = node("boundaryEvent", "late", event, attachedToRef="a", cancelActivity="false")
    deploy(drawing(START, human("a"), late, human("b", "wu.gang"), END, path("start", "a", "end"), flow("late", "b"), flow("b", "end")))
    case = start().case.id

    for _ in range(3):
        fire_due(86400)

    assert open_elements(case) == ["a", "b", "b", "b"]
    due = value("SELECT due_at FROM timer").astimezone(ZoneInfo("Asia/Shanghai"))
    assert (due.hour, due.minute) == (8, 0)
    assert rerun(case) == []
