"""Messages: sent to people, updated with a code that is good once and for 72 hours, recalled for a day.

Which error a used or unknown code gets, and a second card with the same id, the vendor's pages do not say; the numbers of those are ours.
"""

import hashlib
import json
import secrets
from typing import Any

from flask import Response, g

from api.simulators.fields import Wrong, choice, mapping, number, text, texts
from api.simulators.gate import asked, due
from api.simulators.simulator import simulator
from api.simulators.wecom import cards
from api.simulators.wecom.manner import error, gate, ok, refuse

MOST_PEOPLE = 1000
CODE_SECONDS = 72 * 3600
RECALL_SECONDS = 24 * 3600
TYPES = ("text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown", "template_card")


@gate.call("POST", "/cgi-bin/message/send")
def send() -> Response:
    """Send a message. People who are not known are told in an answer that says success, unless nobody is left."""
    body, sim = asked(), simulator()
    if number(body, "agentid") != sim.config.agent_id:
        raise refuse(40056, "invalid agentid")
    kind = choice(body, "msgtype", TYPES)
    content = mapping(body, kind)
    known, unknown = receivers(text(body, "touser", needed=False))
    if not known:
        return error(81013, "user & party & tag all invalid", invaliduser="|".join(unknown))
    card = cards.checked(content) if kind == "template_card" else None
    again = same_message(body)
    if again:
        return ok(**again)
    if due(sim, "partial"):
        known, unknown = known[1:], [known[0], *unknown]
    msgid = f"msg{sim.ledger.next('message'):010d}"
    answer = {"msgid": msgid, **({"invaliduser": "|".join(unknown)} if unknown else {})}
    if card and card["card_type"] == cards.BUTTONS:
        answer["response_code"] = place(card, msgid, known)
    sim.ledger.put("message", msgid, {"msgid": msgid, "at": sim.clock.now(), "to": known, "sent": body})
    remember(body, answer)
    return ok(**answer)


def receivers(touser: str) -> tuple[list[str], list[str]]:
    """Return who is known and who is not, of `a|b|c` or `@all`."""
    people = simulator().people
    if touser == "@all":
        return [each.userId for each in people.all() if each.active], []
    wanted = list(dict.fromkeys(each for each in touser.split("|") if each))
    if len(wanted) > MOST_PEOPLE:
        raise Wrong(f"touser has more than {MOST_PEOPLE} people")
    known = [each for each in wanted if people.working("userId", each)]
    return known, [each for each in wanted if each not in known]


def place(card: dict[str, Any], msgid: str, people: list[str]) -> str:
    """Show a card to people, and return the code that updates it. What is too much for one person in a minute is dropped without a word."""
    sim, task_id = simulator(), card["task_id"]
    used = sim.ledger.get("task_id", task_id)
    if used and not sim.config.reuse_task_id:
        raise refuse(40058, "invalid Request Parameter: task_id is used")
    sim.ledger.put("task_id", task_id, msgid)
    for person in people:
        if sim.config.member_per_minute and sim.desk.members.take(person) > 0:
            continue
        key = task_id if len(people) == 1 else f"{task_id}:{person}"
        key = f"{key}#{msgid}" if used else key
        kept = {"key": key, "task_id": task_id, "msgid": msgid, "person": person, "card": card, "open": True, "status": "sent", "how": []}
        cards.keep(kept, f"send {msgid}")
        g.made.append(key)
    return new_code(task_id)


def new_code(task_id: str) -> str:
    sim, code = simulator(), secrets.token_urlsafe(24)
    sim.ledger.put("response_code", code, {"task_id": task_id, "until": sim.clock.now() + CODE_SECONDS})
    return code


def digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def same_message(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the answer to the very same message, when both asked for the check and the first is not too old."""
    if body.get("enable_duplicate_check") != 1:
        return None
    found = simulator().ledger.get("sent", digest(body))
    interval = min(number(body, "duplicate_check_interval", needed=False) or 1800, 4 * 3600)
    return dict(found["answer"]) if found and found["at"] > simulator().clock.now() - interval else None


def remember(body: dict[str, Any], answer: dict[str, Any]) -> None:
    if body.get("enable_duplicate_check") == 1:
        simulator().ledger.put("sent", digest(body), {"at": simulator().clock.now(), "answer": answer})


@gate.call("POST", "/cgi-bin/message/update_template_card")
def update() -> Response:
    """Replace the buttons of a card by a word, or the card by another; for some people or for all who have it."""
    body, sim = asked(), simulator()
    if number(body, "agentid") != sim.config.agent_id:
        raise refuse(40056, "invalid agentid")
    found = sim.ledger.get("response_code", text(body, "response_code"))
    people = texts(body, "userids", most=MOST_PEOPLE)
    word = text(mapping(body, "button", needed=False), "replace_name", needed=False)
    card = cards.checked(mapping(body, "template_card")) if not word else None
    if found is None or found["until"] < sim.clock.now():
        raise refuse(42045, "invalid response_code: it is unknown, was used or is too old")
    sim.ledger.drop("response_code", body["response_code"])
    for kept in sim.ledger.find("task", parent=found["task_id"]):
        if people and kept["person"] not in people:
            continue
        if word:
            cards.keep({**kept, "open": False, "status": f"replaced: {word}"}, f"update: {word}")
        elif card:
            cards.keep(
                {**kept, "card": card, "open": card["card_type"] == cards.BUTTONS, "status": f"replaced by {card['card_type']}"}, "update"
            )
    unknown = [each for each in people if simulator().people.working("userId", each) is None]
    return ok(**({"invaliduser": unknown} if unknown else {}))


@gate.call("POST", "/cgi-bin/message/recall")
def recall() -> Response:
    sim = simulator()
    found = sim.ledger.get("message", text(asked(), "msgid"))
    if found is None or found["at"] < sim.clock.now() - RECALL_SECONDS:
        raise refuse(40058, "invalid Request Parameter: msgid is unknown or too old")
    for kept in sim.ledger.find("task"):
        if kept["msgid"] == found["msgid"]:
            cards.keep({**kept, "open": False, "status": "recalled"}, "recall")
    return ok()
