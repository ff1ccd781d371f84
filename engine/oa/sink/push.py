"""Rows sent to a store of to-dos: those that are new or differ from what was accepted, each with a receipt of its own.

An unchanged row is never sent again, for it would ring somebody's phone. What is about to be sent is remembered first: an answer may be lost, and then the row
is there, or not, and the next push must close or show it either way.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from engine.oa.contract import Desk, InstanceSnapshot, ItemResult, Problem, Receipt, Shown
from engine.oa.desk import INTENDED
from engine.oa.items import instance_key
from engine.oa.sink.rows import Row, gone, held, rows

UNDER_WAY = "?"  #: stands behind the status of a row of which a change was sent and nothing heard


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sent at once. `moment` is in milliseconds and newer than that of every row sent before; `sender` is the applicant's id, if she is mapped."""

    snapshot: InstanceSnapshot
    rows: Sequence[Row]
    moment: int
    sender: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a store said of a row: nothing, or why not."""

    row: Row
    problem: Problem | None = None
    message: str = ""


class Profile(Protocol):
    """What one vendor's store of to-dos does differently."""

    id_type: str
    copies: bool

    def send(self, batch: Batch) -> Iterator[Outcome]:
        """Send rows and yield what became of each. Refuses as `Connector.push` does, and then the rows not yielded are tried again."""
        ...


class Push:
    """Pushes of one connection."""

    def __init__(self, desk: Desk, profile: Profile) -> None:
        self._desk = desk
        self._profile = profile

    def snapshot(self, snapshot: InstanceSnapshot) -> Receipt:
        """Show an instance. Who is not mapped, or not known there, has her own to-do held and nobody else's."""
        known = {one.key: one for one in self._desk.shown_of(snapshot.instance_key)}
        people = {snapshot.applicant, *(task.assignee for task in snapshot.tasks), *(copy.user for copy in snapshot.ccs)}
        ids = self._desk.ids(people, self._profile.id_type)
        if not self._profile.copies:
            snapshot = replace(snapshot, ccs=())
        unmapped = [task for task in snapshot.tasks if task.assignee not in ids and task.status == "pending"]
        wanted = each_once(rows(snapshot, known, ids))
        items = self._send(snapshot, wanted, known, ids.get(snapshot.applicant))
        return self._receipt(snapshot, [*items, *(held(task) for task in unmapped)])

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        """Take every row of an instance away, those that are done as well."""
        known = {one.key: one for one in self._desk.shown_of(snapshot.instance_key)}
        left = [replace(row, doubtful=known[row.key].status == INTENDED) for row in gone(snapshot, known.values(), set(), every=True)]
        return self._receipt(replace(snapshot, status="deleted"), self._send(snapshot, left, known, None))

    def _send(self, snapshot: InstanceSnapshot, wanted: Sequence[Row], known: dict[str, Shown], sender: str | None) -> list[ItemResult]:
        changed = [row for row in wanted if not row.is_shown(known.get(row.key))]
        moment = max([time.time_ns() // 1_000_000, *(one.version + 1 for one in known.values())])
        for row in changed:
            before = known[row.key].status.rstrip(UNDER_WAY) if row.key in known else INTENDED
            self._settle(row, before if before == INTENDED else before + UNDER_WAY, moment, snapshot)
            if row.flow != row.key and row.flow in known:
                self._desk.forget(row.flow)  # it was taken away from this account and is back: one line there is one row here
        items = [item(row, known[row.key].version) for row in wanted if row not in changed]
        for outcome in self._profile.send(Batch(snapshot, changed, moment, sender)) if changed else ():
            items.append(self._heard(outcome, moment, known, snapshot))
        return items

    def _heard(self, outcome: Outcome, moment: int, known: dict[str, Shown], snapshot: InstanceSnapshot) -> ItemResult:
        row = outcome.row
        if outcome.problem is None:
            self._settle(row, row.state, moment, snapshot)
            return item(row, moment)
        if row.key not in known or (row.doubtful and row.state == "open"):
            self._desk.forget(row.key)  # it was refused: nothing is there that would have to be closed
        return ItemResult(row.key, ok=False, person=row.person, problem=outcome.problem, message=outcome.message[:500])

    def _settle(self, row: Row, status: str, moment: int, snapshot: InstanceSnapshot) -> None:
        self._desk.settle(row.key, row.kept, status=status, version=moment, instance_key=snapshot.instance_key)

    @staticmethod
    def _receipt(snapshot: InstanceSnapshot, items: Iterable[ItemResult]) -> Receipt:
        return Receipt(None, datetime.now(UTC), {}, (ItemResult(instance_key(snapshot.instance_key), status=snapshot.status), *items))


def each_once(wanted: Sequence[Row]) -> list[Row]:
    """Return rows without those taken away from an account that has the same line again."""
    back = {row.flow for row in wanted if row.flow != row.key}
    return [row for row in wanted if row.key not in back]


def item(row: Row, moment: int) -> ItemResult:
    return ItemResult(row.key, remote_id=row.kept, status=row.state, version=moment, person=row.person)
