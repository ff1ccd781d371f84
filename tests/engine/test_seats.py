"""One person has one vote, with the weight of her seat, whoever decides in her place. Each failed once."""

import pytest
from approvals_support import act, case_of, decide, open_tasks, prove, task, vote_of
from drawings import END, START, human, instances, node, path
from flask import Flask

from engine import tasks
from engine.errors import Refused


def test_who_is_named_twice_has_one_vote(app: Flask) -> None:
    case = vote_of("share", ["wang.fang", "zhao.lei", "wang.fang"], shenpi_voteShare="0.6")
    assert sorted(open_tasks(case)) == [("vote", "wang.fang"), ("vote", "zhao.lei")]
    decide(case, "vote", "wang.fang")
    assert open_tasks(case) == [("vote", "zhao.lei")]
    prove(case)


def test_nobody_who_votes_or_has_voted_is_asked_for_one_more_vote(app: Flask) -> None:
    case = vote_of("all", ["wang.fang", "zhao.lei", "wu.gang"])
    decide(case, "vote", "wu.gang")
    for who in ("zhao.lei", "wu.gang"):
        with pytest.raises(Refused, match="signs already"):
            act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who=who, place="beside")


def test_a_vote_by_weight_that_is_handed_on_keeps_its_weight(app: Flask) -> None:
    case = vote_of("weight", ["wang.fang", "zhao.lei", "wu.gang"], shenpi_voteWeights="${weights}")
    act(tasks.transfer, task(case, "vote", "wang.fang"), by="wang.fang", to="sun.mei")
    step = decide(case, "vote", "sun.mei")
    assert open_tasks(case) == [("after", "chen.jing")]
    assert step.execution.memory.variables["outcome"] == "approve"
    prove(case)


def test_nobody_without_weight_is_asked_for_a_vote_that_would_count_nothing(app: Flask) -> None:
    case = vote_of("weight", ["wang.fang", "zhao.lei"], shenpi_voteWeights="${weights}")
    with pytest.raises(Refused, match="no weight"):
        act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who="sun.mei", place="beside")
    act(tasks.add_signer, task(case, "vote", "wang.fang"), by="wang.fang", who="wu.gang", place="beside")
    prove(case)


def test_a_collection_that_changed_meanwhile_is_asked_anew(app: Flask) -> None:
    task_ = human("vote", "${person}", shenpi_vote="all").replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    change = node("scriptTask", "change", "<script>people = ['wu.gang']</script>")
    case = case_of(
        START,
        task_,
        change,
        human("after", "chen.jing"),
        END,
        path("start", "vote", "change", "after", "end"),
        people=["wang.fang", "zhao.lei"],
    )
    decide(case, "vote", "wang.fang")
    decide(case, "vote", "zhao.lei")
    act(tasks.return_to, task(case, "after"), by="chen.jing", to="vote")
    assert open_tasks(case) == [("vote", "wu.gang")]
    decide(case, "vote", "wu.gang")
    assert open_tasks(case) == [("after", "chen.jing")]
    prove(case)
