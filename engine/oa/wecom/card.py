"""A task as a template card with buttons (模板卡片, 按钮交互型), and what we keep of one that was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.oa.contract import Action, Connection, InstanceSnapshot, TaskView

MOST_BUTTONS = 6
MOST_LINES = 6
TITLE, DESCRIPTION, SOURCE, NAME, VALUE, BUTTON = (
    60,
    60,
    13,
    5,
    26,
    10,
)  #: characters; the vendor advises lengths, and shortens what is longer itself
BLUE, RED = 1, 2
STYLES = {"approve": BLUE, "reject": RED}
ORDER = {"approve": 0, "reject": 1}
OPEN = "open"  #: the key of the button that leads to our page


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of a card: to whom it went, the code that updates it once, and how often this task was shown (each time is another card).

    Until it is answered it holds the message itself: only the very same, sent again, is answered with the code of the card that may be there already.
    """

    to: str
    code: str = ""
    number: int = 1
    fresh: bool = False  #: the code came with a press
    message: Mapping[str, Any] | None = None

    def text(self) -> str:
        found = {"to": self.to, "code": self.code, "number": self.number, "fresh": self.fresh, "message": self.message}
        return orjson.dumps({name: value for name, value in found.items() if value}).decode()


def read_kept(text: str | None) -> Kept:
    found = orjson.loads(text) if text else {}
    return Kept(found.get("to", ""), found.get("code", ""), found.get("number", 1), found.get("fresh", False), found.get("message"))


def task_id(key: str, number: int) -> str:
    """Return WeCom's id of a card: letters, digits and hyphens, and never one that was used before."""
    return key if number == 1 else f"{key}-{number}"


def card(connection: Connection, snapshot: InstanceSnapshot, task: TaskView, identity: str) -> dict[str, Any]:
    """Return the card of a task. Where no button can answer it, there is one that leads to our page."""
    page = connection.link(task.links.mobile or task.links.pc)
    return {
        "card_type": "button_interaction",
        "source": {"desc": (snapshot.definition_name or snapshot.definition_key)[:SOURCE]},
        "main_title": {"title": snapshot.title[:TITLE], "desc": task.node_name[:DESCRIPTION]},
        "horizontal_content_list": lines(snapshot),
        "card_action": {"type": 1, "url": page},
        "task_id": identity,
        "button_list": buttons(task) or [{"text": "去办理", "style": BLUE, "key": f"{OPEN}#{task.nonce}", "type": 1, "url": page}],
    }


def lines(snapshot: InstanceSnapshot) -> list[dict[str, str]]:
    """The number and the amount first: six lines are shown."""
    found = {"单号": snapshot.business_key or ""}
    if snapshot.amount is not None:
        found["金额"] = f"{snapshot.currency or ''} {snapshot.amount:,.2f}".strip()
    found |= {"申请人": snapshot.applicant_name or snapshot.applicant}
    for item in snapshot.summary:
        found.setdefault(item.label[:NAME], item.value)
    return [{"keyname": name, "value": value[:VALUE]} for name, value in found.items() if name and value][:MOST_LINES]


def buttons(task: TaskView) -> list[dict[str, Any]]:
    """A card has no place for a reason: what demands one is done on our page."""
    wanted = sorted((action for action in task.actions if not asks(action)), key=lambda action: ORDER.get(action.key, 2))
    return [
        {"text": action.label[:BUTTON], "style": STYLES.get(action.key, 3), "key": f"{action.key}#{task.nonce}"}
        for action in wanted[:MOST_BUTTONS]
    ]


def asks(action: Action) -> bool:
    return action.reason_required or action.needs_attachment
