"""Everything one step will write, gathered as one JSON document for one statement."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from engine.history import Event


@dataclass(slots=True)
class Document:
    """Rows by kind; the names are those in `engine.step.statement`."""

    closed: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    opened: list[dict[str, Any]] = field(default_factory=list)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    jobs_done: list[dict[str, Any]] = field(default_factory=list)
    timers: list[dict[str, Any]] = field(default_factory=list)
    timers_gone: list[str] = field(default_factory=list)
    subscribed: list[dict[str, Any]] = field(default_factory=list)
    unsubscribed: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    signals: list[dict[str, Any]] = field(default_factory=list)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    wake: list[dict[str, Any]] = field(default_factory=list)
    snapshot: dict[str, Any] | None = None

    def parts(self, *, ended: bool) -> frozenset[tuple[str, bool]]:
        """Return what there is to write, each with whether it is a single row: the parts of the statement."""
        found = {(name, len(rows) == 1) for name in self.__slots__ if name != "snapshot" and (rows := getattr(self, name))}
        found.add(("events", False))
        if self.snapshot is not None:
            found.add(("snapshot", True))
        if ended:
            found.add(("ended", True))
        return frozenset(found)

    def as_json(self, events: list[Event], headline: dict[str, Any]) -> str:
        """Return the document; events carry their exact bytes as text, so that nothing is written a second time."""
        rows = {name: rows for name in self.__slots__ if (rows := getattr(self, name))}
        if self.dropped:
            rows["dropped"] = [{"id": task} for task in self.dropped]
        if self.timers_gone:
            rows["timers_gone"] = [{"token": token} for token in self.timers_gone]
        if self.closed:
            rows["closed"] = [{key: value for key, value in row.items() if key != "task"} for row in self.closed]
        rows["events"] = [event.as_row() for event in events]
        return orjson.dumps(rows | headline, default=_text).decode()


def _text(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
