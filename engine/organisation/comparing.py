"""What an import would change, and what of it cannot be: names that nobody has, circles, nobody left who may administer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from engine.errors import Fault
from engine.organisation.present import Present
from engine.organisation.roster import Entry, Roster, several, truth
from models.identity import Department, Person

ORDER = ("posts", "groups", "departments", "people")


@dataclass(slots=True)
class Change:
    """What becomes of one person, department, post or group: `added` or `changed`, and of each field its old and its new value."""

    kind: str
    key: str
    name: str
    action: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)


class Comparison:
    """Compares a roster with what is there; `changes` speaks in keys."""

    def __init__(self, present: Present, roster: Roster) -> None:
        self.present, self.roster = present, roster
        self.changes: list[Change] = []
        self.keys: dict[UUID | None, str] = {row.id: key for kind in (*ORDER, "entities") for key, row in present.rows(kind).items()}
        self.parents = {key: self.keys.get(row.parent_id) for key, row in present.departments.items()}
        self.entity_of = {key: self.keys.get(row.legal_entity_id) for key, row in present.departments.items()}

    def compare(self, by: str | None, deactivate_absent: bool) -> Iterator[Fault]:
        """Find every change, and yield what cannot be."""
        for kind in ORDER:
            for entry in self.roster.entries[kind].values():
                yield from self._entry(kind, entry)
        yield from self._circles()
        if deactivate_absent:
            for key, row in self.present.people.items():
                if row.active and key not in self.roster.entries["people"]:
                    self.changes.append(Change("people", key, row.name, "changed", {"active": (True, False)}))
        gone = {change.key for change in self.changes if change.kind == "people" and change.fields.get("active", (None, None))[1] is False}
        if by in gone:
            yield Fault("own-account", f"不能停用自己（{by}）", f"You cannot make yourself ({by}) inactive", path=by)
        here = {key for key in self.present.administrators if self.present.people[key].active}
        if here and here <= gone:
            yield Fault("last-administrator", "不能停用所有管理员", "One administrator must stay active")

    def _entry(self, kind: str, entry: Entry) -> Iterator[Fault]:
        row = self.present.rows(kind).get(entry.key)
        change = Change(kind, entry.key, entry.values["name"], "added" if row is None else "changed")
        wanted: dict[str, Any] = {"name": entry.values["name"]}
        active = truth(entry)
        if active is not None or row is None:
            wanted["active"] = active is not False
        if kind == "departments":
            yield from self._department(entry, wanted, row)
        elif kind == "people":
            yield from self._person(entry, wanted, row)
        known = self._known(kind, row)
        for name, value in wanted.items():
            old = known.get(name)
            if old != value and not (row is None and value in (None, [], "")):
                change.fields[name] = (old, value)
        self.changes.append(change)

    def _known(self, kind: str, row: Any) -> dict[str, Any]:
        """Return what is there of a row, in keys."""
        if row is None:
            return {}
        known = {"name": row.name, "active": row.active}
        if kind == "departments":
            ids = {"parent": row.parent_id, "legal_entity": row.legal_entity_id, "head": row.head_id}
            known |= {name: self.keys.get(identity) for name, identity in ids.items()}
        if kind == "people":
            known |= {"email": row.email, "mobile": row.mobile, "department": self.keys.get(row.department_id)}
            known["departments"] = sorted(self.present.works_in.get(row.id, ()))
            known["groups"] = sorted(self.present.member_of.get(row.id, ()))
            known["posts"] = sorted("@".join(one) for one in self.present.holds.get(row.id, ()))
        return known

    def _department(self, entry: Entry, wanted: dict[str, Any], row: Department | None) -> Iterator[Fault]:
        entity = entry.values.get("legal_entity", "")
        if entity or row is None:
            only = [key for key, one in self.present.entities.items() if one.active]
            found = self.present.find("entities", entity) if entity else None
            key = found.key if found is not None else only[0] if not entity and len(only) == 1 else None
            if key is None:
                yield entry.fault("entity-unknown", "legal_entity", "没有这个法人", "No such legal entity")
            wanted["legal_entity"] = key
            self.entity_of[entry.key] = key
        for name, kind in (("parent", "departments"), ("head", "people")):
            if name in entry.values:
                wanted[name] = yield from self._named(entry, name, kind, entry.values[name])
        if "parent" in wanted:
            self.parents[entry.key] = wanted["parent"]

    def _person(self, entry: Entry, wanted: dict[str, Any], row: Person | None) -> Iterator[Fault]:
        for name in ("email", "mobile"):
            if name in entry.values:
                wanted[name] = entry.values[name] or None
        if "department" in entry.values:
            wanted["department"] = yield from self._named(entry, "department", "departments", entry.values["department"])
        for name, kind in (("departments", "departments"), ("groups", "groups")):
            if name in entry.values:
                keys = []
                for one in several(entry.values[name]):
                    keys.append((yield from self._named(entry, name, kind, one)))
                wanted[name] = sorted({key for key in keys if key})
        if "posts" in entry.values:
            place = wanted.get("department") or (self.keys.get(row.department_id) if row is not None else None)
            wanted["posts"] = yield from self._posts(entry, place)

    def _posts(self, entry: Entry, department: str | None) -> Any:
        """Read posts such as `cfo@shenpi-sh`; one without a legal entity is held in that of her department."""
        found = set()
        for one in several(entry.values["posts"]):
            name, _, place = one.partition("@")
            post = yield from self._named(entry, "posts", "posts", name)
            row = self.present.find("entities", place) if place else None
            entity = row.key if row is not None else None if place else self.entity_of.get(department or "")
            if entity is None:
                yield entry.fault(
                    "entity-unknown", "posts", f"岗位 {one[:100]} 没有法人，请写成 岗位@法人", f"Write post@entity: {one[:100]}"
                )
            if post and entity:
                found.add(f"{post}@{entity}")
        return sorted(found)

    def _named(self, entry: Entry, column: str, kind: str, name: str) -> Any:
        """Return the key of what a cell names, which may come by the same import; yields a fault when there is none."""
        if not name:
            return None
        entries = self.roster.entries[kind]
        found = self.present.find(kind, name)
        if name in entries:
            return name
        if found is not None:
            return found.key
        named = [key for key, one in entries.items() if one.values["name"] == name and kind != "people"]
        if len(named) == 1:
            return named[0]
        zh = {"departments": "部门", "people": "人员", "groups": "组", "posts": "岗位"}[kind]
        yield entry.fault(
            "name-unknown", column, f"没有{zh} {name[:100]}，或不止一个", f"None of the {kind} is {name[:100]}, or more than one is"
        )
        return None

    def _circles(self) -> Iterator[Fault]:
        for entry in self.roster.entries["departments"].values():
            here, seen = self.parents.get(entry.key), {entry.key}
            while here is not None and here not in seen:
                seen.add(here)
                here = self.parents.get(here)
            if here == entry.key:
                yield entry.fault("parent-circle", "parent", "上级部门形成循环", "The department would stand above itself")
