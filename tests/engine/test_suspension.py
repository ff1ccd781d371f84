"""A suspended case does nothing and loses nothing; no case of a suspended process begins."""

from typing import Any
from uuid import UUID

import pytest
from drawings import END, START, boundary, catch, human, path, service, start, timer, whole
from events_support import advance, deploy, execute, proved, queued, rows, send, status, tasks, tick, together, types, work
from marshmallow import EXCLUDE, Schema
from web_support import Web, call_job, unknown, web

from engine import incidents, instances, jobs, messages, operations, suspension, timers
from engine.database import transaction
from engine.errors import BpmnError
from engine.operations import Operation, Outcome, Situation
from engine.permissions import load_actor
from engine.step import lock

__all__ = ["web"]


class Anything(Schema):
    class Meta:
        unknown = EXCLUDE


def answering(situation: Situation, inputs: dict[str, Any]) -> Outcome:
    return Outcome("done", {"by": "test"})


ASKED = Operation("test.asked", "询问", "Ask", Anything, Anything, external=answering)

TASK = whole(START, human("a"), END, path("start", "a", "end"), key="task")
LATE = whole(START, human("a"), timer("late", "PT1H", attachedToRef="a", cancelActivity="false"), human("b"), END, path("start", "a", "end"),
             path("late", "b", "end"), key="tardy")  # fmt: skip
WAIT = whole(START, catch("m", "message", "Go"), human("b"), END, path("start", "m", "b", "end"), key="wait")
HEAR = whole(START, catch("s", "signal", "Now"), human("b"), END, path("start", "s", "b", "end"), key="hear")
CALL = whole(START, service("call", "test.asked", camunda_resultVariable="said"), boundary("oops", "call", "error", "E1"), human("b"), human("c"), END,
             path("start", "call", "b", "end"), path("oops", "c", "end"), key="call_outside")  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def deployed(web: Web) -> None:
    if operations.find("test.asked") is None:
        operations.register(ASKED)
    deploy(web, TASK, LATE, WAIT, HEAR, CALL)


def begin(web: Web, key: str) -> str:
    case = str(web.start(key)["id"])
    work(web)
    return case


def suspend(web: Web, case: str, by: str = "ma.lin", **headers: str) -> Any:
    return web.post(by, f"/process-instances/{case}/suspend", json={"reason": "等待核查"}, headers=headers)


def resume(web: Web, case: str, by: str = "ma.lin", **headers: str) -> Any:
    answer = web.post(by, f"/process-instances/{case}/resume", json={"reason": "核查完毕"}, headers=headers)
    work(web)
    return answer


def test_nothing_can_be_done_with_a_suspended_case_and_everything_when_it_is_resumed(web: Web) -> None:
    started = web.start("task")
    case, task = str(started["id"]), str(started["tasks"][0]["id"])

    answer = suspend(web, case)
    assert (answer.status_code, answer.json["status"], answer.headers["ETag"]) == (200, "suspended", '"2"')
    for act in ("complete", "claim", "unclaim", "transfer"):
        body = {"complete": {"outcome": "approve"}, "transfer": {"to": "wu.gang"}}.get(act, {})
        refused = web.post("wang.fang", f"/user-tasks/{task}/{act}", json=body)
        assert (refused.status_code, refused.json["code"]) == (409, "instance-suspended"), act
    refused = web.post("li.na", f"/process-instances/{case}/withdraw", json={})
    assert (refused.status_code, refused.json["code"]) == (409, "instance-suspended")
    assert suspend(web, case).json["code"] == "instance-suspended"
    assert tasks(web, case) == ["a"]
    assert web.get("wang.fang", f"/user-tasks/{task}").status_code == 200

    assert resume(web, case).json["status"] == "running"
    assert resume(web, case).status_code == 409
    assert web.complete("wang.fang", task).status_code == 200
    assert status(web, case) == "completed"
    assert [type for type in types(web, case) if type.startswith("instance:")] == [
        "instance:started", "instance:suspended", "instance:resumed", "instance:completed",
    ]  # fmt: skip
    assert proved(web, case)


def test_the_reason_and_who_gave_it_stand_in_the_record(web: Web) -> None:
    case = begin(web, "task")

    suspend(web, case)

    event = rows(
        web, "SELECT actor, personal, body FROM history_event WHERE instance_id = :case AND type = 'instance:suspended'", case=case
    )[0]
    assert event.actor == "ma.lin"
    assert "等待核查".encode() in bytes(event.personal) and "等待核查".encode() not in bytes(event.body)


def test_somebody_who_may_not_know_the_task_learns_nothing_of_its_suspension(web: Web) -> None:
    started = web.start("task")
    suspend(web, str(started["id"]))

    assert web.complete("qian.yi", started["tasks"][0]["id"]).status_code == 404


def test_a_timer_waits_and_fires_after_the_resumption(web: Web) -> None:
    case = begin(web, "tardy")
    suspend(web, case)
    advance(web, 3700)

    assert tick(web) == 0
    assert tasks(web, case) == ["a"]

    resume(web, case)
    assert tick(web) == 1
    assert tasks(web, case) == ["a", "b"]
    assert proved(web, case)


def test_a_timer_whose_job_was_made_before_the_suspension_waits_too(web: Web) -> None:
    case = begin(web, "tardy")
    advance(web, 3700)
    with web.inside(), transaction() as session:
        timers.enqueue_due(session)

    suspend(web, case)
    work(web)

    assert (status(web, case), tasks(web, case)) == ("suspended", ["a"])
    resume(web, case)
    advance(web, 31)
    tick(web)
    assert tasks(web, case) == ["a", "b"]


def test_messages_are_kept_past_their_time_to_live_and_arrive_in_their_order(web: Web) -> None:
    case = begin(web, "wait")
    key = web.get("ma.lin", f"/process-instances/{case}").json["businessKey"]
    suspend(web, case)

    first = send(web, "Go", businessKey=key, variables={"n": 1}, timeToLive="PT1M")
    second = send(web, "Go", businessKey=key, variables={"n": 2}, timeToLive="PT1M")
    assert (first.json["state"], second.json["state"], tasks(web, case)) == ("waiting", "waiting", [])
    advance(web, 3600)
    work(web)
    expire(web)

    resume(web, case)

    assert tasks(web, case) == ["b"]
    assert web.get("ma.lin", f"/process-instances/{case}/variables").json == {"n": 1}
    expire(web)
    found = {row.id: row.state for row in rows(web, "SELECT id::text, state FROM message WHERE business_key = :key", key=key)}
    assert found == {first.json["id"]: "correlated", second.json["id"]: "expired"}
    assert proved(web, case)


def expire(web: Web) -> None:
    with web.inside(), transaction() as session:
        messages.expire(session)


def test_a_message_that_waited_before_the_case_was_suspended_waits_on(web: Web) -> None:
    key = "HELD-1"
    send(web, "Go", businessKey=key, variables={"n": 1})
    work(web)
    case = str(web.start("wait", businessKey=key)["id"])
    suspend(web, case)
    work(web)
    assert tasks(web, case) == []

    resume(web, case)

    assert tasks(web, case) == ["b"]


def test_a_signal_is_heard_after_the_resumption(web: Web) -> None:
    case, other = begin(web, "hear"), begin(web, "hear")
    suspend(web, case)

    web.post("ma.lin", "/signals", json={"name": "Now", "variables": {"n": 1}})
    work(web)
    assert (tasks(web, case), tasks(web, other)) == ([], ["b"])

    resume(web, case)
    assert tasks(web, case) == ["b"]
    assert rows(web, "SELECT 1 FROM signal") == []
    assert proved(web, case)


def job_of(web: Web, case: str) -> str:
    return str(rows(web, "SELECT id FROM job WHERE instance_id = :case", case=case)[0].id)


def test_an_answer_that_comes_meanwhile_is_kept_and_applied_later(web: Web) -> None:
    case = begin(web, "call_outside")
    job = job_of(web, case)
    suspend(web, case)

    with web.inside(), transaction() as session:
        assert incidents.answer(session, UUID(job), Outcome("yes", {"seal": "x"})) is None
    assert rows(web, "SELECT state FROM job WHERE id = :id", id=job) == [("answered",)]
    assert tasks(web, case) == []

    resume(web, case)

    assert tasks(web, case) == ["b"]
    assert web.get("ma.lin", f"/process-instances/{case}/variables").json == {"said": "yes"}
    assert rows(web, "SELECT state FROM job WHERE id = :id", id=job) == [("completed",)]
    assert proved(web, case)


def test_an_error_that_comes_meanwhile_is_kept_for_the_drawing(web: Web) -> None:
    case = begin(web, "call_outside")
    suspend(web, case)

    with web.inside(), transaction() as session:
        incidents.throw(session, UUID(job_of(web, case)), BpmnError("E1", "no"))

    resume(web, case)
    assert tasks(web, case) == ["c"]
    assert proved(web, case)


def test_the_outside_is_not_asked_for_a_suspended_case_and_then_it_is(web: Web) -> None:
    case = begin(web, "call_outside")
    queued(web, (jobs.CALL,))
    suspend(web, case)

    with web.inside():
        call_job(job_of(web, case))
    assert rows(web, "SELECT attempts, state FROM job WHERE id = :id", id=job_of(web, case)) == [(0, "waiting")]

    resume(web, case)
    found = queued(web, (jobs.CALL,))
    assert [arguments["job"] for _, arguments in found] == [job_of(web, case)]
    with web.inside():
        call_job(job_of(web, case))
    assert tasks(web, case) == ["b"]


def test_a_suspended_case_can_be_terminated(web: Web) -> None:
    case = begin(web, "task")
    suspend(web, case)

    with web.inside(), transaction() as session:
        ma_lin = load_actor(session, "ma.lin")
        assert ma_lin is not None
        instances.end(lock(session, UUID(case), running=False), "terminated", ma_lin, "作废")

    assert (status(web, case), tasks(web, case)) == ("terminated", [])
    assert resume(web, case).status_code == 409
    assert suspend(web, case).json["code"] == "instance-ended"


def test_an_old_picture_is_not_enough(web: Web) -> None:
    case = begin(web, "task")

    assert suspend(web, case, **{"If-Match": '"7"'}).status_code == 412
    assert suspend(web, case, **{"If-Match": '"1"'}).status_code == 200
    assert resume(web, case, **{"If-Match": '"1"'}).status_code == 412
    assert resume(web, case, **{"If-Match": '"2"'}).status_code == 200


def test_a_repeated_request_is_done_once(web: Web) -> None:
    case = begin(web, "task")

    answers = [suspend(web, case, **{"Idempotency-Key": f"s-{case}"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert types(web, case).count("instance:suspended") == 1


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 2001}, {"reason": "a", "more": 1}])
def test_a_reason_is_needed(web: Web, body: dict[str, Any]) -> None:
    case = begin(web, "task")

    for act in ("suspend", "resume"):
        assert web.post("ma.lin", f"/process-instances/{case}/{act}", json=body).status_code == 422
        assert web.post("ma.lin", f"/process-definitions/task/{act}", json=body).status_code == 422


@pytest.mark.parametrize("round", range(4))
def test_a_decision_and_a_suspension_at_once_are_one_after_the_other(web: Web, round: int) -> None:
    started = web.start("task")
    case = str(started["id"])

    decided, held = together(web, lambda: web.complete("wang.fang", started["tasks"][0]["id"]), lambda: suspend(web, case))

    assert sorted((decided.status_code, held.status_code)) == [200, 409]
    assert status(web, case) == ("completed" if decided.status_code == 200 else "suspended")
    assert proved(web, case)


# --- processes


PAUSED = whole(start("start"), start("m", "message", "Begin"), start("t", "timer", "PT1H"), human("a"), END, path("start", "a", "end"), path("m", "a"),
               path("t", "a"), key="paused")  # fmt: skip


def hold(web: Web, act: str, key: str, **body: Any) -> Any:
    return web.post("ma.lin", f"/process-definitions/{key}/{act}", json={"reason": "升级", **body})


def count(web: Web, key: str) -> int:
    sql = "SELECT count(*) FROM process_instance i JOIN process_definition d ON d.id = i.definition_id WHERE d.key = :key"
    return int(rows(web, sql, key=key)[0][0])


def test_no_case_of_a_suspended_process_begins_in_any_way_until_it_is_resumed(web: Web) -> None:
    deploy(web, PAUSED)
    work(web)
    running = str(web.start("paused")["id"])
    assert hold(web, "suspend", "paused").json == {"key": "paused", "suspended": True}

    refused = web.post("li.na", "/process-instances", json={"processDefinitionKey": "paused"})
    assert (refused.status_code, refused.json["code"]) == (409, "definition-suspended")
    assert send(web, "Begin").json["state"] == "waiting"
    advance(web, 3700)
    assert tick(web) == 0
    assert hold(web, "suspend", "paused").status_code == 409
    assert count(web, "paused") == 1
    assert status(web, running) == "running"
    deploy(web, PAUSED.replace(b'name="a"', b'name="b"'))
    assert web.post("li.na", "/process-instances", json={"processDefinitionKey": "paused"}).status_code == 409
    assert all(item["suspendedAt"] for item in web.get("ma.lin", "/process-definitions?limit=200").json["items"] if item["key"] == "paused")

    assert hold(web, "resume", "paused").json == {"key": "paused", "suspended": False}
    work(web)
    assert count(web, "paused") == 2  # the message that waited; the new version counts its hour anew
    assert hold(web, "resume", "paused").status_code == 409
    assert web.start("paused")["status"] == "running"


def test_a_time_that_came_during_the_suspension_begins_one_case_afterwards(web: Web) -> None:
    deploy(web, whole(start("t", "cycle", "R/PT1H"), human("a"), END, path("t", "a", "end"), key="hourly"))
    hold(web, "suspend", "hourly")
    advance(web, 5 * 3600)
    tick(web)
    assert count(web, "hourly") == 0

    hold(web, "resume", "hourly")
    tick(web)

    assert count(web, "hourly") == 1
    execute(web, "DELETE FROM start_event WHERE key = 'hourly'")


def test_its_cases_are_suspended_with_it_and_resumed_with_it_on_request(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspension, "BATCH", 2)
    deploy(web, whole(START, human("a"), END, path("start", "a", "end"), key="whole_process"))
    started = [web.start("whole_process") for _ in range(5)]
    web.complete("wang.fang", started[0]["tasks"][0]["id"])
    cases = [str(one["id"]) for one in started]

    hold(web, "suspend", "whole_process", includeProcessInstances=True)
    work(web)
    assert [status(web, case) for case in cases] == ["completed"] + ["suspended"] * 4

    hold(web, "resume", "whole_process", includeProcessInstances=True)
    work(web)
    assert [status(web, case) for case in cases] == ["completed"] + ["running"] * 4
    assert all(proved(web, case) for case in cases)


def test_a_process_that_nobody_deployed_cannot_be_suspended(web: Web) -> None:
    assert hold(web, "suspend", "unknown").status_code == 404
    assert web.post("ma.lin", f"/process-instances/{unknown()}/suspend", json={"reason": "x"}).status_code == 404


def test_a_deployment_during_the_suspension_of_its_process_is_suspended_too(web: Web) -> None:
    deploy(web, whole(START, human("a"), END, path("start", "a", "end"), key="both_ways"))

    together(
        web,
        lambda: hold(web, "suspend", "both_ways"),
        lambda: deploy(web, whole(START, human("b"), END, path("start", "b", "end"), key="both_ways")),
    )

    assert rows(web, "SELECT count(*) FROM process_definition WHERE key = 'both_ways' AND suspended_at IS NULL") == [(0,)]
