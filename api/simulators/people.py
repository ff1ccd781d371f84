"""The people an office system knows, and their departments."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from api.simulators.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Person:
    """`userId` is the id inside the company, `openId` the one for this app, `unionId` the one for all apps of a vendor's customer."""

    userId: str
    openId: str = ""
    unionId: str = ""
    name: str = ""
    mobile: str = ""
    email: str = ""
    department: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Department:
    """`number` is for vendors whose departments have numbers; the root is 1. `path` is the whole name, from the top."""

    number: int
    path: str
    name: str
    parent: int


def read_person(body: Any) -> Person | None:
    """Return the person a body describes, with ids made from `userId` where none is given; None when it describes none."""
    if not isinstance(body, dict) or not isinstance(body.get("userId"), str) or not body["userId"]:
        return None
    given = {each.name: body[each.name] for each in fields(Person) if body.get(each.name) is not None}
    if not all(isinstance(value, bool if name == "active" else str) for name, value in given.items()):
        return None
    made = {"openId": f"ou_{body['userId']}", "unionId": f"on_{body['userId']}", "name": body["userId"]}
    return Person(**{**made, **{name: value for name, value in given.items() if value != ""}})


IDS = ("userId", "openId", "unionId", "mobile", "email")


class People:
    """Read often and changed seldom: kept in memory beside the ledger, and found by each kind of id."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._all: dict[str, Person] = {}
        self._by: dict[str, dict[str, Person]] = {}
        self._remember([Person(**each) for each in ledger.find("person")])

    def _remember(self, people: list[Person]) -> None:
        self._all = {person.userId: person for person in people}
        self._by = {kind: {getattr(each, kind): each for each in reversed(people)} for kind in IDS}

    def all(self) -> list[Person]:
        return list(self._all.values())

    def replace(self, people: list[Person]) -> None:
        with self._ledger.turn():
            self._ledger.drop("person")
            for person in people:
                self._ledger.put("person", person.userId, asdict(person))
            self._remember(people)

    def put(self, person: Person) -> None:
        """Let a person come, or change her; her place in the list stays."""
        with self._ledger.turn():
            self._ledger.put("person", person.userId, asdict(person))
            self._remember(list({**self._all, person.userId: person}.values()))

    def any(self, value: str) -> Person | None:
        """Return the person with this id of whatever kind, also one who has left."""
        return next((self._by[kind][value] for kind in IDS[:3] if value and value in self._by[kind]), None)

    def working(self, kind: str, value: str) -> Person | None:
        """Return the person with this id, mobile or e-mail who has not left."""
        found = self._by[kind].get(value) if value else None
        return found if found and found.active else None

    def departments(self) -> list[Department]:
        """Return the departments in which somebody is or that were added, the root first. `总部/财务部` is one inside of the other."""
        paths = {""}
        for each in [*(person.department for person in self.all()), *self._ledger.find("extra")]:
            parts = [part for part in each.split("/") if part]
            paths |= {"/".join(parts[: end + 1]) for end in range(len(parts))}
        with self._ledger.turn():
            numbers = {path: self._number(path) for path in sorted(paths)}
        return [
            Department(number, path, path.rpartition("/")[2], numbers[path.rpartition("/")[0]] if path else 0)
            for path, number in numbers.items()
        ]

    def _number(self, path: str) -> int:
        """Return the number of a department, the same for ever."""
        known = self._ledger.get("department", path)
        number = int(known or self._ledger.next("department"))
        if not known:
            self._ledger.put("department", path, number)
        return number

    def add_department(self, path: str) -> None:
        self._ledger.put("extra", path, path)

    def remove_department(self, path: str) -> None:
        self._ledger.drop("extra", path)

    def members(self, path: str) -> list[Person]:
        return [each for each in self.all() if each.active and each.department.strip("/") == path]
