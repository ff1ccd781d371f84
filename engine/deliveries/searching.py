"""The outbox as administrators search it: by connection, state, case, time and error; and one delivery with everything that was said about it."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from engine.errors import Fault, InvalidContent, NotFound

#: words of the filter that stand for several states
SEVERAL = {"failed": ("dead", "unknown"), "waiting": ("pending", "sending", "retry")}

_COLUMNS = """
o.instance_id, o.connection, c.name AS connection_name, c.kind, o.version, o.state, o.attempts, o.next_at, o.last_error, o.failed_at, o.created_at,
o.delivered_at, i.business_key, i.title, o.receipt ->> 'remoteId' AS remote_id,
NOT EXISTS (SELECT 1 FROM oa_delivery n WHERE n.instance_id = o.instance_id AND n.connection = o.connection AND n.version > o.version) AS newest
"""
_FROM = "FROM oa_delivery o JOIN oa_connection c ON c.key = o.connection JOIN process_instance i ON i.id = o.instance_id"
_ONE = text(
    f"""SELECT {_COLUMNS}, o.snapshot, o.receipt {_FROM}
        WHERE o.instance_id = :instance AND o.connection = :connection AND o.version = :version"""
)
_EXCHANGES = text(
    """SELECT id, purpose, api, status, code, ok, milliseconds, at, request, answer FROM oa_exchange
       WHERE instance_id = :instance AND connection = :connection AND version = :version ORDER BY id LIMIT 200"""
)
_EXCHANGE = text(
    """SELECT x.*, c.name AS connection_name, i.business_key, i.title FROM oa_exchange x JOIN oa_connection c ON c.key = x.connection
       LEFT JOIN process_instance i ON i.id = x.instance_id WHERE x.id = :id"""
)
_COUNTS = text(
    """SELECT c.key, count(*) FILTER (WHERE o.open) AS waiting, count(*) FILTER (WHERE o.open AND o.state = 'retry') AS put_off,
              count(*) FILTER (WHERE o.state IN ('dead', 'unknown')) AS failed,
              min(o.created_at) FILTER (WHERE o.open) AS oldest
       FROM oa_connection c LEFT JOIN oa_delivery o ON o.connection = c.key AND (o.open OR (o.failed_at IS NOT NULL AND o.state IN ('dead', 'unknown')
         AND NOT EXISTS (SELECT 1 FROM oa_delivery n WHERE n.instance_id = o.instance_id AND n.connection = o.connection AND n.version > o.version)))
       GROUP BY c.key"""
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. `state` is one of the states, `failed` or `waiting`; `case` is part of a case number."""

    connection: str = ""
    state: str = ""
    case: str = ""
    error: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of deliveries, newest first, and the mark after which the next begins."""

    rows: list[Row[Any]]
    after: str | None


def search(session: Session, wanted: Wanted, *, limit: int, after: str | None = None) -> Found:
    """Return deliveries, newest first. Refuses with `InvalidContent` a mark that is none."""
    values: dict[str, Any] = {"limit": limit + 1}
    conditions = ["true"]
    if wanted.connection:
        conditions.append("o.connection = :connection")
        values["connection"] = wanted.connection
    if wanted.state:
        conditions.append("o.state = ANY(:states)")
        values["states"] = list(SEVERAL.get(wanted.state, (wanted.state,)))
    if wanted.state == "failed":
        conditions.append("o.failed_at IS NOT NULL")
    if wanted.state == "waiting":
        conditions.append("o.open")
    for name, column in (("case", "i.business_key"), ("error", "o.last_error")):
        words = getattr(wanted, name)
        if words:
            conditions.append(f"strpos(lower({column}), lower(:{name})) > 0")
            values[name] = words
    if wanted.since is not None:
        conditions.append("o.created_at >= :since")
        values["since"] = wanted.since
    if wanted.until is not None:
        conditions.append("o.created_at < :until")
        values["until"] = wanted.until
    if after:
        conditions.append("(o.created_at, o.instance_id, o.connection, o.version) < (:at, :instance, :place, :version)")
        values |= dict(zip(("at", "instance", "place", "version"), place_of(after), strict=True))
    rows = session.execute(
        text(
            f"""SELECT {_COLUMNS} {_FROM} WHERE {" AND ".join(conditions)}
                ORDER BY o.created_at DESC, o.instance_id DESC, o.connection DESC, o.version DESC LIMIT :limit"""
        ),
        values,
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Found(list(rows[:limit]), mark_of(last) if last is not None else None)


def mark_of(row: Any) -> str:
    """Return the place of a row in the list."""
    raw = orjson.dumps([row.created_at.isoformat(), str(row.instance_id), row.connection, row.version])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def place_of(mark: str) -> tuple[datetime, UUID, str, int]:
    """Read what `mark_of` wrote."""
    try:
        at, instance, connection, version = orjson.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        return datetime.fromisoformat(at), UUID(instance), str(connection).replace("\0", ""), int(version) % 2**63
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidContent([Fault("after-invalid", "翻页标记无效", "The paging mark is not valid", path="after")]) from error


def one(session: Session, instance: UUID, connection: str, version: int) -> tuple[Row[Any], list[Row[Any]]]:
    """Return one delivery with its snapshot and receipt, and everything that was said to the office system about it. `NotFound` for none."""
    values = {"instance": instance, "connection": connection.replace("\0", ""), "version": version % 2**63}
    row = session.execute(_ONE, values).first()
    if row is None:
        raise NotFound(kind="delivery")
    return row, list(session.execute(_EXCHANGES, values).all())


def exchange(session: Session, identity: UUID) -> Row[Any]:
    """Return one request and its answer by its id, which is what alerts and errors name. `NotFound` for none."""
    row = session.execute(_EXCHANGE, {"id": identity}).first()
    if row is None:
        raise NotFound(kind="exchange")
    return row


def counts(session: Session) -> dict[str, Row[Any]]:
    """Return of each connection how many deliveries wait, since when, and how many failed."""
    return {row.key: row for row in session.execute(_COUNTS)}
