"""What an office system tells us: once, as the person who pressed, and never more than that person may."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from drawings import END, START, drawing, node, path
from engine_support import deploy, events, execute, rows, start, take_all, task_of, value
from flask import Flask
from tests_support import person

from api.cli.company import CONNECTION
from engine import inbox, jobs, tasks, worker
from engine.database import transaction
from engine.errors import InvalidContent
from engine.oa.contract import Event
from engine.step import Step
from models import db


@pytest.fixture
def asked(app: Flask) -> Step:
    deploy(
        drawing(
            START,
            node("userTask", "a", camunda_candidateGroups="finance", camunda_candidateUsers="wang.fang"),
            END,
            path("start", "a", "end"),
        )
    )
    return start()


def press(step: Step, by: str | None = "wang.fang", **changes: Any) -> Event:
    """Return the event of a press on the task as it is now."""
    task = task_of(step)
    nonce = value("SELECT nonce FROM user_task WHERE id = :task", task=task)
    facts = {
        "connector": CONNECTION, "kind": "task.action", "dedupe_key": uuid4().hex, "raw_digest": "00" * 32, "task_key": f"{task}:{by}", "nonce": nonce,
        "actor": by, "outcome": "approve", "comment": "同意",
    }  # fmt: skip
    return Event(**facts | changes)  # type: ignore[arg-type]


def deliver(event: Event) -> tuple[str, str | None]:
    """Receive an event and let a worker apply it; returns the state and note of its message."""
    with transaction() as session:
        inbox.receive(session, CONNECTION, event)
    for arguments in take_all(jobs.INBOX):
        worker.apply_message(**arguments)
    row = rows("SELECT state, note FROM oa_message WHERE dedupe_key = :key", key=event.dedupe_key)[0]
    return row.state, row.note


def test_a_press_decides_as_the_person_who_pressed(asked: Step) -> None:
    assert deliver(press(asked)) == ("applied", None)

    row = rows("SELECT outcome, decided_by, comment FROM user_task WHERE instance_id = :case", case=asked.case.id)[0]
    assert tuple(row) == ("approve", "wang.fang", "同意")
    body = value(
        "SELECT convert_from(body, 'UTF8') FROM history_event WHERE instance_id = :case AND type = 'task:completed'", case=asked.case.id
    )
    assert f'"channel":"oa:{CONNECTION}"' in body


def test_what_can_never_be_read_is_laid_aside_and_not_tried_for_ever(asked: Step) -> None:
    state, note = deliver(Event(CONNECTION, "user.changed", uuid4().hex, "00" * 32, actor="x" * 100_000, id_type="userid"))
    assert state == "ignored" and "invalid-content" in (note or "")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_outside_the_calendar_is_a_fault_of_who_sends_it(asked: Step, moment: str) -> None:
    event = press(asked).as_json() | {"occurredAt": moment}
    with pytest.raises(InvalidContent) as caught:
        Event.from_json(event)
    assert [fault.path for fault in caught.value.faults] == ["occurredAt"]


def test_the_same_press_from_eight_threads_is_kept_and_applied_once(app: Flask, asked: Step) -> None:
    event = press(asked)

    def one(_: int) -> bool:
        with app.app_context():
            with transaction() as session:
                found = inbox.receive(session, CONNECTION, event)
            db.session.remove()
            return found

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(one, range(8)))

    assert sorted(kept) == [False] * 7 + [True]
    assert len(take_all(jobs.INBOX)) == 1


def test_a_message_applied_twice_counts_once(asked: Step) -> None:
    event = press(asked)
    deliver(event)
    before = events(asked.case.id)

    worker.apply_message(str(value("SELECT id FROM oa_message")))

    assert events(asked.case.id) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "wrong"}, {"nonce": ""}, {"nonce": None}, {"nonce": "错误"}, {"actor": "qian.yi"}, {"actor": "nobody"}, {"actor": None}, {"actor": ""},
        {"outcome": "perhaps"}, {"outcome": None}, {"task_key": str(uuid4())}, {"task_key": "none"}, {"task_key": None}, {"kind": "unsupported"},
        {"actor": "ma.lin"}, {"actor": "li.na"}, {"comment": "x" * 2001},
    ],
)  # fmt: skip
def test_a_press_that_does_not_fit_changes_nothing_and_says_so(asked: Step, changes: dict[str, Any]) -> None:
    if changes.get("outcome", "approve") is None or changes.get("kind") == "unsupported":
        changes = {**changes, "outcome": None}
    before = events(asked.case.id)

    state, note = deliver(press(asked, **changes))

    assert state == "ignored" and note
    assert events(asked.case.id) == before
    assert value("SELECT state FROM user_task WHERE instance_id = :case", case=asked.case.id) == "open"


def test_a_remote_user_is_the_person_of_the_map(asked: Step) -> None:
    execute(
        "INSERT INTO oa_identity (connection, remote_id, person_id) SELECT :c, 'ou_77', id FROM person WHERE key = 'wang.fang'",
        c=CONNECTION,
    )

    assert deliver(press(asked, actor="ou_77"))[0] == "applied"


def test_where_a_map_is_kept_a_work_number_of_somebody_else_is_nobody(asked: Step) -> None:
    execute(
        "INSERT INTO oa_identity (connection, remote_id, person_id) SELECT :c, 'ou_77', id FROM person WHERE key = 'li.na'", c=CONNECTION
    )

    assert deliver(press(asked, actor="wang.fang"))[0] == "ignored"


def test_a_person_who_left_decides_nothing(asked: Step) -> None:
    execute("UPDATE person SET active = false WHERE key = 'wang.fang'")

    assert deliver(press(asked))[0] == "ignored"


def test_a_late_press_is_noted_answered_kindly_and_the_truth_is_sent_again(asked: Step) -> None:
    event = press(asked, outcome="reject")
    with transaction() as session:
        tasks.complete(session, task_of(asked), by=person("zhao.lei"), outcome="approve")
    execute("UPDATE oa_delivery SET state = 'sent', open = false")
    take_all(jobs.PUSH)
    before = events(asked.case.id)

    with transaction() as session:
        said = inbox.answer(session, event)
    state, note = deliver(event)

    assert (said.accepted, said.facts) == (False, {"outcome": "approve", "decidedBy": "zhao.lei"})
    assert "赵蕾" in said.message and "同意" in said.message
    assert state == "ignored" and note.startswith("task-closed")
    assert events(asked.case.id) == before
    assert [job["connection"] for job in take_all(jobs.PUSH)] == [CONNECTION]
    waiting = rows("SELECT version FROM oa_delivery WHERE open")
    assert [row.version for row in waiting] == [value("SELECT max(version) FROM oa_delivery")]


def test_a_button_on_an_older_picture_does_not_count(asked: Step) -> None:
    old = press(asked)
    with transaction() as session:
        tasks.transfer(session, task_of(asked), by=person("zhao.lei"), to="wang.fang")

    assert deliver(old)[0] == "ignored"
    assert deliver(press(asked))[0] == "applied"


def test_a_candidate_of_a_claimed_task_learns_that_it_is_claimed(asked: Step) -> None:
    with transaction() as session:
        tasks.claim(session, task_of(asked), by=person("zhao.lei"))

    state, note = deliver(press(asked))

    assert state == "ignored" and note.startswith("task-already-claimed")
