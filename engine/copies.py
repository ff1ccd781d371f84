"""Copies of a case (抄送): sent by hand, listed, read."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.execution.values import clean
from engine.permissions import Actor, require, require_instance
from engine.step import Step, lock
from engine.step.copies import people_of, send
from models.approvals import InstanceCopy

_READ = text(
    "UPDATE instance_copy SET read_at = shenpi_now() WHERE instance_id = :id AND person = :person AND read_at IS NULL RETURNING read_at"
)


def send_by_hand(session: Session, instance_id: UUID, *, by: Actor, to: Iterable[str]) -> Step:
    """Give people a copy of a case, running or over. Refuses with `NotFound` a case that is not the caller's to know, and keys that nobody has."""
    require(by, "task.work")
    require_instance(session, by, instance_id)
    wanted = sorted({clean(name.strip(), "to") for name in to if name.strip()})
    step = lock(session, instance_id, running=False)
    people = people_of(step, wanted)
    if not people or (len(people) < len(wanted) and set(wanted) - set(people) and not _groups(session, set(wanted) - set(people))):
        raise NotFound(kind="person")
    send(step, people, by.key)
    step.write()
    return step


def _groups(session: Session, names: set[str]) -> bool:
    known = set(session.scalars(text('SELECT key FROM "group" WHERE key = ANY(:names)'), {"names": sorted(names)}))
    return names == known


def of_case(session: Session, instance_id: UUID, at_most: int = 500) -> list[InstanceCopy]:
    """Return who has a copy of a case, when it was sent and when she read it; whether the caller may know is for the caller to ask."""
    return list(
        session.scalars(
            select(InstanceCopy).filter_by(instance_id=instance_id).order_by(InstanceCopy.sent_at, InstanceCopy.person).limit(at_most)
        )
    )


def mark_read(session: Session, instance_id: UUID, *, by: Actor) -> bool:
    """Note that somebody has read her copy; tells whether it was new to her."""
    return session.execute(_READ, {"id": instance_id, "person": by.key}).first() is not None
