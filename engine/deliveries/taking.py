"""Snapshots taken from the outbox by a worker, for a while (a lease): the cases whose turn it is, and of each everything that waits."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from engine import proxies
from engine.database.prepared import Prepared
from engine.deliveries.chronicle import chronicled, with_chronicle
from engine.oa.composing import asked, complete
from engine.oa.contract import Connection, Happening, InstanceSnapshot
from engine.oa.kinds import KINDS
from engine.oa.opening import opened

BATCH = 20

# The oldest open row of a case carries the lease of all of them: so one worker at a time speaks of a case, and in order.
_PICKED = """
    WITH picked AS (
      SELECT w.connection, w.instance_id FROM oa_delivery w JOIN oa_connection c ON c.key = w.connection AND c.active
      WHERE w.connection = %(connection)s AND w.open AND (w.next_at IS NULL OR w.next_at <= shenpi_now())
        AND NOT EXISTS (SELECT 1 FROM oa_delivery o WHERE o.instance_id = w.instance_id AND o.connection = w.connection AND o.version < w.version AND o.open)
      ORDER BY w.created_at LIMIT %(batch)s FOR UPDATE OF w SKIP LOCKED),
    taken AS (
      UPDATE oa_delivery x SET state = 'sending', next_at = shenpi_now() + make_interval(secs => %(lease)s) FROM picked p
      WHERE x.connection = p.connection AND x.instance_id = p.instance_id AND x.open
      RETURNING x.connection, x.instance_id, x.version, x.snapshot, x.attempts, x.created_at)"""
_NEWEST = """
    WITH taken AS (SELECT * FROM oa_delivery WHERE instance_id = %(instance)s AND connection = %(connection)s ORDER BY version DESC LIMIT 1)"""
_TOLD = """
    SELECT x.instance_id, x.version, x.snapshot::text, x.attempts, extract(epoch FROM shenpi_now() - x.created_at) AS age,
           i.title, i.summary, i.amount, i.currency, i.business_key, p.name AS applicant_name, d.key AS department, d.name AS department_name,
           f.name AS definition_name, shenpi_now() AS now, EXISTS (SELECT FROM substitution) AS substituted,
           c.key, c.kind, c.base_url, c.credentials, c.settings,
           former.snapshot::text AS previous, former.delivered_at AS previous_at,
           (SELECT jsonb_object_agg(g.key, g.members) FROM (
              SELECT g.key, jsonb_agg(m.key) AS members FROM "group" g JOIN group_member gm ON gm.group_id = g.id
              JOIN person m ON m.id = gm.person_id AND m.active
              WHERE g.key IN (SELECT jsonb_array_elements_text(t -> 'groups') FROM jsonb_array_elements(x.snapshot -> 'tasks') AS t)
              GROUP BY g.key) AS g) AS members
    FROM taken x JOIN oa_connection c ON c.key = x.connection JOIN process_instance i ON i.id = x.instance_id
    JOIN process_definition f ON f.id = i.definition_id LEFT JOIN person p ON p.key = i.initiator LEFT JOIN department d ON d.id = p.department_id
    LEFT JOIN LATERAL (
      SELECT o.snapshot, o.delivered_at FROM oa_delivery o WHERE o.connection = x.connection AND o.instance_id = x.instance_id AND o.receipt IS NOT NULL
      ORDER BY o.version DESC LIMIT 1) AS former ON true
    ORDER BY x.instance_id, x.version DESC
    """
_TAKE, _LOOK = Prepared(_PICKED + _TOLD), Prepared(_NEWEST + _TOLD)
_KEEP = text(
    """
    UPDATE oa_delivery SET next_at = shenpi_now() + make_interval(secs => :lease)
    WHERE connection = :connection AND instance_id = ANY(CAST(:instances AS uuid[])) AND open AND state = 'sending'
    """
)
_PUT_BACK = text(
    """
    UPDATE oa_delivery SET attempts = attempts + :attempts, last_error = coalesce(:error, last_error),
           failed_at = CASE WHEN :failed THEN coalesce(failed_at, shenpi_now()) ELSE failed_at END,
           state = CASE WHEN attempts + :attempts > 0 THEN 'retry' ELSE 'pending' END,
           next_at = CASE WHEN :seconds > 0 THEN shenpi_now() + make_interval(secs => :seconds) END
    WHERE connection = :connection AND instance_id = :instance AND version <= :version AND open
    """
)


class Pending:
    """One snapshot to push, with what is needed to reach its office system. It brings along what older ones of its case would have told."""

    def __init__(self, rows: Iterable[Any], connection: str, public_url: str) -> None:
        newest, *older = rows
        self.connection_key = connection
        self.instance_id: UUID = newest.instance_id
        self.version: int = newest.version
        self.attempts: int = newest.attempts
        self.age = float(newest.age)  #: seconds since its step
        self._row, self._public_url = newest, public_url
        self._told = orjson.loads(newest.snapshot)
        bring_along(self._told, (orjson.loads(row.snapshot) for row in older))
        self._former = orjson.loads(newest.previous) if newest.previous else None
        self._facts = {
            "definition": self._told["definitionKey"], "department": newest.department, "amount": newest.amount, "currency": newest.currency,
        }  # fmt: skip
        self.proxies = proxies.Proxies()
        self.chronicle: tuple[Any, tuple[Happening, ...]] | None = None

    @property
    def connection(self) -> Connection:
        """What it is pushed over. Refuses with `Unavailable` credentials that no key opens."""
        return opened(self._row)

    @property
    def people(self) -> set[str]:
        """Everybody to whom a task of the snapshot, or of the one before, is addressed."""
        tasks = [*self._told["tasks"], *(self._former["tasks"] if self._former else [])]
        return {person for task in tasks for person in asked(task, self._row.members or {})}

    @property
    def snapshot(self) -> InstanceSnapshot:
        """What is pushed: the substitutes are those of now; with what happened, for a kind that is told."""
        shown = self._complete(self._told, self.version, self._row.now)
        return shown if self.chronicle is None else with_chronicle(shown, *self.chronicle)

    @property
    def number(self) -> int | None:
        """The last event that had happened; None for a snapshot of a time when it was not written down."""
        found: int | None = self._told.get("number")
        return found

    @property
    def previous(self) -> InstanceSnapshot | None:
        """What the office system has: the substitutes are those of when it took it."""
        return self._complete(self._former, 0, self._row.previous_at or self._row.now) if self._former else None

    def _complete(self, snapshot: dict[str, Any], version: int, at: datetime) -> InstanceSnapshot:
        return complete(
            self._row, snapshot, self.instance_id, version, self._public_url, lambda person: self.proxies.of(person, self._facts, at)
        )


def bring_along(told: dict[str, Any], older: Iterable[dict[str, Any]]) -> None:
    """Add to a snapshot what older ones that were never sent, the newest first, say of tasks that it does not speak of, and of copies."""
    known = {task["id"] for task in told["tasks"]}
    copied = {copy["person"] for copy in told.get("copies", ())}
    for earlier in older:
        for task in earlier["tasks"]:
            if task["id"] not in known and task["status"] != "pending":
                known.add(task["id"])
                told["tasks"].append(task)
        for copy in earlier.get("copies", ()):
            if copy["person"] not in copied:
                copied.add(copy["person"])
                told.setdefault("copies", []).append(copy)


def take(session: Session, connection: str, public_url: str, *, lease: float) -> list[Pending]:
    """Take the waiting snapshots of some cases for `lease` seconds, one a case; others find them taken until then. Empty when nothing is due.

    Who stands in for whom is read by one statement more, for all of them, where there are substitutions at all.
    """
    rows = _TAKE.run(session, {"connection": connection, "lease": lease, "batch": BATCH}).fetchall()
    return _pending(session, rows, connection, public_url)


def look(session: Session, connection: str, instance_id: UUID, public_url: str) -> Pending | None:
    """Return the newest snapshot of a case as it would be pushed now, without taking it; None for a case that this connection was never told of."""
    rows = _LOOK.run(session, {"connection": connection, "instance": instance_id}).fetchall()
    return next(iter(_pending(session, rows, connection, public_url)), None)


def _pending(session: Session, rows: Sequence[Any], connection: str, public_url: str) -> list[Pending]:
    found = [Pending(of_case, connection, public_url) for _, of_case in groupby(rows, key=lambda row: row.instance_id)]
    if any(row.substituted for row in rows):
        known = proxies.read(session, set().union(*(pending.people for pending in found)))
        for pending in found:
            pending.proxies = known
    if found and (kind := KINDS.get(rows[0].kind)) is not None and kind.chronicle:
        happened = chronicled(session, connection, {pending.instance_id: (pending.version, pending.number) for pending in found})
        for pending in found:
            pending.chronicle = happened[pending.instance_id]
    return found


def keep(session: Session, taken: Sequence[Pending], *, lease: float) -> None:
    """Keep what was taken for `lease` more seconds: an office system that is slow is still being told of it."""
    instances = [str(pending.instance_id) for pending in taken]
    session.execute(_KEEP, {"connection": taken[0].connection_key, "instances": instances, "lease": lease})


def put_back(
    session: Session, pending: Pending, *, attempts: int = 0, error: str | None = None, seconds: float = 0.0, failed: bool = False
) -> None:
    """Give back a snapshot: one that was taken and not tried, or one whose try failed and that is due again in some seconds.

    `failed` says that it was the office system's doing, which is an alert when it lasts.
    """
    session.execute(
        _PUT_BACK,
        {
            "attempts": attempts, "error": error, "seconds": seconds, "connection": pending.connection_key, "instance": pending.instance_id,
            "version": pending.version, "failed": failed,
        },
    )  # fmt: skip
