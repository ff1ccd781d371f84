"""To-dos by the product's own `taskId`: sent, sent many at once (where some may fail), and changed in state."""

from typing import Any

from flask import Response

from api.simulators import dates
from api.simulators.desk import Card
from api.simulators.fields import Wrong, rows, text
from api.simulators.gate import asked, due
from api.simulators.people import Person
from api.simulators.seeyon.manner import answer, gate, problem
from api.simulators.simulator import Simulator, simulator

PREFIX = "/seeyon/rest/thirdpartyPending"
WORDS = {"0": "agreed", "1": "disagreed", "2": "cancelled", "3": "returned", "": ""}


@gate.call("POST", f"{PREFIX}/receive")
def receive() -> Response:
    receive_one(asked())
    return answer(True)


@gate.call("POST", f"{PREFIX}/receive/pendings")
def receive_many() -> Response:
    """Take a list. What fails is told item by item, and the whole says success all the same."""
    errors = []
    for number, each in enumerate(rows(asked(), "pendingList", needed=True)):
        try:
            if number == 0 and due(simulator(), "partial"):
                raise Wrong("系统异常")
            receive_one(each)
        except Wrong as wrong:
            errors.append(problem(str(wrong), str(each.get("taskId", ""))))
    return answer(True, *errors)


@gate.call("POST", f"{PREFIX}/updatePendingState")
def update_state() -> Response:
    body, sim = asked(), simulator()
    check_register_code(body)
    known = sim.ledger.get("task", text(body, "taskId"))
    if known is None:
        raise Wrong(f"待办不存在: {body['taskId'][:64]}")
    state, sub = states(body)
    keep({**known, "state": state, "sub": sub}, f"updatePendingState {state} {WORDS[sub]}")
    return answer(True)


MESSAGE_FIELDS = {
    **{"thirdpartyMessageId": "messageId", "thirdpartyRegisterCode": "registerCode", "thirdpartyReceiverId": "thirdReceiverId"},
    **{"messageURL": "url", "messageH5URL": "h5url"},
}


@gate.call("POST", "/seeyon/rest/thirdpartyMessage/receive/singleMessage")
def message() -> Response:
    """Take a message. Which names its fields have is not known for sure: client programs send other ones than those of pending items."""
    given, sim = asked(), simulator()
    body = {MESSAGE_FIELDS.get(name, name): value for name, value in given.items()}
    check_register_code(body)
    for name in ("messageId", "messageContent"):
        text(body, name)
    person = receiver(body)
    sim.ledger.put("message", body["messageId"], {"person": person.userId, "sent": body}, person=person.userId)
    return answer(True)


@gate.call("POST", "/seeyon/rest/thirdpartyUserMapper/binding/singleUser")
def bind() -> Response:
    """Bind a person of the third-party system to one of this."""
    body, sim = asked(), simulator()
    check_register_code(body)
    third, login = text(body, "thirdUserId"), text(body, "loginName")
    if sim.people.working("userId", login) is None:
        raise Wrong(f"人员不存在: {login[:64]}")
    sim.ledger.put("binding", third, login)
    return answer(True)


def receive_one(body: dict[str, Any]) -> None:
    """Write one to-do, over the one with the same id."""
    sim = simulator()
    check_register_code(body)
    key = text(body, "taskId")
    for name in ("title", "senderName", "thirdReceiverId"):
        text(body, name)
    dates.check(text(body, "creationDate"), "creationDate", seconds_needed=False)
    for name in ("url", "h5url", "content", "classify", "contentType", "thirdSenderId", "appParam"):
        text(body, name, needed=False)
    state, sub = states(body)
    known = sim.ledger.get("task", key)
    entry = {"key": key, "person": receiver(body).userId, "state": state, "sub": sub, "sent": body, "how": known["how"] if known else []}
    keep(entry, f"receive {state} {WORDS[sub]}".strip())


def check_register_code(body: dict[str, Any]) -> None:
    if str(body.get("registerCode") or "") != simulator().config.register_code:
        raise Wrong("registerCode is not registered")


def states(body: dict[str, Any]) -> tuple[str, str]:
    """Return state and sub-state, which come as numbers or texts. A closed to-do says how it was closed."""
    state, sub = (
        str(value) if isinstance(value := body.get(name), int | str) and not isinstance(value, bool) else ""
        for name in ("state", "subState")
    )
    if state not in ("0", "1") or sub not in WORDS or (state == "1" and not sub):
        raise Wrong("state must be 0, or 1 with a subState from 0 to 3")
    return state, sub


def receiver(body: dict[str, Any]) -> Person:
    """Return whose it is: by the binding, or by the login name, number, mobile or e-mail given for people without one."""
    people, third = simulator().people, text(body, "thirdReceiverId")
    bound = simulator().ledger.get("binding", third) or (third if simulator().config.bound else "")
    other = text(body, "noneBindingReceiver", needed=False)
    found = people.working("userId", bound)
    for kind in ("userId", "mobile", "email"):
        found = found or (people.working(kind, other) if other else None)
    if found is None:
        raise Wrong(f"接收人不存在: {third[:64]}")
    return found


def keep(task: dict[str, Any], how: str) -> None:
    sim = simulator()
    body = {**task, "how": [*task["how"], f"{sim.clock.text()} {how}"]}
    sim.ledger.put("task", task["key"], body, person=task["person"], status=task["state"])


def card(sim: Simulator, task: dict[str, Any]) -> Card:
    sent = task["sent"]
    return Card(
        id=task["key"],
        instance=sent.get("appParam") or task["key"],
        title=sent["title"],
        person=task["person"],
        status=f"{task['state']}/{task['sub']}" if task["sub"] else task["state"],
        open=task["state"] == "0",
        url=sent.get("h5url") or sent.get("url") or "",
        node=sent.get("classify") or "",
        form=(("发起人", sent["senderName"]), ("时间", sent["creationDate"])),
        how=tuple(task["how"]),
    )
