"""Statements translated once: psycopg would parse the placeholders of a long text again at each execution."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from psycopg import Connection, Cursor, RawCursor
from psycopg.errors import UniqueViolation
from psycopg.pq import TransactionStatus
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection as Transaction
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from engine.database import burst

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
DEFERS = "defers"  #: in the info of a session: it ends with `settle`, so that the last statement may wait for the commit
HELD = "held"  #: in the info of such a session: its connection, and the driver's
UNSENT = "unsent"  #: in the info of a session and of its connection


class Prepared:
    """A text with `%(name)s` placeholders, kept with the server's own `$1`; the server prepares it at its first use on a connection."""

    def __init__(self, text: str) -> None:
        self.names = list(dict.fromkeys(PLACEHOLDER.findall(text)))
        self.sql = PLACEHOLDER.sub(lambda found: f"${self.names.index(found[1]) + 1}", text).encode()

    def run(self, session: Session, parameters: Mapping[str, Any]) -> Cursor[Any]:
        """Execute on the connection of the session's transaction: a step's two statements do not pay for the ORM.

        The first statement of a transaction goes together with its BEGIN.
        """
        transaction, connection = held(session)
        send_waiting(transaction)
        cursor: Cursor[Any] = RawCursor(connection, row_factory=namedtuple_row)
        values = [parameters[name] for name in self.names]
        if connection.pgconn.transaction_status == TransactionStatus.IDLE:
            burst.execute(connection, cursor, self.sql, values)
            return cursor
        return cursor.execute(self.sql, values, prepare=True)

    def leave(self, session: Session, parameters: Mapping[str, Any], failed: Callable[[UniqueViolation], None] | None = None) -> None:
        """Execute where nobody asks for rows: together with the COMMIT if the transaction has nothing more to say, else before what comes next.

        `failed` may raise another error for a key that is there twice. A session that does not end with `settle`, or is inside a savepoint, does it at once.
        """
        transaction, connection = held(session)
        send_waiting(transaction)
        unsent = Unsent(transaction, connection, self.sql, [parameters[name] for name in self.names], failed)
        if DEFERS in session.info and not session.in_nested_transaction():
            session.info[UNSENT] = transaction.info[UNSENT] = unsent
        else:
            unsent.send()


class Unsent:
    """A statement that waits for company."""

    def __init__(
        self,
        transaction: Transaction,
        connection: Connection[Any],
        sql: bytes,
        values: list[Any],
        failed: Callable[[UniqueViolation], None] | None,
    ) -> None:
        self.transaction = transaction
        self.connection = connection
        self.sql = sql
        self.values = values
        self.failed = failed
        self.over = False

    def send(self, *, commit: bool = False) -> None:
        """Execute it, once, unless its transaction has ended without it."""
        if self.over or self.transaction.closed:
            return
        self.over = True
        values, self.values = self.values, []  # the connection's info still knows this object
        try:
            burst.execute(self.connection, RawCursor(self.connection), self.sql, values, commit=commit)
        except UniqueViolation as error:
            if self.failed is not None:
                self.failed(error)
            raise


def held(session: Session) -> tuple[Transaction, Connection[Any]]:
    """Return the connection of the session's transaction, and the driver's own; looked up once in a transaction that ends with `settle`."""
    known: tuple[Transaction, Connection[Any]] | None = session.info.get(HELD)
    if (
        known is not None and not known[0].closed and not session.in_nested_transaction()
    ):  # the ORM makes its savepoint when it is asked for the connection
        return known
    transaction = session.connection()
    connection: Connection[Any] = transaction.connection.driver_connection  # type: ignore[assignment]
    if DEFERS in session.info:
        session.info[HELD] = transaction, connection
    return transaction, connection


def defer(session: Session) -> None:
    """Let this session's last statement wait for the commit; whoever calls this ends with `settle` or `drop`."""
    session.info[DEFERS] = True


def settle(session: Session) -> None:
    """Commit, together with a statement that waits for it."""
    unsent: Unsent | None = session.info.get(UNSENT)
    if unsent is not None:
        session.flush()  # what the ORM still has to write comes after the statement, as it was said
        unsent.send(commit=True)
    session.commit()
    _forget(session)


def drop(session: Session) -> None:
    """Forget a statement that waits: its transaction is rolled back."""
    unsent: Unsent | None = session.info.get(UNSENT)
    if unsent is not None:
        unsent.over = True
    _forget(session)


def _forget(session: Session) -> None:
    for name in (DEFERS, HELD, UNSENT):
        session.info.pop(name, None)


def send_waiting(transaction: Transaction) -> None:
    """Send a statement that waits, before another one of its transaction."""
    unsent: Unsent | None = transaction.info.pop(UNSENT, None)
    if unsent is not None and unsent.transaction is transaction:  # the connection may have come back to the pool with it
        unsent.send()


@event.listens_for(Engine, "before_cursor_execute")
def _before_another(transaction: Transaction, *_: Any) -> None:
    send_waiting(transaction)
