"""Events and the bytes that are hashed.

The bytes are JSON with sorted keys and no spaces, holding only strings, integers, booleans, null, lists and objects, with the format version `v`.
The hash of an event is SHA-256 over the previous event's hash (32 raw bytes, zeros before the first) and the bytes. Personal payload (comments,
values, names) stands beside the bytes; they hold SHA-256 over its salt and its own bytes.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

FORMAT_VERSION = 1
GENESIS = bytes(32)
SALT_BYTES = 16
NESTED = frozenset({dict, list, tuple})
EXACT = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_STRICT_INTEGER


@dataclass(frozen=True, slots=True)
class Event:
    """One sealed event. `at` is UTC."""

    instance_id: UUID
    number: int
    step: int
    type: str
    at: datetime
    actor: str | None
    element: str | None
    body: bytes
    hash: bytes
    personal: bytes | None
    salt: bytes | None

    def as_row(self) -> dict[str, Any]:
        """Return the event for a JSON document that a statement inserts; the exact bytes travel as text, instance, step and time beside the document."""
        return {
            "number": self.number, "type": self.type, "actor": self.actor, "element": self.element, "body": self.body.decode(), "hash": self.hash.hex(),
            "personal": self.personal.decode() if self.personal is not None else None, "salt": self.salt.hex() if self.salt is not None else None,
        }  # fmt: skip


def stamp(moment: datetime) -> str:
    """Return a time as it stands in the bytes: UTC with microseconds and `Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def seal(previous: bytes, body: bytes) -> bytes:
    """Return the hash that ties an event to the one before it."""
    return sha256(previous + body).digest()


def exact(value: Any) -> bytes:
    """Return the one spelling of a value; floats and other types that JSON spells in several ways are refused with `TypeError`."""
    if _has_float(value):  # the library would write them, and NaN as null
        raise TypeError("float has no one spelling")
    return orjson.dumps(value, option=EXACT)


def _has_float(value: Any) -> bool:
    kind = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list and kind is not tuple:
        return kind is float
    for item in value:
        kind = type(item)
        if kind is not str and (kind is float or (kind in NESTED and _has_float(item))):
            return True
    return False


class Recorder:
    """Writes the events of one step of one instance, in order, onto the end of its chain."""

    def __init__(self, instance_id: UUID, step: int, now: datetime, count: int, last_hash: bytes) -> None:
        self.instance_id = instance_id
        self.step = step
        self.now = now
        self.count = count
        self.hash = last_hash
        self.events: list[Event] = []
        self._instance = str(instance_id)
        self._at = stamp(now)

    def record(
        self,
        type: str,
        *,
        actor: str | None = None,
        on_behalf_of: str | None = None,
        element: str | None = None,
        data: dict[str, Any] | None = None,
        personal: dict[str, Any] | None = None,
    ) -> Event:
        """Add an event; `data` stands in the bytes, `personal` beside them under a fresh salt."""
        self.count += 1
        salt = payload = digest = None
        if personal:
            payload = exact(personal)
            salt = os.urandom(SALT_BYTES)
            digest = sha256(salt + payload).hexdigest()
        body = exact(
            {
                "v": FORMAT_VERSION,
                "instance": self._instance,
                "number": self.count,
                "step": self.step,
                "type": type,
                "at": self._at,
                "actor": actor,
                "onBehalfOf": on_behalf_of,
                "element": element,
                "data": data or {},
                "personal": digest,
            }
        )
        self.hash = seal(self.hash, body)
        event = Event(self.instance_id, self.count, self.step, type, self.now, actor, element, body, self.hash, payload, salt)
        self.events.append(event)
        return event
