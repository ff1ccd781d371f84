"""An office system that was off, or was not there, told how cases stand now: each gets one snapshot of today, with what was closed meanwhile."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from engine.history.events import stamp
from engine.step import lock
from engine.step.snapshot import STATUS, make_snapshot
from models.oa import OaDelivery
from models.runtime import ProcessInstance

BATCH = 200

# Cases that are over are told only where they were ever shown.
_BEHIND = text(
    """
    SELECT i.id FROM process_instance i JOIN oa_connection c ON c.key = :connection AND c.active AND coalesce(c.scope ->> 'tasks', 'true') = 'true'
    WHERE i.oa_version > 0 AND (CAST(:after AS uuid) IS NULL OR i.id > CAST(:after AS uuid))
      AND (i.status IN ('running', 'suspended') OR EXISTS (SELECT 1 FROM oa_delivery o WHERE o.instance_id = i.id AND o.connection = :connection))
      AND NOT EXISTS (SELECT 1 FROM oa_delivery o WHERE o.instance_id = i.id AND o.connection = :connection AND o.version >= i.oa_version)
    ORDER BY i.id LIMIT :n
    """
)
_SHOWN = text(
    """
    SELECT x.task, t.state, t.outcome, t.comment, t.decided_by, t.ended_at FROM (
      SELECT DISTINCT ON (s.task ->> 'id') s.task FROM oa_delivery o, jsonb_array_elements(o.snapshot -> 'tasks') AS s(task)
      WHERE o.instance_id = :instance AND o.connection = :connection ORDER BY s.task ->> 'id', o.version DESC) AS x
    LEFT JOIN user_task t ON t.id = CAST(x.task ->> 'id' AS uuid) WHERE x.task ->> 'status' = 'pending'
    """
)


def behind(session: Session, connection: str, after: UUID | None = None) -> list[UUID]:
    """Return some cases of which an active connection does not have the newest snapshot in its outbox."""
    return list(session.scalars(_BEHIND, {"connection": connection, "after": after, "n": BATCH}))


def tell(session: Session, connection: str, instance_id: UUID) -> None:
    """Put a snapshot of how a case stands into the outbox of one connection; the case itself is not moved."""
    step = lock(session, instance_id, running=False)
    known = select(OaDelivery.version).where(OaDelivery.instance_id == instance_id, OaDelivery.connection == connection)
    if session.scalars(known.where(OaDelivery.version >= step.case.oa_version).limit(1)).first() is not None:
        return
    snapshot = make_snapshot(step)
    row = session.get_one(ProcessInstance, instance_id)
    if row.ended_at is not None:
        snapshot["endedAt"] = stamp(row.ended_at)
    still = {task["id"] for task in snapshot["tasks"]}
    shown = session.execute(_SHOWN, {"instance": instance_id, "connection": connection})
    snapshot["tasks"] += [_closed(each, stamp(step.now)) for each in shown if each.task["id"] not in still]
    session.execute(
        insert(OaDelivery).values(
            instance_id=instance_id, connection=connection, version=step.case.oa_version, snapshot=snapshot, created_at=step.now
        )
    )


def _closed(row: Any, now: str) -> dict[str, Any]:
    """Return a task that was shown as open and is not any more."""
    task: dict[str, Any] = row.task
    status = STATUS.get(row.outcome or "", "closed") if row.state == "completed" else "canceled"
    ended = stamp(row.ended_at) if row.ended_at is not None else now
    return task | {
        "status": status,
        "outcome": row.outcome,
        "comment": row.comment,
        "decided_by": row.decided_by,
        "reason": None,
        "endedAt": ended,
    }
