"""To-dos: one per application, model, the product's id, key and person. They can be sent, changed, done, deleted, listed and counted."""

import json
from typing import Any

from api.simulators import dates
from api.simulators.desk import Card
from api.simulators.fields import Wrong, choice, number, text
from api.simulators.gate import due
from api.simulators.people import Person
from api.simulators.simulator import Simulator, simulator

ABOUT = ("appName", "modelName", "modelId")
#: how a target names a person -> what of a person that is
NAMED_BY = ("LoginName", "PersonNo", "Id")
PAGE = 20


def send(body: dict[str, Any]) -> str:
    """Write a to-do for each target, over the one that is the same."""
    check(body)
    people = targets(body)
    for person in people[1:] if due(simulator(), "partial") else people:
        known = simulator().ledger.get("task", key_of(body, person))
        keep({"person": person.userId, "done": False, "sent": body, "how": known["how"] if known else []}, "sendTodo")
    return ""


def update(body: dict[str, Any]) -> str:
    """Change what is shown of to-dos that are there."""
    check(body, needed=("subject", "link"))
    for each in wanted(body):
        keep({**each, "sent": {**each["sent"], **{name: value for name, value in body.items() if value}}}, "updateTodo")
    return ""


def set_done(body: dict[str, Any]) -> str:
    for each in wanted(body):
        keep({**each, "done": True}, "setTodoDone")
    return ""


def delete(body: dict[str, Any]) -> str:
    for each in wanted(body):
        simulator().ledger.drop("task", key_of(each["sent"], each["person"]))
    return ""


def get(body: dict[str, Any]) -> str:
    """List the open to-dos of a person, page by page, as JSON text."""
    [person] = targets(body)
    kind, size, page = (
        text(body, "type", needed=False),
        number(body, "rowSize", needed=False) or PAGE,
        number(body, "pageNo", needed=False) or 1,
    )
    mine = [each for each in open_of(person) if kind in ("", "0", "-1", each["sent"]["type"])]
    docs = [
        {name: each["sent"].get(name, "") for name in (*ABOUT, "subject", "link", "type", "key", "param1", "param2", "createTime", "level")}
        for each in mine[(page - 1) * size : page * size]
    ]
    return json.dumps({"pageCount": -(-len(mine) // size), "pageno": page, "count": len(mine), "docs": docs}, ensure_ascii=False)


def count(body: dict[str, Any]) -> str:
    """Count the open to-dos of a person by their types, as JSON text."""
    [person] = targets({**body, "targets": body.get("target") or body.get("targets")})
    kinds = [str(each.get("type", "")) for each in listed(body, "types")] if body.get("types") else ["1", "2"]
    return json.dumps([{"type": kind, "count": sum(each["sent"]["type"] == kind for each in open_of(person))} for kind in kinds])


def check(body: dict[str, Any], needed: tuple[str, ...] = ("subject", "link", "type", "createTime", "targets")) -> None:
    for name in (*ABOUT, *needed):
        text(body, name)
    choice(body, "type", ("1", "2"), needed="type" in needed)
    choice(body, "level", ("1", "2", "3"), needed=False)
    if body.get("createTime"):
        dates.check(body["createTime"], "createTime")
    if body.get("docCreator"):
        targets({"targets": body["docCreator"]})


def wanted(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the to-dos that done, delete or change mean: with `optType` 1 those of all people, with 2 those of the targets."""
    for name in ABOUT:
        text(body, name)
    same = [
        each
        for each in simulator().ledger.find("task", parent=body["modelId"])
        if all(each["sent"].get(name, "") == body.get(name, "") for name in (*ABOUT, "key"))
        and body.get("type", "") in ("", each["sent"]["type"])
    ]
    if choice(body, "optType", ("1", "2"), needed=False) == "2" or body.get("targets"):
        ids = {person.userId for person in targets(body)}
        same = [each for each in same if each["person"] in ids]
    if not same and simulator().config.done_needs_todo:
        raise Wrong("待办不存在")
    return same


def targets(body: dict[str, Any]) -> list[Person]:
    """Return the people that a JSON text names, one object or a list of them."""
    found = []
    for each in listed(body, "targets"):
        value = next((str(each[name]) for name in NAMED_BY if each.get(name)), "")
        person = simulator().people.working("userId", value)
        if person is None:
            raise Wrong(f"找不到待办接收人: {json.dumps(each, ensure_ascii=False)[:80]}")
        found.append(person)
    return found


def listed(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    try:
        value = json.loads(text(body, name))
    except ValueError:
        raise Wrong(f"{name} must be JSON") from None
    value = value if isinstance(value, list) else [value]
    if not value or not all(isinstance(each, dict) for each in value):
        raise Wrong(f"{name} must be an object or a list of objects")
    return value


def open_of(person: Person) -> list[dict[str, Any]]:
    return simulator().ledger.find("task", person=person.userId, status="open")


def key_of(sent: dict[str, Any], person: Any) -> str:
    return ":".join([*(sent[name] for name in ABOUT), sent.get("key", ""), getattr(person, "userId", person)])


def keep(todo: dict[str, Any], how: str) -> None:
    sim, key = simulator(), key_of(todo["sent"], todo["person"])
    body = {**todo, "key": key, "how": [*todo["how"], f"{sim.clock.text()} {how}"]}
    sim.ledger.put("task", key, body, parent=todo["sent"]["modelId"], person=todo["person"], status="done" if todo["done"] else "open")


def card(sim: Simulator, todo: dict[str, Any]) -> Card:
    sent = todo["sent"]
    return Card(
        id=todo["key"],
        instance=sent["modelId"],
        title=sent["subject"],
        person=todo["person"],
        status="done" if todo["done"] else "todo",
        open=not todo["done"],
        url=sent.get("mobileLink") or sent["link"],
        form=(("来源", sent["appName"]), ("时间", sent.get("createTime", ""))),
        how=tuple(todo["how"]),
    )
