"""What became of a push, recorded: an event in the case's chain, the row settled, what the office system shows now, and what it cannot show."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from engine import jobs
from engine.database.prepared import Prepared
from engine.deliveries.taking import Pending, put_back
from engine.errors import OAError, OARejected, OAUnknown
from engine.history import Recorder
from engine.oa.contract import ItemResult, Receipt
from engine.step.document import Document

LIFE = 24 * 3600.0  #: seconds for which a push is tried again

_CHAINS = "SELECT id, step_count, event_count, event_hash, shenpi_now() AS now FROM process_instance WHERE id = ANY(%(ids)s) FOR UPDATE"
_LOCK_CHAIN = Prepared(_CHAINS)
# Several cases are never waited for together: a step that holds one of them may want another.
_LOCK_FREE_CHAINS = Prepared(f"{_CHAINS} SKIP LOCKED")
_RESULTS = "jsonb_to_recordset(d.j -> 'results')"
_RECORD = Prepared(
    f"""
    WITH d AS MATERIALIZED (SELECT %(doc)s::jsonb AS j),
    i AS (UPDATE process_instance p SET step_count = r.step, event_count = r.count, event_hash = decode(r.hash, 'hex')
          FROM d, {_RESULTS} AS r(instance uuid, step int, count int, hash text) WHERE p.id = r.instance),
    x AS (UPDATE oa_delivery o SET state = CASE WHEN o.version = r.version THEN r.state ELSE 'superseded' END, open = false, attempts = o.attempts + 1,
            receipt = coalesce(r.receipt, o.receipt), last_error = r.error, delivered_at = %(now)s, next_at = NULL,
            failed_at = CASE WHEN r.error IS NOT NULL AND o.version = r.version THEN coalesce(o.failed_at, %(now)s) END
          FROM d, {_RESULTS} AS r(instance uuid, version bigint, state text, receipt jsonb, error text)
          WHERE o.connection = %(connection)s AND o.instance_id = r.instance AND o.version <= r.version AND (o.open OR o.state = 'unknown')),
    n AS (INSERT INTO incident (id, kind, instance_id, connection, message, raised_at)
          SELECT r.incident, 'delivery', r.instance, %(connection)s, r.error, %(now)s
          FROM d, {_RESULTS} AS r(instance uuid, incident uuid, error text) WHERE r.incident IS NOT NULL)
    INSERT INTO history_event (instance_id, number, step, type, at, actor, element, body, hash, personal, salt)
    SELECT e.instance, e.number, e.step, e.type, %(now)s, e.actor, e.element, convert_to(e.body, 'UTF8'), decode(e.hash, 'hex'),
           convert_to(e.personal, 'UTF8'), decode(e.salt, 'hex')
    FROM d, jsonb_to_recordset(d.j -> 'events')
      AS e(instance uuid, number int, step int, type text, actor text, element text, body text, hash text, personal text, salt text)
    """
)
# What cannot be shown is held until it can: the items that came with this answer stand for all of the case.
_ITEMS = Prepared(
    """
    WITH d AS MATERIALIZED (SELECT %(doc)s::jsonb AS j),
    r AS MATERIALIZED (
      SELECT r.* FROM d, jsonb_to_recordset(d.j -> 'items')
        AS r(instance uuid, key text, problem text, person text, message text, remote text, status text, version bigint, remote_person text)),
    gone AS (DELETE FROM oa_hold h WHERE h.connection = %(connection)s AND h.instance_id IN (SELECT instance FROM r)
             AND NOT EXISTS (SELECT 1 FROM r WHERE r.key = h.key AND r.problem IN ('person', 'permanent'))),
    held AS (INSERT INTO oa_hold AS h (connection, key, instance_id, person, message)
             SELECT %(connection)s, r.key, r.instance, r.person, r.message FROM r WHERE r.problem IN ('person', 'permanent')
             ON CONFLICT (connection, key) DO UPDATE SET person = excluded.person, message = excluded.message)
    INSERT INTO oa_shown AS s (connection, key, instance_id, remote_id, status, version, person, remote_person)
    SELECT %(connection)s, r.key, r.instance, r.remote, r.status, r.version, r.person, r.remote_person FROM r WHERE r.problem IS NULL
    ON CONFLICT (connection, key) DO UPDATE SET instance_id = excluded.instance_id, remote_id = coalesce(excluded.remote_id, s.remote_id),
      status = excluded.status, version = excluded.version, person = coalesce(excluded.person, s.person),
      remote_person = coalesce(excluded.remote_person, s.remote_person), at = shenpi_now()
    """
)

Delivered = tuple[Pending, Receipt]
#: what became of a push: event, its data, receipt, error, the state of its row
Result = tuple[Pending, str, dict[str, Any], Receipt | None, str | None, str]


def record_receipts(session: Session, receipts: Sequence[Delivered]) -> list[Delivered]:
    """Note that an office system took some snapshots; older ones of the same cases that waited are superseded.

    Returns those whose case is in the middle of a step: they are recorded one by one, which waits.
    """
    results: list[Result] = [
        (pending, "oa:delivered", {"remoteId": receipt.remote_id}, receipt, None, "sent") for pending, receipt in receipts
    ]
    recorded = _record(session, results) if results else set()
    return [(pending, receipt) for pending, receipt in receipts if pending.instance_id not in recorded]


def record_failure(session: Session, pending: Pending, error: OAError) -> None:
    """Note that a push failed: it is tried again later; refused for good, or sent and nobody knows what came of it, it is an incident."""
    message = str(error).replace("\0", "")[:2000]
    if isinstance(error, OAUnknown):
        _record(session, [(pending, "oa:unknown", {}, None, message, "unknown")])
    elif isinstance(error, OARejected) or pending.age > LIFE:
        _record(session, [(pending, "oa:refused", {}, None, message, "dead")])
    else:
        seconds = jobs.wait_before(pending.attempts + 1, error.facts.get("retry_after"))
        put_back(session, pending, attempts=1, error=message, seconds=seconds, failed=not error.facts.get("limited"))


def _record(session: Session, results: Sequence[Result]) -> set[Any]:
    """Add an event to each case's chain and settle its row, in one statement; returns the cases. A single one is waited for."""
    locking = _LOCK_CHAIN if len(results) == 1 else _LOCK_FREE_CHAINS
    chains = {row.id: row for row in locking.run(session, {"ids": [pending.instance_id for pending, *_ in results]}).fetchall()}
    results = [result for result in results if result[0].instance_id in chains]
    if not results:
        return set()
    now = next(iter(chains.values())).now
    rows: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    for pending, event, data, receipt, error, state in results:
        chain = chains[pending.instance_id]
        recorder = Recorder(pending.instance_id, chain.step_count + 1, now, chain.event_count, chain.event_hash)
        recorder.record(
            event,
            data={"connection": pending.connection_key, "version": pending.version, **data},
            personal={"error": error} if error else None,
        )
        rows.append(
            {
                "instance": pending.instance_id, "version": pending.version, "state": state, "receipt": receipt.as_json() if receipt else None,
                "error": error, "incident": uuid4() if error else None, "step": recorder.step, "count": recorder.count, "hash": recorder.hash.hex(),
            }
        )  # fmt: skip
        events.extend({**event.as_row(), "instance": pending.instance_id, "step": recorder.step} for event in recorder.events)
        items.extend(_item(pending, one) for one in (receipt.items if receipt else ()))
    connection = results[0][0].connection_key
    _RECORD.leave(session, {"doc": Document().as_json([], {"results": rows, "events": events}), "connection": connection, "now": now})
    if items:
        _ITEMS.leave(session, {"doc": Document().as_json([], {"items": items}), "connection": connection})
    return set(chains)


def _item(pending: Pending, one: ItemResult) -> dict[str, Any]:
    return {
        "instance": pending.instance_id, "key": one.key, "remote": one.remote_id, "status": one.status, "version": one.version or pending.version,
        "person": one.person, "problem": one.problem if not one.ok else None, "message": one.message,
        "remote_person": one.remote_person,
    }  # fmt: skip
