"""What is done about a difference: ours is taken in this one thing, the whole case is pushed again, or somebody lets it be, with a reason."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, func, select, update
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
ONLY_THEIRS = "missing_here"
Act = Literal["ours", "push", "ignore"]


def take_ours(session: Session, connectors: Connectors, difference_id: UUID, *, by: Actor) -> None:
    """Have the office system brought to what we have in this one thing: what it lacks is made, what it has too much is closed, what it shows otherwise is
    written. Nothing else of the case that it shows is touched.

    Refuses with `NotPermitted`, with `NotFound`, and with `Refused` what is resolved already.
    """
    row = _open(session, difference_id, by)
    _believe(session, connectors, [row])
    _resolve(session, row, by, "ours", "")


def push_again(session: Session, connectors: Connectors, difference_id: UUID, *, by: Actor) -> list[UUID]:
    """Show the office system the whole case once more: whatever of it that system lacks or shows otherwise is written, and those differences are resolved with
    this one; returns all of them. What only the office system has stays as it is.

    Refuses as `take_ours` does, and with `Refused` a difference that only the office system has: no picture of the case speaks of it.
    """
    row = _open(session, difference_id, by)
    if row.kind == ONLY_THEIRS:
        raise Refused(reason="only the office system has it")
    beside = select(OaDifference).filter_by(connection=row.connection, instance_id=row.instance_id, resolved_at=None)
    beside = beside.where(OaDifference.kind != ONLY_THEIRS, OaDifference.id != row.id, OaDifference.instance_id.is_not(None))
    found = [row, *session.scalars(beside.order_by(OaDifference.id).with_for_update(skip_locked=True))]  # who holds one of them resolves it
    _believe(session, connectors, found)
    for each in found:
        _resolve(session, each, by, "pushed", "")
    return [each.id for each in found]


def _believe(session: Session, connectors: Connectors, differences: Sequence[OaDifference]) -> None:
    """Correct what we believe is shown by what was found, all of one case, and have the case pushed: a connector writes what differs from what we believe."""
    first = differences[0]
    still = connectors.get(opened(session.get_one(OaConnection, first.connection))).capabilities().open_status
    for row in differences:
        _correct(session, row, still)
    if first.instance_id is not None:
        deliveries.push_again(session, first.connection, first.instance_id)


def _correct(session: Session, row: OaDifference, still: str) -> None:
    shown = {"connection": row.connection, "instance_id": row.instance_id}
    if row.kind == "missing_there" and row.key.startswith(INSTANCE):
        session.execute(delete(OaShown).filter_by(**shown))
    elif row.kind == "missing_there":
        session.execute(delete(OaShown).filter_by(**shown, key=row.key))
    elif row.kind == ONLY_THEIRS:  # it is closed with the next push, as what is shown and is not ours any more
        remote = row.key.removeprefix(REMOTE)
        values = {**shown, "key": f"{TASK}{remote}-remote" if remote != row.key else row.key, "remote_id": remote, "status": still}
        session.execute(insert(OaShown).values(values).on_conflict_do_update(index_elements=["connection", "key"], set_={"status": still}))
    elif row.field == "status":
        session.execute(update(OaShown).filter_by(**shown, key=row.key).values(status=row.theirs))
    elif row.theirs.isdecimal():
        session.execute(
            update(OaShown).filter_by(**shown, key=row.key).values(version=func.greatest(OaShown.version, int(row.theirs[:18])))
        )


def ignore(session: Session, difference_id: UUID, *, by: Actor, reason: str) -> None:
    """Let a difference be; it is not told again while it stays as it is. Refuses as `take_ours` does, and with `Refused` an empty reason."""
    if not reason.strip():
        raise Refused(reason="a reason is needed")
    _resolve(session, _open(session, difference_id, by), by, "ignored", reason.strip()[:2000])


def resolve_many(
    session: Session, connectors: Connectors, differences: Sequence[UUID], act: Act, *, by: Actor, reason: str = ""
) -> int:  # fmt: skip
    """Resolve differences in one way; returns how many of them are resolved now by this.

    Those that are resolved already, and what only the office system has where the case is pushed again, are passed over. Refuses as one of them does.
    """
    require(by, "incident.resolve")
    if act == "ignore" and not reason.strip():
        raise Refused(reason="a reason is needed")
    done: set[UUID] = set()
    for identity in sorted(set(differences)):
        try:
            if act == "ignore":
                ignore(session, identity, by=by, reason=reason)
            elif act == "ours":
                take_ours(session, connectors, identity, by=by)
            elif identity not in done:
                done.update(push_again(session, connectors, identity, by=by))
            done.add(identity)
        except (NotFound, Refused):  # somebody was faster; nothing of it was written
            continue
    return len(done & set(differences))


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
