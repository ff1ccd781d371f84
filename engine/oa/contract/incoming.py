"""What an OA tells us: requests as they came, the events they tell of, what it gets back, and whom its contacts know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from engine.oa.codec import Record

EventKind = Literal[
    "task.approved", "task.rejected", "task.action", "task.read", "user.changed", "user.disabled", "department.changed", "unsupported",
]  # fmt: skip
#: the type of an id that is a person's key of ours, where who signs her in vouches for it
WORK_NUMBER = "work_number"


@dataclass(frozen=True, slots=True)
class Event(Record):
    """What an OA told us, verified and parsed, not yet applied. `actor` is the OA's own id of the person, `raw_digest` SHA-256 of the body in hex.

    `dedupe_key` is unique for one press of one button: the inbox of a connection holds it once. `id_type` says which kind of id `actor` is.
    """

    connector: str
    kind: EventKind
    dedupe_key: str
    raw_digest: str
    task_key: str | None = None
    nonce: str | None = field(default=None, repr=False)
    actor: str | None = None
    outcome: str | None = None
    comment: str | None = None
    occurred_at: datetime | None = None
    id_type: str = ""
    proof: Literal["nonce", "id"] = (
        "nonce"  #: what shows that the button was on a picture of ours: the nonce, or an OA's id that only that picture has
    )


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What came in, as it came. `door` is the last part of the address: one connection may have several."""

    method: str
    door: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What the OA gets back."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Said:
    """What the person who pressed should read: whether her press is being applied, and in words."""

    accepted: bool
    message: str
    facts: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """A request that is the OA's: what it tells, and the reply where that does not depend on what becomes of it."""

    events: tuple[Event, ...] = ()
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class RemotePerson(Record):
    """Somebody as the OA's contacts know her: ids by their type."""

    ids: Mapping[str, str]
    name: str
    mobile: str | None = None
    email: str | None = None
    number: str | None = None  #: the work number
    departments: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class RemoteDepartment(Record):
    """A department as the OA's contacts know it."""

    id: str
    name: str
    parent: str | None = None
    head: str | None = None  #: the OA's id of the person
