"""Events as the re-execution reads them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.history.chain import Row


@dataclass(slots=True)
class Recorded:
    """One event as the re-execution reads it."""

    type: str
    element: str | None
    at: datetime
    data: dict[str, Any]
    personal: dict[str, Any]
    instance: str

    @classmethod
    def read(cls, row: Row) -> "Recorded":
        body = orjson.loads(bytes(row.body))
        personal = orjson.loads(bytes(row.personal)) if row.personal is not None else {}
        return cls(
            body["type"], body["element"], datetime.fromisoformat(body["at"]).astimezone(UTC), body["data"], personal, body["instance"]
        )


def changes(events: list[Recorded]) -> list[dict[str, Any]]:
    """Return the variables that changed, with old and new."""
    return [change for event in events if event.type == "variables:changed" for change in event.personal.get("changes", [])]


def by_type(events: list[Recorded]) -> Mapping[str, list[Recorded]]:
    """Return the events of each type, in their order; of a type that is not there, none."""
    found: dict[str, list[Recorded]] = defaultdict(list)
    for event in events:
        found[event.type].append(event)
    return found
