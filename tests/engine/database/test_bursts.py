"""What travels together: BEGIN with the first statement, COMMIT with the last, and nothing lost or believed too early between them."""

import os
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from drawings import END, START, drawing, human, path
from engine_support import decide, deploy, start, task_of
from flask import Flask
from psycopg.errors import UniqueViolation
from sqlalchemy import text

from engine import instances, tasks
from engine.database import transaction
from engine.database.prepared import Prepared
from engine.errors import Duplicate, InvalidContent, Unavailable
from engine.permissions import Actor
from engine.step import Step

NOTE = Prepared("INSERT INTO noted (name) VALUES (%(name)s)")
READ = Prepared("SELECT name FROM noted ORDER BY name")


@pytest.fixture
def noted(app: Flask) -> None:
    with transaction() as session:
        session.execute(text("CREATE TABLE noted (name text PRIMARY KEY)"))


def names() -> list[str]:
    with transaction() as session:
        return [row.name for row in READ.run(session, {}).fetchall()]


def trips(tmp_path: Path, work: Any) -> int:
    """Count how often the server says that it is ready for more while `work` runs."""
    with transaction() as session:
        pgconn = session.connection().connection.driver_connection.pgconn  # type: ignore[union-attr]
    with (tmp_path / "trace").open("w+") as file:
        pgconn.trace(file.fileno())
        try:
            work()
        finally:
            pgconn.untrace()
        return len(re.findall(r"ReadyForQuery", (tmp_path / "trace").read_text()))


def test_a_start_and_a_decision_ask_the_server_twice_each(app: Flask, tmp_path: Path, li_na: Actor, zhao_lei: Actor) -> None:
    finance = [human(name, "", camunda_candidateGroups="finance").replace(' camunda:assignee=""', "") for name in ("a", "b")]
    deploy(drawing(START, *finance, END, path("start", "a", "b", "end")))
    decide(task_of(start()), by="zhao.lei")
    steps: list[Step] = []

    def begin() -> None:
        with transaction() as session:
            steps.append(instances.start(session, "p", by=li_na, variables={}))

    def approve() -> None:
        with transaction() as session:
            tasks.complete(session, task_of(steps[0]), by=zhao_lei, outcome="approve")

    assert trips(tmp_path, begin) == 2
    assert trips(tmp_path, approve) == 2


def test_a_statement_that_was_left_is_there_for_the_next_one_of_either_kind(noted: None) -> None:
    with transaction() as session:
        NOTE.leave(session, {"name": "one"})
        assert session.execute(text("SELECT name FROM noted")).scalars().all() == ["one"]
        NOTE.leave(session, {"name": "two"})
        assert [row.name for row in READ.run(session, {}).fetchall()] == ["one", "two"]
        NOTE.leave(session, {"name": "three"})
        NOTE.leave(session, {"name": "four"})

    assert names() == ["four", "one", "three", "two"]


def test_a_left_statement_is_forgotten_with_its_transaction(noted: None) -> None:
    with pytest.raises(KeyError), transaction() as session:
        NOTE.leave(session, {"name": "one"})
        raise KeyError

    assert names() == []


@pytest.mark.parametrize("again", [True, False])
def test_a_left_statement_is_forgotten_by_a_rollback_in_the_middle(noted: None, again: bool) -> None:
    with transaction() as session:
        NOTE.leave(session, {"name": "one"})
        session.rollback()
        if again:
            NOTE.run(session, {"name": "two"})

    assert names() == ["two"] * again


def test_in_a_savepoint_a_left_statement_fails_where_it_stands(noted: None) -> None:
    with transaction() as session:
        NOTE.leave(session, {"name": "one"})
        with pytest.raises(UniqueViolation), session.begin_nested():
            NOTE.leave(session, {"name": "one"})
        NOTE.leave(session, {"name": "two"})

    assert names() == ["one", "two"]


def test_a_statement_that_fails_takes_its_commit_with_it(noted: None) -> None:
    with transaction() as session:
        NOTE.leave(session, {"name": "one"})

    with pytest.raises(UniqueViolation), transaction() as session:
        NOTE.run(session, {"name": "two"})
        NOTE.leave(session, {"name": "one"})

    assert names() == ["one"]


def test_what_is_refused_for_a_taken_key_may_be_said_otherwise(noted: None) -> None:
    def refuse(error: UniqueViolation) -> None:
        raise Duplicate(kind="name") from error

    for _ in range(7):  # the server has prepared it by then
        with pytest.raises(Duplicate), transaction() as session:
            session.execute(text("DELETE FROM noted"))
            NOTE.leave(session, {"name": "one"})
            NOTE.leave(session, {"name": "one"}, refuse)

    assert names() == []


def test_a_first_statement_that_fails_leaves_a_connection_that_works(noted: None) -> None:
    broken = Prepared("SELECT 1 / %(zero)s::int")
    for _ in range(7):
        with pytest.raises(psycopg.errors.DivisionByZero), transaction() as session:
            broken.run(session, {"zero": 0})

    assert names() == []


def test_a_text_that_cannot_be_kept_is_refused_at_the_commit(noted: None) -> None:
    with pytest.raises(InvalidContent), transaction() as session:
        NOTE.leave(session, {"name": "a\0b"})
    with pytest.raises(InvalidContent), transaction() as session:
        NOTE.run(session, {"name": "a\0b"})

    assert names() == []


def test_what_is_larger_than_the_buffers_arrives(noted: None) -> None:
    long = Prepared("INSERT INTO noted (name) SELECT md5(%(name)s::text)")
    large = os.urandom(8_000_000).hex()
    with transaction() as session:
        long.run(session, {"name": large})
        assert READ.run(session, {}).fetchone() is not None
        long.leave(session, {"name": large + "0"})

    assert len(names()) == 2


@pytest.mark.parametrize("left", [True, False])
def test_a_lost_connection_is_told_and_the_next_transaction_has_another(noted: None, database: str, left: bool) -> None:
    with pytest.raises(Unavailable), transaction() as session:
        (pid,) = session.execute(text("SELECT pg_backend_pid()")).one()
        with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
        if left:
            NOTE.leave(session, {"name": "one"})
        else:
            NOTE.run(session, {"name": "one"})

    assert names() == []


def test_outside_a_transaction_of_ours_a_left_statement_runs_at_once(noted: None, app: Flask) -> None:
    with transaction() as session:
        pass
    with pytest.raises(UniqueViolation):
        for _ in range(2):
            NOTE.leave(session, {"name": "one"})
    session.rollback()

    assert names() == []
