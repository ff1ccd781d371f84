"""Deliveries sent again because an administrator asks: one, some, or all that failed at a connection after it was down.

A job puts them back into the outbox one by one, each in a transaction of its own, so that it goes on whoever looks. A case that waits to be put back cannot be
asked for again, and one whose delivery has changed since it was chosen is skipped: so nothing is sent twice by asking twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import incidents, jobs
from engine.database.transaction import read_clock
from engine.deliveries.renewing import push_again
from engine.deliveries.waking import wake
from engine.errors import NotFound, Refused
from engine.permissions import SYSTEM, Actor, load_actor, require
from models.desk import OaResend, OaResendItem
from models.oa import OaConnection
from models.runtime import Incident

FAILED = ("dead", "unknown")
MOST = 200  #: chosen ones at once

# Only the newest snapshot of a case stands for it: what is older has been told by it, or will be.
_CHOOSE = """
INSERT INTO oa_resend_item (resend_id, instance_id, connection, version, was)
SELECT :resend, o.instance_id, o.connection, o.version, o.state FROM oa_delivery o JOIN oa_connection c ON c.key = o.connection AND c.active
WHERE {which} AND NOT o.open
  AND NOT EXISTS (SELECT 1 FROM oa_delivery n WHERE n.instance_id = o.instance_id AND n.connection = o.connection AND n.version > o.version)
  AND NOT EXISTS (SELECT 1 FROM oa_resend_item w WHERE w.instance_id = o.instance_id AND w.connection = o.connection AND w.state = 'waiting')
ORDER BY o.created_at RETURNING 1
"""
_ALL_FAILED = text(_CHOOSE.format(which="o.connection = :connection AND o.failed_at IS NOT NULL AND o.state IN ('dead', 'unknown')"))
_CHOSEN = text(_CHOOSE.format(which="o.instance_id = :instance AND o.connection = :connection"))
_PROGRESS = text(
    """
    SELECT r.id, r.asked_by, p.name AS asked_by_name, r.connection, r.at, r.ended_at, count(i.instance_id) AS total,
           count(*) FILTER (WHERE i.state = 'waiting') AS waiting, count(*) FILTER (WHERE i.state = 'skipped') AS skipped,
           count(*) FILTER (WHERE i.state = 'placed' AND d.state IN ('sent', 'superseded')) AS arrived,
           count(*) FILTER (WHERE i.state = 'placed' AND d.open AND d.failed_at IS NULL) AS under_way,
           count(*) FILTER (WHERE i.state = 'placed' AND d.open AND d.failed_at IS NOT NULL) AS tried_again,
           count(*) FILTER (WHERE i.state = 'placed' AND d.state IN ('dead', 'unknown')) AS failed
    FROM oa_resend r LEFT JOIN person p ON p.key = r.asked_by LEFT JOIN oa_resend_item i ON i.resend_id = r.id
    LEFT JOIN LATERAL (SELECT o.state, o.open, o.failed_at FROM oa_delivery o WHERE o.instance_id = i.instance_id AND o.connection = i.connection
                       ORDER BY o.version DESC LIMIT 1) AS d ON true
    WHERE r.id = :id GROUP BY r.id, p.name
    """
)
_LOST = text(
    """
    SELECT procrastinate_defer_jobs_v1(array_agg(ROW('oa', 'resend', 0, NULL, NULL, jsonb_build_object('resend', r.id), NULL)::procrastinate_job_to_defer_v1))
    FROM oa_resend r WHERE r.ended_at IS NULL AND r.at < now() - interval '30 seconds'
      AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'resend' AND j.status IN ('todo', 'doing') AND j.args ->> 'resend' = r.id::text)
    HAVING count(*) > 0
    """
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a wish to send again has come."""

    id: UUID
    asked_by: str
    asked_by_name: str | None
    connection: str | None
    at: datetime
    ended_at: datetime | None
    total: int
    waiting: int
    skipped: int
    arrived: int
    under_way: int
    tried_again: int
    failed: int

    @property
    def settled(self) -> int:
        return self.arrived + self.failed + self.skipped

    @property
    def over(self) -> bool:
        return self.settled == self.total


def ask_for_all(session: Session, connection: str, *, by: Actor) -> UUID:
    """Have everything that failed for good at a connection, or whose fate is unknown, sent again.

    Refuses with `NotFound` an unknown connection, with `Refused` when there is nothing.
    """
    return _ask(session, by, connection, lambda resend: _rows(session, _ALL_FAILED, resend=resend, connection=connection))


def ask_for(session: Session, chosen: Sequence[tuple[UUID, str]], *, by: Actor) -> UUID:
    """Have the newest snapshots of some cases sent again, each to one connection. Refuses with `Refused` when none of them can be."""
    pairs = dict.fromkeys(chosen[:MOST])
    return _ask(
        session, by, None,
        lambda resend: sum(_rows(session, _CHOSEN, resend=resend, instance=instance, connection=connection) for instance, connection in pairs),
    )  # fmt: skip


def _ask(session: Session, by: Actor, connection: str | None, choose: Any) -> UUID:
    require(by, "connection.manage")
    if connection is not None and session.get(OaConnection, connection) is None:
        raise NotFound(kind="connection")
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('oa_resend'))"))  # or two could choose the same cases
    row = OaResend(id=uuid7(), asked_by=by.key, connection=connection)
    session.add(row)
    session.flush()
    if not choose(row.id):
        raise Refused(reason="nothing of this waits to be sent again")
    jobs.enqueue(session, jobs.RESEND, jobs.arguments(resend=row.id))
    return row.id


def _rows(session: Session, statement: Any, **values: Any) -> int:
    return len(session.execute(statement, values).all())


def place_next(session: Session, resend_id: UUID) -> bool:
    """Put the next case of a wish back into the outbox; False when there is none left, which ends the wish."""
    waiting = select(OaResendItem).filter_by(resend_id=resend_id, state="waiting").order_by(OaResendItem.instance_id).limit(1)
    item = session.scalars(waiting.with_for_update(skip_locked=True)).first()
    if item is None:
        if session.scalars(waiting).first() is None:
            row = session.get(OaResend, resend_id)
            if row is not None and row.ended_at is None:
                row.ended_at = read_clock(session)
        return False
    item.state = "placed" if _place(session, item) else "skipped"
    session.flush()
    return True


def _place(session: Session, item: OaResendItem) -> bool:
    stands = "SELECT 1 FROM oa_delivery WHERE instance_id = :instance AND connection = :connection AND version >= :version"
    now = session.execute(
        text(f"{stands} AND NOT (version = :version AND state = :was AND NOT open)"),
        {"instance": item.instance_id, "connection": item.connection, "version": item.version, "was": item.was},
    ).first()
    if now is not None:
        return False
    wanted = select(Incident.id).filter_by(instance_id=item.instance_id, connection=item.connection, kind="delivery", resolved_at=None)
    incident = session.scalars(wanted.limit(1)).first()
    if incident is not None:
        asked_by = session.get_one(OaResend, item.resend_id).asked_by
        incidents.retry(session, incident, by=load_actor(session, asked_by) or SYSTEM, wake=False)
    placed = push_again(session, item.connection, item.instance_id) or incident is not None
    wake(session, item.connection)
    return placed


def progress(session: Session, resend_id: UUID) -> Progress:
    """Return how far a wish has come. Refuses with `NotFound` one that nobody made."""
    row = session.execute(_PROGRESS, {"id": resend_id}).mappings().first()
    if row is None:
        raise NotFound(kind="resend")
    return Progress(**row)


def recent(session: Session, number: int = 5) -> list[Progress]:
    """Return the newest wishes."""
    found = session.scalars(select(OaResend.id).order_by(OaResend.id.desc()).limit(number)).all()
    return [progress(session, identity) for identity in found]


def wake_lost(session: Session) -> None:
    """Ask again for wishes whose job is nowhere in the queue."""
    session.execute(_LOST)
