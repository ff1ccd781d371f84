"""The to-do API (待办): one to-do for several people, found by the product's own `sourceId`, which makes two calls one."""

import uuid
from typing import Any

from flask import Response, g, jsonify, request

from api.simulators.dingtalk.manner import gate, refuse
from api.simulators.fields import Wrong, mapping, number, rows, text, texts
from api.simulators.gate import asked
from api.simulators.people import Person
from api.simulators.simulator import simulator

PREFIX = "/v1.0/todo/users/<union_id>"
MOST_PEOPLE = 1000
PAGE = 20


@gate.call("POST", f"{PREFIX}/tasks")
def create(union_id: str) -> Response:
    body, sim, owner = asked(), simulator(), known(union_id)
    source = text(body, "sourceId", needed=False)
    checked(body, needed=True)
    same = of_source(owner, source)
    if same:
        return jsonify(shown(same))
    key, executors = f"task{uuid.uuid4().hex}", executors_of(body) or [owner.unionId]
    kept = {"key": key, "sourceId": source, "owner": owner.userId, "sent": body, "executors": dict.fromkeys(executors, False)}
    sim.ledger.put("source", f"{owner.userId} {source}", key)
    made = keep({**kept, "done": False, "at": sim.clock.ms(), "finished": None, "how": []}, "POST")
    g.made.extend(card_id(key, each, executors) for each in executors)
    return jsonify(shown(made))


@gate.call("PUT", f"{PREFIX}/tasks/<task_id>")
def update(union_id: str, task_id: str) -> Response:
    body, todo = asked(), found(union_id, task_id)
    checked(body, needed=False)
    executors = executors_of(body)
    if executors:
        todo["executors"] = {each: todo["executors"].get(each, False) for each in executors}
    done = body.get("done")
    if done is not None:
        finish(todo, done is True)
    todo["sent"] = {**todo["sent"], **body}
    keep(todo, "PUT")
    return jsonify(result=True, requestId=uuid.uuid4().hex)


@gate.call("DELETE", f"{PREFIX}/tasks/<task_id>")
def delete(union_id: str, task_id: str) -> Response:
    simulator().ledger.drop("todo", found(union_id, task_id)["key"])
    return jsonify(result=True, requestId=uuid.uuid4().hex)


@gate.call("PUT", f"{PREFIX}/tasks/<task_id>/executorStatus")
def executor_status(union_id: str, task_id: str) -> Response:
    """Say who is done; when everybody is, the to-do is."""
    todo = found(union_id, task_id)
    for each in rows(asked(), "executorStatusList", needed=True):
        if text(each, "id") not in todo["executors"] or not isinstance(each.get("isDone"), bool):
            raise Wrong("id must be an executor, and isDone a boolean")
        todo["executors"][each["id"]] = each["isDone"]
    todo["done"] = all(todo["executors"].values())
    todo["finished"] = simulator().clock.ms() if todo["done"] else None
    keep(todo, "PUT executorStatus")
    return jsonify(result=True)


@gate.call("GET", f"{PREFIX}/tasks/sources/<path:source_id>")
def by_source(union_id: str, source_id: str) -> Response:
    todo = of_source(known(union_id), source_id)
    if todo is None:
        raise refuse("todo.notExist", "待办不存在", 404)
    return jsonify(shown(todo))


@gate.call("POST", f"{PREFIX}/org/tasks/query")
def query(union_id: str) -> Response:
    body, person = asked(), known(union_id)
    start = number(body, "nextToken", needed=False)
    mine = [
        each
        for each in simulator().ledger.find("todo")
        if person.unionId in each["executors"] and body.get("isDone") in (None, each["executors"][person.unionId])
    ]
    cards = [
        {name: shown(each)[name] for name in ("createdTime", "creatorId", "detailUrl", "dueTime", "modifiedTime", "priority")}
        | {
            "taskId": each["key"],
            "sourceId": each["sourceId"],
            "subject": each["sent"]["subject"],
            "isDone": each["executors"][person.unionId],
        }
        for each in mine[start : start + PAGE]
    ]
    return jsonify(todoCards=cards, **({"nextToken": str(start + PAGE)} if len(mine) > start + PAGE else {}))


def checked(body: dict[str, Any], *, needed: bool) -> None:
    known(request.args.get("operatorId") or "", optional=True)
    text(body, "subject", needed=needed, most=1024)
    text(body, "description", needed=False, most=4096)
    number(body, "dueTime", needed=False)
    known(text(body, "creatorId", needed=False), optional=True)
    for name in ("executorIds", "participantIds"):
        for each in texts(body, name, most=MOST_PEOPLE):
            known(each)
    urls = mapping(body, "detailUrl", needed=False)
    addresses = [text(urls, name, needed=False) for name in ("appUrl", "pcUrl")]
    if any(len(each.encode()) > 1024 for each in addresses):
        raise Wrong("detailUrl is longer than 1024 bytes")
    for field in rows(body, "contentFieldList"):
        for name in ("fieldKey", "fieldValue"):
            text(field, name, needed=False)
    if number(body, "priority", needed=False) not in (0, 10, 20, 30, 40):
        raise Wrong("priority must be 10, 20, 30 or 40")


def of_source(owner: Person, source: str) -> dict[str, Any] | None:
    """Return the to-do that an owner has for a source; a deleted one is none."""
    ledger = simulator().ledger
    key = ledger.get("source", f"{owner.userId} {source}") if source else None
    return ledger.get("todo", key) if key else None


def executors_of(body: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(texts(body, "executorIds")))


def finish(todo: dict[str, Any], done: bool) -> None:
    todo |= {"done": done, "executors": dict.fromkeys(todo["executors"], done), "finished": simulator().clock.ms() if done else None}


def found(union_id: str, task_id: str) -> dict[str, Any]:
    owner, todo = known(union_id), simulator().ledger.get("todo", task_id)
    if todo is None or todo["owner"] != owner.userId:
        raise refuse("todo.notExist", "待办不存在", 404)
    return dict(todo)


def known(union_id: str, *, optional: bool = False) -> Person:
    person = simulator().people.working("unionId", union_id)
    if person is None and (union_id or not optional):
        raise refuse("user.notExist", f"用户不存在: {union_id[:64]}")
    return person  # type: ignore[return-value]


def keep(todo: dict[str, Any], how: str) -> dict[str, Any]:
    """Store a to-do as it is after a call, and return it so."""
    body = {**todo, "how": [*todo["how"], f"{simulator().clock.text()} {how}"], "modified": simulator().clock.ms()}
    simulator().ledger.put("todo", todo["key"], body, parent=todo["owner"], status="done" if todo["done"] else "open")
    return body


def card_id(key: str, executor: str, executors: Any) -> str:
    """Return the id of one person's card: the to-do's own while it is for one person."""
    return key if len(executors) == 1 else f"{key}:{executor}"


def shown(todo: dict[str, Any]) -> dict[str, Any]:
    sent = todo["sent"]
    people = {
        "creatorId": sent.get("creatorId"),
        "executorIds": list(todo["executors"]),
        "participantIds": sent.get("participantIds") or [],
    }
    times = {"createdTime": todo["at"], "modifiedTime": todo["modified"], "finishTime": todo["finished"], "dueTime": sent.get("dueTime")}
    rest = {name: sent.get(name) for name in ("subject", "description", "detailUrl", "priority", "isOnlyShowExecutor")}
    about = {"id": todo["key"], "sourceId": todo["sourceId"], "done": todo["done"], "requestId": uuid.uuid4().hex}
    return {**about, **people, **times, **rest}
