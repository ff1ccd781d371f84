"""Signers and delegates who meet other verbs: one who hands on, one who is taken away while another waits for her. Each failed once."""

from typing import Any

import pytest
from approvals_support import act, case_of, decide, open_tasks, prove, sign, status, task
from drawings import END, START, human, node, path
from engine_support import rows
from flask import Flask
from tests_support import person

from engine import attachments, tasks
from engine.database import transaction
from engine.errors import Refused


@pytest.mark.parametrize("verb", [tasks.transfer, tasks.delegate])
def test_a_task_waits_for_a_signer_before_it_although_she_hands_hers_on(app: Flask, verb: Any) -> None:
    case = case_of()
    signer = sign(case, "wang.fang", "wu.gang", "before")
    other = task(case, "a", "wang.fang", "held")
    act(tasks.add_signer, other, by="wang.fang", who="chen.jing", place="before")
    act(verb, signer, by="wu.gang", to="sun.mei")
    if verb is tasks.delegate:
        act(tasks.resolve, signer, by="sun.mei")
    decide(case, "a", "chen.jing")
    assert open_tasks(case) == [("a", "sun.mei" if verb is tasks.transfer else "wu.gang")]
    decide(case, "a", open_tasks(case)[0][1])
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def test_who_waits_for_a_signer_who_was_taken_away_waits_for_whom_she_waited_for(app: Flask) -> None:
    case = case_of()
    first = sign(case, "wang.fang", "wu.gang", "after")
    act(tasks.add_signer, first, by="wu.gang", who="chen.jing", place="after")
    act(tasks.remove_signer, first, by="wang.fang")
    assert open_tasks(case) == [("a", "wang.fang")]
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("a", "chen.jing")]
    decide(case, "a", "chen.jing")
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


def test_a_task_that_waits_for_a_signer_is_neither_handed_on_nor_claimed_nor_returned(app: Flask) -> None:
    case = case_of()
    sign(case, "wang.fang", "wu.gang", "before")
    held = task(case, "a", "wang.fang", "held")
    for verb, more in (
        (tasks.transfer, {"to": "chen.jing"}),
        (tasks.delegate, {"to": "chen.jing"}),
        (tasks.claim, {}),
        (tasks.return_to, {"to": "a"}),
    ):
        with pytest.raises(Refused, match="waits for a signer"):
            act(verb, held, by="wang.fang", **more)


def test_a_candidate_claims_a_task_with_signers_and_all_sign(app: Flask) -> None:
    case = case_of(
        START,
        node("userTask", "a", camunda_candidateUsers="wang.fang,zhao.lei"),
        human("b", "zhao.lei"),
        END,
        path("start", "a", "b", "end"),
    )
    act(tasks.add_signer, task(case, "a"), by="wang.fang", who="wu.gang", place="beside")
    open_to_all = rows("SELECT id FROM user_task WHERE instance_id = :case AND assignee IS NULL AND state = 'open'", case=case)[0].id
    act(tasks.claim, open_to_all, by="zhao.lei")
    assert sorted(open_tasks(case)) == [("a", "wu.gang"), ("a", "zhao.lei")]
    decide(case, "a", "wu.gang")
    decide(case, "a", "zhao.lei")
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


def test_who_is_asked_for_an_opinion_neither_returns_the_case_nor_keeps_the_task(app: Flask) -> None:
    case = case_of()
    decide(case, "a", "wang.fang")
    delegated = task(case, "b")
    act(tasks.delegate, delegated, by="zhao.lei", to="wu.gang")
    with pytest.raises(Refused, match="delegated"):
        act(tasks.return_to, delegated, by="wu.gang", to="a")
    with pytest.raises(Refused, match="already with"):
        act(tasks.transfer, delegated, by="wu.gang", to="zhao.lei")
    act(tasks.transfer, delegated, by="wu.gang", to="chen.jing")
    decide(case, "b", "chen.jing", outcome="return")
    assert open_tasks(case) == [("b", "zhao.lei")]
    decide(case, "b", "zhao.lei")
    assert status(case)[0] == "completed"
    prove(case)


def test_the_files_of_an_opinion_are_kept_with_it(app: Flask) -> None:
    case = case_of()
    act(tasks.delegate, task(case, "a"), by="wang.fang", to="wu.gang")
    with transaction() as session:
        file = attachments.store(session, by=person("wu.gang"), task_id=task(case, "a"), name="意见.txt", content=b"no objection").id
    step = decide(case, "a", "wu.gang", files=[file])
    assert [event.type for event in step.recorder.events] == ["task:resolved"]
    assert str(file).encode() in step.recorder.events[0].body
    decide(case, "a", "wang.fang")
    with transaction() as session:
        assert [one.id for one in attachments.of_instance(session, case)] == [file]
    prove(case)
