"""The map written. Whoever's ids change has her open cases sent again, so that what was held for want of them is shown."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import deliveries
from engine.errors import Fault, InvalidVariables, NotFound
from engine.oa.kinds import KINDS
from engine.permissions import Actor, require
from models.identity import OaIdentity, Person
from models.oa import OaConnection

LONGEST = 200
Entry = tuple[str, str, str]  #: person, id type, id

# What was held for them, what is asked of them, and what is asked of their groups.
_OPEN_CASES = text(
    """
    SELECT h.instance_id FROM oa_hold h WHERE h.connection = :connection AND h.person = ANY(:people)
    UNION SELECT t.instance_id FROM user_task t WHERE t.state = 'open' AND t.assignee = ANY(:people)
    UNION SELECT t.instance_id FROM candidate c JOIN user_task t ON t.id = c.task_id AND t.state = 'open'
      WHERE (c.kind = 'u' AND c.name = ANY(:people)) OR (c.kind = 'g' AND c.name IN (
        SELECT g.key FROM "group" g JOIN group_member m ON m.group_id = g.id JOIN person p ON p.id = m.person_id WHERE p.key = ANY(:people)))
    """
)


def put(session: Session, connection: str, person: str, id_type: str, remote_id: str, *, by: Actor) -> None:
    """Say which id a person has in an office system, instead of the one she had. Refuses as `put_many` does."""
    put_many(session, connection, [(person, id_type, remote_id)], by=by)


def put_many(session: Session, connection: str, entries: Sequence[Entry], *, by: Actor) -> int:
    """Say who is who for several people, all or nothing; returns how many ids are new or others.

    Refuses with `NotFound` an unknown connection, with `InvalidVariables` ids of nobody, of a type that the office system does not have, and one id for two.
    """
    require(by, "connection.manage")
    row = session.get(OaConnection, connection)
    if row is None:
        raise NotFound(kind="connection")
    kind = KINDS.get(row.kind)
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('oa_identity'))"))
    people = {one.key: one.id for one in session.scalars(select(Person).where(Person.key.in_({person for person, _, _ in entries})))}
    names: dict[UUID, str] = {identity: key for key, identity in people.items()}
    faults: list[Fault] = []
    for person, id_type, remote_id in entries:
        if person not in people:
            faults.append(Fault("person-unknown", "没有这个人", "No such person", path="person", found=person[:100]))
        if kind is not None and id_type not in kind.id_types:
            faults.append(Fault("id-type-unknown", "没有这种编号", "No such type of id", path="idType", found=id_type[:100]))
        if not 0 < len(remote_id) <= LONGEST or not remote_id.isprintable():
            faults.append(Fault("id-invalid", f"编号须填写，最多 {LONGEST} 字", "An id is needed", path="remoteId", found=remote_id[:100]))
    if not faults:
        faults = _taken(session, connection, entries, people, names)
    if faults:
        raise InvalidVariables(faults)
    known = _known(session, connection, names)
    new = [(person, kind_, remote) for person, kind_, remote in entries if known.get((people[person], kind_)) != remote]
    for person, id_type, _remote in new:
        session.execute(delete(OaIdentity).filter_by(connection=connection, person_id=people[person], id_type=id_type))
    for person, id_type, remote_id in new:
        session.execute(insert(OaIdentity).values(connection=connection, id_type=id_type, remote_id=remote_id, person_id=people[person]))
    send_again(session, connection, {person for person, _, _ in new})
    return len(new)


def _taken(session: Session, connection: str, entries: Sequence[Entry], people: dict[str, UUID], names: dict[UUID, str]) -> list[Fault]:
    """Return a fault for every id that would be two people's, and for every person who would have two of one type."""
    faults: list[Fault] = []
    wanted: dict[tuple[str, str], str] = {}
    given: set[tuple[str, str]] = set()
    for person, id_type, remote_id in entries:
        if wanted.setdefault((id_type, remote_id), person) != person or (person, id_type) in given:
            faults.append(Fault("id-twice", "出现了两次", "It is there twice", path="remoteId", found=remote_id[:100]))
        given.add((person, id_type))
    rows = session.execute(
        select(OaIdentity.id_type, OaIdentity.remote_id, Person.key, Person.name, Person.id)
        .join(Person, Person.id == OaIdentity.person_id)
        .where(OaIdentity.connection == connection, OaIdentity.remote_id.in_({remote for _, _, remote in entries}))
    )
    for row in rows:
        asked = wanted.get((row.id_type, row.remote_id))
        moves = (row.key, row.id_type) in given
        if asked is not None and asked != row.key and not moves:
            zh, en = f"已对应 {row.name}（{row.key}）", f"It is {row.name} ({row.key})"
            faults.append(Fault("id-taken", zh, en, path="remoteId", found=row.remote_id[:100]))
    return faults


def _known(session: Session, connection: str, people: Iterable[UUID]) -> dict[tuple[UUID, str], str]:
    rows = session.scalars(select(OaIdentity).where(OaIdentity.connection == connection, OaIdentity.person_id.in_(list(people))))
    return {(row.person_id, row.id_type): row.remote_id for row in rows}


def forget(session: Session, connection: str, person: str, id_type: str, *, by: Actor) -> None:
    """Forget a person's id of a type. Refuses with `NotFound` one that is not there."""
    require(by, "connection.manage")
    identity = session.scalars(select(Person.id).filter_by(key=person)).first()
    gone = session.execute(
        delete(OaIdentity).filter_by(connection=connection, person_id=identity, id_type=id_type).returning(OaIdentity.remote_id)
    ).first()
    if gone is None:
        raise NotFound(kind="identity")
    send_again(session, connection, {person})


def send_again(session: Session, connection: str, people: Iterable[str]) -> list[UUID]:
    """Send the open cases of some people to an office system once more; returns those cases."""
    found = session.scalars(_OPEN_CASES, {"connection": connection, "people": list(people)}).all()
    placed = deliveries.push_all_again(session, connection, found)
    if placed:
        deliveries.wake(session, connection)
    return placed
