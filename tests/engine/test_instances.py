"""Cases begin whole or not at all, end once, and their numbers are nobody else's."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from drawings import END, START, drawing, flow, human, node, path, script, timer
from engine_support import decide, deploy, events, rows, start, task_of, value
from flask import Flask
from tests_support import person

from engine import instances
from engine.database import transaction
from engine.errors import Duplicate, InstanceEnded, InvalidVariables, NotFound, NotPermitted, StaleRevision
from models import db

SIMPLE = drawing(
    START, human("a"), END, path("start", "a", "end"), shenpi_businessKeyPrefix="QJ", shenpi_title="${title}", shenpi_amount="${amount}"
)


def test_numbers_are_said_aloud_and_never_twice(app: Flask) -> None:
    deploy(SIMPLE)

    def one(_: int) -> list[str]:
        with app.app_context():
            found = [start().case.business_key for _ in range(5)]
            db.session.remove()
            return found

    with ThreadPoolExecutor(4) as pool:
        keys = [key for found in pool.map(one, range(4)) for key in found]

    assert len(set(keys)) == 20
    assert all(re.fullmatch(r"QJ-20\d\d-0000\d\d", key) for key in keys)


def test_a_given_number_that_is_taken_is_refused(app: Flask) -> None:
    deploy(SIMPLE)
    for expected in (None, Duplicate):
        with transaction() as session:
            if expected is None:
                instances.start(session, "p", by=person("li.na"), business_key="X-1")
            else:
                with pytest.raises(expected):
                    instances.start(session, "p", by=person("li.na"), business_key="X-1")
                session.rollback()


def test_a_failed_start_leaves_no_row(app: Flask) -> None:
    deploy(SIMPLE, drawing(START, script("s", "i = 0\nfor a in range(100000):\n  i = i + 1"), END, path("start", "s", "end"), key="long"))
    before = rows("SELECT count(*) FROM process_instance")

    for key, variables, error in (
        ("none", {}, NotFound),
        ("p", {"a": "\0"}, InvalidVariables),
        ("p", {"outcome": "approve"}, InvalidVariables),
    ):
        with pytest.raises(error):
            start(key, **variables)

    assert rows("SELECT count(*) FROM process_instance") == before


def test_a_drawing_that_never_waits_is_an_incident_on_the_element_where_the_step_ended(app: Flask) -> None:
    endless = drawing(START, node("exclusiveGateway", "g", default="g_to_g2"), node("exclusiveGateway", "g2"), human("a"), END,
                      path("start", "g", "g2"), flow("g2", "g"), flow("g", "a", "${false}"), path("a", "end"))  # fmt: skip
    deploy(endless)

    case = start().case.id

    assert value("SELECT status FROM process_instance WHERE id = :case", case=case) == "running"
    assert rows("SELECT kind, element FROM incident WHERE instance_id = :case", case=case)[0].element in ("g", "g2")


def test_a_title_that_fails_stops_nothing(app: Flask) -> None:
    deploy(SIMPLE)

    case = start(amount="text").case.id

    assert rows("SELECT title, amount FROM process_instance WHERE id = :case", case=case) == [("p", None)]


@pytest.mark.parametrize(
    ("amount", "kept"),
    [
        ("8600.00", "8600.000000"),
        ("0.0000004", "0.000000"),
        ("1e3", "1000.000000"),
        ("-5", "-5.000000"),
        ("1e17", None),
        ("1e-99999", "0.000000"),
        ("NaN", None),
    ],
)
def test_an_amount_stands_in_the_list_as_the_column_holds_it(app: Flask, amount: str, kept: Any) -> None:
    deploy(SIMPLE)

    found = value("SELECT amount FROM process_instance WHERE id = :case", case=start(amount=amount).case.id)

    assert (None if found is None else f"{found:f}") == kept


def test_withdrawing_ends_tasks_timers_and_jobs_and_undoes_nothing(app: Flask) -> None:
    deploy(
        drawing(START, human("a"), timer("t", "PT1H", attachedToRef="a"), human("b"), END, path("start", "a", "end"), path("t", "b", "end"))
    )
    case = start().case.id
    before = events(case)

    with transaction() as session:
        instances.withdraw(session, case, by=person("li.na"), reason="传错了")

    assert events(case) == [*before, "instance:withdrawn", "task:canceled"]
    assert rows("SELECT state, reason FROM user_task WHERE instance_id = :case", case=case) == [("canceled", "withdrawn")]
    assert rows("SELECT 1 FROM timer WHERE instance_id = :case", case=case) == []
    row = rows("SELECT status, ended_at FROM process_instance WHERE id = :case", case=case)[0]
    assert row.status == "withdrawn" and row.ended_at is not None


def test_only_the_initiator_withdraws_and_only_while_it_runs(app: Flask) -> None:
    deploy(SIMPLE)
    step = start()
    for key in ("wang.fang", "ma.lin", "sun.mei"):
        with pytest.raises(NotPermitted), transaction() as session:
            instances.withdraw(session, step.case.id, by=person(key))
    with pytest.raises(StaleRevision), transaction() as session:
        instances.withdraw(session, step.case.id, by=person("li.na"), expected_revision=9)
    decide(task_of(step))
    with pytest.raises(InstanceEnded), transaction() as session:
        instances.withdraw(session, step.case.id, by=person("li.na"))


@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
def test_a_reason_that_cannot_be_kept_is_refused_whole(app: Flask, bad: str) -> None:
    deploy(SIMPLE)
    case = start().case.id

    with pytest.raises(InvalidVariables), transaction() as session:
        instances.withdraw(session, case, by=person("li.na"), reason=bad)

    assert value("SELECT status FROM process_instance WHERE id = :case", case=case) == "running"
