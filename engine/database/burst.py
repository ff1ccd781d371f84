"""Commands that travel to the server together: a round trip wakes two processes, which costs more than most of what a step asks for.

psycopg's own pipeline sends each command by itself and waits after BEGIN; here nothing leaves before everything is there.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, Cursor, Pipeline
from psycopg.abc import PQGen
from psycopg.generators import send
from psycopg.pq import ConnStatus


class Burst(Pipeline):
    """A pipeline that only collects, until `leave`."""

    def _communicate_gen(self) -> PQGen[None]:
        yield from ()

    def _sync_gen(self) -> PQGen[None]:
        yield from ()

    def leave(self) -> PQGen[None]:
        """Send everything at once and take all results; the first error is raised after the last result was read."""
        self._enqueue_sync()
        while self.command_queue:
            self.command_queue.popleft()()
        yield from send(self.pgconn)
        yield from self._fetch_gen(flush=False)


def execute(connection: Connection[Any], cursor: Cursor[Any], sql: bytes, values: Sequence[Any], *, commit: bool = False) -> None:
    """Execute a statement in one round trip, together with the BEGIN that it may need and the COMMIT that is asked for.

    An error is raised as without it, and leaves the transaction to be rolled back; a COMMIT after it is not obeyed by the server.
    """
    burst = Burst(connection)
    connection.pgconn.enter_pipeline_mode()
    connection._pipeline = burst
    try:
        cursor.execute(sql, values, prepare=True)
        with connection.lock:
            connection.wait(_end(connection, burst, commit=commit))
    finally:
        connection._pipeline = None
        _leave(connection)


def _end(connection: Connection[Any], burst: Burst, *, commit: bool) -> PQGen[None]:
    if commit:
        yield from connection._exec_command(b"COMMIT")
    yield from burst.leave()


def _leave(connection: Connection[Any]) -> None:
    """Go back to one command at a time; a connection on which something was left unread is of no use to anybody."""
    if connection.pgconn.status == ConnStatus.BAD:
        return
    try:
        connection.pgconn.exit_pipeline_mode()
    except Exception:
        connection.close()
        raise
