"""What a connector shows: an instance, its tasks and its copies after one step, immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from engine.oa.codec import Record

InstanceStatus = Literal["running", "approved", "rejected", "withdrawn", "terminated", "revoked", "deleted"]
TaskStatus = Literal["pending", "approved", "rejected", "transferred", "delegated", "closed", "canceled"]
Origin = Literal["normal", "add_before", "add_after", "add_beside", "transfer", "delegate", "proxy", "return", "resubmit"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the summary, as people read it."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Links:
    """Where the instance or task is shown in our pages. They hold no credential and stay valid."""

    pc: str | None = None
    mobile: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A button. `key` is the outcome it stands for."""

    key: str
    label: str
    needs_reason: bool = False
    reason_required: bool = False
    needs_attachment: bool = False


@dataclass(frozen=True, slots=True)
class TaskView(Record):
    """One user task of one person, as an OA shows it. `nonce` must come back with an action; `closed` is closed without the person acting.

    Whoever stands in for somebody has a view of her own, of origin `proxy`; what she presses counts on behalf of the person it names.
    """

    task_key: str
    node_key: str
    node_name: str
    assignee: str
    status: TaskStatus
    created_at: datetime
    nonce: str = field(repr=False)
    round: int = 1
    reason: str | None = None
    outcome: str | None = None
    comment: str | None = None
    ended_at: datetime | None = None
    due_at: datetime | None = None
    actions: tuple[Action, ...] = ()
    origin: Origin = "normal"
    on_behalf_of: str | None = None
    links: Links = Links()


@dataclass(frozen=True, slots=True)
class CcView:
    """One person who is told and asked nothing."""

    cc_key: str
    user: str
    created_at: datetime
    read: bool = False


@dataclass(frozen=True, slots=True)
class InstanceSnapshot(Record):
    """One instance after one step: its header, its open tasks, and the tasks that changed since the snapshot that was accepted last."""

    instance_key: str
    version: int
    definition_key: str
    title: str
    applicant: str
    status: InstanceStatus
    started_at: datetime
    definition_name: str = ""
    applicant_name: str = ""
    business_key: str | None = None
    department: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    summary: tuple[Item, ...] = ()
    links: Links = Links()
    ended_at: datetime | None = None
    tasks: tuple[TaskView, ...] = ()
    ccs: tuple[CcView, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the record of an instance, without anything personal beyond work numbers. `number` counts the events of the instance from 1."""

    number: int
    type: str
    at: datetime
    actor: str | None
    on_behalf_of: str | None
    element: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chronicle(InstanceSnapshot):
    """A snapshot for a kind that is told what happened: all of it since the last one that was accepted, in order."""

    subject_kind: str | None = None
    subject_id: str | None = None
    happened: tuple[Happening, ...] = ()
