"""The story of a case for people: its history events as lines of who did what and when, how long each task waited, and where it stands now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from flask_babel import gettext as _
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from api.locale import choose
from api.pages import words
from api.pages.duties import drawn
from api.pages.frame import due, moment
from engine import definitions, operations, prediction
from engine.assignment import Assigned
from engine.bpmn.model import ProcessModel
from engine.duties.violations import DRAWN
from engine.replay import people
from engine.step import Step
from models.history import HistoryEvent
from models.identity import Group
from models.runtime import Candidate, Incident, Job, ProcessInstance, UserTask

LONGEST = 2000  #: events of one story; the replay has the rest
#: what an approver needs to see of the past
BRIEF = (
    "instance:started", "task:completed", "task:transferred", "task:reminded", "operation:completed", "incident:raised", "incident:resolved",
    "instance:completed", "instance:withdrawn", "instance:terminated", "instance:suspended", "instance:resumed", "instance:revoked", "instance:jumped",
    "instance:copied", "task:passed", "task:delegated", "task:resolved", "task:returned", "task:taken_back", "task:signer_added", "task:signer_removed",
    "task:urged", "task:escalated", "comment:added",
)  # fmt: skip
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
class Way:
    """Where a case has been and where it stands, as ids of the drawing."""

    taken: str
    current: str
    incidents: str


def story(session: Session, instance_id: UUID, now: datetime, *, brief: bool) -> list[Entry]:
    """Return the past of a case, oldest first, and what it waits for now."""
    statement = events_of(instance_id)
    if brief:
        statement = statement.where(HistoryEvent.type.in_((*BRIEF, "task:created")))
    model = model_of(session, instance_id)
    events = [read(row) for row in session.execute(statement.order_by(HistoryEvent.number).limit(LONGEST))]
    names = people(session, {key for event in events for key in mentioned(event)})
    opened = {event.body["data"].get("task"): event.at for event in events if event.body["type"] == "task:created"}
    told = [event for event in events if not (brief and event.body["type"] == "task:created")]
    groups = group_names(session, {key for event in events for key in event.body["data"].get("groups", ())})
    whys = {event.body["data"].get("task"): why(event, groups, names) for event in events if event.body["type"] == "task:created"}
    return [entry(event, model, names, opened, groups) for event in told] + waiting(session, instance_id, names, now, whys)


def last(session: Session, instance_id: UUID, kind: str) -> Entry | None:
    """Return the newest event of a type; None when there is none."""
    row = session.execute(events_of(instance_id).filter_by(type=kind).order_by(HistoryEvent.number.desc()).limit(1)).first()
    if row is None:
        return None
    event = read(row)
    names = people(session, {event.body["actor"]} if event.body["actor"] else set())
    return entry(event, model_of(session, instance_id), names, {})


@dataclass(frozen=True, slots=True)
class Told:
    """One event, read."""

    number: int
    body: dict[str, Any]
    personal: dict[str, Any]
    at: datetime


def events_of(instance_id: UUID) -> Select[Any]:
    return select(HistoryEvent.number, HistoryEvent.body, HistoryEvent.personal, HistoryEvent.at).filter_by(instance_id=instance_id)


def read(row: Row[Any]) -> Told:
    return Told(row.number, orjson.loads(row.body), orjson.loads(row.personal) if row.personal else {}, row.at)


def entry(
    event: Told, model: ProcessModel, names: dict[str, Person], opened: dict[str, datetime], groups: Mapping[str, str] | None = None
) -> Entry:
    """Return the line of one event."""
    body, data, kind = event.body, event.body["data"], event.body["type"]
    element = model.elements.get(body["element"] or "")
    place = (element.name or element.id) if element else body["element"]
    icon, colour = ICONS.get(kind, ("settings", "withdraw"))
    what, text = str(words.EVENTS.get(kind, kind)), event.personal.get("reason") or event.personal.get("comment")
    if kind == "task:completed":
        sign = words.decided(data["outcome"])
        what, icon, colour = str(sign.label), sign.icon, sign.kind
    elif kind == "instance:completed":
        sign = words.case_sign("completed", data.get("outcome"))
        icon, colour, text = sign.icon, sign.kind, str(sign.label)
    elif kind in ("task:transferred", "task:delegated", "task:resolved", "task:escalated"):
        text = joined(_("转给 %(name)s", name=called(names, data["to"])), text)
    elif kind == "task:passed":
        sign = words.decided(data["outcome"])
        icon, colour = sign.icon, sign.kind
        text = data["en"] if choose() == "en" else data["zh"]
    elif kind == "task:returned":
        target = model.elements.get(data["to"])
        text = joined(_("退回到 %(step)s", step=(target.name if target else None) or data["to"]), text)
    elif kind == "task:signer_added":
        text = joined(f"{words.PLACES[data['place']]} · {called(names, data['signer'])}", text)
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


def group_names(session: Session, keys: set[str]) -> dict[str, str]:
    """Return what groups are called, by key."""
    return {row.key: row.name for row in session.execute(select(Group.key, Group.name).where(Group.key.in_(keys)))} if keys else {}


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


def waiting(
    session: Session, instance_id: UUID, names: dict[str, Person], now: datetime, whys: Mapping[str | None, str | None] | None = None
) -> list[Entry]:
    """Return a line for each open task: whose it is and since when, and why hers."""
    tasks = session.scalars(select(UserTask).filter_by(instance_id=instance_id, state="open").order_by(UserTask.created_at)).all()
    known = names | people(session, {task.assignee for task in tasks if task.assignee})
    return [
        Entry(
            task.name or task.element, "circle-dot", "running",
            who=known.get(task.assignee) or {"name": task.assignee, "department": None} if task.assignee else candidates(session, task.id),
            text=joined(_("已等待 %(span)s", span=span(now - task.created_at)), (whys or {}).get(str(task.id))), due=due(task.due_at, now),
        )
        for task in tasks
    ]  # fmt: skip


def ahead(step: Step) -> list[Entry]:
    """Return a grey line for each user task that is likely to come, with the people who would be asked today."""
    session, found = step.session, prediction.ahead(step)
    groups = {row.key: row.name for row in session.execute(select(Group.key, Group.name))} if found else {}
    names = people(session, {key for one in found if one.assigned for key in (one.assigned.assignee, *one.assigned.users) if key})
    return [
        Entry(one.name, "circle", "ahead", _("预计"), {"name": _asked(one.assigned, names, groups), "department": None}) for one in found
    ]


def _asked(assigned: Assigned | None, names: dict[str, Person], groups: dict[str, str]) -> str | None:
    if assigned is None:
        return None
    if assigned.assignee:
        return called(names, assigned.assignee)
    return "、".join([*(called(names, key) for key in assigned.users), *(groups.get(key, key) for key in assigned.groups)]) or None


def span(value: timedelta) -> str:
    """Return a span in whole units."""
    minutes = max(0, int(value.total_seconds() // 60))
    if minutes >= 1440:
        return _("%(d)s 天", d=minutes // 1440)
    return _("%(h)s 小时", h=minutes // 60) if minutes >= 60 else _("%(m)s 分钟", m=minutes)


def candidates(session: Session, task_id: UUID) -> Person:
    """Return in words who may claim a task."""
    rows = session.scalars(select(Candidate).filter_by(task_id=task_id)).all()
    named_groups = select(Group.key, Group.name).where(Group.key.in_([row.name for row in rows if row.kind == "g"]))
    groups = {row.key: row.name for row in session.execute(named_groups)}
    persons = people(session, {row.name for row in rows if row.kind == "u"})
    named = [groups.get(row.name, row.name) if row.kind == "g" else (persons.get(row.name) or {}).get("name") or row.name for row in rows]
    return {"name": _("%(names)s（待领取）", names="、".join(sorted(named))) if named else None, "department": None}


def model_of(session: Session, instance_id: UUID) -> ProcessModel:
    """Return the drawing a case runs on."""
    identity = session.execute(select(ProcessInstance.definition_id).filter_by(id=instance_id)).scalar_one()
    return definitions.get(session, identity).model


def way(session: Session, instance_id: UUID) -> Way:
    """Return where a case has been and stands, from its history, its open work and its open incidents."""
    bodies = session.scalars(select(HistoryEvent.body).filter_by(instance_id=instance_id, type="path:taken").order_by(HistoryEvent.number))
    taken = dict.fromkeys(step for body in bodies for step in orjson.loads(body)["data"]["path"])
    tasks = session.scalars(select(UserTask.element).filter_by(instance_id=instance_id, state="open"))
    jobs = session.scalars(select(Job.element).filter_by(instance_id=instance_id).where(Job.state.in_(("waiting", "retrying", "failed"))))
    failed = session.scalars(select(Incident.element).filter_by(instance_id=instance_id).where(Incident.resolved_at.is_(None)))
    return Way(_ids(taken), _ids([*tasks, *jobs]), _ids(failed))


def _ids(elements: Iterable[str | None]) -> str:
    return " ".join(dict.fromkeys(element for element in elements if element))
