"""In what our organisation differs from an office system's: who is new, moved or left, which departments are new, renamed or have another head.

Somebody who is not mapped is found by work number, mobile or e-mail; who has no number cannot be added. Departments are found by the map, or by a name that
only one has. Whoever is mapped and no longer there, or inactive there, has left. Nothing else of ours is touched.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Fault
from engine.identities.proposing import Finder, finder
from engine.keys import LONGEST, is_key
from engine.oa.contract import RemoteDepartment, RemotePerson
from engine.organisation.comparing import Change, Comparison
from engine.organisation.present import Present, read_present
from engine.organisation.roster import Entry, Roster, is_mobile
from models.desk import OaDepartment, OaDirectory
from models.identity import OaIdentity, Person


@dataclass(slots=True)
class Differences:
    """What would change, what cannot, who could not be placed, and what is behind it."""

    present: Present
    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)  #: names of people without a work number who match nobody
    #: somebody who would be new, and the people of the same name who are here without an id there: a person decides whether they are one
    doubles: list[tuple[str, str]] = field(default_factory=list)
    departments: dict[str, str] = field(default_factory=dict)  #: id there -> key here
    added: dict[str, RemotePerson] = field(default_factory=dict)  #: key -> who is new
    mapped: int = 0

    @property
    def left(self) -> list[str]:
        """The keys of who would become inactive."""
        return [each.key for each in self.changes if each.kind == "people" and each.fields.get("active", (None, None))[1] is False]


def compare(session: Session, connection: str, *, only: str | None = None) -> Differences:
    """Compare what was fetched last with our organisation; with `only`, one person with this id of whatever type."""
    row = session.get(OaDirectory, connection)
    found = Differences(read_present(session))
    if row is None or row.fetched_at is None:
        return found
    people = [RemotePerson.from_json(each) for each in row.people]
    departments = [RemoteDepartment.from_json(each) for each in row.departments]
    find = finder(session, connection)
    found.departments = _placed(session, connection, found.present, departments)
    roster = Roster(kinds={"people", "departments"})
    if only is None:
        _departments(roster, found, departments, _by_id(people, find))
        _people(session, connection, roster, found, people, find)
    else:
        _people(session, connection, roster, found, [one for one in people if only in one.ids.values()], find, only)
    comparison = Comparison(found.present, roster)
    found.faults += comparison.compare(None, False)
    found.changes = [each for each in comparison.changes if each.fields or each.action == "added"]
    return found


def _placed(session: Session, connection: str, present: Present, departments: list[RemoteDepartment]) -> dict[str, str]:
    """Return of each department there the key it has here: by the map, by a name that is unique on both sides, or a new one."""
    keys = {one.id: key for key, one in present.departments.items()}
    known = {one.remote_id: keys[one.department_id] for one in session.scalars(select(OaDepartment).filter_by(connection=connection))}
    named = Counter(one.name for one in departments)
    ours = Counter(one.name for one in present.departments.values())
    placed = {one.id: known[one.id] for one in departments if one.id in known}
    for one in departments:
        if one.id in placed:
            continue
        key = next((key for key, row in present.departments.items() if row.name == one.name and key not in placed.values()), None)
        if key is None or named[one.name] > 1 or ours[one.name] > 1:
            key = _new_key(connection, one.id, {*present.departments, *placed.values()})
        placed[one.id] = key
    return placed


def _new_key(connection: str, identity: str, taken: set[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", f"{connection}-{identity}").strip("-")[: LONGEST - 6]
    number, key = 1, plain
    while key in taken:
        number += 1
        key = f"{plain}-{number}"
    return key


def _by_id(people: list[RemotePerson], find: Finder) -> dict[str, str]:
    """Return the keys of people by any id they have there."""
    found: dict[str, str] = {}
    for one in people:
        key = _key_of(one, find)
        if key is not None:
            found |= dict.fromkeys(one.ids.values(), key)
    return found


def _key_of(remote: RemotePerson, find: Finder) -> str | None:
    """Return who somebody is here or would be; None where nothing says so."""
    mapped = find.mapped(remote)
    if mapped is not None:
        return mapped.key
    matches = find.matches(remote)
    if matches:
        return matches[0][1].key
    number = (remote.number or "").strip()
    return number if is_key(number) else None


def _departments(roster: Roster, found: Differences, departments: list[RemoteDepartment], people: dict[str, str]) -> None:
    for one in departments:
        key = found.departments[one.id]
        values = {"name": _name(one.name)}
        if one.parent in found.departments:
            values["parent"] = found.departments[one.parent or ""]
        if one.head in people:
            values["head"] = people[one.head or ""]
        roster.entries["departments"][key] = _entry(key, values)


def _people(
    session: Session,
    connection: str,
    roster: Roster,
    found: Differences,
    people: list[RemotePerson],
    find: Finder,
    only: str | None = None,
) -> None:
    seen: set[str] = set()
    for one in people:
        key = _key_of(one, find)
        if key is None:
            found.unplaced += [one.name] if one.active else []
            continue
        here = found.present.people.get(key)
        if here is None and one.active and (same := [each.key for each in found.present.people.values() if _is_double(each, one, find)]):
            found.doubles.append((f"{one.name} ({key})", ", ".join(same)))
            continue
        if key in seen or (here is None and not one.active) or (not one.active and find.mapped(one) is None):
            continue
        seen.add(key)
        values = {"name": _name(one.name) or key, "active": "是" if one.active else "否"}
        if one.active:
            places = [found.departments[place] for place in one.departments if place in found.departments]
            values |= {"department": places[0]} if places else {}
            email, mobile = (one.email or "").strip(), (one.mobile or "").strip()
            values |= {"email": email} if email.count("@") == 1 and len(email) <= 200 and email.isprintable() else {}
            values |= {"mobile": mobile} if is_mobile(mobile) else {}
            if here is None:
                found.added[key] = one
        roster.entries["people"][key] = _entry(key, values)
    _gone(session, connection, roster, found, seen, only)


def _is_double(person: Person, remote: RemotePerson, find: Finder) -> bool:
    """Tell whether somebody here has the same name and no id there."""
    return person.active and person.name == remote.name and person.id not in find.known.values()


def _gone(session: Session, connection: str, roster: Roster, found: Differences, seen: set[str], only: str | None) -> None:
    """Let whoever is mapped and not among the contacts be inactive."""
    mapped = select(Person.key, Person.name, OaIdentity.remote_id).join(OaIdentity, OaIdentity.person_id == Person.id)
    rows = session.execute(mapped.where(OaIdentity.connection == connection, Person.active)).all()
    found.mapped = len({row.key for row in rows})
    for row in rows:
        if row.key not in seen and only in (None, row.remote_id):
            roster.entries["people"][row.key] = _entry(row.key, {"name": row.name, "active": "否"})


def _entry(key: str, values: dict[str, Any]) -> Entry:
    return Entry(key, values, {name: name for name in values}, "", 0)


def _name(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()).strip()[:100]


def person_of(find: Finder, remote_id: str, id_type: str) -> UUID | None:
    """Return who has an id there, of a type or, where none is named, of any."""
    known = find.known.get((id_type, remote_id))
    return known or next((person for (_, remote), person in find.known.items() if remote == remote_id and not id_type), None)
