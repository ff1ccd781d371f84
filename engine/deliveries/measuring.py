"""How well deliveries arrive: how many, how fast, and how often an office system is called, against what was promised."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

SHARE, SECONDS = 95.0, 10.0  #: promised unless the connection's settings say otherwise: so much per cent within so many seconds
WINDOWS = {"day": 86_400.0, "week": 604_800.0}

_MEASURE = text(
    """
    SELECT count(*) AS total, count(*) FILTER (WHERE o.state = 'sent') AS sent, count(*) FILTER (WHERE o.state IN ('dead', 'unknown')) AS failed,
           count(*) FILTER (WHERE o.open) AS waiting,
           count(*) FILTER (WHERE o.state = 'sent' AND o.delivered_at - o.created_at <= make_interval(secs => :target)) AS on_time,
           percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM o.delivered_at - o.created_at))
             FILTER (WHERE o.state = 'sent') AS seconds
    FROM oa_delivery o
    WHERE o.connection = :connection AND o.created_at > shenpi_now() - make_interval(secs => :window) AND o.state <> 'superseded'
      AND NOT (o.open AND o.created_at > shenpi_now() - make_interval(secs => :target))  -- it may still arrive in time
    """
)
_CALLS = text(
    """
    SELECT api, count(*) FILTER (WHERE at > now() - interval '1 minute') AS minute, count(*) AS hour, count(*) FILTER (WHERE NOT ok) AS failed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds) AS milliseconds
    FROM oa_exchange WHERE connection = :connection AND at > now() - interval '1 hour' GROUP BY api ORDER BY hour DESC, api LIMIT 50
    """
)
_LAST_ERRORS = text(
    "SELECT id, purpose, api, status, code, ok, at, milliseconds FROM oa_exchange WHERE connection = :connection AND NOT ok ORDER BY at DESC LIMIT :n"
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What became of the deliveries of a time; seconds are those from a step to the office system's receipt."""

    total: int
    sent: int
    failed: int
    waiting: int
    on_time: int
    median: float | None
    slow: float | None  #: 95 of 100 were not slower
    target_share: float
    target_seconds: float

    @property
    def share(self) -> float | None:
        """Per cent that arrived."""
        return 100.0 * self.sent / self.total if self.total else None

    @property
    def on_time_share(self) -> float | None:
        """Per cent that arrived in time."""
        return 100.0 * self.on_time / self.total if self.total else None

    @property
    def met(self) -> bool | None:
        """Whether that is what was promised; None where there is nothing to measure."""
        return None if self.on_time_share is None else self.on_time_share >= self.target_share


def measure(session: Session, connection: Any, window: str) -> Measure:
    """Return what became of the deliveries of a connection in the last `day` or `week`."""
    share = float(connection.settings.get("target_share") or SHARE)
    seconds = float(connection.settings.get("target_seconds") or SECONDS)
    row = session.execute(_MEASURE, {"connection": connection.key, "target": seconds, "window": WINDOWS[window]}).one()
    median, slow = row.seconds or (None, None)
    return Measure(row.total, row.sent, row.failed, row.waiting, row.on_time, median, slow, share, seconds)


def calls(session: Session, connection: str) -> list[Any]:
    """Return how often each API was called in the last minute and hour, as far as calls are noted."""
    return list(session.execute(_CALLS, {"connection": connection}).all())


def last_errors(session: Session, connection: str, number: int = 5) -> list[Any]:
    """Return the newest requests that failed."""
    return list(session.execute(_LAST_ERRORS, {"connection": connection, "n": number}).all())
