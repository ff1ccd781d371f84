"""Changes of people and departments that events tell of: first they happen, then they are told."""

from dataclasses import replace
from typing import Any

from api.simulators.desk import Unable
from api.simulators.people import Department, People, Person, read_person

USERS = ("user.created", "user.updated", "user.left")
DEPARTMENTS = ("department.created", "department.updated", "department.deleted")
KINDS = ("verification", *USERS, *DEPARTMENTS)


def check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Unable(f"known events: {', '.join(KINDS)}", 400)


def change_person(people: People, kind: str, person: Any) -> tuple[Person, Person]:
    """Let a person come, change or leave; return her before and after. `person` is a known id, or a whole person."""
    before = people.any(person if isinstance(person, str) else (person or {}).get("userId", ""))
    after = before if isinstance(person, str) else read_person(person)
    if after is None or (kind != "user.created" and before is None):
        raise Unable("person is a known id, or a person", 400)
    after = replace(after, active=kind != "user.left")
    people.put(after)
    return before or after, after


def change_department(people: People, kind: str, path: Any) -> Department:
    """Let a department come or go; return it. One in which people are stays."""
    if not isinstance(path, str) or not path.strip("/"):
        raise Unable("department is a path", 400)
    path = path.strip("/")
    if kind == "department.created":
        people.add_department(path)
    known = next((each for each in people.departments() if each.path == path), None)
    if known is None:
        raise Unable("no such department", 404)
    if kind == "department.deleted":
        people.remove_department(path)
    return known
