"""What a case waits for besides people: incidents that hold it, outside work, messages, signals, times, save points; read from tables, not from the state."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.pages.frame import moment
from api.pages.telling import operation_name
from engine import definitions
from engine.bpmn.model import BOUNDARY, START, Element
from models.events import EventSubscription
from models.runtime import Incident, Job, Timer

MOST = 50  #: of each sort; nobody reads more
CALLED_FOR = ("waiting", "retrying", "answered")  #: states of a job that the case still waits for


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that is waited for. `kind` is that of an outcome; `name` is what programs call it; `host` is the activity beside which an event is ready."""

    what: str
    icon: str
    place: str
    kind: str = "withdraw"
    name: str | None = None
    text: str | None = None
    due: datetime | None = None
    host: str | None = None
    beside: bool = False  #: the case goes on without it


def waits(session: Session, instance_id: UUID) -> list[Wait]:
    """Return what holds a case, what it has asked for, and what it is ready for, in this order."""
    return [*held(session, instance_id), *asked(session, instance_id), *events(session, instance_id), *times(session, instance_id)]


def held(session: Session, instance_id: UUID) -> Iterator[Wait]:
    """Yield the open incidents that hold a token."""
    wanted = select(Incident.element).filter_by(instance_id=instance_id).where(Incident.resolved_at.is_(None), Incident.kind != "delivery")
    for element in session.scalars(wanted.order_by(Incident.raised_at).limit(MOST)):
        yield Wait(_("被异常挡住"), "alert-triangle", place(session, instance_id, element), "reject", text=_("等运维处理"))


def asked(session: Session, instance_id: UUID) -> Iterator[Wait]:
    """Yield the jobs that are not answered; of one that is put off, when it is tried again."""
    retries = select(Timer.target, Timer.due_at).filter_by(instance_id=instance_id, kind="retry")
    again = {row.target: row.due_at for row in session.execute(retries)}
    wanted = select(Job).filter_by(instance_id=instance_id).where(Job.state.in_(CALLED_FOR))
    for row in session.scalars(wanted.order_by(Job.created_at).limit(MOST)):
        tried = [_("已尝试 %(n)s 次", n=row.attempts)] if row.attempts else []
        tried += [_("%(time)s 再试", time=moment(again[str(row.id)]))] if str(row.id) in again else []
        where, what = place(session, instance_id, row.element), operation_name(row.operation, None)
        name = what if what != where else None
        yield Wait(_("系统作业"), "settings", where, "running", name=name, text=" · ".join(tried) or None)


def events(session: Session, instance_id: UUID) -> Iterator[Wait]:
    """Yield the messages and signals by their names."""
    wanted = select(EventSubscription).filter_by(instance_id=instance_id)
    for row in session.scalars(wanted.order_by(EventSubscription.kind, EventSubscription.name, EventSubscription.token).limit(MOST)):
        what, icon = (_("消息"), "mail") if row.kind == "message" else (_("信号"), "broadcast")
        yield at(session, instance_id, row.element, Wait(what, icon, "", name=row.name))


def times(session: Session, instance_id: UUID) -> Iterator[Wait]:
    """Yield the timers by their due time, and the save points: what waits at an element without a time goes on by a job."""
    wanted = select(Timer.element, Timer.due_at).filter_by(instance_id=instance_id, kind="event").order_by(Timer.due_at, Timer.id)
    for row in session.execute(wanted.limit(MOST)):
        found = element_of(session, instance_id, row.element)
        if found is None or found.timer is not None:
            yield at(session, instance_id, row.element, Wait(_("定时"), "clock", "", due=row.due_at))
        else:
            yield at(session, instance_id, row.element, Wait(_("保存点"), "bookmark", "", "running", text=_("由后台继续")))


def at(session: Session, instance_id: UUID, element: str | None, wait: Wait) -> Wait:
    """Return a wait with its place, and the activity that it is beside."""
    found = element_of(session, instance_id, element)
    host = place(session, instance_id, found.attached_to) if found is not None and found.attached_to else None
    beside = found is not None and found.kind in (BOUNDARY, START)
    return replace(wait, place=place(session, instance_id, element), host=host, beside=beside)


def stands(session: Session, instance_id: UUID) -> list[str]:
    """Return the elements at which a case waits for a message, a signal, a time or at a save point; those beside which it goes on are left out."""
    subscribed = select(EventSubscription.element).filter_by(instance_id=instance_id)
    timed = select(Timer.element).filter_by(instance_id=instance_id, kind="event").where(Timer.element.is_not(None))
    found = {element: element_of(session, instance_id, element) for element in session.scalars(subscribed.union(timed))}
    return sorted(name for name, one in found.items() if one is not None and one.kind not in (BOUNDARY, START))


def element_of(session: Session, instance_id: UUID, element: str | None) -> Element | None:
    return definitions.element_of(session, instance_id, element) if element else None


def place(session: Session, instance_id: UUID, element: str | None) -> str:
    """Return what an element is called in its drawing."""
    found = element_of(session, instance_id, element)
    return (found.name if found is not None else None) or element or _("流程")
