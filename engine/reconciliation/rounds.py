"""Which cases are compared when: what moved in the last day every five minutes, everything that is open every night."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine import jobs

MOST = 2000  #: cases of one round; the rest is the next one's

_DUE = text(
    """
    UPDATE oa_connection SET compared_at = shenpi_now(),
      compared_all_at = CASE WHEN compared_all_at IS NULL OR compared_all_at < shenpi_now() - interval '24 hours' THEN shenpi_now() ELSE compared_all_at END
    WHERE active AND coalesce(scope ->> 'tasks', 'true') = 'true' AND kind <> 'webhook'
      AND (compared_at IS NULL OR compared_at < shenpi_now() - interval '5 minutes')
    RETURNING key, compared_all_at = compared_at AS all
    """
)
_CASES = text(
    """
    SELECT DISTINCT o.instance_id FROM oa_delivery o JOIN process_instance i ON i.id = o.instance_id
    WHERE o.connection = :connection AND (o.created_at > shenpi_now() - interval '24 hours' OR :all AND i.ended_at IS NULL)
    ORDER BY o.instance_id LIMIT :most
    """
)


def enqueue_due(session: Session) -> int:
    """Make a job for each connection whose time to be compared has come; with several workers, one of them does."""
    found = session.execute(_DUE).all()
    for row in found:
        jobs.enqueue(session, jobs.COMPARE, jobs.arguments(connection=row.key, everything=row.all))
    return len(found)


def due(session: Session, connection: str, *, everything: bool) -> list[UUID]:
    """Return the cases that a round compares."""
    return list(session.scalars(_CASES, {"connection": connection, "all": everything, "most": MOST}))
