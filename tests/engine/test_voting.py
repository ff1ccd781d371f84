"""Countersign, any-sign, votes by share and by weight, the veto, sequential sign: early, once, and with the reason for those who need not vote any more."""

from decimal import Decimal
from uuid import UUID

import pytest
from approvals_support import case_of, decide, open_tasks, prove, root_decisions, why_closed
from drawings import END, START, drawing, gateway, human, instances, path
from engine_support import deploy, rows, start
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.policies import Vote
from engine.execution.voting import result

PEOPLE = ["wang.fang", "zhao.lei", "wu.gang"]


def vote_on(rule: str, *, sequential: bool = False, **policy: str) -> UUID:
    loop = instances(collection="people", element="person", sequential=sequential)
    task = human("vote", "${person}", shenpi_vote=rule, **policy).replace("</userTask>", loop + "</userTask>")
    deploy(drawing(START, task, human("after", "chen.jing"), END, path("start", "vote", "after", "end")))
    return start(people=PEOPLE, weights={"wang.fang": 3, "zhao.lei": 1, "wu.gang": 1}).case.id


def votes(case: UUID, *outcomes: tuple[str, str]) -> str | None:
    """Let people vote; returns the outcome if the vote is over."""
    step = None
    for who, outcome in outcomes:
        step = decide(case, "vote", who, outcome=outcome)
    assert step is not None
    over = open_tasks(case) == [("after", "chen.jing")]
    return step.execution.memory.variables["outcome"] if over else None


@pytest.mark.parametrize(
    ("rule", "policy", "given", "expected"),
    [
        ("all", {}, [("wang.fang", "approve"), ("zhao.lei", "approve")], None),
        ("all", {}, [("wang.fang", "approve"), ("zhao.lei", "approve"), ("wu.gang", "approve")], "approve"),
        ("all", {}, [("wang.fang", "approve"), ("zhao.lei", "reject")], "reject"),
        ("any", {}, [("zhao.lei", "approve")], "approve"),
        ("any", {}, [("zhao.lei", "reject")], "reject"),
        ("share", {"shenpi_voteShare": "0.6"}, [("wang.fang", "approve")], None),
        ("share", {"shenpi_voteShare": "0.6"}, [("wang.fang", "approve"), ("wu.gang", "approve")], "approve"),
        ("share", {"shenpi_voteShare": "0.6"}, [("wang.fang", "reject"), ("wu.gang", "reject")], "reject"),
        ("share", {"shenpi_voteShare": "0.6", "shenpi_veto": "true"}, [("wang.fang", "reject")], "reject"),
        ("weight", {"shenpi_voteWeights": "${weights}"}, [("wang.fang", "approve")], "approve"),
        ("weight", {"shenpi_voteWeights": "${weights}"}, [("zhao.lei", "approve"), ("wu.gang", "approve")], None),
        ("weight", {"shenpi_voteWeights": "${weights}"}, [("wang.fang", "reject")], "reject"),
        ("all", {}, [("wang.fang", "return")], "return"),
    ],
)
def test_a_vote_ends_as_soon_as_it_is_decided(
    app: Flask, rule: str, policy: dict[str, str], given: list[tuple[str, str]], expected: str | None
) -> None:
    case = vote_on(rule, **policy)
    assert votes(case, *given) == expected
    left = [who for who in PEOPLE if who not in dict(given)]
    assert why_closed(case) == [("vote", who, "decided") for who in left if expected is not None]
    prove(case)


def test_one_after_the_other_each_sees_who_went_before_and_the_rest_is_not_asked(app: Flask) -> None:
    case = vote_on("all", sequential=True)
    assert open_tasks(case) == [("vote", "wang.fang")]
    decide(case, "vote", "wang.fang")
    assert open_tasks(case) == [("vote", "zhao.lei")]
    decide(case, "vote", "zhao.lei", outcome="reject")
    assert open_tasks(case) == [("after", "chen.jing")]
    assert rows("SELECT count(*) FROM user_task WHERE instance_id = :case AND element = 'vote'", case=case)[0][0] == 2
    prove(case)


def test_weights_that_are_no_numbers_are_an_incident_and_no_result(app: Flask) -> None:
    case = vote_on("weight", shenpi_voteWeights="${people}")
    decide(case, "vote", "wang.fang")
    assert rows("SELECT element FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case)[0].element == "vote"


OUTCOMES = st.sampled_from(["approve", "reject", "abstain"])


@given(
    st.lists(OUTCOMES, min_size=1, max_size=7),
    st.sampled_from(["all", "any", "share", "weight"]),
    st.decimals("0.01", "1", places=2),
    st.booleans(),
    st.lists(st.integers(0, 5), min_size=7, max_size=7),
)
def test_a_result_never_changes_by_who_votes_later_and_is_there_when_all_have_voted(
    outcomes: list[str], rule: str, share: Decimal, veto: bool, heads: list[int]
) -> None:
    weights = {f"p{number}": Decimal(head) for number, head in enumerate(heads[: len(outcomes)])}
    if rule == "weight" and not any(weights.values()):
        weights["p0"] = Decimal(1)
    vote = Vote(rule, str(share), "${w}" if rule == "weight" else None, veto and rule != "any")
    decisions = [{"outcome": outcome, "by": f"p{number}"} for number, outcome in enumerate(outcomes)]
    seen = [result(vote, decisions[:number], len(outcomes), weights) for number in range(1, len(outcomes) + 1)]

    assert seen[-1] is not None
    early = next(found for found in seen if found is not None)
    if not vote.veto:  # a veto may come after a majority; the vote is over by then
        assert {found for found in seen if found is not None} == {early}


def test_the_votes_of_two_branches_are_all_there_behind_their_join(app: Flask) -> None:
    def ballot(name: str, rule: str) -> str:
        return human(name, "${person}", shenpi_vote=rule, **({"shenpi_voteShare": "0.6"} if rule == "share" else {})).replace(
            "</userTask>", instances(collection="people", element="person") + "</userTask>"
        )

    case = case_of(
        START, gateway("split", "parallel"), ballot("law", "all"), ballot("money", "share"), gateway("join", "parallel"),
        human("after", "chen.jing"), END,
        path("start", "split", "law", "join", "after", "end"), path("split", "money", "join"), people=PEOPLE,
    )  # fmt: skip
    for who in PEOPLE:
        decide(case, "law", who)
    for who in PEOPLE[:2]:
        decide(case, "money", who)
    assert open_tasks(case) == [("after", "chen.jing")]
    assert {name: [vote["by"] for vote in votes] for name, votes in root_decisions(case).items()} == {"law": PEOPLE, "money": PEOPLE[:2]}
    prove(case)
