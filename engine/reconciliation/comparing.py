"""One case compared in one office system."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import deliveries
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.oa.contract import Connector, Difference, InstanceSnapshot, Shown
from engine.oa.desk import StoredDesk, talking
from engine.oa.items import TASK, instance_key, task_key
from engine.oa.opening import opened
from engine.oa.registry import Connectors
from engine.settings import read_settings
from models.oa import OaConnection, OaDelivery, OaDifference, OaHold

#: what somebody looked at and let be is not told again while it stays as it was
_LET_BE = text(
    """
    SELECT key, kind, field, theirs FROM oa_difference WHERE connection = :connection AND instance_id = :instance AND resolution = 'ignored'
    """
)


def compare_case(connectors: Connectors, connection: str, instance_id: UUID) -> list[UUID]:
    """Compare a case, write down in what it differs, and return the ids of what is open now; what was open and is not found again is gone.

    While something of the case is on its way nothing is compared. Refuses as a connector does; then nothing is written.
    """
    with transaction() as session:
        row = session.get_one(OaConnection, connection)
        pending = deliveries.look(session, connection, instance_id, read_settings().public_url)
        if pending is None or _under_way(session, connection, instance_id):
            return []
        connector = connectors.get(opened(row))
        held = frozenset(session.scalars(select(OaHold.key).filter_by(connection=connection, instance_id=instance_id)))
    shown = StoredDesk(connection).shown_of(str(instance_id))
    snapshot = pending.snapshot
    found = list(ours(connector, snapshot, shown, held))
    with talking("compare", instance_id):
        found += connector.compare(snapshot, shown)
    with transaction() as session:
        if _under_way(session, connection, instance_id):  # a step came in between: what was seen is old
            return []
        return record(session, connection, instance_id, found)


def ours(connector: Connector, snapshot: InstanceSnapshot, shown: Sequence[Shown], held: frozenset[str]) -> Iterator[Difference]:
    """Yield in what that which the office system last accepted differs from what we have: this needs nobody to be asked."""
    if not shown:
        if snapshot.status == "running" and connector.capabilities().client_ids:
            yield Difference("missing_there", instance_key(snapshot.instance_key))
        return
    known = {one.key: one for one in shown}
    still = connector.capabilities().open_status
    wanted = {task_key(task.task_key) for task in snapshot.tasks if task.status == "pending"} if snapshot.status == "running" else set()
    for key in sorted(wanted - held):
        if key not in known:
            yield Difference("missing_there", key)
        elif known[key].status != still:
            yield Difference("field_differs", key, "status", still, known[key].status)
    for one in shown:
        if one.key.startswith(TASK) and one.status == still and one.key not in wanted:
            yield Difference("field_differs", one.key, "status", "", still)


def _under_way(session: Session, connection: str, instance_id: UUID) -> bool:
    return (
        session.execute(select(OaDelivery.version).filter_by(connection=connection, instance_id=instance_id, open=True).limit(1)).first()
        is not None
    )


def record(session: Session, connection: str, instance_id: UUID, found: Sequence[Difference]) -> list[UUID]:
    """Write down what was found of a case in place of what was open."""
    let_be = {tuple(row) for row in session.execute(_LET_BE, {"connection": connection, "instance": instance_id})}
    unlike = {(one.key, one.kind, one.field): one for one in found}  # what the office system says itself counts more than what we believed
    new = {place: one for place, one in unlike.items() if (*place, one.theirs) not in let_be}
    before = session.scalars(select(OaDifference).filter_by(connection=connection, instance_id=instance_id, resolved_at=None)).all()
    gone = [row.id for row in before if (row.key, row.kind, row.field) not in new]
    if gone:
        values = {"resolved_at": read_clock(session), "resolution": "gone", "resolved_by": "system"}
        session.execute(update(OaDifference).where(OaDifference.id.in_(gone)).values(values))
    kept: list[UUID] = []
    for one in new.values():
        statement = (
            insert(OaDifference)
            .values(
                id=uuid7(), connection=connection, instance_id=instance_id, key=one.key, kind=one.kind, field=one.field, ours=one.ours, theirs=one.theirs
            )
            .on_conflict_do_update(
                index_elements=["connection", "key", "kind", "field"],
                index_where=OaDifference.resolved_at.is_(None),
                set_={"ours": one.ours, "theirs": one.theirs},
            )
            .returning(OaDifference.id)
        )  # fmt: skip
        kept.append(session.execute(statement).scalar_one())
    return kept
