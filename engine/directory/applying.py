"""Our organisation brought to an office system's: whole or not at all, for everybody or for one person."""

from dataclasses import dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import identities
from engine.directory.comparing import Differences, compare, person_of
from engine.errors import InvalidContent, NotFound, Refused
from engine.identities.proposing import finder
from engine.oa.kinds import KINDS
from engine.organisation.importing import Writing
from engine.organisation.present import read_present
from engine.permissions import Actor
from models.desk import OaDepartment, OaDirectory
from models.identity import Person, RoleGrant
from models.oa import OaConnection

#: how many may leave in a night without anybody looking: a directory that is suddenly half empty is a mistake of its rights
FEW, SHARE = 5, 0.1


@dataclass(frozen=True, slots=True)
class Applied:
    """What was changed, and who became inactive by it."""

    changes: int
    left: tuple[str, ...]


def apply(session: Session, connection: str, *, by: Actor, only: str | None = None, unseen: bool = False) -> Applied:
    """Make our organisation what the office system says, as far as the two are compared. People who are new are mapped.

    `unseen` says that nobody looked at the differences. Refuses with `NotFound` an unknown connection, with `InvalidContent` what cannot be, with `Refused`
    when too many would leave unseen.
    """
    if session.get(OaConnection, connection) is None:
        raise NotFound(kind="connection")
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('organisation'))"))
    found = compare(session, connection, only=only)
    if found.faults:
        raise InvalidContent(found.faults)
    if unseen and only is None and len(found.left) > max(FEW, SHARE * found.mapped):
        raise Refused(reason=f"{len(found.left)} people would leave at once: look at the differences and apply them")
    Writing(session, found.present).write(found.changes)
    _map(session, connection, found, by, departments=only is None)
    if only is None:
        session.execute(update(OaDirectory).filter_by(connection=connection).values(applied_at=func.now(), failure=None))
    session.flush()
    return Applied(len(found.changes), tuple(found.left))


def _map(session: Session, connection: str, found: Differences, by: Actor, *, departments: bool) -> None:
    """Remember who the new people and which the departments are."""
    kind = KINDS.get(session.get_one(OaConnection, connection).kind)
    types = kind.id_types if kind is not None else ("",)
    entries = [(key, type_, remote.ids[type_]) for key, remote in found.added.items() for type_ in types if remote.ids.get(type_)]
    if entries:
        identities.put_many(session, connection, entries, by=by)
    ids = {key: row.id for key, row in read_present(session).departments.items()} if departments else {}
    rows = [
        {"connection": connection, "remote_id": remote, "department_id": ids[key]}
        for remote, key in found.departments.items()
        if key in ids
    ]
    if rows:
        session.execute(insert(OaDepartment).on_conflict_do_nothing(), rows)


def disable(session: Session, connection: str, remote_id: str, id_type: str) -> str | None:
    """Make the person inactive whom an office system has disabled; returns her key, or None when she was so already.

    Refuses with `NotFound` an id that is nobody's, with `Refused` the last administrator.
    """
    find = finder(session, connection)
    identity = person_of(find, remote_id, id_type)
    person = session.get(Person, identity, with_for_update=True) if identity is not None else None
    if person is None:
        raise NotFound(kind="person")
    if not person.active:
        return None
    others = select(RoleGrant.person_id).join(Person, Person.id == RoleGrant.person_id).where(Person.active, Person.id != person.id)
    mine = session.get(RoleGrant, (person.id, "administrator"))
    if mine is not None and session.scalars(others.where(RoleGrant.role == "administrator").limit(1)).first() is None:
        raise Refused(reason="one administrator must stay active")
    person.active = False
    session.flush()
    return person.key
