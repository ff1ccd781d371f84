"""Who is probably who, from the contacts of an office system: by work number, mobile or e-mail, never by a name alone. A person accepts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.identities.mapping import put_many
from engine.oa.contract import RemotePerson
from engine.oa.kinds import KINDS
from engine.permissions import Actor
from models.desk import OaDirectory
from models.identity import OaIdentity, Person
from models.oa import OaConnection

#: digits of a mobile that tell people apart: what stands before them is a country's code
DIGITS = 11


@dataclass(frozen=True, slots=True)
class Proposal:
    """That somebody of the contacts is one of our people. `by` says why; `doubt` names another whom she could be, which nobody should accept blindly."""

    person: str
    name: str
    remote_name: str
    by: str
    ids: dict[str, str]
    known: dict[str, str] = field(default_factory=dict)
    doubt: str = ""


def contacts(session: Session, connection: str) -> list[RemotePerson]:
    """Return the people of an office system as they were last fetched."""
    row = session.get(OaDirectory, connection)
    return [RemotePerson.from_json(each) for each in (row.people if row is not None else ())]


class Finder:
    """Finds which of our people somebody of the contacts is."""

    def __init__(self, people: Iterable[Person], known: dict[tuple[str, str], UUID] | None = None) -> None:
        everybody = list(people)
        self.ids = {one.id: one for one in everybody}
        self.known = known or {}
        self.ways: dict[str, dict[str, list[Person]]] = {way: defaultdict(list) for way in ("number", "mobile", "email")}
        for one in everybody:
            self.ways["number"][one.key.lower()].append(one)
            if one.mobile:
                self.ways["mobile"][digits(one.mobile)].append(one)
            if one.email:
                self.ways["email"][one.email.strip().lower()].append(one)

    def mapped(self, remote: RemotePerson) -> Person | None:
        """Return who has one of her ids."""
        found = (self.known.get(pair) for pair in remote.ids.items())
        return next((self.ids[identity] for identity in found if identity in self.ids), None)

    def matches(self, remote: RemotePerson) -> list[tuple[str, Person]]:
        """Return why, and who she could be, the best reason first; a number, mobile or address that several have says nothing."""
        wanted = {
            "number": (remote.number or "").strip().lower(),
            "mobile": digits(remote.mobile or ""),
            "email": (remote.email or "").strip().lower(),
        }
        found = [(way, self.ways[way].get(value, [])) for way, value in wanted.items() if value]
        return [(way, people[0]) for way, people in found if len(people) == 1]


def digits(mobile: str) -> str:
    """Return the digits of a mobile that tell people apart; nothing where there are too few of them."""
    found = "".join(letter for letter in mobile if letter.isdecimal())
    return found[-DIGITS:] if len(found) >= 7 else ""


def finder(session: Session, connection: str) -> Finder:
    """Return a finder that knows the map of a connection."""
    known = {(row.id_type, row.remote_id): row.person_id for row in session.scalars(select(OaIdentity).filter_by(connection=connection))}
    return Finder(session.scalars(select(Person)), known)


def proposals(session: Session, connection: str) -> list[Proposal]:
    """Return who of the contacts is probably who, as far as the map does not say so already. Refuses with `NotFound` an unknown connection."""
    row = session.get(OaConnection, connection)
    if row is None:
        raise NotFound(kind="connection")
    kind = KINDS.get(row.kind)
    types = kind.id_types if kind is not None else ("",)
    find = finder(session, connection)
    mine: dict[UUID, dict[str, str]] = defaultdict(dict)
    for (id_type, remote_id), identity in find.known.items():
        mine[identity][id_type] = remote_id
    found: list[Proposal] = []
    for remote in contacts(session, connection):
        ids = {id_type: remote.ids[id_type] for id_type in types if remote.ids.get(id_type)}
        mapped = find.mapped(remote)
        matches = [("mapped", mapped)] if mapped is not None else find.matches(remote)
        if not remote.active or not ids or not matches:
            continue
        way, person = matches[0]
        others = {other.key for _, other in matches if other.key != person.key}
        new = {id_type: remote_id for id_type, remote_id in ids.items() if mine[person.id].get(id_type) != remote_id}
        if new and person.active:
            known = {id_type: mine[person.id][id_type] for id_type in new if id_type in mine[person.id]}
            found.append(Proposal(person.key, person.name, remote.name, way, new, known, "、".join(sorted(others))))
    return _told_apart(found)


def _told_apart(found: list[Proposal]) -> list[Proposal]:
    """Put a doubt on whoever two of the contacts could be."""
    names: dict[str, list[str]] = defaultdict(list)
    for each in found:
        names[each.person].append(each.remote_name)
    return sorted(
        (
            Proposal(each.person, each.name, each.remote_name, each.by, each.ids, each.known, each.doubt or "、".join(names[each.person]))
            if len(names[each.person]) > 1
            else each
            for each in found
        ),
        key=lambda each: (bool(each.doubt), each.person),
    )


def accept(session: Session, connection: str, people: Iterable[str] | None, *, by: Actor) -> int:
    """Take proposals into the map: of some people, or (None) all without a doubt; returns how many ids that were."""
    wanted = None if people is None else set(people)
    chosen = [each for each in proposals(session, connection) if (not each.doubt if wanted is None else each.person in wanted)]
    unique: dict[str, Any] = {each.person: each for each in reversed(chosen)}
    entries = [(each.person, id_type, remote_id) for each in unique.values() for id_type, remote_id in each.ids.items()]
    return put_many(session, connection, entries, by=by) if entries else 0
