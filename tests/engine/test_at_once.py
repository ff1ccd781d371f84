"""What begins and ends in one transaction leaves nothing behind, and office systems see what became of it."""

import json

import pytest
from approvals_support import OWN, act, case_of, decide, open_tasks, prove, sign, status, why_closed
from drawings import END, START, boundary, catch, gateway, human, instances, mapped, node, path, service, timer, whole
from engine_support import deploy, execute, rows, start
from flask import Flask

from engine import tasks
from engine.database import transaction
from engine.errors import NotPermitted
from engine.step import peek


def test_what_passes_itself_leaves_no_candidate_timer_subscription_or_job(app: Flask) -> None:
    passing = {"shenpi_passWhen": "${true}"}
    one = node("userTask", "a", camunda_candidateGroups="finance", **passing)
    two = human("b", "wu.gang", **passing)
    parts = [
        boundary(f"{name}_{kind}", name, kind, what, interrupting=False) + node("endEvent", f"e_{name}_{kind}") + path(f"{name}_{kind}", f"e_{name}_{kind}")
        for name in "ab" for kind, what in (("timer", "PT1H"), ("message", "m"), ("signal", "s"))
    ]  # fmt: skip
    deploy(whole(OWN, human("first"), one, two, *parts, human("c", "zhao.lei"), END, path("start", "first", "a", "b", "c", "end")))
    case = start().case.id
    decide(case, "first", "wang.fang")
    assert open_tasks(case) == [("c", "zhao.lei")]
    for table in ("timer", "event_subscription"):
        assert not rows(f"SELECT 1 FROM {table} WHERE instance_id = :case", case=case)
    assert not rows("SELECT 1 FROM candidate c JOIN user_task t ON t.id = c.task_id WHERE t.instance_id = :case", case=case)
    passed = rows(
        "SELECT element, state, outcome, decided_by FROM user_task WHERE instance_id = :case AND decided_by = 'system' ORDER BY id",
        case=case,
    )
    assert [tuple(row) for row in passed] == [("a", "completed", "approve", "system"), ("b", "completed", "approve", "system")]
    with transaction() as session:
        assert [one["element"] for one in peek(session, case).execution.memory.tasks.values()] == ["c"]
    prove(case)


def test_an_office_system_sees_what_was_passed_as_passed(app: Flask) -> None:
    case = case_of(OWN, human("a", shenpi_passWhen="${true}"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"))
    shown = rows("SELECT snapshot FROM oa_delivery WHERE instance_id = :case ORDER BY version", case=case)
    assert [[(one["element"], one["status"]) for one in row.snapshot["tasks"]] for row in shown] == [[("b", "pending"), ("a", "approved")]]


def test_copies_to_more_than_two_hundred_people_stand_in_the_record_as_refused_and_hold_nobody_up(app: Flask) -> None:
    execute(
        "INSERT INTO person (id, key, name, active) SELECT gen_random_uuid(), 'p' || n, 'p' || n, true FROM generate_series(1, 250) AS n"
    )
    case = case_of(
        START,
        human("a", shenpi_copies="${many}"),
        human("b", "zhao.lei"),
        END,
        path("start", "a", "b", "end"),
        many=[f"p{n}" for n in range(1, 251)],
    )
    decide(case, "a", "wang.fang")
    assert rows("SELECT count(*) AS n FROM instance_copy WHERE instance_id = :case", case=case)[0].n == 0
    told = rows("SELECT body FROM history_event WHERE instance_id = :case AND type = 'instance:copied'", case=case)
    assert [json.loads(bytes(row.body))["data"]["failed"] for row in told] == ["refused"]
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


def test_where_the_drawing_forbids_a_return_a_signer_may_not_either(app: Flask) -> None:
    case = case_of(START, human("x", "wu.gang"), human("a", shenpi_returnTo="none"), END, path("start", "x", "a", "end"))
    decide(case, "x", "wu.gang")
    signer = sign(case, "wang.fang", "chen.jing", "before")
    with pytest.raises(NotPermitted):
        act(tasks.return_to, signer, by="chen.jing", to="x")


@pytest.mark.parametrize("beside", ["job", "timer", "message", "signal", "person", "group"])
def test_what_begins_and_is_ended_in_one_transaction_leaves_nothing(app: Flask, beside: str) -> None:
    told = mapped({"element": "a"})
    other = {
        "job": service("x", "approval.remind").replace("</serviceTask>", told + "</serviceTask>"),
        "timer": timer("x", "PT1H"),
        "message": catch("x", "message", "m"),
        "signal": catch("x", "signal", "s"),
        "person": human("x", "wu.gang"),
        "group": node("userTask", "x", camunda_candidateGroups="finance"),
    }[beside]
    over = node("endEvent", "over", "<terminateEventDefinition/>")
    deploy(whole(OWN, human("first"), gateway("split", "parallel"), human("a", "wu.gang", shenpi_passWhen="${true}"), over, other, END,
                 path("start", "first", "split", "a", "over"), path("split", "x", "end")))  # fmt: skip
    case = start().case.id
    execute("DELETE FROM procrastinate_jobs")
    step = decide(case, "first", "wang.fang")
    assert status(case) == ("completed", None)
    for table in ("job", "timer", "event_subscription"):
        assert not rows(
            f"SELECT 1 FROM {table} WHERE instance_id = :case AND {'state' if table == 'job' else 'NULL'} IS DISTINCT FROM 'canceled'",
            case=case,
        )
    assert not rows("SELECT 1 FROM candidate c JOIN user_task t ON t.id = c.task_id WHERE t.instance_id = :case", case=case)
    assert not rows("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'call'")
    assert not rows("SELECT 1 FROM user_task WHERE instance_id = :case AND state IN ('open', 'held')", case=case)
    assert [event.step for event in step.recorder.events] == sorted(event.step for event in step.recorder.events)
    shown = rows("SELECT snapshot FROM oa_delivery WHERE instance_id = :case ORDER BY version DESC LIMIT 1", case=case)[0].snapshot
    assert {one["status"] for one in shown["tasks"]} <= {"approved", "canceled", "closed"}
    prove(case)


def test_a_vote_of_which_one_passes_by_itself_ends_and_closes_the_others_in_one_transaction(app: Flask) -> None:
    vote = human("vote", "${person}", shenpi_vote="any", shenpi_samePerson="skip").replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    case = case_of(
        START,
        human("a"),
        vote,
        human("b", "chen.jing"),
        END,
        path("start", "a", "vote", "b", "end"),
        people=["zhao.lei", "wang.fang", "wu.gang"],
    )
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("b", "chen.jing")]
    assert sorted(why_closed(case), key=str) == [("vote", "wu.gang", "decided"), ("vote", "zhao.lei", "decided")]
    prove(case)
