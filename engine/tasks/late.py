"""The kind answer to somebody who came too late."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import TaskClosed
from engine.history.events import stamp
from models.runtime import UserTask


def explain_closed(session: Session, task_id: UUID) -> TaskClosed:
    """Return what became of a task, by whom and when."""
    row = session.execute(
        select(UserTask.state, UserTask.outcome, UserTask.decided_by, UserTask.reason, UserTask.ended_at).where(UserTask.id == task_id)
    ).one()
    facts = {
        "outcome": row.outcome,
        "decidedBy": row.decided_by,
        "reason": row.reason,
        "endedAt": stamp(row.ended_at) if row.ended_at else None,
    }
    return TaskClosed(state=row.outcome or row.reason or row.state, task=str(task_id), **facts)
