"""The story of a case for people: its history events as lines of who did what and when, how long each task waited, and where it stands now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.pages.frame import due
from api.pages.telling import Entry, Person, called, entry, joined, mentioned, read, why
from engine import definitions, prediction
from engine.assignment import Assigned
from engine.bpmn.model import ProcessModel
from engine.replay import people
from engine.step import Step
from models.history import HistoryEvent
from models.identity import Group
from models.runtime import Candidate, ProcessInstance, UserTask

LONGEST = 2000  #: events of one story; the replay has the rest
#: what an approver needs to see of the past
BRIEF = (
    "instance:started", "task:completed", "task:transferred", "task:reminded", "operation:completed", "incident:raised", "incident:resolved",
    "instance:completed", "instance:withdrawn", "instance:terminated", "instance:suspended", "instance:resumed", "instance:revoked", "instance:jumped",
    "instance:copied", "task:passed", "task:delegated", "task:resolved", "task:returned", "task:taken_back", "task:signer_added", "task:signer_removed",
    "task:urged", "task:escalated", "comment:added",
)  # fmt: skip


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


def events_of(instance_id: UUID) -> Select[int, bytes, bytes | None, datetime]:
    return select(HistoryEvent.number, HistoryEvent.body, HistoryEvent.personal, HistoryEvent.at).filter_by(instance_id=instance_id)


def group_names(session: Session, keys: set[str]) -> dict[str, str]:
    """Return what groups are called, by key."""
    return {row.key: row.name for row in session.execute(select(Group.key, Group.name).where(Group.key.in_(keys)))} if keys else {}


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
