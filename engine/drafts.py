"""Drafts: what somebody has begun to fill in at an open task. Nobody else sees it, nothing of it is checked, and it goes when the task closes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import delete, exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.attachments import open_task
from engine.database.transaction import read_clock
from engine.errors import Fault, InvalidVariables
from engine.execution import values as kept
from engine.forms import MAX_COMMENT
from engine.permissions import Actor, require
from models.attachment import Draft
from models.runtime import UserTask

MOST = 200_000  #: bytes of one draft


class Begun(NamedTuple):
    """A draft as its writer finds it again."""

    values: dict[str, Any]
    comment: str
    at: datetime


def save(session: Session, task_id: UUID, *, by: Actor, values: Mapping[str, Any], comment: str = "") -> Begun:
    """Keep what somebody has typed so far, in place of what she kept before.

    Refuses with `NotFound` a task that is not hers to know, with `TaskClosed` one that is closed or with somebody else, with `InvalidVariables` what cannot be
    kept or is larger than 200 kB.
    """
    require(by, "task.work")
    open_task(session, task_id, by)
    begun = Begun(kept.tagged(kept.clean(dict(values))), str(kept.clean(comment, "comment")), read_clock(session))
    body = {"values": begun.values, "comment": begun.comment}
    if len(begun.comment) > MAX_COMMENT or len(orjson.dumps(body)) > MOST:
        raise InvalidVariables([Fault("too-large", "草稿太长，未保存", "The draft is too long and was not kept", path="values")])
    row = {"task_id": task_id, "person": by.key, "body": body, "at": begun.at}
    statement = insert(Draft).values(**row)
    session.execute(statement.on_conflict_do_update(index_elements=["task_id", "person"], set_={"body": body, "at": begun.at}))
    return begun


def load(session: Session, task_id: UUID, *, by: Actor) -> Begun | None:
    """Return what the actor has begun at an open task, or None; that of a closed task is never shown again."""
    row = session.execute(
        select(Draft.body, Draft.at)
        .join(UserTask, UserTask.id == Draft.task_id)
        .where(Draft.task_id == task_id, Draft.person == by.key, UserTask.state == "open")
    ).one_or_none()
    return Begun(kept.untagged(row.body["values"]), row.body["comment"], row.at) if row is not None else None


def discard(session: Session, task_id: UUID, *, by: Actor) -> None:
    """Forget what the actor has begun at a task; nothing happens if there is nothing."""
    session.execute(delete(Draft).where(Draft.task_id == task_id, Draft.person == by.key))


def drop(session: Session, task_id: UUID) -> None:
    """Forget everybody's drafts of a task that closes."""
    session.execute(delete(Draft).where(Draft.task_id == task_id))


def begun(session: Session, tasks: Iterable[UUID]) -> bool:
    """Tell whether anybody has begun something at one of these tasks."""
    return bool(session.execute(select(exists().where(Draft.task_id.in_(list(tasks))))).scalar())


def clean_up(session: Session) -> int:
    """Forget the drafts of tasks that are closed; returns how many went."""
    gone = session.execute(text("DELETE FROM draft d USING user_task t WHERE t.id = d.task_id AND t.state <> 'open'"))
    return int(gone.rowcount)  # type: ignore[attr-defined]
