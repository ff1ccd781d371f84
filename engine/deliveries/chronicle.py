"""What happened in a case since an office system last accepted a snapshot of it, for those that want to be told: read from the record, so that nothing is
lost by sending only the newest of several snapshots, and the same is told again when the same snapshot is sent again."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from engine.database.prepared import Prepared
from engine.oa.contract import Chronicle, Happening, InstanceSnapshot

_HAPPENED = Prepared(
    """
    SELECT w.instance AS instance_id, i.subject_kind, i.subject_id, e.number, e.type, e.at, e.body
    FROM unnest(%(instances)s::uuid[], %(versions)s::bigint[], %(numbers)s::int[]) AS w(instance, version, number)
    JOIN process_instance i ON i.id = w.instance
    CROSS JOIN LATERAL (SELECT coalesce((
      SELECT (o.snapshot ->> 'number')::int FROM oa_delivery o
      WHERE o.connection = %(connection)s AND o.instance_id = w.instance AND o.version < w.version AND o.state = 'sent' AND o.snapshot ? 'number'
      ORDER BY o.version DESC LIMIT 1), 0) AS number) AS told
    LEFT JOIN LATERAL (
      SELECT h.number, h.type, h.at, convert_from(h.body, 'UTF8') AS body FROM history_event h
      WHERE h.instance_id = w.instance AND h.number > told.number AND h.number <= coalesce(w.number, i.event_count)) AS e ON true
    ORDER BY w.instance, e.number
    """
)


def chronicled(
    session: Session, connection: str, told: Mapping[UUID, tuple[int, int | None]]
) -> dict[UUID, tuple[Any, tuple[Happening, ...]]]:
    """Return, for cases with the version and the last event of their snapshot, their subject and what happened since the snapshot that was accepted before."""
    wanted = list(told.items())
    values = {
        "connection": connection, "instances": [identity for identity, _ in wanted], "versions": [version for _, (version, _) in wanted],
        "numbers": [number for _, (_, number) in wanted],
    }  # fmt: skip
    rows = _HAPPENED.run(session, values).fetchall()
    return {identity: _of_case(list(found)) for identity, found in groupby(rows, key=lambda row: row.instance_id)}


def _of_case(rows: Sequence[Any]) -> tuple[Any, tuple[Happening, ...]]:
    return rows[0], tuple(_happening(row) for row in rows if row.number is not None)


def _happening(row: Any) -> Happening:
    body = orjson.loads(row.body)
    return Happening(row.number, row.type, row.at, body["actor"], body["onBehalfOf"], body["element"], body["data"])


def with_chronicle(snapshot: InstanceSnapshot, case: Any, happened: tuple[Happening, ...]) -> Chronicle:
    """Return a snapshot with what happened."""
    known = {one.name: getattr(snapshot, one.name) for one in fields(snapshot)}
    subject = str(case.subject_id) if case.subject_id is not None else None
    return Chronicle(**known, subject_kind=case.subject_kind, subject_id=subject, happened=happened)
