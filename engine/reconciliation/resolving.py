"""What is done about a difference: the office system is shown the truth once more, or somebody lets it be, with a reason."""

from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import deliveries
from engine.database.transaction import read_clock
from engine.errors import NotFound, Refused
from engine.oa.items import INSTANCE, TASK
from engine.oa.opening import opened
from engine.oa.registry import Connectors
from engine.permissions import Actor, require
from models.oa import OaConnection, OaDifference, OaShown

REMOTE = "remote:"


def mend(session: Session, connectors: Connectors, difference_id: UUID, *, by: Actor) -> None:
    """Show the office system the case once more, so that it shows what we have: what it lacks is made, what it has too much is closed.

    Refuses with `NotPermitted`, with `NotFound`, and with `Refused` what is resolved already.
    """
    row = _open(session, difference_id, by)
    connection = session.get_one(OaConnection, row.connection)
    still = connectors.get(opened(connection)).capabilities().open_status
    shown = {"connection": row.connection, "instance_id": row.instance_id}
    if row.kind == "missing_there" and row.key.startswith(INSTANCE):
        session.execute(delete(OaShown).filter_by(**shown))
    elif row.kind == "missing_there":
        session.execute(delete(OaShown).filter_by(**shown, key=row.key))
    elif row.kind == "missing_here":  # it is closed with the next push, as what is shown and is not ours any more
        remote = row.key.removeprefix(REMOTE)
        values = {**shown, "key": f"{TASK}{remote}-remote" if remote != row.key else row.key, "remote_id": remote, "status": still}
        session.execute(insert(OaShown).values(values).on_conflict_do_update(index_elements=["connection", "key"], set_={"status": still}))
    elif row.field == "status":
        session.execute(update(OaShown).filter_by(**shown, key=row.key).values(status=row.theirs))
    elif row.theirs.isdecimal():
        session.execute(
            update(OaShown).filter_by(**shown, key=row.key).values(version=func.greatest(OaShown.version, int(row.theirs[:18])))
        )
    if row.instance_id is not None:
        deliveries.push_again(session, row.connection, row.instance_id)
    _resolve(session, row, by, "pushed", "")


def ignore(session: Session, difference_id: UUID, *, by: Actor, reason: str) -> None:
    """Let a difference be; it is not told again while it stays as it is. Refuses as `mend` does, and with `Refused` an empty reason."""
    if not reason.strip():
        raise Refused(reason="a reason is needed")
    _resolve(session, _open(session, difference_id, by), by, "ignored", reason.strip()[:2000])


def _open(session: Session, difference_id: UUID, by: Actor) -> OaDifference:
    require(by, "incident.resolve")
    row = session.get(OaDifference, difference_id, with_for_update=True)
    if row is None:
        raise NotFound(kind="difference")
    if row.resolved_at is not None:
        raise Refused(reason="the difference is resolved")
    return row


def _resolve(session: Session, row: OaDifference, by: Actor, resolution: str, reason: str) -> None:
    row.resolved_at, row.resolution, row.resolved_by, row.reason = read_clock(session), resolution, by.key, reason or None
    session.flush()
