"""Differences for people to read, and when each connection was last compared."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.oa.items import COPY, INSTANCE, TASK, task_of
from engine.reconciliation.rounds import compares
from models.identity import Person
from models.oa import OaConnection, OaDifference, OaShown
from models.runtime import ProcessInstance, UserTask

KINDS = ("missing_there", "missing_here", "field_differs")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty asks for everything."""

    connection: str = ""
    kind: str = ""
    business_key: str = ""
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """One difference with its case, and what of it differs: the case itself, a task (`step` is its name) or a copy of a person, or what only they have."""

    id: UUID
    connection: str
    connection_name: str
    instance_id: UUID | None
    business_key: str | None
    title: str | None
    key: str
    about: str
    step: str | None
    person: str | None
    person_name: str | None
    kind: str
    field: str
    ours: str
    theirs: str
    found_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    resolved_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """How a connection stands: when it was asked to be compared, when that came to its end, what kept it from it, and how many differences are open."""

    key: str
    name: str
    asked_at: datetime | None
    ended_at: datetime | None
    failure: str | None
    open: int
    oldest: datetime | None

    @property
    def under_way(self) -> bool:
        return self.failure is None and self.asked_at is not None and (self.ended_at is None or self.ended_at < self.asked_at)


_FOUND = (
    select(OaDifference, OaConnection.name, ProcessInstance.business_key, ProcessInstance.title, OaShown.person, Person.name)
    .join(OaConnection, OaConnection.key == OaDifference.connection)
    .outerjoin(ProcessInstance, ProcessInstance.id == OaDifference.instance_id)
    .outerjoin(OaShown, (OaShown.connection == OaDifference.connection) & (OaShown.key == OaDifference.key))
    .outerjoin(Person, Person.key == OaShown.person)
)


def search(session: Session, wanted: Wanted, *, limit: int, after: UUID | None = None) -> list[Listed]:
    """Return at most `limit` differences, newest first, after a place in that order."""
    found = _FOUND.where(OaDifference.resolved_at.is_not(None) if wanted.resolved else OaDifference.resolved_at.is_(None))
    found = found.order_by(OaDifference.id.desc()).limit(limit)
    if wanted.connection:
        found = found.where(OaDifference.connection == wanted.connection)
    if wanted.kind:
        found = found.where(OaDifference.kind == wanted.kind)
    if wanted.business_key:
        found = found.where(ProcessInstance.business_key == wanted.business_key)
    if after is not None:
        found = found.where(OaDifference.id < after)
    return _listed(session, list(session.execute(found).all()))


def one(session: Session, difference_id: UUID) -> Listed:
    """Return one difference. Refuses with `NotFound`."""
    row = session.execute(_FOUND.where(OaDifference.id == difference_id)).one_or_none()
    if row is None:
        raise NotFound(kind="difference")
    return _listed(session, [row])[0]


def _listed(session: Session, rows: list[Any]) -> list[Listed]:
    tasks = {place: task for row, *_ in rows if (task := _task(place := row.key)) is not None}
    names = {row.id: row.name or row.element for row in session.scalars(select(UserTask).where(UserTask.id.in_(set(tasks.values()))))}
    return [
        Listed(
            id=row.id, connection=row.connection, connection_name=name, instance_id=row.instance_id, business_key=business_key, title=title, key=row.key,
            about=_about(row.key), step=names.get(tasks[row.key]) if row.key in tasks else None, person=person, person_name=person_name,
            kind=row.kind, field=row.field, ours=row.ours, theirs=row.theirs, found_at=row.found_at, resolved_at=row.resolved_at,
            resolution=row.resolution, resolved_by=row.resolved_by, reason=row.reason,
        )
        for row, name, business_key, title, person, person_name in rows
    ]  # fmt: skip


def _about(key: str) -> str:
    return next((name for start, name in ((INSTANCE, "case"), (TASK, "task"), (COPY, "copy")) if key.startswith(start)), "theirs")


def _task(key: str) -> UUID | None:
    """Return the id of our task that a key is of."""
    if not key.startswith(TASK):
        return None
    try:
        return UUID(task_of(key))
    except ValueError:  # one that only they have
        return None


_OPEN = text(
    "SELECT connection, count(*) AS open, min(found_at) AS oldest FROM oa_difference WHERE resolved_at IS NULL GROUP BY connection"
)


def compared(session: Session) -> list[Compared]:
    """Return the connections that are compared, and those that are not any more and have differences left, by their keys."""
    left = {row.connection: row for row in session.execute(_OPEN)}
    rows = session.scalars(select(OaConnection).order_by(OaConnection.key)).all()
    return [
        Compared(
            row.key, row.name, row.compared_at, row.compare_ended_at, row.compare_failure, left[row.key].open if row.key in left else 0,
            left[row.key].oldest if row.key in left else None,
        )
        for row in rows
        if compares(row) or row.key in left
    ]  # fmt: skip
