"""The rows of an instance in a store of to-dos: one a person and task, whatever became of the task, and one a copy."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from engine.oa.contract import CcView, InstanceSnapshot, ItemResult, Links, Shown, TaskView
from engine.oa.desk import INTENDED

#: to do; done by her to whom it was shown; taken away, because she has nothing to do with it any more; a copy, to be read, and read
State = Literal["open", "done", "gone", "copy", "read"]
Outcome = Literal["approve", "reject", "return", "none"]
ACTED = frozenset({"approved", "rejected", "transferred", "delegated"})
OUTCOMES: Mapping[str, Outcome] = {"approve": "approve", "reject": "reject", "return": "return"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line in somebody's list. `receiver` is the office system's id of the person, `doubtful` a row that may never have arrived."""

    key: str
    receiver: str
    state: State
    person: str | None
    title: str
    process: str
    node: str
    created_at: datetime
    links: Links
    outcome: Outcome = "none"
    over: bool = False  #: the whole instance has ended
    doubtful: bool = False

    @property
    def status(self) -> str:
        """What is remembered once it is accepted: its state and, while it is to be read or done, a digest of what is shown."""
        if self.state in ("gone", "done"):
            return self.state
        shown = (self.receiver, self.title, self.process, self.node, self.created_at.isoformat(), self.links.pc, self.links.mobile)
        return f"{self.state}:{hashlib.sha256(repr(shown).encode()).hexdigest()[:16]}"


def row_key(prefix: str, of: str, receiver: str) -> str:
    """Return the key of a row: of a known length whoever it is for, and another where a person has become another account."""
    return f"{prefix}-{of}-{hashlib.sha256(receiver.encode()).hexdigest()[:10]}"


def rows(snapshot: InstanceSnapshot, known: Mapping[str, Shown], ids: Mapping[str, str]) -> list[Row]:
    """Return the rows of a snapshot as they should be, first those that close: of its tasks, its copies, and of what is shown that it no longer has."""
    spoken = list(of_tasks(snapshot, known, ids))
    copies = list(of_copies(snapshot, ids))
    left = gone(snapshot, known.values(), {row.key for row in spoken})
    found = [*left, *sorted(spoken, key=lambda row: row.state == "open"), *copies]
    return [replace(row, doubtful=row.key in known and known[row.key].status == INTENDED) for row in found]


def of_tasks(snapshot: InstanceSnapshot, known: Mapping[str, Shown], ids: Mapping[str, str]) -> Iterator[Row]:
    """Yield a row for each task of somebody who is mapped; one that has closed only where it was shown."""
    for task in snapshot.tasks:
        if task.assignee not in ids:
            continue
        row = of_task(snapshot, task, ids[task.assignee])
        if row.state == "open" or row.key in known:
            yield row


def of_task(snapshot: InstanceSnapshot, task: TaskView, receiver: str) -> Row:
    # she who returned it has done something, and it is closed for everybody
    returned = task.status == "closed" and task.outcome == "return" and task.reason is None
    state: State = "open" if task.status == "pending" else "done" if task.status in ACTED or returned else "gone"
    outcome = OUTCOMES.get(task.outcome or "", "none")
    if task.status in ("approved", "rejected") and outcome == "none":
        outcome = "approve" if task.status == "approved" else "reject"
    return Row(
        key=row_key("t", task.task_key.partition(":")[0], receiver), receiver=receiver, state=state, person=task.assignee, title=title(snapshot),
        process=process(snapshot), node=task.node_name or task.node_key, created_at=task.created_at, links=task.links, outcome=outcome,
        over=snapshot.status != "running",
    )  # fmt: skip


def of_copies(snapshot: InstanceSnapshot, ids: Mapping[str, str]) -> Iterator[Row]:
    for copy in snapshot.ccs:
        if copy.user in ids:
            yield of_copy(snapshot, copy, ids[copy.user])


def of_copy(snapshot: InstanceSnapshot, copy: CcView, receiver: str) -> Row:
    return Row(
        key=row_key("c", snapshot.instance_key, receiver), receiver=receiver, state="read" if copy.read else "copy", person=copy.user,
        title=title(snapshot), process=process(snapshot), node="抄送", created_at=copy.created_at, links=snapshot.links,
        over=snapshot.status != "running",
    )  # fmt: skip


def gone(snapshot: InstanceSnapshot, known: Iterable[Shown], spoken: set[str], *, every: bool = False) -> list[Row]:
    """Return what is, or may be, shown as open and is not any more, though no snapshot said so; `every` takes all that was ever shown."""
    found, over = [], snapshot.status != "running"
    for one in known:
        closed = one.status == "gone" or (not every and (one.status == "done" or not one.key.startswith("t-")))
        if closed or one.key in spoken or one.remote_id is None or not one.key.startswith(("t-", "c-")):
            continue
        names = title(snapshot), process(snapshot), "已关闭"
        found.append(Row(one.key, one.remote_id, "gone", one.person, *names, snapshot.started_at, snapshot.links, over=over))
    return found


def title(snapshot: InstanceSnapshot) -> str:
    return snapshot.title or snapshot.business_key or snapshot.definition_key


def process(snapshot: InstanceSnapshot) -> str:
    return snapshot.definition_name or snapshot.definition_key


def held(task: TaskView, message: str = "no account of this person is known here") -> ItemResult:
    """Return that a to-do cannot be shown to somebody; it stays open on our page."""
    key = row_key("t", task.task_key.partition(":")[0], task.assignee)
    return ItemResult(key, ok=False, person=task.assignee, problem="person", message=message)
