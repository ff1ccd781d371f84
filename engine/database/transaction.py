"""One user action is one transaction, opened and closed at the outermost edge only."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.crash import point
from engine.database.prepared import defer, drop, settle
from engine.errors import Conflict, Fault, InvalidContent, Unavailable
from models import db

UNWRITABLE = {"22021", "22P05"}  #: a character that no text of PostgreSQL can hold; psycopg itself refuses NUL, without a state
SERIALIZATION = {"40001", "40P01", "55P03"}  #: serialization failure, deadlock, lock not available
#: the database cannot work now: connection lost, shutting down, no disk, memory or connections left, files it cannot write; cancelled, read-only, idle too long
AWAY = ("08", "57P", "53", "58", "57014", "25006", "25P03")


@contextmanager
def transaction(name: str = "") -> Iterator[Session]:
    """Give the session of one transaction; commit at the end, roll back on any error. `name` says what is committed, for `engine.crash`.

    A deadlock or a lock that was not to be had is `Conflict`, a database that is lost or cannot work is `Unavailable`; nothing is half written in either case.
    """
    session: Session = db.session()
    defer(session)
    try:
        yield session
        point(name, ":before")
        settle(session)
        point(name, ":after")
    except (DBAPIError, psycopg.Error) as error:
        abandon(session)
        raise translated(error) from error
    except BaseException:
        abandon(session)
        raise


def abandon(session: Session) -> None:
    """Roll back; when the connection is lost there is nothing to roll back, and it and its like must not be used again."""
    drop(session)
    try:
        session.rollback()
    except (DBAPIError, psycopg.Error):
        session.invalidate()
        db.engine.dispose()


def translated(error: DBAPIError | psycopg.Error) -> Exception:
    """Return our error for a database's; what only a fault of ours can cause stays what it is."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if state in SERIALIZATION:
        return Conflict()
    if state in UNWRITABLE or (state is None and isinstance(cause, psycopg.DataError)):
        return InvalidContent([Fault("character-invalid", "内容含有不能保存的字符", "A text has a character that cannot be kept")])
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or (state.startswith(AWAY) if state else isinstance(cause, psycopg.OperationalError)):
        return Unavailable(reason="database")
    return error


def read_clock(session: Session) -> datetime:
    """Return the product's time: PostgreSQL's, moved ahead by `shenpi clock advance` in development."""
    value: datetime = session.execute(text("SELECT shenpi_now()")).scalar_one()
    return value.astimezone(UTC)
