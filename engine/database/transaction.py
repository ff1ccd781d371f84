"""One user action is one transaction, opened and closed at the outermost edge only."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.errors import Conflict, Unavailable
from models import db

SERIALIZATION = {"40001", "40P01", "55P03"}  #: serialization failure, deadlock, lock not available


@contextmanager
def transaction() -> Iterator[Session]:
    """Give the session of one transaction; commit at the end, roll back on any error.

    A deadlock or a lock that was not to be had is `Conflict`, a lost database is `Unavailable`; nothing is half written in either case.
    """
    session: Session = db.session()
    try:
        yield session
        session.commit()
    except DBAPIError as error:
        session.rollback()
        state = getattr(error.orig, "sqlstate", None)
        if state in SERIALIZATION:
            raise Conflict() from error
        if error.connection_invalidated or state is None or state.startswith(("08", "57P")):
            raise Unavailable(reason="database") from error
        raise
    except BaseException:
        session.rollback()
        raise


def read_clock(session: Session) -> datetime:
    """Return the product's time: PostgreSQL's, moved ahead by `shenpi clock advance` in development."""
    value: datetime = session.execute(text("SELECT shenpi_now()")).scalar_one()
    return value.astimezone(UTC)
