"""Jobs that make workers look at the outbox: the rows are the truth, a job only wakes."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine import jobs
from engine.database.prepared import Prepared

# Renewed now and then only: every step's rows refer to the connection, whose row should stay still.
# A promise for later than anybody makes one was made before the clock was put back.
_PROMISE = Prepared(
    """
    UPDATE oa_connection SET next_look = clock_timestamp() + make_interval(secs => %(seconds)s)
    WHERE key = %(connection)s AND (next_look IS NULL OR next_look < clock_timestamp() + make_interval(secs => %(seconds)s / 2)
      OR next_look > clock_timestamp() + interval '1 minute')
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
    WHERE x.open AND coalesce(x.next_at, x.created_at + interval '1 second') <= shenpi_now()
      AND (c.next_look IS NULL OR c.next_look < clock_timestamp() OR c.next_look > clock_timestamp() + interval '1 minute')
      AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j
                      WHERE j.task_name = 'push' AND j.status = 'todo' AND j.args ->> 'connection' = x.connection)
    """
)


def promise(session: Session, connection: str, seconds: float) -> None:
    """Promise that the caller looks for waiting snapshots once more in `seconds`: until then a step needs no job for its push."""
    _PROMISE.leave(session, {"connection": connection, "seconds": seconds})


def wake(session: Session, connection: str) -> None:
    """Make a push job for a connection unless one waits already."""
    session.execute(_WAKE, {"connection": connection})


def wake_waiting(session: Session) -> int:
    """Make a push job for each connection that has something due and no job for it: retries, leases of the dead, lost jobs. Returns how many."""
    connections = session.execute(_WAITING).scalars().all()
    for connection in connections:
        jobs.enqueue(session, jobs.PUSH, jobs.arguments(connection=connection))
    return len(connections)
