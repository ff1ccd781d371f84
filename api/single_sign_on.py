"""Signing in by an office system: which systems can, each attempt once, and who it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from api import accounts
from api.callbacks import connectors
from engine.errors import ShenpiError
from engine.oa.contract import WORK_NUMBER, Connector
from engine.oa.kinds import KINDS
from engine.oa.opening import opened, serves
from models.identity import Account, OaIdentity, Person
from models.oa import OaConnection
from models.sign_in import SignIn

LONGEST = 200  #: letters of an id; what is longer, or no text, is nobody's


@dataclass(frozen=True, slots=True)
class Door:
    """A connection by which people sign in."""

    key: str
    kind: str
    name: str
    way_back: str
    connector: Connector


def doors(session: Session) -> list[Door]:
    """Return the connections that are switched on, are meant to sign people in, and can."""
    rows = session.scalars(select(OaConnection).filter_by(active=True).order_by(OaConnection.key))
    return [door for row in rows if (door := _door(row)) is not None]


def door_of(session: Session, key: str) -> Door | None:
    """Return one of them, or None."""
    row = session.get(OaConnection, key)
    return _door(row) if row is not None else None


def _door(row: OaConnection) -> Door | None:
    if not serves(row, "sign_in") or row.kind not in KINDS:
        return None
    try:
        connection = opened(row)
        connector = connectors.get(connection)
    except ShenpiError:  # half made or of a lost key: nobody can sign in by it, and everybody else by another way
        return None
    return Door(row.key, row.kind, row.name, connection.way_back, connector) if connector.capabilities().sign_in else None


def claim(session: Session, connection: str, state: str) -> UUID | None:
    """Write down that an attempt came back, and return what it is written under; None when it came back before."""
    values = {"id": uuid7(), "connection": connection, "state": sha256(state.encode()).digest()}
    return session.execute(insert(SignIn).values(values).on_conflict_do_nothing(index_elements=["state"]).returning(SignIn.id)).scalar()


def enter(session: Session, door: Door, written: UUID, ids: Mapping[str, str]) -> Account | None:
    """Return the account of who came back, and complete what `claim` wrote; None for ids of nobody who works here, and for a locked account."""
    row = session.get_one(SignIn, written)
    ids = {id_type: found for id_type, found in ids.items() if found.isprintable() and len(found) <= LONGEST}
    for id_type, person in _known(session, door, ids):
        row.id_type, row.remote_id = id_type, ids[id_type]
        account = accounts.account_of(session, person)
        row.person_id = account.person_id if account is not None else None
        return account
    row.id_type, row.remote_id = next(((id_type, found) for id_type, found in ids.items()), (None, None))
    return None


def _known(session: Session, door: Door, ids: Mapping[str, str]) -> list[tuple[str, Person]]:
    """Return who has one of the ids: by the work number that is vouched for, then by each type of id in the order of the kind."""
    found = []
    if WORK_NUMBER in ids:
        found.append((WORK_NUMBER, session.scalars(select(Person).filter_by(key=ids[WORK_NUMBER], active=True)).first()))
    for id_type in KINDS[door.kind].id_types:
        if id_type in ids:
            wanted = select(Person).join(OaIdentity, OaIdentity.person_id == Person.id).where(Person.active)
            wanted = wanted.where(OaIdentity.connection == door.key, OaIdentity.id_type == id_type, OaIdentity.remote_id == ids[id_type])
            found.append((id_type, session.scalars(wanted).first()))
    return [(id_type, person) for id_type, person in found if person is not None]
