"""What one step begins and interrupts again before it is over: nothing is left behind for a worker or an operator."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from drawings import (
    START,
    boundary,
    end,
    event_start,
    event_sub,
    gateway,
    human,
    node,
    path,
    script,
    service,
    start,
    sub,
    whole,
)
from engine_support import CALLS, decide, deploy, events, queued, rows, take_all, task_of
from engine_support import start as begin
from flask import Flask
from marshmallow import Schema

from engine import operations, replay, worker
from engine.database import transaction
from engine.operations import Operation, Outcome, Situation
from engine.step import peek

PASSED = {"shenpi_passWhen": "${true}", "shenpi_passReason": "nothing to decide"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Which operations the outside was asked for."""
    made: list[str] = []

    def ask(_: Situation, inputs: dict[str, Any], name: str) -> Outcome:
        made.append(name)
        return Outcome(None)

    for name in ("test.one", "test.two"):
        outside = Operation(name, "试", "Test", Schema, Schema, external=lambda told, inputs, name=name: ask(told, inputs, name))
        monkeypatch.setitem(operations._registry, name, outside)
    yield made


def interrupted(*parts: str, also: str = "") -> UUID:
    """Start a case with a sub-process of two branches, of which `x` throws an error that interrupts it; the task `after` comes then."""
    inside = sub("s", start("s0"), gateway("g", "parallel"), *parts, end("x", "error", "E"), path("s0", "g"), also)
    deploy(
        whole(
            START,
            inside,
            boundary("caught", "s", "error", "E"),
            human("after"),
            end("end"),
            path("start", "s"),
            path("caught", "after", "end"),
        )
    )
    return begin().case.id


def work() -> None:
    for arguments in take_all(CALLS):
        worker.call(**arguments)


def agree(case: UUID) -> None:
    """Only `after` is left; the chain verifies, and the record alone comes out the same."""
    assert [row.element for row in rows("SELECT element FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)] == [
        "after"
    ]
    with transaction() as session:
        found = peek(session, case)
    decide(task_of(found, "after"))
    with transaction() as session:
        check, outcome = replay.verify_instance(session, case), replay.rerun_instance(session, case)
    assert [*check.faults, *outcome.faults] == []


def test_a_job_that_is_interrupted_in_the_step_that_asks_for_it_is_never_asked_for(app: Flask, asked: list[str]) -> None:
    case = interrupted(service("call", "test.one"), path("g", "call"), path("g", "x"))
    assert (rows("SELECT * FROM job"), queued(CALLS)) == ([], [])
    assert "job:created" not in events(case)
    agree(case)


def test_a_job_that_what_happens_by_itself_interrupts_is_never_asked_for(app: Flask, asked: list[str]) -> None:
    case = interrupted(service("call", "test.one"), human("own", **PASSED), path("g", "call"), path("g", "own", "x"))
    assert (rows("SELECT * FROM job"), queued(CALLS)) == ([], [])
    assert "job:created" in events(case)
    agree(case)


def test_the_second_job_of_a_token_is_not_asked_for_when_it_is_interrupted_with_the_answer_to_the_first(
    app: Flask, asked: list[str]
) -> None:
    """The answer lets the event say that it is ready, and ask for the second job; who waited for that interrupts it in the same transaction."""
    carried = '<messageEventDefinition shenpi:operation="{}"/>'
    ready = '<messageEventDefinition camunda:expression="${true}" camunda:resultVariable="ready"/>'
    thrown = node("intermediateThrowEvent", "t", carried.format("test.one") + ready + carried.format("test.two"))
    begun = event_start("h0", "conditional", "${ready == true}", interrupting=False)
    heard = event_sub("h", begun, human("own", **PASSED), end("hx", "error", "E"), path("h0", "own", "hx"))
    case = interrupted(thrown, heard, human("stay"), path("g", "t", "stay"), path("g", "stay"), also=path("stay", "x"))
    work()
    work()
    assert asked == ["test.one"]
    assert [(row.operation, row.state) for row in rows("SELECT operation, state FROM job")] == [("test.one", "completed")]
    agree(case)


@pytest.mark.parametrize("by_itself", [False, True], ids=["in the same step", "by what happens by itself"])
def test_what_fails_and_is_interrupted_is_told_and_asks_nobody(app: Flask, by_itself: bool) -> None:
    between = human("own", **PASSED) if by_itself else node("task", "own")
    case = interrupted(script("bad", "n = 1 / 0"), between, path("g", "bad"), path("g", "own", "x"))
    assert "incident:raised" in events(case)
    assert [(row.resolved_by, row.resolution) for row in rows("SELECT * FROM incident")] == [("system", "ended")]
    agree(case)


@pytest.mark.parametrize("by_itself", [False, True], ids=["in the same step", "by what happens by itself"])
def test_a_case_that_ends_where_something_failed_in_the_same_transaction_leaves_no_incident_open(app: Flask, by_itself: bool) -> None:
    between = human("own", **PASSED) if by_itself else node("task", "own")
    split = gateway("g", "parallel")
    deploy(
        whole(START, split, script("bad", "n = 1 / 0"), between, end("x", "terminate"), path("start", "g", "bad"), path("g", "own", "x"))
    )
    case = begin().case
    assert rows("SELECT status FROM process_instance WHERE id = :case", case=case.id)[0].status == "completed"
    assert [row.resolution for row in rows("SELECT * FROM incident")] == ["ended"]
