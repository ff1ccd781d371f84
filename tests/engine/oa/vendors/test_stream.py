"""DingTalk's events over a connection that a worker holds open."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from engine_support import execute, rows
from rehearsal_support import Rehearsal
from tests_support import eventually

from engine import worker
from engine.listening import Listening
from models import db


@pytest.fixture
def heard(stage: Rehearsal) -> Iterator[None]:
    execute('UPDATE oa_connection SET settings = settings || \'{"stream": "1"}\' WHERE key = :key', key=stage.key)
    stop = threading.Event()

    @contextmanager
    def context() -> Iterator[None]:
        with stage.app.app_context():
            try:
                yield
            finally:
                db.session.remove()

    threads = [threading.Thread(target=Listening(worker.hands.connectors, context, stop).run) for _ in range(2)]  # as two workers do
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()
    execute("UPDATE oa_connection SET settings = settings - 'stream' WHERE key = :key", key=stage.key)


def told(kind: str) -> list[str]:
    return [
        row.actor
        for row in rows("SELECT event ->> 'actor' AS actor FROM oa_message WHERE event ->> 'kind' = :kind ORDER BY received_at", kind=kind)
    ]


@pytest.mark.parametrize("stage", ["dingtalk"], indirect=True)  # the others call our address
def test_an_event_comes_over_the_stream_once_though_two_workers_listen(stage: Rehearsal, heard: None) -> None:
    eventually(lambda: any(call["path"].endswith("/gateway/connections/open") for call in stage.door("calls")))

    def sent() -> bool:
        said = {"kind": "user.updated", "person": stage.remote("qian.yi")}
        answer = stage.http.post("/_sim/events", json=said)
        assert answer.is_success or answer.status_code == 409, "409: the connection was asked for, but nobody holds it yet"
        return bool(told("user.changed"))

    eventually(sent)
    before = told("user.changed")
    stage.tell("events", kind="department.created", department="总部/新部门")
    eventually(lambda: told("department.changed"))
    assert set(before) == {stage.remote("qian.yi")}
    opened = [call for call in stage.door("calls") if call["path"].endswith("/gateway/connections/open")]
    assert len(opened) == 1, "one of them holds the connection"
