"""Signers added before, after and beside (加签), taken away again (减签), and tasks that are delegated and come back (委派)."""

from uuid import UUID

import pytest
from approvals_support import act, decide, open_tasks, prove, status, task, why_closed
from drawings import END, START, drawing, human, instances, path
from engine_support import deploy, rows, start
from flask import Flask

from engine import tasks
from engine.errors import NotPermitted, Refused, TaskClosed

ONE = drawing(START, human("approve"), human("after", "zhao.lei"), END, path("start", "approve", "after", "end"))


@pytest.fixture
def case(app: Flask) -> UUID:
    deploy(ONE)
    return start().case.id


def add(case: UUID, who: str, place: str, by: str = "wang.fang") -> UUID:
    act(tasks.add_signer, task(case, "approve", by), by=by, who=who, place=place, reason="请把关")
    return task(case, "approve", who, "held" if place == "after" else "open")


def test_a_signer_before_is_asked_first_and_the_task_waits_for_her(case: UUID) -> None:
    add(case, "wu.gang", "before")
    assert open_tasks(case) == [("approve", "wu.gang")]
    with pytest.raises(Refused, match="waits for a signer"):
        act(tasks.complete, task(case, "approve", "wang.fang", "held"), by="wang.fang", outcome="approve")

    decide(case, "approve", by="wu.gang")
    assert open_tasks(case) == [("approve", "wang.fang")]
    decide(case, "approve", by="wang.fang")

    assert open_tasks(case) == [("after", "zhao.lei")]
    prove(case)


def test_a_signer_after_is_asked_when_the_task_is_approved_and_only_then_the_case_goes_on(case: UUID) -> None:
    add(case, "wu.gang", "after")
    assert open_tasks(case) == [("approve", "wang.fang")]

    decide(case, "approve", by="wang.fang")
    assert open_tasks(case) == [("approve", "wu.gang")]
    decide(case, "approve", by="wu.gang")

    assert open_tasks(case) == [("after", "zhao.lei")]
    prove(case)


@pytest.mark.parametrize("order", [("wang.fang", "wu.gang"), ("wu.gang", "wang.fang")])
def test_beside_one_another_both_must_approve_in_any_order(case: UUID, order: tuple[str, str]) -> None:
    add(case, "wu.gang", "beside")
    assert open_tasks(case) == [("approve", "wang.fang"), ("approve", "wu.gang")]

    decide(case, "approve", by=order[0])
    assert open_tasks(case) == [("approve", order[1])]
    step = decide(case, "approve", by=order[1], comment="同意")

    assert open_tasks(case) == [("after", "zhao.lei")]
    assert step.execution.memory.variables["decisions"]["approve"]["by"] == "wang.fang"
    prove(case)


@pytest.mark.parametrize("place", ["before", "beside"])
def test_a_signer_who_rejects_decides_for_all_and_the_task_closes_with_the_reason(case: UUID, place: str) -> None:
    add(case, "wu.gang", place)
    step = decide(case, "approve", by="wu.gang", outcome="reject", comment="金额不符")

    assert step.execution.memory.variables["outcome"] == "reject"
    assert step.execution.memory.variables["decisions"]["approve"]["by"] == "wu.gang"
    assert why_closed(case) == [("approve", "wang.fang", "decided")]
    prove(case)


def test_a_signer_after_who_rejects_overrules_the_approval(case: UUID) -> None:
    add(case, "wu.gang", "after")
    decide(case, "approve", by="wang.fang")
    step = decide(case, "approve", by="wu.gang", outcome="reject")

    assert step.execution.memory.variables["decisions"]["approve"]["outcome"] == "reject"
    assert open_tasks(case) == [("after", "zhao.lei")]
    prove(case)


@pytest.mark.parametrize("place", ["before", "after", "beside"])
def test_a_signer_who_is_taken_away_never_holds_the_case(case: UUID, place: str) -> None:
    signer = add(case, "wu.gang", place)
    act(tasks.remove_signer, signer, by="wang.fang", reason="不需要了")

    assert why_closed(case) == [("approve", "wu.gang", "removed")]
    decide(case, "approve", by="wang.fang")
    assert open_tasks(case) == [("after", "zhao.lei")]
    prove(case)


def test_taking_away_the_last_signer_lets_a_decided_task_go_on(case: UUID) -> None:
    signer = add(case, "wu.gang", "after")
    decide(case, "approve", by="wang.fang")
    act(tasks.remove_signer, signer, by="wang.fang")

    assert open_tasks(case) == [("after", "zhao.lei")]
    prove(case)


def test_nobody_signs_twice_and_only_who_asked_takes_a_signer_away(case: UUID) -> None:
    signer = add(case, "wu.gang", "beside")
    for who in ("wu.gang", "wang.fang"):
        with pytest.raises(Refused, match="signs already"):
            act(tasks.add_signer, task(case, "approve", "wang.fang"), by="wang.fang", who=who, place="after")
    with pytest.raises(NotPermitted):
        act(tasks.remove_signer, task(case, "approve", "wang.fang"), by="wu.gang")
    decide(case, "approve", by="wu.gang")
    with pytest.raises(TaskClosed):
        act(tasks.remove_signer, signer, by="wang.fang")


def test_where_the_drawing_forbids_it_nobody_adds_signers_or_hands_the_task_on(app: Flask) -> None:
    deploy(drawing(START, human("approve", shenpi_signers="false", shenpi_transfers="false"), END, path("start", "approve", "end")))
    case = start().case.id
    for verb, more in (
        (tasks.add_signer, {"who": "wu.gang", "place": "before"}),
        (tasks.transfer, {"to": "wu.gang"}),
        (tasks.delegate, {"to": "wu.gang"}),
    ):
        with pytest.raises(NotPermitted):
            act(verb, task(case, "approve"), by="wang.fang", **more)


def test_beside_in_a_countersign_is_one_more_vote_and_taking_one_away_does_not_hang_the_rest(app: Flask) -> None:
    vote = human("vote", "${person}", shenpi_vote="all").replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    deploy(drawing(START, vote, human("after", "zhao.lei"), END, path("start", "vote", "after", "end")))
    case = start(people=["wang.fang", "chen.jing"]).case.id
    act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who="wu.gang", place="beside")
    assert [who for _, who in open_tasks(case)] == ["wang.fang", "chen.jing", "wu.gang"]

    act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who="sun.mei", place="beside")
    with pytest.raises(NotPermitted):
        act(tasks.remove_signer, task(case, "vote", "chen.jing"), by="wang.fang")

    act(tasks.remove_signer, task(case, "vote", "sun.mei"), by="wang.fang")
    decide(case, "vote", by="wang.fang")
    decide(case, "vote", by="chen.jing")
    step = decide(case, "vote", by="wu.gang")

    assert open_tasks(case) == [("after", "zhao.lei")]
    assert [one["by"] for one in step.execution.memory.variables["decisions"]["vote"]] == ["wang.fang", "chen.jing", "wu.gang"]
    prove(case)


def test_a_delegated_task_comes_back_with_an_opinion_and_is_decided_by_its_owner(case: UUID) -> None:
    act(tasks.delegate, task(case, "approve"), by="wang.fang", to="wu.gang", reason="请核实")
    assert open_tasks(case) == [("approve", "wu.gang")]

    decide(case, "approve", by="wu.gang", outcome="reject", comment="我认为不妥")
    assert open_tasks(case) == [("approve", "wang.fang")]
    assert status(case) == ("running", None)
    decide(case, "approve", by="wang.fang")

    assert open_tasks(case) == [("after", "zhao.lei")]
    resolved = rows(
        "SELECT convert_from(personal, 'UTF8') AS said FROM history_event WHERE instance_id = :case AND type = 'task:resolved'", case=case
    )
    assert "我认为不妥" in resolved[0].said
    prove(case)


def test_what_is_not_delegated_is_not_given_back_and_what_is_is_not_delegated_again(case: UUID) -> None:
    with pytest.raises(Refused, match="not delegated"):
        act(tasks.resolve, task(case, "approve"), by="wang.fang")
    act(tasks.delegate, task(case, "approve"), by="wang.fang", to="wu.gang")
    with pytest.raises(Refused, match="delegated already"):
        act(tasks.delegate, task(case, "approve"), by="wu.gang", to="zhao.lei")
    act(tasks.resolve, task(case, "approve"), by="wu.gang", comment="没有意见")
    assert open_tasks(case) == [("approve", "wang.fang")]


def test_the_places_of_signers_are_three(case: UUID) -> None:
    with pytest.raises(Refused, match="before, after or beside"):
        act(tasks.add_signer, task(case, "approve"), by="wang.fang", who="wu.gang", place="above")


@pytest.mark.parametrize("gone", [False, True])
def test_a_signer_may_ask_one_more_after_herself_and_nobody_waits_for_what_never_comes(case: UUID, gone: bool) -> None:
    """Found by `test_approval_machine`: who was added after a signer was never asked."""
    first = add(case, "wu.gang", "after")
    decide(case, "approve", by="wang.fang")
    act(tasks.add_signer, first, by="wu.gang", who="chen.jing", place="after")
    if gone:
        act(tasks.remove_signer, first, by="wang.fang")
    else:
        decide(case, "approve", by="wu.gang")
    assert open_tasks(case) == [("approve", "chen.jing")]
    decide(case, "approve", by="chen.jing")
    assert open_tasks(case) == [("after", "zhao.lei")]
    prove(case)
