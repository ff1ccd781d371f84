"""Instances of the process centre. Nothing that the product may choose makes two calls one: each makes an instance."""

import uuid
from typing import Any

from flask import Response, jsonify

from api.simulators.dingtalk import features
from api.simulators.dingtalk.manner import gate, refuse
from api.simulators.dingtalk.schemas import PREFIX
from api.simulators.fields import choice, rows, text
from api.simulators.gate import asked, due
from api.simulators.people import Person
from api.simulators.simulator import simulator


@gate.call("POST", f"{PREFIX}/instances")
def create() -> Response:
    body, sim = asked(), simulator()
    if sim.ledger.get("schema", text(body, "processCode")) is None:
        raise refuse("process.notExist", "流程模板不存在")
    person = known(text(body, "originatorUserId"))
    text(body, "url", most=1024)
    text(body, "title", needed=False, most=64)
    text(body, "bizData", needed=False, most=1024)
    for each in rows(body, "formComponentValueList", most=100):
        text(each, "name", needed=False, most=64)
        text(each, "value", needed=False, most=65535)
        text(each, "extValue", needed=False, most=8192)
    for each in rows(body, "notifiers", most=20):
        known(text(each, "userid"))
        choice(each, "position", ("start", "finish", "start_finish"))
    key = uuid.uuid4().hex[:22] + f"{sim.ledger.next('instance'):010d}"
    kept = {"key": key, "person": person.userId, "status": "RUNNING", "result": None, "sent": body, "how": [f"{sim.clock.text()} POST"]}
    sim.ledger.put("instance", key, {**kept, "features": features.checked(body, "featureConfig")}, person=person.userId, status="RUNNING")
    return jsonify(result={"processInstanceId": key})


@gate.call("PUT", f"{PREFIX}/instances")
def end() -> Response:
    end_one(asked())
    return jsonify(success=True)


@gate.call("PUT", f"{PREFIX}/instances/batch")
def end_many() -> Response:
    items = rows(asked(), "updateProcessInstanceRequests", needed=True, most=50)
    for each in items[1:] if due(simulator(), "partial") else items:
        end_one(each)
    return jsonify(success=True)


def end_one(body: dict[str, Any]) -> None:
    """End an instance. The result is in small letters here, and needed also when it is terminated."""
    sim = simulator()
    instance = found(text(body, "processInstanceId"))
    status, result = choice(body, "status", ("COMPLETED", "TERMINATED")), choice(body, "result", ("agree", "refuse"))
    for each in rows(body, "notifiers", most=30):
        known(text(each, "userId"))
    if instance["status"] != "RUNNING":
        if sim.config.refuse_ended:
            raise refuse("processInstance.isEnded", "审批实例已结束")
        return
    instance |= {"status": status, "result": result, "how": [*instance["how"], f"{sim.clock.text()} PUT {status} {result}"]}
    sim.ledger.put("instance", instance["key"], instance, person=instance["person"], status=status)
    if sim.config.end_closes_tasks:
        sim.desk.close(instance["key"], f"instance {status}")


def found(key: str) -> dict[str, Any]:
    instance = simulator().ledger.get("instance", key)
    if instance is None:
        raise refuse("processInstance.notExist", "审批实例不存在")
    return dict(instance)


def known(user_id: str) -> Person:
    person = simulator().people.working("userId", user_id)
    if person is None:
        raise refuse("user.notExist", f"用户不存在: {user_id[:64]}")
    return person
