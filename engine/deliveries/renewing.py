"""What office systems were last shown of a case, shown once more: people and substitutes are looked up anew when it goes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.deliveries.waking import wake

# The row is locked before the newest snapshot is looked for: a step that holds it is about to write a newer one.
_NEXT_VERSION = text(
    """
    UPDATE process_instance SET oa_version = greatest(oa_version + 1, floor(extract(epoch FROM shenpi_now()) * 1000)::bigint)
    WHERE id = :id AND ended_at IS NULL RETURNING oa_version
    """
)
_COPY = text(
    """
    INSERT INTO oa_delivery (connection, instance_id, version, snapshot, created_at)
    SELECT c.key, :id, :version, o.snapshot, shenpi_now() FROM oa_connection c CROSS JOIN LATERAL (
      SELECT x.snapshot FROM oa_delivery x WHERE x.connection = c.key AND x.instance_id = :id ORDER BY x.version DESC LIMIT 1) AS o
    WHERE c.active RETURNING connection
    """
)


def show_again(session: Session, instance_id: UUID) -> None:
    """Push the newest snapshot of a case under a new version, for an office system passes over one that it has. Nothing for a case that is over."""
    version = session.execute(_NEXT_VERSION, {"id": instance_id}).scalar()
    if version is not None:
        for connection in session.execute(_COPY, {"id": instance_id, "version": version}).scalars().all():
            wake(session, connection)


_PUSH_AGAIN = text(
    """
    UPDATE oa_delivery SET state = 'pending', open = true, next_at = NULL, attempts = 0, failed_at = NULL, created_at = shenpi_now()
    WHERE NOT open AND (connection, instance_id, version) = (
      SELECT x.connection, x.instance_id, x.version FROM oa_delivery x
      WHERE x.connection = :connection AND x.instance_id = :instance ORDER BY x.version DESC LIMIT 1) RETURNING instance_id
    """
)


def push_again(session: Session, connection: str, instance_id: UUID) -> bool:
    """Push the newest snapshot of a case to one office system once more; False when it is on its way already."""
    found = session.execute(_PUSH_AGAIN, {"connection": connection, "instance": instance_id}).scalar()
    if found is not None:
        wake(session, connection)
    return found is not None


_PUSH_ALL_AGAIN = text(
    """
    UPDATE oa_delivery d SET state = 'pending', open = true, next_at = NULL, attempts = 0, failed_at = NULL, created_at = shenpi_now()
    FROM (SELECT DISTINCT ON (x.instance_id) x.instance_id, x.version FROM oa_delivery x
          WHERE x.connection = :connection AND x.instance_id = ANY(CAST(:instances AS uuid[])) ORDER BY x.instance_id, x.version DESC) AS n
    WHERE d.connection = :connection AND d.instance_id = n.instance_id AND d.version = n.version AND NOT d.open
    RETURNING d.instance_id
    """
)


def push_all_again(session: Session, connection: str, instances: Sequence[UUID]) -> list[UUID]:
    """Put the newest snapshots of some cases back into the outbox, unless they wait there; returns those cases. Ask a worker for them with `wake`."""
    if not instances:
        return []
    return list(session.scalars(_PUSH_ALL_AGAIN, {"connection": connection, "instances": [str(one) for one in instances]}))


_HURRY = text(
    """
    UPDATE oa_delivery SET next_at = NULL WHERE connection = :connection AND open AND state IN ('retry', 'pending') AND next_at > shenpi_now()
    RETURNING instance_id
    """
)


def hurry(session: Session, connection: str) -> int:
    """Try again at once what is put off at a connection, which is known to work again; returns how many cases that are."""
    cases = set(session.scalars(_HURRY, {"connection": connection}))
    if cases:
        wake(session, connection)
    return len(cases)
