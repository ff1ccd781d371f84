"""One event of a case's history as a line for people: who did what where, and in which words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from flask_babel import gettext as _
from sqlalchemy import Row

from api.locale import choose
from api.pages import words
from api.pages.duties import drawn
from api.pages.frame import moment
from engine import operations
from engine.bpmn.model import ProcessModel
from engine.duties.violations import DRAWN

ICONS = {
    "instance:started": ("send", "running"),
    "instance:completed": ("circle-check", "approve"),
    "instance:withdrawn": ("arrow-back-up", "withdraw"),
    "instance:terminated": ("hand-stop", "withdraw"),
    "instance:suspended": ("player-pause", "withdraw"),
    "instance:resumed": ("player-play", "running"),
    "instance:revoked": ("arrow-back-up", "withdraw"),
    "instance:jumped": ("hand-stop", "return"),
    "instance:copied": ("mail", "withdraw"),
    "task:reminded": ("bell", "return"),
    "task:urged": ("bell", "return"),
    "task:escalated": ("bell", "return"),
    "task:returned": ("arrow-back-up", "return"),
    "task:taken_back": ("arrow-back-up", "withdraw"),
    "task:delegated": ("send", "running"),
    "task:resolved": ("send", "running"),
    "task:signer_added": ("edit", "running"),
    "task:signer_removed": ("edit", "withdraw"),
    "comment:added": ("message", "running"),
    "task:canceled": ("x", "withdraw"),
    "job:failed": ("alert-triangle", "return"),
    "incident:raised": ("alert-triangle", "reject"),
    "incident:resolved": ("circle-check", "approve"),
    "oa:delivered": ("plug-connected", "withdraw"),
    "oa:refused": ("plug-connected", "reject"),
    "oa:unknown": ("plug-connected", "return"),
}

Person = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `kind` is that of an outcome; `waited` is how long the task was open."""

    what: str
    icon: str = "settings"
    kind: str = "withdraw"
    place: str | None = None
    who: Person | None = None
    at: datetime | None = None
    text: str | None = None
    waited: timedelta | None = None
    due: dict[str, str] | None = None
    number: int | None = None
    signature: str | None = None  #: the id of the picture
    behalf: str | None = None  #: the name of whom she stood in for


@dataclass(frozen=True, slots=True)
class Told:
    """One event, read."""

    number: int
    body: dict[str, Any]
    personal: dict[str, Any]
    at: datetime


def read(row: Row[int, bytes, bytes | None, datetime]) -> Told:
    """Return an event from the columns that are told: its number, bytes, personal payload and time."""
    return Told(row.number, orjson.loads(row.body), orjson.loads(row.personal) if row.personal else {}, row.at)


def entry(
    event: Told, model: ProcessModel, names: dict[str, Person], opened: dict[str, datetime], groups: Mapping[str, str] | None = None
) -> Entry:
    """Return the line of one event."""
    body, data, kind = event.body, event.body["data"], event.body["type"]
    element = model.elements.get(body["element"] or "")
    place = (element.name or element.id) if element else body["element"]
    icon, colour = ICONS.get(kind, ("settings", "withdraw"))
    what, text = str(words.cases.EVENTS.get(kind, kind)), event.personal.get("reason") or event.personal.get("comment")
    if kind == "task:completed":
        sign = words.cases.decided(data["outcome"])
        what, icon, colour = str(sign.label), sign.icon, sign.kind
    elif kind == "instance:completed":
        sign = words.cases.case_sign("completed", data.get("outcome"))
        icon, colour, text = sign.icon, sign.kind, str(sign.label)
    elif kind in ("task:transferred", "task:delegated", "task:resolved", "task:escalated"):
        text = joined(_("转给 %(name)s", name=called(names, data["to"])), text)
    elif kind == "task:passed":
        sign = words.cases.decided(data["outcome"])
        icon, colour = sign.icon, sign.kind
        text = data["en"] if choose() == "en" else data["zh"]
    elif kind == "task:returned":
        target = model.elements.get(data["to"])
        text = joined(_("退回到 %(step)s", step=(target.name if target else None) or data["to"]), text)
    elif kind == "task:signer_added":
        text = joined(f"{words.cases.PLACES[data['place']]} · {called(names, data['signer'])}", text)
    elif kind == "task:signer_removed":
        text = joined(called(names, data["signer"]), text)
    elif kind == "instance:copied":
        text = "、".join(called(names, key) for key in data["to"]) or text
    elif kind == "comment:added":
        text = event.personal.get("text")
    elif kind == "operation:completed":
        what, place = place or what, None
        icon, colour, text = checked(event, operation_name(data.get("operation"), place))
    elif kind == "task:created":
        text = why(event, groups or {}, names)
    elif kind in ("incident:raised", "job:failed"):
        text = failed(event, model, names)
    else:
        text = text or detail(kind, data, model)
    if data.get("exceptions"):
        text = joined(text, _("经批准的职责分离例外"))
    started = opened.get(data.get("task", ""))
    waited = event.at - started if started and kind == "task:completed" else None
    return Entry(
        what,
        icon,
        colour,
        place,
        who(event, names),
        event.at,
        text,
        waited,
        number=event.number,
        signature=data.get("signature", {}).get("id"),
        behalf=called(names, body["onBehalfOf"]) if body.get("onBehalfOf") else None,
    )


def failed(event: Told, model: ProcessModel, names: dict[str, Person]) -> str | None:
    """Return what went wrong; where separation of duties left nobody, who must not do it and why."""
    english = choose() == "en"
    places = {key: one.name or key for key, one in model.elements.items()}
    kept = [
        _(
            "%(name)s 不能办理这项待办：%(why)s。",
            name=called(names, one["person"]),
            why=drawn(one["rule"], places) if one["rule"].startswith(DRAWN) else one["en" if english else "zh"],
        )
        for one in event.body["data"].get("conflicts", ())
    ]
    said = event.personal.get("message") or event.personal.get("error")
    return " ".join(kept) or (said if english else event.personal.get("messageZh") or said)


def why(event: Told, groups: Mapping[str, str], names: Mapping[str, Person]) -> str | None:
    """Return why these people were asked, as it stands in the record; where that is a list of keys as drawn, with their names."""
    data = event.body["data"]
    found: dict[str, str] = data.get("why") or {}
    said = found.get("en" if choose() == "en" else "zh")
    asked = [*data.get("groups", ()), *data.get("users", ())]
    if said and asked and found.get("expression") == ", ".join(filter(None, (",".join(data["groups"]), ",".join(data["users"])))):
        known = "、".join(groups.get(key) or (names.get(key) or {}).get("name") or key for key in asked)
        return said.replace(found["expression"], known)
    return said


def called(names: dict[str, Person], key: str) -> str:
    """Return what somebody is called."""
    return (names.get(key) or {}).get("name") or key


def joined(*parts: str | None) -> str:
    return " · ".join(str(part) for part in parts if part)


def mentioned(event: Told) -> Iterable[str]:
    """Return the keys of everybody that an event names."""
    data = event.body["data"]
    to = data.get("to")
    kept = [*(one["person"] for one in data.get("conflicts", ())), *data.get("users", ())]
    named = [event.body["actor"], event.body.get("onBehalfOf"), data.get("signer"), *(to if isinstance(to, list) else [to]), *kept]
    return (str(key) for key in named if key)


def detail(kind: str, data: dict[str, Any], model: ProcessModel) -> str | None:
    """Return what an event of the machinery says, in a few words."""
    if kind == "path:taken":
        elements = [model.elements[step] for step in data["path"] if step in model.elements]
        return " → ".join(element.name for element in elements if element.name) or None
    if kind == "variables:changed":
        return "、".join(data["names"])
    if kind == "timer:created":
        return moment(datetime.fromisoformat(data["due"]))
    if kind.startswith("job:"):
        return operation_name(data.get("operation"), None)
    if kind.startswith("oa:"):
        return str(data.get("connection", "")) or None
    return None


def who(event: Told, names: dict[str, Person]) -> Person | None:
    """Return who acted, as she was then; the system has no department."""
    actor = event.body["actor"]
    if actor is None or actor == "system":
        return None
    then: Person = event.personal.get("by") or names.get(actor) or {"name": actor, "department": None}
    return then


def operation_name(name: str | None, place: str | None) -> str:
    """Return what an operation is called in the language of the page."""
    found = operations.find(name)
    return (found.en if choose() == "en" else found.zh) if found else place or name or ""


def checked(event: Told, name: str) -> tuple[str, str, str]:
    """Return icon, colour and words of a finished operation; a check says what it found."""
    result = event.personal.get("result")
    if not isinstance(result, dict) or "blocking" not in result:
        return "settings", "withdraw", name
    blocking, warned = int(result["blocking"]), int(result.get("warnings") or 0)
    if blocking:
        return "circle-x", "reject", _("%(n)s 项不通过，%(m)s 项提示", n=blocking, m=warned)
    if warned:
        return "alert-triangle", "return", _("通过，%(n)s 项提示", n=warned)
    return "circle-check", "approve", _("全部通过")
