"""Time that runs out, incidents of what is gone, rejections and jumps out of scopes, while people act."""

import pytest
from approvals_support import OWN, act, case_of, decide, jump, open_or_over, open_tasks, pass_time, prove, sign, task, why_closed
from drawings import END, START, boundary, drawing, gateway, human, instances, node, path, sub, timer, whole
from engine_support import deploy, rows, start
from flask import Flask
from tests_support import person

from engine import incidents, tasks
from engine.database import transaction
from engine.errors import Refused


@pytest.mark.parametrize("how", ["jumped", "returned", "interrupted"])
def test_what_went_wrong_at_a_place_that_is_gone_is_nobodys_work_any_more(app: Flask, how: str) -> None:
    deploy(whole(START, human("a"), gateway("split", "parallel"), human("b", "${nobody.there}"), human("c", "zhao.lei"), gateway("join", "parallel"), END,
                 boundary("late", "b", "timer", "PT30M"), node("endEvent", "over"), path("late", "over"),
                 path("start", "a", "split", "b", "join", "end"), path("split", "c", "join")))  # fmt: skip
    case = start().case.id
    decide(case, "a", "wang.fang")
    assert rows("SELECT 1 FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)
    if how == "jumped":
        jump(case, "a")
    elif how == "returned":
        act(tasks.return_to, task(case, "c"), by="zhao.lei", to="a")
    else:
        pass_time()
    assert not rows("SELECT 1 FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)
    open_or_over(case)
    prove(case)


def test_of_several_tasks_without_people_each_is_tried_again_by_itself_and_the_record_shows_it(app: Flask) -> None:
    """Found by `test_approval_machine`: the re-execution made all of them anew."""
    task_ = human("a", "${person}", shenpi_notBy="x").replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    case = case_of(START, human("x"), task_, END, path("start", "x", "a", "end"), people=["wang.fang", "nobody", "zhao.lei"])
    decide(case, "x", "wang.fang")
    for one in rows("SELECT id FROM incident WHERE instance_id = :case ORDER BY id", case=case):
        with transaction() as session:
            incidents.retry(session, one.id, by=person("ma.lin"))
    assert sorted(open_tasks(case), key=str) == [("a", "zhao.lei"), ("a", None), ("a", None)]
    prove(case)


@pytest.mark.parametrize("action", ["remind", "escalate", "pass", "refuse"])
def test_time_runs_out_for_everybody_in_a_multi_instance(app: Flask, action: str) -> None:
    task_ = human("vote", "${person}", shenpi_vote="any").replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    late = timer("late", "PT1H", attachedToRef="vote", cancelActivity="false", shenpi_timeout=action)
    case = case_of(
        START,
        task_,
        late,
        human("after", "chen.jing"),
        END,
        path("start", "vote", "after", "end"),
        people=["li.na", "wang.fang", "zhao.lei"],
    )
    pass_time()
    assert [element for element, _ in open_tasks(case)] == (["after"] if action in ("pass", "refuse") else ["vote"] * 3)
    open_or_over(case)
    prove(case)


@pytest.mark.parametrize("first", ["delegated", "signer before", "signer after", "beside"])
def test_time_that_runs_out_decides_whatever_is_waited_for_and_for_whose_it_was(app: Flask, first: str) -> None:
    late = timer("late", "PT1H", attachedToRef="a", cancelActivity="false", shenpi_timeout="pass")
    case = case_of(START, human("a"), late, human("b", "zhao.lei"), END, path("start", "a", "b", "end"))
    if first == "delegated":
        act(tasks.delegate, task(case, "a"), by="wang.fang", to="wu.gang")
    else:
        sign(case, "wang.fang", "wu.gang", first.removeprefix("signer "))
    pass_time()
    assert open_tasks(case) == [("b", "zhao.lei")]
    passed = rows("SELECT decided_by, on_behalf_of FROM user_task WHERE instance_id = :case AND state = 'completed'", case=case)
    assert [tuple(row) for row in passed] == [("system", "wang.fang")]
    prove(case)


def test_a_rejection_in_a_sub_process_goes_to_the_initiator_outside_of_it(app: Flask) -> None:
    inner = sub(
        "inner",
        node("startEvent", "s"),
        human("x", "zhao.lei"),
        human("y", "wu.gang", shenpi_onReject="initiator"),
        node("endEvent", "e"),
        path("s", "x", "y", "e"),
    )
    case = case_of(OWN, human("draft", "${initiator}"), inner, boundary("late", "inner", "timer", "PT1H"), node("endEvent", "over"), END,
                   path("start", "draft", "inner", "end"), path("late", "over"))  # fmt: skip
    decide(case, "draft", "li.na")
    decide(case, "x", "zhao.lei")
    decide(case, "y", "wu.gang", outcome="reject")
    assert open_tasks(case) == [("draft", "li.na")]
    assert why_closed(case) == []
    assert not rows("SELECT 1 FROM timer WHERE instance_id = :case", case=case)
    prove(case)


def test_a_called_process_is_no_place_to_jump_to(app: Flask) -> None:
    deploy(drawing(START, human("inside", "wu.gang"), END, path("start", "inside", "end"), key="called"))
    case = case_of(START, human("a"), node("callActivity", "call", calledElement="called"), END, path("start", "a", "call", "end"))
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("inside", "wu.gang")]
    with pytest.raises(Refused):
        jump(case, "inside")
    jump(case, "a")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)
