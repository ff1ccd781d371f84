"""Alerts: a connection whose deliveries fail has one open alert, until deliveries arrive again. Whatever the number of workers, people are told once.

A failure counts when it has lasted for twenty seconds: what passes by itself before that alerts nobody, nor do our own limits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import jobs
from engine.notices import Alarm
from engine.settings import Settings
from models.oa import OaAlert, OaConnection

PATIENCE = 20.0  #: seconds
LONGEST = 500  #: characters of an error that are told

# What was refused counts for a day, unless an alert has told of it before, or something newer of the same case arrived.
_FAILING = text(
    """
    SELECT DISTINCT ON (o.connection) o.connection, o.last_error,
      (SELECT x.id FROM oa_exchange x WHERE x.instance_id = o.instance_id AND x.connection = o.connection AND x.version = o.version AND NOT x.ok
       ORDER BY x.id DESC LIMIT 1) AS exchange_id
    FROM oa_delivery o JOIN oa_connection c ON c.key = o.connection AND c.active
    WHERE o.failed_at IS NOT NULL AND o.failed_at <= shenpi_now() - make_interval(secs => :patience)
      AND (o.open OR (o.state IN ('dead', 'unknown') AND o.failed_at > shenpi_now() - interval '1 day'
        AND NOT EXISTS (SELECT 1 FROM oa_alert b WHERE b.connection = o.connection AND b.ended_at >= o.failed_at)))
      AND NOT EXISTS (SELECT 1 FROM oa_delivery n WHERE n.instance_id = o.instance_id AND n.connection = o.connection AND n.version > o.version
                        AND n.state = 'sent')
      AND NOT EXISTS (SELECT 1 FROM oa_alert a WHERE a.connection = o.connection AND a.ended_at IS NULL)
    ORDER BY o.connection, o.failed_at
    """
)
_BEGIN = text(
    """
    INSERT INTO oa_alert (id, connection, exchange_id, message, began_at) VALUES (:id, :connection, :exchange, :message, shenpi_now())
    ON CONFLICT (connection) WHERE ended_at IS NULL DO NOTHING RETURNING id
    """
)
_END = text(
    """
    UPDATE oa_alert a SET ended_at = shenpi_now() FROM oa_connection c
    WHERE c.key = a.connection AND a.ended_at IS NULL AND (NOT c.active OR (
      EXISTS (SELECT 1 FROM oa_delivery o WHERE o.connection = a.connection AND o.created_at > a.began_at - interval '25 hours' AND o.state = 'sent'
                AND o.delivered_at > a.began_at)
      AND NOT EXISTS (SELECT 1 FROM oa_delivery o WHERE o.connection = a.connection AND o.failed_at IS NOT NULL AND o.open)))
    RETURNING a.id
    """
)
_SHOWN = text(
    """
    SELECT a.id, a.connection, c.name, a.exchange_id, a.message, a.began_at, a.ended_at FROM oa_alert a JOIN oa_connection c ON c.key = a.connection
    WHERE a.ended_at IS NULL OR (a.ended_at > shenpi_now() - interval '10 minutes'
      AND NOT EXISTS (SELECT 1 FROM oa_alert n WHERE n.connection = a.connection AND n.began_at > a.began_at))
    ORDER BY a.ended_at NULLS FIRST, a.began_at LIMIT 5
    """
)
_FORGET_EXCHANGES = text(
    "DELETE FROM oa_exchange WHERE id IN (SELECT id FROM oa_exchange ORDER BY id LIMIT 2000) AND at < now() - make_interval(days => :days)"
)


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as people are told of it."""

    id: UUID
    name: str
    connection: str
    message: str
    exchange_id: UUID | None
    began_at: datetime
    ended_at: datetime | None


def watch(session: Session) -> None:
    """Begin an alert for each connection that fails, end those whose deliveries arrive again, and have people told."""
    for row in session.execute(_FAILING, {"patience": PATIENCE}).all():
        values = {"id": uuid7(), "connection": row.connection, "exchange": row.exchange_id, "message": (row.last_error or "")[:LONGEST]}
        begun = session.execute(_BEGIN, values).scalar()
        if begun is not None:
            jobs.enqueue(session, jobs.ALERT, jobs.arguments(alert=begun, over=False))
    for ended in session.scalars(_END).all():
        jobs.enqueue(session, jobs.ALERT, jobs.arguments(alert=ended, over=True))


def shown(session: Session) -> list[Row[Any]]:
    """Return what administrators see on every page: what fails now, and what has recovered within ten minutes."""
    return list(session.execute(_SHOWN).all())


def alarm(session: Session, alert_id: UUID, settings: Settings, *, over: bool) -> Alarm | None:
    """Return what people are told of an alert; None when it is gone."""
    row = session.get(OaAlert, alert_id)
    if row is None:
        return None
    name = session.get_one(OaConnection, row.connection).name
    where = f"/deliveries/exchanges/{row.exchange_id}" if row.exchange_id else f"/deliveries?connection={row.connection}&state=failed"
    facts: dict[str, Any] = {
        "connection": row.connection, "connectionName": name, "message": row.message, "correlationId": str(row.exchange_id) if row.exchange_id else None,
        "beganAt": row.began_at.isoformat(), "endedAt": row.ended_at.isoformat() if row.ended_at else None,
    }  # fmt: skip
    if over:
        return Alarm(
            f"{row.id}:ended", "alert.ended", f"已恢复：{name} / Recovered: {name}",
            f"“{name}”的送达已经恢复。\nDeliveries to {name} arrive again.", f"{settings.public_url}/connections/{row.connection}", facts,
        )  # fmt: skip
    return Alarm(
        f"{row.id}:began", "alert.began", f"告警：{name} 送不出去 / Alert: deliveries to {name} fail",
        f"送往“{name}”的内容失败，会自动重试，恢复后再通知一次。\nDeliveries to {name} fail; they are tried again, and you are told once they arrive.\n\n"
        f"{row.message}\n关联编号 Correlation id: {row.exchange_id or '—'}",
        f"{settings.public_url}{where}", facts,
    )  # fmt: skip


def leaving(people: list[str], settings: Settings, key: str) -> Alarm:
    """Return what administrators are told when people left who still have something to do."""
    names = "、".join(people)
    return Alarm(
        f"{key}:handover", "handover.due", "有待办要移交 / To-dos to be handed over",
        f"这些人已离职停用，手里还有待办：{names}\nThese people left and still have to-dos: {names}", f"{settings.public_url}/directory", {"people": people},
    )  # fmt: skip


def forget_exchanges(session: Session, days: int) -> None:
    """Delete requests and answers that are older than is wanted, some at a time."""
    session.execute(_FORGET_EXCHANGES, {"days": days})
