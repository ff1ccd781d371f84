"""Everything one step will write, gathered as one JSON document for one statement."""

from collections.abc import Callable
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
    passed: list[dict[str, Any]] = field(default_factory=list)  #: opened and closed in one transaction
    candidates: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    jobs_done: list[dict[str, Any]] = field(default_factory=list)
    timers: list[dict[str, Any]] = field(default_factory=list)
    timers_gone: list[str] = field(default_factory=list)
    subscribed: list[dict[str, Any]] = field(default_factory=list)
    unsubscribed: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    signals: list[dict[str, Any]] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    settled: list[dict[str, Any]] = field(default_factory=list)  #: places that are gone, with what went wrong there
    wake: list[dict[str, Any]] = field(default_factory=list)
    snapshot: dict[str, Any] | None = None

    def mark(self) -> dict[str, int]:
        """Return how much of each kind there is, for `reconcile`."""
        return {name: len(getattr(self, name)) for name in self.__slots__ if name != "snapshot"}

    def reconcile(self, mark: dict[str, int]) -> None:
        """Take out what was there at a mark and was undone since: the parts of the statement do not see one another's rows."""
        self._cancel(mark, "timers", "timers_gone", lambda row: row if isinstance(row, str) else row["token"])
        self._cancel(mark, "subscribed", "unsubscribed", lambda row: (row["token"], row["kind"], row["name"]))
        unasked = self._cancel(mark, "jobs", "jobs_done", lambda row: row["token"])
        self._cancel(mark, "candidates", "dropped", lambda row: row if isinstance(row, str) else row["task"])
        calls = {str(row["id"]) for row in unasked}
        self.wake = [row for row in self.wake if row["args"].get("job") not in calls]
        gone = {_named(row["token"]) for row in self.settled[mark["settled"] :]}
        for incident in self.incidents[: mark["incidents"]]:
            incident["gone"] = incident["gone"] or _named(incident["token"]) in gone
        closed = {row["id"]: row for row in self.closed[mark["closed"] :]}
        both = [row for row in self.opened[: mark["opened"]] if row["id"] in closed]
        for row in both:
            self.opened.remove(row)
            self.closed.remove(closed[row["id"]])
            self.passed.append(row | closed[row["id"]])

    def _cancel(self, mark: dict[str, int], made: str, gone: str, key: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Let what was made before the mark and what undid it since cancel each other out; returns what was made for nothing."""
        rows, undone = getattr(self, made), getattr(self, gone)
        late = {_named(key(row)) for row in undone[mark[gone] :]}
        vain = [row for row in rows[: mark[made]] if _named(key(row)) in late]
        if vain:
            names = {_named(key(row)) for row in vain}
            setattr(self, made, [row for row in rows if not any(row is one for one in vain)])
            setattr(self, gone, undone[: mark[gone]] + [row for row in undone[mark[gone] :] if _named(key(row)) not in names])
        return vain

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
        if self.passed:
            rows["passed"] = [{key: value for key, value in row.items() if key != "task"} for row in self.passed]
        last = events[-1].step if events else 0
        rows["events"] = [event.as_row() if event.step == last else event.as_row() | {"step": event.step} for event in events]
        return orjson.dumps(rows | headline, default=_text).decode()


def _named(token: Any) -> str:
    """Return a token or a tuple with one as text, whether it was a UUID or its hexadecimal form."""
    return str(token).replace("-", "")


def _text(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
