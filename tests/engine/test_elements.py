"""Elements of BPMN through the whole engine: calls, save points, errors, multi-instance, on a real database, and run again from the record."""

from typing import Any
from uuid import UUID

import pytest
from drawings import END, START, drawing, human, node, path, script, service
from engine_support import CALLS, advance, decide, deploy, events, rows, start, take_all, task_of, value
from flask import Flask
from marshmallow import Schema
from tests_support import person

from engine import incidents, jobs, operations, replay, timers, worker
from engine.database import transaction
from engine.errors import BpmnError, NotPermitted
from engine.operations import Operation, Outcome
from engine.step import lock


def refuse(*_: Any) -> Outcome:
    raise BpmnError("NO_MONEY", "the budget is used up")


def down(*_: Any) -> Outcome:
    raise OSError("no route")


operations.register(
    Operation("test.refuse", "试", "Test", Schema, Schema, local=refuse),
    Operation("test.refuse_outside", "试", "Test", Schema, Schema, external=refuse),
    Operation("test.down", "试", "Test", Schema, Schema, external=down),
)


def agree(case: UUID) -> None:
    """The case's chain verifies, and run again from its record alone it comes out the same."""
    with transaction() as session:
        check = replay.verify_instance(session, case)
        outcome = replay.rerun_instance(session, case)
    assert not check.faults
    assert not outcome.faults, outcome.faults


def work() -> None:
    """Run the continuations and timers that are queued."""
    for job in take_all(jobs.TIMERS):
        worker.fire(**job)


CATCHING = (
    node("boundaryEvent", "caught", '<errorEventDefinition errorRef="E" camunda:errorCodeVariable="code"/>', attachedToRef="do"),
    human("repair"), path("caught", "repair", "end"),
)  # fmt: skip
ERROR = '<error id="E" errorCode="NO_MONEY"/>'


def with_error(*parts: str) -> bytes:
    return drawing(*parts).replace(b"</definitions>", ERROR.encode() + b"</definitions>")


@pytest.mark.parametrize("operation", ["test.refuse", "test.refuse_outside"])
def test_an_error_of_an_operation_reaches_its_boundary_and_the_record(app: Flask, operation: str) -> None:
    deploy(with_error(START, service("do", operation), END, path("start", "do", "end"), *CATCHING))
    case = start()
    for job in take_all(CALLS):
        worker.call(**job)

    with transaction() as session:
        from_step = lock(session, case.case.id)
    assert [task["element"] for task in from_step.execution.memory.tasks.values()] == ["repair"]
    assert from_step.execution.memory.variables["code"] == "NO_MONEY"
    decide(task_of(from_step))
    agree(case.case.id)


def test_an_error_that_nothing_catches_is_an_incident(app: Flask) -> None:
    deploy(drawing(START, service("do", "test.refuse_outside"), END, path("start", "do", "end")))
    case = start().case.id
    for job in take_all(CALLS):
        worker.call(**job)

    assert rows("SELECT element, message FROM incident WHERE instance_id = :case", case=case) == [("do", "the budget is used up")]
    agree(case)


def test_a_script_throws_an_error_to_its_boundary(app: Flask) -> None:
    deploy(with_error(START, script("do", "x = 1\nbpmnError('NO_MONEY', 'nothing left')"), END, path("start", "do", "end"), *CATCHING))
    case = start()

    assert case.execution.memory.variables["code"] == "NO_MONEY"
    assert "x" not in case.execution.memory.variables
    agree(case.case.id)


def test_a_save_point_is_committed_before_the_element_runs_and_goes_on_by_a_job(app: Flask) -> None:
    deploy(drawing(START, script("a", "x = 1"), node("scriptTask", "b", "<script>x = 2</script>", camunda_asyncBefore="true"), human("c"), END,
                   path("start", "a", "b", "c", "end")))  # fmt: skip
    case = start().case.id
    assert events(case)[-1] == "task:paused"

    work()

    assert value("SELECT count(*) FROM user_task WHERE instance_id = :case AND state = 'open'", case=case) == 1
    assert value("SELECT count(*) FROM timer WHERE instance_id = :case", case=case) == 0
    agree(case)


def test_a_save_point_whose_job_is_lost_goes_on_all_the_same(app: Flask) -> None:
    deploy(drawing(START, node("scriptTask", "b", "<script>x = 2</script>", camunda_asyncAfter="true"), END, path("start", "b", "end")))
    case = start().case.id
    take_all(jobs.TIMERS)

    advance(60)
    with transaction() as session:
        timers.enqueue_due(session)
    work()

    assert value("SELECT status FROM process_instance WHERE id = :case", case=case) == "completed"
    agree(case)


CALLED = drawing(START, human("inner"), script("s", "answer = question + 1"), END, path("start", "inner", "s", "end"), key="called")


def calling(binding: str = "latest", version: str | None = None) -> bytes:
    mapping = (
        '<extensionElements><camunda:in source="n" target="question"/><camunda:out source="answer" target="result"/></extensionElements>'
    )
    more = {"camunda_calledElementVersion": version} if version else {}
    return drawing(
        START, node("callActivity", "call", mapping, calledElement="called", camunda_calledElementBinding=binding, **more), human("after"), END,
        path("start", "call", "after", "end"),
    )  # fmt: skip


def test_a_call_activity_runs_the_called_process_inside_the_case(app: Flask) -> None:
    deploy(CALLED, calling())
    case = start(n=41)
    task = task_of(case, "inner")

    case = decide(task)

    assert case.execution.memory.variables["result"] == 42
    assert "answer" not in case.execution.memory.variables
    assert task_of(case, "after")
    assert rows("SELECT element FROM history_event WHERE instance_id = :case AND type = 'call:entered'", case=case.case.id) == [("call",)]
    agree(case.case.id)


def test_a_running_call_stays_on_the_version_it_began_with(app: Flask) -> None:
    deploy(CALLED, calling())
    case = start(n=41)
    deploy(CALLED.replace(b"question + 1", b"question + 2"))

    first = decide(task_of(case, "inner"))
    second = decide(task_of(start(n=41), "inner"))

    assert first.execution.memory.variables["result"] == 42
    assert second.execution.memory.variables["result"] == 43
    agree(first.case.id)


def test_a_call_by_version_keeps_to_it(app: Flask) -> None:
    deploy(CALLED, calling("version", "1"))
    deploy(CALLED.replace(b"question + 1", b"question + 2"))

    case = decide(task_of(start(n=41), "inner"))

    assert case.execution.memory.variables["result"] == 42


def test_a_call_of_a_process_that_is_not_there_is_an_incident(app: Flask) -> None:
    deploy(calling())
    case = start(n=1).case.id

    assert rows("SELECT element FROM incident WHERE instance_id = :case", case=case) == [("call",)]
    deploy(CALLED)
    agree(case)


def test_two_of_three_end_a_multi_instance_and_every_to_do_closes(app: Flask) -> None:
    loop = (
        '<multiInstanceLoopCharacteristics camunda:collection="approvers" camunda:elementVariable="approver">'
        "<completionCondition>${nrOfCompletedInstances &gt;= 2}</completionCondition></multiInstanceLoopCharacteristics>"
    )
    deploy(drawing(START, human("vote", "${approver}").replace("></userTask>", f">{loop}</userTask>"), human("after"), END,
                   path("start", "vote", "after", "end")))  # fmt: skip
    case = start(approvers=["wang.fang", "zhao.lei", "wu.gang"])
    tasks = {task["assignee"]: UUID(task["id"]) for task in case.execution.memory.tasks.values()}
    assert set(tasks) == {"wang.fang", "zhao.lei", "wu.gang"}

    decide(tasks["wu.gang"], by="wu.gang", outcome="reject")
    case = decide(tasks["wang.fang"])

    assert [task["element"] for task in case.execution.memory.tasks.values()] == ["after"]
    assert [decision["by"] for decision in case.execution.memory.variables["decisions"]["vote"]] == ["wu.gang", "wang.fang"]
    assert value("SELECT reason FROM user_task WHERE id = :task", task=tasks["zhao.lei"]) == "decided"
    agree(case.case.id)


def test_the_retry_cycle_of_the_drawing_counts_for_its_jobs(app: Flask) -> None:
    cycle = "<extensionElements><camunda:failedJobRetryTimeCycle>R2/PT5M</camunda:failedJobRetryTimeCycle></extensionElements>"
    deploy(drawing(START, node("serviceTask", "do", cycle, shenpi_operation="test.down"), END, path("start", "do", "end")))
    case = start().case.id
    for job in take_all(CALLS):
        worker.call(**job)
    assert value("SELECT extract(epoch FROM due_at - shenpi_now())::int / 60 FROM timer WHERE instance_id = :case", case=case) in (4, 5)

    advance(301)
    with transaction() as session:
        timers.enqueue_due(session)
    for job in take_all(CALLS):
        worker.call(**job)

    assert rows("SELECT kind FROM incident WHERE instance_id = :case", case=case) == [("job",)]


def over(kind: str) -> str:
    return f'<multiInstanceLoopCharacteristics camunda:collection="items" camunda:elementVariable="item">{kind}</multiInstanceLoopCharacteristics>'


def test_timers_of_instances_of_one_element_fire_each_for_its_own(app: Flask) -> None:
    inner = node("intermediateCatchEvent", "late", "<timerEventDefinition><timeDuration>${item}</timeDuration></timerEventDefinition>")
    whole = (
        node("startEvent", "s0")
        + inner
        + script("mark", "fired = fired + [item]")
        + node("endEvent", "s1")
        + path("s0", "late", "mark", "s1")
    )
    deploy(drawing(START, node("subProcess", "sub", whole + over("")), END, path("start", "sub", "end")))
    case = start(items=["PT3H", "PT1H", "PT2H"], fired=[]).case.id

    for _ in range(3):
        advance(3601)
        with transaction() as session:
            timers.enqueue_due(session)
        work()

    with transaction() as session:
        told = lock(session, case, running=False).execution.memory.variables
    assert told["fired"] == ["PT1H", "PT2H", "PT3H"]
    agree(case)


def test_incidents_of_instances_of_one_element_are_resolved_each_for_its_own(app: Flask) -> None:
    failing = script("divide", "x = 1 / item").replace("</scriptTask>", over("") + "</scriptTask>")
    deploy(drawing(START, failing, human("after"), END, path("start", "divide", "after", "end")))
    case = start(items=[0, 1, 0]).case.id
    first, second = rows("SELECT id FROM incident WHERE instance_id = :case ORDER BY id", case=case)

    for incident in (second.id, first.id):
        with transaction() as session:
            incidents.resolve(session, incident, by=person("ma.lin"), reason="没有这一项")

    assert value("SELECT count(*) FROM user_task WHERE instance_id = :case AND element = 'after'", case=case) == 1
    agree(case)


def test_a_group_without_anybody_is_an_incident_and_not_a_task_that_nobody_sees(app: Flask) -> None:
    deploy(drawing(START, node("userTask", "t", camunda_candidateGroups="no-such-group"), END, path("start", "t", "end")))
    case = start().case.id

    (incident,) = rows("SELECT element, message FROM incident WHERE instance_id = :case", case=case)
    assert incident.element == "t"
    assert "no-such-group" in incident.message


def test_priority_and_follow_up_date_stand_in_the_task_and_its_record(app: Flask) -> None:
    more = {"camunda_priority": "${rank + 1}", "camunda_followUpDate": "2026-12-01T09:00:00", "camunda_dueDate": "P3D"}
    deploy(drawing(START, human("t", **more), END, path("start", "t", "end")))
    case = start(rank=70).case.id

    (task,) = rows("SELECT priority, follow_up_at FROM user_task WHERE instance_id = :case", case=case)
    assert (task.priority, task.follow_up_at.isoformat()) == (71, "2026-12-01T01:00:00+00:00")
    agree(case)


def test_only_candidate_starters_begin_a_process_that_names_them(app: Flask) -> None:
    deploy(drawing(START, human("t"), END, path("start", "t", "end"), camunda_candidateStarterUsers="zhao.lei"))

    with pytest.raises(NotPermitted):
        start(by="li.na")
    assert start(by="zhao.lei").case.id


def test_a_task_of_a_drawing_that_names_nobody_is_the_administrators(app: Flask) -> None:
    deploy(drawing(START, node("userTask", "t"), END, path("start", "t", "end")))
    case = start()

    assert rows("SELECT kind, name FROM candidate WHERE task_id = :task", task=task_of(case)) == [("u", "ma.lin")]
    decide(task_of(case), by="ma.lin")
    assert value("SELECT status FROM process_instance WHERE id = :case", case=case.case.id) == "completed"
    agree(case.case.id)
