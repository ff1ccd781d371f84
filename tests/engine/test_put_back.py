"""What was decided before a case was put back, or a decision taken back, speaks for nobody any more. Each failed once."""

import pytest
from approvals_support import BRANCHES, OWN, act, case_of, decide, jump, open_tasks, pass_time, prove, steps_back, task, vote_of
from drawings import END, START, gateway, human, instances, loop, node, path, sub
from engine_support import execute, rows
from flask import Flask
from tests_support import person

from engine import instances as cases
from engine import suspension, tasks
from engine.database import transaction
from engine.errors import Refused

SKIP = {"shenpi_samePerson": "skip"}


def test_who_is_asked_again_does_not_pass_by_what_she_said_before_the_return(app: Flask) -> None:
    case = case_of(START, human("x"), human("a", **SKIP), human("b", "wu.gang"), human("c", "wu.gang", **SKIP), human("d", "zhao.lei"), END,
                   path("start", "x", "a", "b", "c", "d", "end"))  # fmt: skip
    decide(case, "x", "wang.fang")
    decide(case, "b", "wu.gang")
    act(tasks.return_to, task(case, "d"), by="zhao.lei", to="a")
    assert open_tasks(case) == [("a", "wang.fang")], "the step that it was returned to is asked"
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("b", "wu.gang")]
    decide(case, "b", "wu.gang")
    assert open_tasks(case) == [("d", "zhao.lei")], "what was approved since then counts"
    prove(case)


def test_a_rule_does_not_pass_what_a_person_returned(app: Flask) -> None:
    case = case_of(OWN, human("a", shenpi_passWhen="${true}"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"))
    act(tasks.return_to, task(case, "b"), by="zhao.lei", to="a")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def test_her_own_approval_of_a_round_before_does_not_pass_a_step(app: Flask) -> None:
    back = '<sequenceFlow id="f" sourceRef="g" targetRef="a"><conditionExpression>outcome == "reject"</conditionExpression></sequenceFlow>'
    case = case_of(START, human("a", **SKIP), human("b", "zhao.lei"), node("exclusiveGateway", "g", default="g_to_end"), END,
                   path("start", "a", "b", "g", "end"), back)  # fmt: skip
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei", outcome="reject")
    assert open_tasks(case) == [("a", "wang.fang")]


@pytest.mark.parametrize("how", ["returned", "jumped"])
def test_a_decision_of_a_branch_that_ended_is_not_taken_back_after_the_case_was_put_back(app: Flask, how: str) -> None:
    case = case_of(*BRANCHES)
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    if how == "returned":
        act(tasks.return_to, task(case, "c"), by="wu.gang", to="a")
    else:
        jump(case, "a")
    with pytest.raises(Refused):
        act(tasks.take_back, task(case, "b", state="completed"), by="zhao.lei")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def test_the_state_does_not_grow_with_decisions_that_lead_to_nothing(app: Flask) -> None:
    again = node(
        "boundaryEvent",
        "late",
        "<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>",
        attachedToRef="a",
        cancelActivity="false",
    )
    case = case_of(
        START,
        human("a"),
        END,
        again,
        human("note", "wu.gang"),
        node("endEvent", "noted"),
        path("start", "a", "end"),
        path("late", "note", "noted"),
    )
    sizes = []
    for _ in range(6):
        pass_time()
        decide(case, "note", "wu.gang")
        sizes.append(rows("SELECT octet_length(state) AS n FROM process_instance WHERE id = :case", case=case)[0].n)
    assert max(sizes) - sizes[1] < 50, sizes
    act(tasks.take_back, task(case, "note", state="completed"), by="wu.gang")
    prove(case)


def test_a_decision_in_a_loop_that_repeats_is_taken_back(app: Flask) -> None:
    case = case_of(START, human("a").replace("</userTask>", loop("outcome == 'reject'", most="5") + "</userTask>"), human("b", "zhao.lei"), END,
                   path("start", "a", "b", "end"))  # fmt: skip
    decide(case, "a", "wang.fang", outcome="reject")
    act(tasks.take_back, task(case, "a", state="completed"), by="wang.fang")
    assert open_tasks(case) == [("a", "wang.fang")]
    decide(case, "a", "wang.fang", outcome="reject")
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


def test_a_signer_who_decides_otherwise_overrules_only_the_decision_she_signed(app: Flask) -> None:
    inner = sub("each", node("startEvent", "s"), gateway("split", "parallel"), human("x", "${person}"), human("y", "chen.jing"), gateway("join", "parallel"),
                node("endEvent", "e"), path("s", "split", "x", "join", "e"), path("split", "y", "join"),
                instances(collection="people", element="person"))  # fmt: skip
    case = case_of(START, inner, human("after", "zhao.lei"), END, path("start", "each", "after", "end"), people=["wang.fang"])
    act(tasks.add_signer, task(case, "x"), by="wang.fang", who="wu.gang", place="after")
    decide(case, "x", "wang.fang")
    decide(case, "y", "chen.jing")
    step = decide(case, "x", "wu.gang", outcome="reject")
    decisions = step.execution.memory.variables["decisions"]
    assert [one["outcome"] for one in decisions["x"]] == ["reject"]
    assert [one["outcome"] for one in decisions["y"]] == ["approve"]
    prove(case)


def test_who_has_left_is_not_asked_straight_back(app: Flask) -> None:
    case = case_of(START, human("a"), node("userTask", "b", camunda_candidateUsers="zhao.lei,wu.gang"), END, path("start", "a", "b", "end"))
    decide(case, "a", "wang.fang")
    act(tasks.return_to, task(case, "b"), by="zhao.lei", to="a", straight_back=True)
    execute("UPDATE person SET active = false WHERE key = 'zhao.lei'")
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("b", "u:wu.gang,u:zhao.lei")]
    prove(case)


@pytest.mark.parametrize("how", ["returned", "jumped"])
def test_nothing_is_put_into_one_branch_of_a_block_that_is_over(app: Flask, how: str) -> None:
    """Found by `test_approval_machine`: where the branches are joined, the case waited for ever."""
    case = case_of(START, human("a"), gateway("split", "parallel"), human("b", "zhao.lei"), human("c", "wu.gang"), gateway("join", "parallel"),
                   human("d", "chen.jing"), END, path("start", "a", "split", "b", "join", "d", "end"), path("split", "c", "join"))  # fmt: skip
    for element, who in (("a", "wang.fang"), ("b", "zhao.lei"), ("c", "wu.gang")):
        decide(case, element, who)
    with pytest.raises(Refused, match="wait for ever"):
        if how == "returned":
            act(tasks.return_to, task(case, "d"), by="chen.jing", to="b")
        else:
            jump(case, "b")
    assert [element for element, _ in steps_back(task(case, "d"), "chen.jing")] == ["a"]
    prove(case)


def test_who_takes_back_what_leads_straight_back_still_leads_straight_back(app: Flask) -> None:
    case = case_of(START, human("a"), human("b", "zhao.lei"), human("c", "wu.gang"), END, path("start", "a", "b", "c", "end"))
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    act(tasks.return_to, task(case, "c"), by="wu.gang", to="a", straight_back=True)
    decide(case, "a", "wang.fang")
    act(tasks.take_back, task(case, "a", state="completed"), by="wang.fang")
    assert open_tasks(case) == [("a", "wang.fang")]
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("c", "wu.gang")]
    prove(case)


def test_a_vote_that_was_added_can_be_taken_away_after_it_was_taken_back(app: Flask) -> None:
    case = vote_of("all", ["wang.fang", "zhao.lei"])
    act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who="sun.mei", place="beside")
    decide(case, "vote", "sun.mei")
    act(tasks.take_back, task(case, "vote", state="completed"), by="sun.mei")
    act(tasks.remove_signer, task(case, "vote", "sun.mei"), by="wang.fang")
    decide(case, "vote", "wang.fang")
    decide(case, "vote", "zhao.lei")
    assert open_tasks(case) == [("after", "chen.jing")]
    prove(case)


def test_what_cannot_be_taken_back_any_more_is_not_offered(app: Flask) -> None:
    case = case_of(*BRANCHES)
    decide(case, "a", "wang.fang")
    decide(case, "b", "zhao.lei")
    decided = task(case, "b", state="completed")
    with transaction() as session:
        assert tasks.may_take_back(session, decided, by=person("zhao.lei"))
        assert not tasks.may_take_back(session, decided, by=person("wu.gang"))
    act(cases.withdraw, case, by="li.na")
    with transaction() as session:
        assert not tasks.may_take_back(session, decided, by=person("zhao.lei"))


def test_a_decision_is_taken_back_after_the_case_was_suspended_and_resumed(app: Flask) -> None:
    case = case_of()
    decide(case, "a", "wang.fang")
    act(suspension.suspend, case, by="ma.lin", reason="核查")
    with pytest.raises(Refused):
        act(tasks.take_back, task(case, "a", state="completed"), by="wang.fang")
    act(tasks.comment, case, by="li.na", said="为什么停了？")
    act(suspension.resume, case, by="ma.lin", reason="完毕")
    act(tasks.take_back, task(case, "a", state="completed"), by="wang.fang")
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)
