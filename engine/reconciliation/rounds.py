"""Which cases are compared when: what moved in the last day every five minutes, everything that is open every night, and both when somebody asks."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine import jobs
from engine.database.transaction import read_clock
from engine.errors import NotFound, Refused
from engine.oa.kinds import KINDS
from engine.oa.opening import serves
from engine.permissions import Actor, require
from models.oa import OaConnection

MOST = 2000  #: cases of one round; the rest is the next one's

_DUE = text(
    """
    UPDATE oa_connection SET compared_at = shenpi_now(),
      compared_all_at = CASE WHEN compared_all_at IS NULL OR compared_all_at < shenpi_now() - interval '24 hours' THEN shenpi_now() ELSE compared_all_at END
    WHERE active AND coalesce(scope ->> 'tasks', 'true') = 'true' AND kind <> ALL(:not_compared)
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
    found = session.execute(_DUE, {"not_compared": [name for name, kind in KINDS.items() if not kind.compares]}).all()
    for row in found:
        jobs.enqueue(session, jobs.COMPARE, jobs.arguments(connection=row.key, everything=row.all))
    return len(found)


_WAITS = text(
    """
    SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = 'compare' AND status = 'todo' AND args ->> 'connection' = :connection
                   AND args ->> 'everything' = 'true')
    """
)


def compares(row: OaConnection) -> bool:
    """Tell whether a connection is compared: it is switched on, shows cases, and can be held against what we have."""
    kind = KINDS.get(row.kind)
    return kind is not None and kind.compares and serves(row, "tasks")


def ask(session: Session, connection: str, *, by: Actor) -> None:
    """Compare everything of a connection now, as a job; one that waits already is enough.

    Refuses with `NotPermitted`, with `NotFound`, and with `Refused` a connection that is not compared.
    """
    require(by, "incident.resolve")
    row = session.get(OaConnection, connection.replace("\0", ""), with_for_update=True)
    if row is None:
        raise NotFound(kind="connection")
    if not compares(row):
        raise Refused(reason="the connection is not compared")
    if session.execute(_WAITS, {"connection": connection}).scalar():
        return
    row.compared_at = row.compared_all_at = read_clock(session)
    jobs.enqueue(session, jobs.COMPARE, jobs.arguments(connection=connection, everything=True))
    session.flush()


def end(session: Session, connection: str, *, failure: str | None = None) -> None:
    """Write down that a comparison came to its end, or what kept it from that."""
    row = session.get(OaConnection, connection)
    if row is not None:
        row.compare_failure = failure[:500] if failure else None
        row.compare_ended_at = row.compare_ended_at if failure else read_clock(session)
        session.flush()


def due(session: Session, connection: str, *, everything: bool) -> list[UUID]:
    """Return the cases that a round compares."""
    return list(session.scalars(_CASES, {"connection": connection, "all": everything, "most": MOST}))
