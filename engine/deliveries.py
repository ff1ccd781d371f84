"""Snapshots on their way to office systems: the outbox row is the truth, the job only wakes.

A push job takes some waiting rows of one connection for a while (a lease), calls the office system outside any transaction, and records the receipts together.
Older snapshots of a case that still wait are superseded: a connector compares with the last one that was accepted. When a worker dies, its lease runs out
and the rows are taken again; the same bytes carry the same key.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import jobs, proxies
from engine.database.prepared import Prepared
from engine.errors import OAError
from engine.history import Recorder
from engine.oa.composing import asked, complete
from engine.oa.contract import Connection, InstanceSnapshot, Receipt
from engine.step.document import Document
from models.oa import OaDelivery

BATCH = 20

_TAKE = Prepared(
    """
    WITH taken AS (
      UPDATE oa_delivery x SET claimed_until = shenpi_now() + make_interval(secs => %(lease)s)
      WHERE (x.connection, x.instance_id, x.version) IN (
        SELECT w.connection, w.instance_id, w.version FROM oa_delivery w JOIN oa_connection c ON c.key = w.connection AND c.active
        WHERE w.connection = %(connection)s AND w.state = 'waiting' AND (w.claimed_until IS NULL OR w.claimed_until <= shenpi_now())
        ORDER BY w.created_at LIMIT %(batch)s FOR UPDATE OF w SKIP LOCKED)
      RETURNING x.connection, x.instance_id, x.version, x.snapshot, x.attempts)
    SELECT x.instance_id, x.version, x.snapshot::text, x.attempts, i.title, i.summary, i.amount, i.currency, i.business_key,
           d.key AS department, d.name AS department_name, c.kind, c.base_url, c.secret, c.former_secret,
           former.snapshot::text AS previous, former.delivered_at AS previous_at, shenpi_now() AS now, EXISTS (SELECT FROM substitution) AS substituted,
           (SELECT jsonb_object_agg(g.key, g.members) FROM (
              SELECT g.key, jsonb_agg(m.key) AS members FROM "group" g JOIN group_member gm ON gm.group_id = g.id
              JOIN person m ON m.id = gm.person_id AND m.active
              WHERE g.key IN (SELECT jsonb_array_elements_text(t -> 'groups') FROM jsonb_array_elements(x.snapshot -> 'tasks') AS t)
              GROUP BY g.key) AS g) AS members
    FROM taken x JOIN oa_connection c ON c.key = x.connection JOIN process_instance i ON i.id = x.instance_id
    LEFT JOIN person p ON p.key = i.initiator LEFT JOIN department d ON d.id = p.department_id
    LEFT JOIN LATERAL (
      SELECT o.snapshot, o.delivered_at FROM oa_delivery o WHERE o.connection = x.connection AND o.instance_id = x.instance_id AND o.state = 'delivered'
      ORDER BY o.version DESC LIMIT 1) AS former ON true
    ORDER BY x.instance_id, x.version DESC
    """
)
_CHAINS = "SELECT id, step_count, event_count, event_hash, shenpi_now() AS now FROM process_instance WHERE id = ANY(%(ids)s) FOR UPDATE"
_LOCK_CHAIN = Prepared(_CHAINS)
# Several cases are never waited for together: a step that holds one of them may want another.
_LOCK_FREE_CHAINS = Prepared(f"{_CHAINS} SKIP LOCKED")
_RECORD = Prepared(
    """
    WITH d AS MATERIALIZED (SELECT %(doc)s::jsonb AS j),
    i AS (UPDATE process_instance p SET step_count = r.step, event_count = r.count, event_hash = decode(r.hash, 'hex')
          FROM d, jsonb_to_recordset(d.j -> 'results') AS r(instance uuid, step int, count int, hash text) WHERE p.id = r.instance),
    x AS (UPDATE oa_delivery o SET state = CASE WHEN o.version = r.version THEN r.state ELSE 'superseded' END, attempts = o.attempts + 1,
            receipt = r.receipt, last_error = r.error, delivered_at = %(now)s, claimed_until = NULL
          FROM d, jsonb_to_recordset(d.j -> 'results') AS r(instance uuid, version bigint, state text, receipt jsonb, error text)
          WHERE o.connection = %(connection)s AND o.instance_id = r.instance AND o.version <= r.version AND o.state = 'waiting'),
    n AS (INSERT INTO incident (id, kind, instance_id, connection, message, raised_at)
          SELECT r.incident, 'delivery', r.instance, %(connection)s, r.error, %(now)s
          FROM d, jsonb_to_recordset(d.j -> 'results') AS r(instance uuid, incident uuid, error text) WHERE r.incident IS NOT NULL)
    INSERT INTO history_event (instance_id, number, step, type, at, actor, element, body, hash, personal, salt)
    SELECT e.instance, e.number, e.step, e.type, %(now)s, e.actor, e.element, convert_to(e.body, 'UTF8'), decode(e.hash, 'hex'),
           convert_to(e.personal, 'UTF8'), decode(e.salt, 'hex')
    FROM d, jsonb_to_recordset(d.j -> 'events')
      AS e(instance uuid, number int, step int, type text, actor text, element text, body text, hash text, personal text, salt text)
    """
)
# Renewed now and then only: every step's rows refer to the connection, whose row should stay still.
_PROMISE = Prepared(
    """
    UPDATE oa_connection SET next_look = clock_timestamp() + make_interval(secs => %(seconds)s)
    WHERE key = %(connection)s AND (next_look IS NULL OR next_look < clock_timestamp() + make_interval(secs => %(seconds)s / 2))
    """
)
# The row is locked before the newest snapshot is looked for: a step that holds it is about to write a newer one.
_NEXT_VERSION = text(
    """
    UPDATE process_instance SET oa_version = greatest(oa_version + 1, floor(extract(epoch FROM shenpi_now()) * 1000)::bigint)
    WHERE id = :id AND ended_at IS NULL RETURNING oa_version
    """
)
_COPY = text(
    """
    INSERT INTO oa_delivery (connection, instance_id, version, snapshot, state, created_at)
    SELECT c.key, :id, :version, o.snapshot, 'waiting', shenpi_now() FROM oa_connection c CROSS JOIN LATERAL (
      SELECT x.snapshot FROM oa_delivery x WHERE x.connection = c.key AND x.instance_id = :id ORDER BY x.version DESC LIMIT 1) AS o
    WHERE c.active RETURNING connection
    """
)
_PUT_BACK = text(
    """
    UPDATE oa_delivery SET attempts = attempts + :attempts, last_error = coalesce(:error, last_error),
           claimed_until = CASE WHEN :seconds > 0 THEN shenpi_now() + make_interval(secs => :seconds) END
    WHERE connection = :connection AND instance_id = :instance AND version = :version AND state = 'waiting'
    """
)
_WAKE = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
      ROW('oa', 'push', 0, NULL, NULL, jsonb_build_object('connection', CAST(:connection AS text)), NULL)::procrastinate_job_to_defer_v1])
    WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs q WHERE q.task_name = 'push' AND q.status = 'todo' AND q.args ->> 'connection' = :connection)
    """
)
_WAITING = text(
    """
    SELECT DISTINCT x.connection FROM oa_delivery x JOIN oa_connection c ON c.key = x.connection AND c.active
    WHERE x.state = 'waiting' AND coalesce(x.claimed_until, x.created_at + interval '1 second') <= shenpi_now()
      AND (c.next_look IS NULL OR c.next_look < clock_timestamp())
      AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j
                      WHERE j.task_name = 'push' AND j.status = 'todo' AND j.args ->> 'connection' = x.connection)
    """
)


class Pending:
    """One snapshot to push, with what is needed to reach its office system."""

    def __init__(self, row: Any, connection: str, public_url: str) -> None:
        self.connection_key = connection
        self.instance_id: UUID = row.instance_id
        self.version: int = row.version
        self.attempts: int = row.attempts
        self.connection = Connection(connection, row.kind, row.base_url, row.secret, row.former_secret)
        self._row, self._public_url = row, public_url
        self._shown, self._former = orjson.loads(row.snapshot), orjson.loads(row.previous) if row.previous else None
        self._facts = {
            "definition": self._shown["definitionKey"], "department": row.department, "amount": row.amount, "currency": row.currency,
        }  # fmt: skip
        self.proxies = proxies.Proxies()

    @property
    def people(self) -> set[str]:
        """Everybody to whom a task of the snapshot, or of the one before, is addressed."""
        tasks = [*self._shown["tasks"], *(self._former["tasks"] if self._former else [])]
        return {person for task in tasks for person in asked(task, self._row.members or {})}

    @property
    def snapshot(self) -> InstanceSnapshot:
        """What is pushed: the substitutes are those of now."""
        return self._complete(self._shown, self.version, self._row.now)

    @property
    def previous(self) -> InstanceSnapshot | None:
        """What the office system has: the substitutes are those of when it took it."""
        return self._complete(self._former, 0, self._row.previous_at or self._row.now) if self._former else None

    def _complete(self, snapshot: dict[str, Any], version: int, at: datetime) -> InstanceSnapshot:
        return complete(
            self._row, snapshot, self.instance_id, version, self._public_url, lambda person: self.proxies.of(person, self._facts, at)
        )


Delivered = tuple[Pending, Receipt]
#: what became of a push: event, its data, receipt, error
Result = tuple[Pending, str, dict[str, Any], dict[str, Any] | None, str | None]


def take(session: Session, connection: str, public_url: str, *, lease: float) -> list[Pending]:
    """Take the newest waiting snapshots of some cases for `lease` seconds; others find them taken until then. Empty when nothing is due.

    Who stands in for whom is read by one statement more, for all of them, where there are substitutions at all.
    """
    rows = _TAKE.run(session, {"connection": connection, "lease": lease, "batch": BATCH}).fetchall()
    newest = {row.instance_id: row for row in reversed(rows)}  # the rows of a case come with the newest version first
    found = [Pending(row, connection, public_url) for row in newest.values()]
    if any(row.substituted for row in rows):
        known = proxies.read(session, set().union(*(pending.people for pending in found)))
        for pending in found:
            pending.proxies = known
    return found


def promise(session: Session, connection: str, seconds: float) -> None:
    """Promise that the caller looks for waiting snapshots once more in `seconds`: until then a step needs no job for its push."""
    _PROMISE.leave(session, {"connection": connection, "seconds": seconds})


def put_back(session: Session, pending: Pending) -> None:
    """Give back a snapshot that was taken and not tried."""
    _keep(session, pending, attempts=0, error=None, seconds=0.0)


def record_receipts(session: Session, receipts: Sequence[Delivered]) -> list[Delivered]:
    """Note that an office system took some snapshots; older ones of the same cases that waited are superseded.

    Returns those whose case is in the middle of a step: they are recorded one by one, which waits.
    """
    results = [(pending, "oa:delivered", {"remoteId": receipt.remote_id}, receipt.as_json(), None) for pending, receipt in receipts]
    recorded = _record(session, results) if results else set()
    return [(pending, receipt) for pending, receipt in receipts if pending.instance_id not in recorded]


def record_failure(session: Session, pending: Pending, error: OAError, *, lasting: bool) -> None:
    """Note that a push failed: it is tried again later, or refused for good, which is an incident."""
    message = str(error).replace("\0", "")[:2000]
    if lasting or pending.attempts + 1 >= jobs.MAX_ATTEMPTS:
        _record(session, [(pending, "oa:refused", {}, None, message)])
        return
    _keep(session, pending, attempts=1, error=message, seconds=jobs.wait_before(pending.attempts + 1, error.facts.get("retry_after")))


def _keep(session: Session, pending: Pending, *, attempts: int, error: str | None, seconds: float) -> None:
    session.execute(
        _PUT_BACK,
        {
            "attempts": attempts, "error": error, "seconds": seconds, "connection": pending.connection_key, "instance": pending.instance_id,
            "version": pending.version,
        },
    )  # fmt: skip


def _record(session: Session, results: Sequence[Result]) -> set[UUID]:
    """Add an event to each case's chain and settle its row, in one statement; returns the cases. A single one is waited for."""
    locking = _LOCK_CHAIN if len(results) == 1 else _LOCK_FREE_CHAINS
    chains = {row.id: row for row in locking.run(session, {"ids": [pending.instance_id for pending, *_ in results]}).fetchall()}
    results = [result for result in results if result[0].instance_id in chains]
    if not results:
        return set()
    now = next(iter(chains.values())).now
    rows: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for pending, event, data, receipt, error in results:
        chain = chains[pending.instance_id]
        recorder = Recorder(pending.instance_id, chain.step_count + 1, now, chain.event_count, chain.event_hash)
        recorder.record(
            event,
            data={"connection": pending.connection_key, "version": pending.version, **data},
            personal={"error": error} if error else None,
        )
        rows.append(
            {
                "instance": pending.instance_id, "version": pending.version, "state": "refused" if error else "delivered", "receipt": receipt,
                "error": error, "incident": uuid4() if error else None, "step": recorder.step, "count": recorder.count, "hash": recorder.hash.hex(),
            }
        )  # fmt: skip
        events.extend({**event.as_row(), "instance": pending.instance_id, "step": recorder.step} for event in recorder.events)
    document = Document().as_json([], {"results": rows, "events": events})
    _RECORD.leave(session, {"doc": document, "connection": results[0][0].connection_key, "now": now})
    return set(chains)


def show_again(session: Session, instance_id: UUID) -> None:
    """Push the newest snapshot of a case under a new version: people and substitutes are looked up when it goes. Nothing for a case that is over."""
    version = session.execute(_NEXT_VERSION, {"id": instance_id}).scalar()
    if version is not None:
        for connection in session.execute(_COPY, {"id": instance_id, "version": version}).scalars().all():
            wake(session, connection)


def wake(session: Session, connection: str) -> None:
    """Make a push job for a connection unless one waits already."""
    session.execute(_WAKE, {"connection": connection})


def wake_waiting(session: Session) -> int:
    """Make a push job for each connection that has something due and no job for it: retries, leases of the dead, lost jobs. Returns how many."""
    connections = session.execute(_WAITING).scalars().all()
    for connection in connections:
        jobs.enqueue(session, jobs.PUSH, orjson.dumps({"connection": connection}).decode())
    return len(connections)


def deliveries_of(session: Session, instance_id: UUID) -> list[OaDelivery]:
    """Return what was sent about a case, oldest first."""
    return list(session.scalars(select(OaDelivery).filter_by(instance_id=instance_id).order_by(OaDelivery.version)))
