"""The record cannot be changed by anybody who keeps to the database's rules, and a change by somebody who does not is found."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
import pytest
from drawings import END, START, drawing, flow, human, node, path
from engine_support import decide, deploy, rows, start, task_of
from flask import Flask
from sqlalchemy import text

from engine.database import transaction
from engine.replay import verify_all, verify_instance
from engine.step import lock
from models import db


@pytest.fixture
def case(app: Flask) -> UUID:
    """A case with a return, a comment and an end: three steps, eight events and more."""
    deploy(
        drawing(
            START, node("exclusiveGateway", "again"), human("a"), node("exclusiveGateway", "good", default="good_to_end"), END,
            path("start", "again", "a", "good", "end"), flow("good", "again", "${outcome == 'return'}"),
        )
    )  # fmt: skip
    step = decide(task_of(start(amount="12.50")), outcome="return", comment="请补充事由")
    return decide(task_of(step), comment="同意").case.id


@contextmanager
def as_owner(app: Flask, *, triggers: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection of the tables' owner; without triggers, as somebody who breaks the rules."""
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        if not triggers:
            connection.execute("ALTER TABLE history_event DISABLE TRIGGER ALL")
        yield connection
        if not triggers:
            connection.execute("ALTER TABLE history_event ENABLE ALWAYS TRIGGER keep_row")


CHANGES = (
    "UPDATE history_event SET actor = 'qian.yi'",
    "UPDATE history_event SET body = body",
    "UPDATE history_event SET personal = convert_to('{}', 'UTF8')",
    "UPDATE history_event SET personal = NULL, salt = NULL",
    "UPDATE history_event SET personal = NULL",
    "UPDATE history_event SET at = at + interval '1 second'",
    "DELETE FROM history_event",
    "TRUNCATE history_event",
    "TRUNCATE process_instance CASCADE",
    "TRUNCATE stored_file CASCADE",
    "TRUNCATE resource CASCADE",
    "UPDATE resource SET content = ''",
    "DELETE FROM resource",
)


@pytest.mark.parametrize("role", ["origin", "replica", "local"])
def test_the_database_refuses_to_change_the_past(case: UUID, app: Flask, role: str) -> None:
    before = rows("SELECT count(*), sum(octet_length(body)) FROM history_event")

    for statement in CHANGES:
        with pytest.raises(psycopg.errors.IntegrityError), as_owner(app, triggers=True) as connection:
            connection.execute(f"SET session_replication_role = {role}")
            connection.execute(statement)

    assert rows("SELECT count(*), sum(octet_length(body)) FROM history_event") == before


def test_personal_payload_may_go_only_when_its_erasure_is_recorded(case: UUID, app: Flask) -> None:
    number = rows("SELECT number FROM history_event WHERE instance_id = :case AND type = 'task:completed' ORDER BY number", case=case)[
        0
    ].number
    erase = text("UPDATE history_event SET personal = NULL, salt = NULL WHERE instance_id = :case AND number = :n")
    with transaction() as session:
        step = lock(session, case, running=False)
        step.recorder.record("personal:erased", actor="ma.lin", data={"numbers": [number]})
        step.write()
        session.execute(erase, {"case": case, "n": number})
    with pytest.raises(Exception, match="append-only"), transaction() as session:
        session.execute(erase, {"case": case, "n": number + 1})
    with pytest.raises(Exception, match="append-only"), transaction() as session:
        session.execute(
            text("UPDATE history_event SET personal = 'x', salt = 'y' WHERE instance_id = :case AND number = :n"),
            {"case": case, "n": number},
        )

    with transaction() as session:
        check = verify_instance(session, case)
    assert (check.faults, check.erased) == ([], 1)


@pytest.mark.parametrize("data", ['{"numbers": [99]}', '{"numbers": "all"}', "{}", '{"numbers": {"4": true}}'])
def test_an_erasure_recorded_for_something_else_erases_nothing(case: UUID, data: str) -> None:
    with transaction() as session:
        step = lock(session, case, running=False)
        step.recorder.record("personal:erased", data=json.loads(data))
        step.write()
    with pytest.raises(Exception, match="append-only"), transaction() as session:
        session.execute(
            text("UPDATE history_event SET personal = NULL, salt = NULL WHERE instance_id = :case AND number = 2"), {"case": case}
        )


def faults(case: UUID) -> dict[str, str]:
    """Return the code of each place where the check of a case finds something."""
    with transaction() as session:
        return {str(fault.path).rpartition("/")[2]: fault.code for fault in verify_instance(session, case).faults}


def test_an_untouched_case_verifies(case: UUID) -> None:
    assert faults(case) == {}
    with transaction() as session:
        check = verify_all(session)
    assert (check.faults, check.chains) == ([], 1)


TAMPERED = {
    "an edited body": ("UPDATE history_event SET body = convert_to(replace(convert_from(body, 'UTF8'), 'return', 'approve'), 'UTF8') WHERE number = 5", "5"),
    "an edited actor": ("UPDATE history_event SET actor = 'qian.yi' WHERE number = 1", "1"),
    "an edited type": ("UPDATE history_event SET type = 'task:canceled' WHERE number = 5", "5"),
    "an edited element": ("UPDATE history_event SET element = 'b' WHERE number = 5", "5"),
    "an edited step": ("UPDATE history_event SET step = 9 WHERE number = 5", "5"),
    "an edited time": ("UPDATE history_event SET at = at - interval '1 microsecond' WHERE number = 5", "5"),
    "an edited hash": ("UPDATE history_event SET hash = sha256('x') WHERE number = 3", "3"),
    "an edited comment": (
        "UPDATE history_event SET personal = convert_to(replace(convert_from(personal, 'UTF8'), '请补充', '不补充'), 'UTF8') WHERE number = 5", "5",
    ),
    "a removed salt": ("UPDATE history_event SET salt = NULL WHERE number = 5", "5"),
    "a missing event": ("DELETE FROM history_event WHERE number = 4", "5"),
    "a missing first event": ("DELETE FROM history_event WHERE number = 1", "2"),
    "swapped events": ("UPDATE history_event SET number = CASE number WHEN 3 THEN 104 ELSE 103 END WHERE number IN (3, 4)", "5"),
    "an event added at the end": (
        "INSERT INTO history_event SELECT instance_id, number + 1, step, type, at, actor, element, body, hash, personal, salt FROM history_event "
        "WHERE number = (SELECT max(number) FROM history_event)",
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_a_change_behind_the_databases_back_is_found(case: UUID, app: Flask, what: str) -> None:
    statement, place = TAMPERED[what]

    with as_owner(app) as connection:
        assert connection.execute(statement).rowcount > 0
        if what == "swapped events":
            connection.execute("UPDATE history_event SET number = number - 100 WHERE number > 100")

    found = faults(case)
    assert found
    if place and what != "swapped events":
        assert place in found
    with transaction() as session:
        assert verify_all(session).faults


def test_a_cut_tail_is_found_by_the_cases_own_count(case: UUID, app: Flask) -> None:
    with as_owner(app) as connection:
        connection.execute("DELETE FROM history_event WHERE number = (SELECT max(number) FROM history_event)")

    assert faults(case) == {str(case): "tail-differs"}
    with transaction() as session:
        assert [fault.code for fault in verify_all(session).faults] == ["tail-differs"]


def test_a_chain_that_is_gone_altogether_is_found(case: UUID, app: Flask) -> None:
    with as_owner(app) as connection:
        connection.execute("DELETE FROM history_event")

    assert faults(case) == {str(case): "tail-differs"}
    with transaction() as session:
        assert [fault.code for fault in verify_all(session).faults] == ["tail-differs"]


def test_an_event_moved_to_another_case_is_found_in_both(case: UUID, app: Flask) -> None:
    other = start().case.id
    with as_owner(app) as connection:
        connection.execute("DELETE FROM history_event WHERE instance_id = %s AND number = 3", [other])
        connection.execute("UPDATE history_event SET instance_id = %s WHERE instance_id = %s AND number = 3", [other, case])

    assert "4" in faults(case)
    assert "3" in faults(other)


def test_a_chain_that_was_hashed_anew_is_found_by_the_cases_own_hash(case: UUID, app: Flask) -> None:
    with as_owner(app) as connection:
        previous = bytes(32)
        for number, body in connection.execute("SELECT number, body FROM history_event ORDER BY number").fetchall():
            forged = bytes(body).replace(b'"return"', b'"approve"')
            previous = sha256(previous + forged).digest()
            connection.execute("UPDATE history_event SET body = %s, hash = %s WHERE number = %s", [forged, previous, number])

    assert faults(case) == {str(case): "tail-differs"}


def test_numbers_have_no_gaps_and_steps_group_them(case: UUID) -> None:
    found = rows("SELECT number, step, at FROM history_event WHERE instance_id = :case ORDER BY number", case=case)

    assert [row.number for row in found] == list(range(1, len(found) + 1))
    assert sorted({row.step for row in found}) == [1, 2, 3]
    assert [row.step for row in found] == sorted(row.step for row in found)
    assert all(len({row.at for row in found if row.step == step}) == 1 for step in (1, 2, 3))
