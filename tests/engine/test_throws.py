"""Events that throw several things at once, through the whole engine: jobs, history, incidents, and run again from the record."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from drawings import START, definition, end, human, node, path, start, sub, whole
from engine_support import CALLS, decide, deploy, events, rows, take_all, task_of
from engine_support import start as begin
from flask import Flask
from marshmallow import Schema
from tests_support import person

from engine import incidents, operations, replay, worker
from engine.database import transaction
from engine.errors import BpmnError, OARejected
from engine.operations import Operation, Outcome, Situation
from engine.step import peek


def carried(operation: str) -> str:
    return f'<messageEventDefinition shenpi:operation="{operation}"/>'


SIGNAL, ERROR, TERMINATE = definition("signal", "Go"), definition("error", "E"), definition("terminate")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """What the outside was asked for, with the key; the first call of `test.shut` is refused."""
    made: list[tuple[str, str]] = []

    def ask(told: Situation, inputs: dict[str, Any], name: str) -> Outcome:
        made.append((name, told.key))
        if name == "test.shut" and len(made) == 1:
            raise OARejected(reason="closed")
        return Outcome(None)

    def refuse(*_: Any) -> Outcome:
        raise BpmnError("E", "the budget is used up")

    for name in ("test.one", "test.two", "test.shut"):
        outside = Operation(name, "试", "Test", Schema, Schema, external=lambda told, inputs, name=name: ask(told, inputs, name))
        monkeypatch.setitem(operations._registry, name, outside)
    monkeypatch.setitem(operations._registry, "test.poor", Operation("test.poor", "试", "Test", Schema, Schema, local=refuse))
    yield made


def throwing(*definitions: str) -> UUID:
    """Start a case that ends a sub-process by an event with these definitions, beside the task `stay`."""
    inside = sub("s", start("s0"), human("stay"), node("endEvent", "x", "".join(definitions)), path("s0", "stay"), path("s0", "x"))
    caught = node("boundaryEvent", "caught", definition("error", "E"), attachedToRef="s")
    deploy(
        whole(START, inside, caught, human("mend"), human("after"), end("end"), path("start", "s", "after", "end"), path("caught", "mend"))
    )
    return begin().case.id


def work() -> None:
    """Run every call that waits in the queue, once."""
    for arguments in take_all(CALLS):
        worker.call(**arguments)


def agree(case: UUID, element: str) -> None:
    """One task is open; the case's chain verifies, and run again from its record alone it comes out the same."""
    assert [row.element for row in rows("SELECT element FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)] == [
        element
    ]
    with transaction() as session:
        found = peek(session, case)
    decide(task_of(found, element))
    with transaction() as session:
        check, outcome = replay.verify_instance(session, case), replay.rerun_instance(session, case)
    assert [*check.faults, *outcome.faults] == []


def test_two_jobs_of_one_event_are_asked_for_one_after_another_each_with_its_key(app: Flask, calls: list[tuple[str, str]]) -> None:
    case = throwing(TERMINATE, carried("test.one"), carried("test.two"), SIGNAL)
    assert "signal:thrown" in events(case)
    work()
    assert [name for name, _ in calls] == ["test.one"]
    work()
    assert [name for name, _ in calls] == ["test.one", "test.two"]
    assert len({key for _, key in calls}) == 2
    assert events(case).count("signal:thrown") == 1
    assert [row.state for row in rows("SELECT state FROM job WHERE instance_id = :case", case=case)] == ["completed", "completed"]
    agree(case, "after")


@pytest.mark.parametrize("how", ["retried", "passed over"])
def test_a_job_that_is_refused_is_tried_again_or_passed_over_before_the_next(app: Flask, calls: list[tuple[str, str]], how: str) -> None:
    case = throwing(SIGNAL, carried("test.shut"), carried("test.two"), ERROR)
    work()
    incident = rows("SELECT id FROM incident WHERE instance_id = :case", case=case)[0].id
    with transaction() as session:
        if how == "retried":
            incidents.retry(session, incident, by=person("ma.lin"))
        else:
            incidents.resolve(session, incident, by=person("ma.lin"), reason="by hand")
    work()
    work()
    assert [name for name, _ in calls] == (["test.shut", "test.shut", "test.two"] if how == "retried" else ["test.shut", "test.two"])
    assert events(case).count("signal:thrown") == 1
    agree(case, "mend")


def test_an_error_that_a_local_operation_of_a_message_answers_with_is_in_the_record(app: Flask, calls: list[tuple[str, str]]) -> None:
    case = throwing(SIGNAL, carried("test.poor"), TERMINATE)
    assert "operation:failed" in events(case)
    agree(case, "mend")


def test_an_error_that_nothing_catches_is_an_incident_again_when_it_is_tried_again(app: Flask) -> None:
    inside = sub("s", start("s0"), node("endEvent", "x", SIGNAL + ERROR + TERMINATE), path("s0", "x"))
    deploy(whole(START, inside, human("after"), path("start", "s", "after")))
    case = begin().case.id
    for resolve in (False, True):
        (incident,) = rows("SELECT id FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)
        with transaction() as session:
            if resolve:
                incidents.resolve(session, incident.id, by=person("ma.lin"), reason="nobody is to know")
            else:
                incidents.retry(session, incident.id, by=person("ma.lin"))
    assert events(case).count("signal:thrown") == 1
    agree(case, "after")
