"""What happens by itself, with its reason in the record: passed, refused, reminded of, escalated, handed to a deputy."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from approvals_support import decide, open_tasks, prove, status
from drawings import END, START, drawing, human, node, path, timer
from engine_support import advance, deploy, rows, start, take_all
from flask import Flask
from tests_support import person

from engine import jobs, substitutions, timers, worker
from engine.database import transaction
from engine.errors import InvalidDefinition

OWN = node("startEvent", "start", camunda_initiator="initiator")


def passed(case: UUID) -> list[tuple[str, str]]:
    """Return which elements were passed by themselves, and why."""
    found = rows("SELECT element, body FROM history_event WHERE instance_id = :case AND type = 'task:passed' ORDER BY number", case=case)
    return [(row.element, json.loads(bytes(row.body))["data"]["reason"]) for row in found]


def one(*tasks: str) -> UUID:
    deploy(drawing(OWN, *tasks, END, path("start", *(text.split('id="')[1].split('"')[0] for text in tasks), "end")))
    return start().case.id


def test_the_same_person_is_not_asked_twice_where_the_drawing_says_so(app: Flask) -> None:
    case = one(human("a"), human("b", shenpi_samePerson="skip"), human("c", "zhao.lei"))
    decide(case, "a", "wang.fang")
    assert passed(case) == [("b", "same-person")]
    assert open_tasks(case) == [("c", "zhao.lei")]
    row = rows("SELECT state, outcome, decided_by, on_behalf_of FROM user_task WHERE instance_id = :case AND element = 'b'", case=case)[0]
    assert tuple(row) == ("completed", "approve", "system", "wang.fang")
    prove(case)


def test_who_rejected_is_asked_again(app: Flask) -> None:
    case = one(human("a"), human("b", shenpi_samePerson="skip"))
    decide(case, "a", "wang.fang", outcome="reject")
    assert open_tasks(case) == [("b", "wang.fang")]


@pytest.mark.parametrize(
    ("choice", "left", "why"),
    [
        ("decide", [("a", "li.na")], []),
        ("skip", [("b", "zhao.lei")], [("a", "initiator")]),
        ("superior", [("a", "wang.fang")], []),
        ("head", [("a", "wang.fang")], []),
    ],
)
def test_an_initiator_who_would_approve_her_own_has_four_choices(
    app: Flask, choice: str, left: list[tuple[str, str]], why: list[tuple[str, str]]
) -> None:
    case = one(human("a", "${initiator}", shenpi_selfApproval=choice), human("b", "zhao.lei"))
    assert (open_tasks(case), passed(case)) == (left, why)
    prove(case)


@pytest.mark.parametrize(
    ("policy", "left", "why"),
    [("skip", [("b", "zhao.lei")], [("a", "nobody")]), ("administrator", [("a", "u:ma.lin")], []), ("${deputy}", [("a", "wu.gang")], [])],
)
def test_where_nobody_is_found_the_policy_says_what_happens(
    app: Flask, policy: str, left: list[tuple[str, str]], why: list[tuple[str, str]]
) -> None:
    deploy(
        drawing(
            OWN,
            human("a", "${headOfDepartment('nobody')}", shenpi_nobody=policy),
            human("b", "zhao.lei"),
            END,
            path("start", "a", "b", "end"),
        )
    )
    case = start(deputy="wu.gang").case.id
    assert (open_tasks(case), passed(case)) == (left, why)
    assert not rows("SELECT 1 FROM incident WHERE instance_id = :case", case=case)
    prove(case)


def test_a_rule_passes_a_task_with_the_words_of_the_drawing(app: Flask) -> None:
    rule = {"shenpi_passWhen": "${matched and amount < 1000}", "shenpi_passReason": "三单匹配且在限额内"}
    deploy(drawing(OWN, human("a", **rule), human("b", "zhao.lei"), END, path("start", "a", "b", "end")))
    small, large = start(matched=True, amount=999).case.id, start(matched=True, amount=1000).case.id

    assert (open_tasks(small), passed(small)) == ([("b", "zhao.lei")], [("a", "rule")])
    assert open_tasks(large) == [("a", "wang.fang")]
    body = rows("SELECT body FROM history_event WHERE instance_id = :case AND type = 'task:passed'", case=small)[0].body
    assert "三单匹配且在限额内" in json.loads(bytes(body))["data"]["zh"]
    prove(small)


def test_passing_everything_ends_the_case_and_leaves_nothing_behind(app: Flask) -> None:
    deploy(
        drawing(OWN, human("a", "${initiator}", shenpi_selfApproval="skip"), human("b", "${initiator}", shenpi_selfApproval="skip"), END,
                path("start", "a", "b", "end"), timer("late", "PT1H", attachedToRef="a", cancelActivity="false"), node("endEvent", "e"), path("late", "e"))
    )  # fmt: skip
    case = start().case.id
    assert status(case) == ("completed", None)
    assert not rows("SELECT 1 FROM timer WHERE instance_id = :case", case=case)
    assert not rows("SELECT 1 FROM candidate")
    prove(case)


def test_a_drawing_that_passes_itself_round_and_round_waits_for_a_person_in_the_end(app: Flask) -> None:
    deploy(drawing(OWN, node("exclusiveGateway", "again"), human("a", shenpi_passWhen="${true}"), path("start", "again", "a", "again")))
    case = start().case.id
    assert open_tasks(case) == [("a", "wang.fang")]
    prove(case)


def late(action: str, **policy: str) -> UUID:
    deploy(
        drawing(OWN, human("a", "li.na", **policy), human("b", "zhao.lei"), END, path("start", "a", "b", "end"),
                timer("late", "PT1H", attachedToRef="a", cancelActivity="false", shenpi_timeout=action))
    )  # fmt: skip
    case = start().case.id
    advance(3700)
    with transaction() as session:
        timers.enqueue_due(session)
    for job in take_all(jobs.TIMERS):
        worker.fire(**job)
    return case


@pytest.mark.parametrize(
    ("action", "policy", "left"),
    [
        ("remind", {}, [("a", "li.na")]),
        ("escalate", {}, [("a", "wang.fang")]),
        ("deputy", {"shenpi_nobody": "wu.gang"}, [("a", "wu.gang")]),
        ("pass", {}, [("b", "zhao.lei")]),
        ("refuse", {"shenpi_onReject": "end"}, []),
    ],
)
def test_when_time_runs_out_the_timer_does_what_it_says(
    app: Flask, action: str, policy: dict[str, str], left: list[tuple[str, str]]
) -> None:
    case = late(action, **policy)
    assert open_tasks(case) == left
    assert status(case) == (("completed", "reject") if action == "refuse" else ("running", None))
    if action in ("remind", "escalate", "deputy"):
        assert rows("SELECT reminded_at FROM user_task WHERE instance_id = :case AND element = 'a'", case=case)[0].reminded_at is not None
    prove(case)


def test_what_the_drawing_says_of_approvers_is_checked_at_deployment(app: Flask) -> None:
    wrong: list[dict[str, Any]] = [
        {"shenpi_onReject": "nowhere"}, {"shenpi_returnTo": "any nowhere"}, {"shenpi_selfApproval": "maybe"}, {"shenpi_samePerson": "yes"},
        {"shenpi_vote": "all"}, {"shenpi_onReject": "initiator"},
    ]  # fmt: skip
    for policy in wrong:
        with pytest.raises(InvalidDefinition) as caught:
            deploy(drawing(START, human("a", **policy), END, path("start", "a", "end")))
        assert [(fault.code, fault.element) for fault in caught.value.faults] == [("policy-invalid", "a")]


def test_an_attribute_of_ours_that_says_nothing_where_it_stands_is_refused_by_name(app: Flask) -> None:
    wrong = [
        human("a", shenpi_timeout="remind"), human("a", shenpi_onreject="end"),
        human("a") + timer("late", "PT1H", attachedToRef="a", cancelActivity="false", shenpi_calendar="cn"),
    ]  # fmt: skip
    for task in wrong:
        with pytest.raises(InvalidDefinition) as caught:
            deploy(drawing(START, task, END, path("start", "a", "end")))
        assert [fault.code for fault in caught.value.faults] == ["extension-not-supported"]


def test_a_deputy_is_first_of_all_who_stands_in(app: Flask) -> None:
    with transaction() as session:
        substitutions.add(
            session, by=person("li.na"), person="li.na", substitute="chen.jing", starts_at=datetime(2026, 1, 1, tzinfo=UTC), reason="休假"
        )
    assert open_tasks(late("deputy", shenpi_nobody="wu.gang")) == [("a", "chen.jing")]
