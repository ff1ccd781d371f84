"""Tasks of the process centre: made for people at a node, completed or cancelled, and listed for one person."""

from typing import Any

from flask import Response, g, jsonify, request

from api.simulators.dingtalk import features
from api.simulators.dingtalk.instances import found, known
from api.simulators.dingtalk.manner import gate, refuse
from api.simulators.dingtalk.schemas import PREFIX
from api.simulators.fields import Wrong, choice, number, rows, text, texts
from api.simulators.gate import asked, due
from api.simulators.simulator import simulator

#: beyond 2**53 and odd: whoever reads it as a float gets another number
FIRST_ID = 900_000_000_000_000_001
MOST = 20
LATER = 4_102_444_800_000


@gate.call("POST", f"{PREFIX}/tasks")
def create() -> Response:
    """Make tasks. The same call again makes the same tasks again."""
    body, sim = asked(), simulator()
    instance = found(text(body, "processInstanceId"))
    if instance["status"] != "RUNNING":
        raise refuse("processInstance.isEnded", "审批实例已结束")
    node, sent = text(body, "activityId", needed=False, most=256), rows(body, "tasks", needed=True, most=MOST)
    own = features.checked(body, "featureConfig")
    for each in sent:
        known(text(each, "userId"))
        text(each, "url", needed=False, most=1024)
        text(each, "customData", needed=False, most=500)
        number(each, "dueTimestamp", needed=False)
    made = []
    for each in sent[1:] if due(sim, "partial") else sent:
        key = FIRST_ID + 2 * sim.ledger.next("task")
        kept = {"key": str(key), "instance": instance["key"], "person": each["userId"], "node": node, "features": own, "sent": each}
        keep({**kept, "status": "RUNNING", "result": None, "at": sim.clock.ms(), "finished": None, "how": []}, "POST RUNNING")
        made.append({"taskId": key, "userId": each["userId"]})
        g.made.append(str(key))
    return jsonify(result=made, success=True)


@gate.call("PUT", f"{PREFIX}/tasks")
def update() -> Response:
    """End tasks. The result is in capitals here, and left out when a task is cancelled."""
    body, sim = asked(), simulator()
    instance, sent = found(text(body, "processInstanceId")), rows(body, "tasks", needed=True, most=MOST)
    wanted = []
    for each in sent:
        status = choice(each, "status", ("COMPLETED", "CANCELED"))
        result = choice(each, "result", ("AGREE", "REFUSE"), needed=status == "COMPLETED")
        if result and status == "CANCELED":
            raise Wrong("result must be left out when a task is canceled")
        task = sim.ledger.get("task", str(number(each, "taskId")))
        if task is None or task["instance"] != instance["key"]:
            raise refuse("task.notExist", f"任务不存在: {each['taskId']}")
        if task["status"] != "RUNNING" and sim.config.refuse_ended:
            raise refuse("task.isEnded", "任务已结束")
        wanted.append((task, status, result))
    for task, status, result in wanted[1:] if due(sim, "partial") else wanted:
        if task["status"] == "RUNNING":
            keep({**task, "status": status, "result": result or None, "finished": sim.clock.ms()}, f"PUT {status} {result}".strip())
    return jsonify(success=True)


@gate.call("POST", f"{PREFIX}/tasks/cancel")
def cancel() -> Response:
    """Cancel what is open at a node."""
    body = asked()
    instance = found(text(body, "processInstanceId"))
    simulator().desk.close(instance["key"], "cancel", {text(body, "activityId"), *texts(body, "activityIds")})
    return jsonify(success=True)


@gate.call("GET", f"{PREFIX}/todoTasks")
def todos() -> Response:
    """List a person's open tasks. The vendor's pages and its SDK name the outer field differently; custom data does not come back."""
    sim, args = simulator(), dict(request.args)
    person = known(text(args, "userId"))
    size, page = number(args, "pageSize"), max(1, number(args, "pageNumber"))
    if not 1 <= size <= 40:
        raise Wrong("pageSize is out of range")
    before = number(args, "createBefore", needed=False) or LATER
    mine = [each for each in sim.ledger.find("task", person=person.userId, status="RUNNING") if each["at"] < before]
    items = [shown(each) for each in mine[(page - 1) * size : page * size]]
    shape = sim.config.todo_shape
    if shape == "alternate":
        shape = ("result", "taskPage")[sim.ledger.next("listing") % 2]
    return jsonify({shape: {"hasMore": len(mine) > page * size, "list": items}})


def shown(task: dict[str, Any]) -> dict[str, Any]:
    about = {"taskId": int(task["key"]), "activityId": task["node"], "userId": task["person"], "processInstanceId": task["instance"]}
    return {**about, "status": task["status"], "result": task["result"], "createTime": task["at"], "finishTime": task["finished"]}


def keep(task: dict[str, Any], how: str) -> None:
    sim = simulator()
    body = {**task, "how": [*task["how"], f"{sim.clock.text()} {how}"]}
    sim.ledger.put("task", task["key"], body, parent=task["instance"], person=task["person"], status=task["status"])
