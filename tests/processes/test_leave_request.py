"""A process made of forms and registered operations is only files: a leave request runs without a line of code of its own."""

from datetime import date
from uuid import UUID

import pytest
from drawings import START, drawing, flow, human, node, path, service

from engine import definitions, instances, tasks
from engine.database import transaction
from engine.errors import InvalidVariables
from engine.permissions import Actor

FORM = """<extensionElements><camunda:formData>
  <camunda:formField id="from" label="开始" type="date"><camunda:validation><camunda:constraint name="required"/></camunda:validation></camunda:formField>
  <camunda:formField id="days" label="天数" type="long"><camunda:validation><camunda:constraint name="required"/></camunda:validation></camunda:formField>
</camunda:formData></extensionElements>"""

LEAVE = drawing(
    START, node("userTask", "ask", FORM, name="填写请假单", camunda_assignee="${initiator}", shenpi_outcomes="submit"),
    human("head", "${headOfDepartment(initiator)}"), node("exclusiveGateway", "long", default="long_to_tell"), human("director", "wu.gang"),
    service("tell", "oa.notify"), node("endEvent", "granted", shenpi_outcome="approve"), node("exclusiveGateway", "decided", default="decided_to_long"),
    node("endEvent", "refused", shenpi_outcome="reject"),
    path("start", "ask", "head", "decided", "long", "tell", "granted"), flow("decided", "refused", "${outcome == 'reject'}"),
    flow("long", "director", "${days > 3}"), path("director", "tell"),
    key="leave_request", shenpi_title="${'请假 ' + initiator}",
).replace(b'id="start"', b'id="start" camunda:initiator="initiator"')  # fmt: skip


def only_task(step: object) -> UUID:
    return UUID(next(iter(step.execution.memory.tasks.values()))["id"])  # type: ignore[attr-defined]


def test_a_leave_request_goes_to_the_head_and_for_long_leave_to_the_director(li_na: Actor, wang_fang: Actor, wu_gang: Actor) -> None:
    with transaction() as session:
        definitions.deploy(session, {"leave_request.bpmn": LEAVE}, by="zheng.hao")
    with transaction() as session:
        step = instances.start(session, "leave_request", by=li_na)
    with pytest.raises(InvalidVariables) as refused, transaction() as session:
        tasks.complete(session, only_task(step), by=li_na, outcome="submit", values={"days": "many"})
    assert {fault.path for fault in refused.value.faults} == {"from", "days"}

    with transaction() as session:
        step = tasks.complete(session, only_task(step), by=li_na, outcome="submit", values={"from": "2026-12-01", "days": "5"})
    assert step.execution.memory.variables["from"] == date(2026, 12, 1)
    with transaction() as session:
        step = tasks.complete(session, only_task(step), by=wang_fang, outcome="approve")
    with transaction() as session:
        step = tasks.complete(session, only_task(step), by=wu_gang, outcome="approve")

    assert step.case.title == "请假 li.na"
    assert [call.operation for call in step.execution.calls] == ["oa.notify"]
