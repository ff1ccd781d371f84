"""What is asked of an OA besides, what came of it, and what it shows in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from engine.oa.codec import Record

#: why one item was not done: nobody is mapped, it cannot be (permanent), the OA had closed it already, it may be tried again
Problem = Literal["person", "permanent", "conflict", "retry"]
DifferenceKind = Literal["missing_here", "missing_there", "field_differs"]


@dataclass(frozen=True, slots=True)
class OARequest(Record):
    """What a service task or a notice asks of an OA. `key` is the same on every retry, so that asking again does nothing twice."""

    operation: str
    key: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ItemResult(Record):
    """What became of one task, copy or instance of a push: what the OA shows of it now, or why it does not."""

    key: str
    ok: bool = True
    remote_id: str | None = None
    status: str = ""
    version: int = 0
    person: str | None = None
    problem: Problem | None = None
    message: str = ""
    remote_person: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt(Record):
    """What an OA answered. `data` may say `{"closed": true}`: it had already closed what we spoke of. `items` tells of each item where the OA does."""

    remote_id: str | None
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[ItemResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What we believe an OA shows of one item: the last that it accepted."""

    key: str
    remote_id: str | None
    status: str
    version: int
    person: str | None = None
    remote_person: str | None = None  #: the id under which she was shown it


@dataclass(frozen=True, slots=True)
class Difference(Record):
    """One thing in which an OA and we are not of one mind. `key` is the item's as in `Shown`, or the OA's own id where we know of no such item."""

    kind: DifferenceKind
    key: str
    field: str = ""
    ours: str = ""
    theirs: str = ""
