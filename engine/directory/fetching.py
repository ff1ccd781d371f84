"""The people and departments of an office system, fetched by a job: when somebody presses, each night, or because it told of a change."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import jobs
from engine.errors import NotFound
from engine.oa.contract import Connection, RemoteDepartment, RemotePerson
from engine.oa.opening import opened, serves
from models.desk import OaDirectory
from models.oa import OaConnection

#: once a night after two, and an hour later again where it did not work
_DUE = text(
    """
    SELECT y.connection FROM oa_directory y JOIN oa_connection c ON c.key = y.connection AND c.active AND coalesce(c.scope ->> 'people', 'true') = 'true'
    WHERE y.nightly AND (y.wanted_at IS NULL OR y.wanted_at < now() - interval '1 hour')
      AND now() > (date_trunc('day', now() AT TIME ZONE :zone) + interval '2 hours') AT TIME ZONE :zone
      AND (y.applied_at IS NULL OR y.applied_at < (date_trunc('day', now() AT TIME ZONE :zone) + interval '2 hours') AT TIME ZONE :zone)
    FOR UPDATE OF y SKIP LOCKED
    """
)


def want(session: Session, connection: str, *, apply: bool = False, only: str | None = None) -> None:
    """Have the contacts of an office system fetched; with `apply` our organisation is brought to them, or only one person of the id `only`."""
    if session.get(OaConnection, connection) is None:
        raise NotFound(kind="connection")
    _note(session, connection, wanted_at=func.now(), failure=None)
    jobs.enqueue(session, jobs.DIRECTORY, jobs.arguments(connection=connection, apply=apply, only=only))


def want_nightly(session: Session, zone: str) -> None:
    """Have those fetched and applied whose night it is."""
    for connection in session.scalars(_DUE, {"zone": zone}).all():
        want(session, connection, apply=True)


def take(session: Session, connection: str) -> Connection | None:
    """Return the connection to ask; None when it is off, or not for people."""
    row = session.get(OaConnection, connection)
    return opened(row) if row is not None and serves(row, "people") else None


def keep(session: Session, connection: str, people: Sequence[RemotePerson], departments: Sequence[RemoteDepartment]) -> None:
    """Keep what was fetched, instead of what was there."""
    values: dict[str, Any] = {"people": [one.as_json() for one in people], "departments": [one.as_json() for one in departments]}
    _note(session, connection, **values, fetched_at=func.now(), wanted_at=None, failure=None)


def fail(session: Session, connection: str, message: str) -> None:
    """Keep why it was not fetched or not applied; what was there before stays."""
    _note(session, connection, failure=message.replace("\0", "")[:1000])


def is_wanted(row: OaDirectory | None) -> bool:
    """Tell whether a job is about to fetch it."""
    return row is not None and row.wanted_at is not None and row.failure is None


def _note(session: Session, connection: str, **values: Any) -> None:
    session.execute(
        insert(OaDirectory).values(connection=connection, **values).on_conflict_do_update(index_elements=["connection"], set_=values)
    )
    session.expire_all()
