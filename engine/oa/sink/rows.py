"""The rows of an instance in a store of to-dos: one a person and task, whatever became of the task, and one a copy."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from engine.oa.contract import CcView, InstanceSnapshot, ItemResult, Links, Shown, TaskView
from engine.oa.desk import INTENDED
from engine.oa.items import COPY, TASK, copy_key, task_key

#: to do; done by her to whom it was shown; taken away, because she has nothing to do with it any more; a copy, to be read, and read
State = Literal["open", "done", "gone", "copy", "read"]
Outcome = Literal["approve", "reject", "return", "none"]
ACTED = frozenset({"approved", "rejected", "transferred", "delegated"})
OUTCOMES: Mapping[str, Outcome] = {"approve": "approve", "reject": "reject", "return": "return"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line in somebody's list. `receiver` is the office system's id of the person, `doubtful` a row that may never have arrived.

    `key` is ours. `flow` is the office system's, and another one where a person has become another account.
    """

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
    def flow(self) -> str:
        return flow_of(self.key, self.receiver)

    @property
    def kept(self) -> str:
        """What is remembered beside its state once it is accepted: a digest of what is shown, and to whom."""
        shown = (self.state, self.title, self.process, self.node, self.created_at.isoformat(), self.links.pc, self.links.mobile)
        return f"{hashlib.sha256(repr(shown).encode()).hexdigest()[:16]} {self.receiver}"

    def is_shown(self, as_: Shown | None) -> bool:
        """Tell whether this is what was accepted last; of what is closed nothing more has to be shown."""
        if as_ is None or as_.status != self.state:
            return False
        return self.state in ("done", "gone") or as_.remote_id == self.kept


def flow_of(key: str, receiver: str) -> str:
    """Return the office system's key of a row of ours and an account."""
    mark = f"-{hashlib.sha256(receiver.encode()).hexdigest()[:6]}"
    return key if key.endswith(mark) or not receiver else key + mark


def receiver_of(one: Shown) -> str:
    """Return the account that a row was shown to, empty for one that we only know of from the office system."""
    return (one.remote_id or "").partition(" ")[2]


def rows(snapshot: InstanceSnapshot, known: Mapping[str, Shown], ids: Mapping[str, str]) -> list[Row]:
    """Return the rows of a snapshot as they should be, first those that close: of its tasks, its copies, and of what is shown that it no longer has."""
    spoken = list(of_tasks(snapshot, known, ids))
    copies = list(of_copies(snapshot, ids))
    moved = [one for row in spoken if row.state == "open" and row.key in known and (one := former(row, known[row.key]))]
    left = gone(snapshot, known.values(), {row.key for row in (*spoken, *moved)})
    found = [*left, *moved, *sorted(spoken, key=lambda row: row.state == "open"), *copies]
    return [replace(row, doubtful=row.key in known and known[row.key].status == INTENDED) for row in found]


def of_tasks(snapshot: InstanceSnapshot, known: Mapping[str, Shown], ids: Mapping[str, str]) -> Iterator[Row]:
    """Yield a row for each task of somebody who is mapped; one that has closed only where it was shown."""
    for task in snapshot.tasks:
        if task.assignee not in ids:
            continue
        row = of_task(snapshot, task, ids[task.assignee])
        if row.state == "open" or row.key in known:
            yield row


def former(row: Row, one: Shown) -> Row | None:
    """Return the row of the account that a person had before, to be taken away; None where she has the same."""
    account = receiver_of(one)
    if one.status == "gone" or account in ("", row.receiver):
        return None
    return replace(row, key=replace(row, receiver=account).flow, receiver=account, state="gone")


def of_task(snapshot: InstanceSnapshot, task: TaskView, receiver: str) -> Row:
    # she who returned it has done something, and it is closed for everybody
    returned = task.status == "closed" and task.outcome == "return" and task.reason is None
    state: State = "open" if task.status == "pending" else "done" if task.status in ACTED or returned else "gone"
    outcome = OUTCOMES.get(task.outcome or "", "none")
    if task.status in ("approved", "rejected") and outcome == "none":
        outcome = "approve" if task.status == "approved" else "reject"
    return Row(
        key=task_key(task.task_key), receiver=receiver, state=state, person=task.assignee, title=title(snapshot),
        process=process(snapshot), node=task.node_name or task.node_key, created_at=task.created_at, links=task.links, outcome=outcome,
        over=snapshot.status != "running",
    )  # fmt: skip


def of_copies(snapshot: InstanceSnapshot, ids: Mapping[str, str]) -> Iterator[Row]:
    for copy in snapshot.ccs:
        if copy.user in ids:
            yield of_copy(snapshot, copy, ids[copy.user])


def of_copy(snapshot: InstanceSnapshot, copy: CcView, receiver: str) -> Row:
    return Row(
        key=copy_key(copy.cc_key), receiver=receiver, state="read" if copy.read else "copy", person=copy.user,
        title=title(snapshot), process=process(snapshot), node="抄送", created_at=copy.created_at, links=snapshot.links,
        over=snapshot.status != "running",
    )  # fmt: skip


def gone(snapshot: InstanceSnapshot, known: Iterable[Shown], spoken: set[str], *, every: bool = False) -> list[Row]:
    """Return what is, or may be, shown as open and is not any more, though no snapshot said so; `every` takes all that was ever shown."""
    found, over = [], snapshot.status != "running"
    for one in known:
        closed = one.status == "gone" or (not every and (one.status == "done" or not one.key.startswith(TASK)))
        if closed or one.key in spoken or not one.key.startswith((TASK, COPY)):
            continue
        names = title(snapshot), process(snapshot), "已关闭"
        found.append(Row(one.key, receiver_of(one), "gone", one.person, *names, snapshot.started_at, snapshot.links, over=over))
    return found


def title(snapshot: InstanceSnapshot) -> str:
    return snapshot.title or snapshot.business_key or snapshot.definition_key


def process(snapshot: InstanceSnapshot) -> str:
    return snapshot.definition_name or snapshot.definition_key


def held(task: TaskView, message: str = "no account of this person is known here") -> ItemResult:
    """Return that a to-do cannot be shown to somebody; it stays open on our page."""
    return ItemResult(task_key(task.task_key), ok=False, person=task.assignee, problem="person", message=message)
