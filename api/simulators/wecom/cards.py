"""Template cards: what they must be, and what is kept of each for each person."""

import re
from typing import Any

from api.simulators.desk import Card
from api.simulators.fields import Wrong, choice, mapping, number, rows, text
from api.simulators.simulator import Simulator, simulator

BUTTONS = "button_interaction"
TYPES = ("text_notice", "news_notice", BUTTONS, "vote_interaction", "multiple_interaction")
TASK_ID = re.compile(r"[0-9A-Za-z_@-]+")
MOST_BUTTONS = 6
MOST_LINES = 6


def checked(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card that can be sent: it has a title, and buttons with keys of their own, or a place to go to."""
    kind = choice(card, "card_type", TYPES)
    title = text(mapping(card, "main_title", needed=False), "title", needed=False)
    if not title and not text(card, "sub_title_text", needed=False):
        raise Wrong("main_title.title or sub_title_text is required")
    lines = rows(card, "horizontal_content_list", most=MOST_LINES)
    for each in lines:
        text(each, "keyname")
        text(each, "value", needed=False)
    action = mapping(card, "card_action", needed=kind in ("text_notice", "news_notice"))
    if action and number(action, "type", needed=False) == 1:
        text(action, "url")
    if kind == BUTTONS:
        check_buttons(card)
    return card


def check_buttons(card: dict[str, Any]) -> None:
    task_id = text(card, "task_id")
    if len(task_id.encode()) > 128 or not TASK_ID.fullmatch(task_id):
        raise Wrong("task_id has at most 128 bytes of digits, letters and _-@")
    buttons = rows(card, "button_list", needed=True, most=MOST_BUTTONS)
    keys = [text(each, "key") if number(each, "type", needed=False) == 0 else text(each, "url") for each in buttons]
    for each in buttons:
        text(each, "text")
    if any(len(key.encode()) > 1024 for key in keys) or len(set(keys)) < len(keys):
        raise Wrong("the keys of buttons must differ and have at most 1024 bytes")


def keep(kept: dict[str, Any], how: str) -> None:
    sim = simulator()
    body = {**kept, "how": [*kept["how"], f"{sim.clock.text()} {how}"]}
    sim.ledger.put("task", kept["key"], body, parent=kept["task_id"], person=kept["person"], status="open" if kept["open"] else "closed")


def shown(sim: Simulator, kept: dict[str, Any]) -> Card:
    card = kept["card"]
    title = mapping(card, "main_title", needed=False).get("title") or card.get("sub_title_text") or ""
    buttons = [each for each in card.get("button_list") or [] if not each.get("type")]
    lines = [(each.get("keyname") or "", each.get("value") or "") for each in card.get("horizontal_content_list") or []]
    return Card(
        id=kept["key"],
        instance=kept["task_id"],
        title=title,
        person=kept["person"],
        status=kept["status"],
        open=kept["open"],
        url=(card.get("card_action") or {}).get("url") or "",
        node=(card.get("main_title") or {}).get("desc") or "",
        actions=tuple({"key": each["key"], "label": each["text"]} for each in buttons),
        form=tuple(lines),
        how=tuple(kept["how"]),
    )
