"""What a connector is given and what it gives back (the neutral interface between the engine and any office system).

A connector has two doors. `push` is called after every step that changed a task or the status of an instance, with one immutable snapshot whose
version strictly increases per instance; each connector derives its own calls from it. `call` is what a drawn service task asks for. Transfer,
delegation, added signers, returns and withdrawals are no verbs here: they are snapshots with changed tasks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from engine.oa.codec import Record

InstanceStatus = Literal["running", "approved", "rejected", "withdrawn", "terminated", "revoked", "deleted"]
TaskStatus = Literal["pending", "approved", "rejected", "transferred", "delegated", "closed", "canceled"]
Origin = Literal["normal", "add_before", "add_after", "add_beside", "transfer", "delegate", "proxy", "return", "resubmit"]
EventKind = Literal["task.approved", "task.rejected", "task.action", "unsupported"]


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
    """One instance after one step: its header, its open tasks and the tasks changed in this step."""

    instance_key: str
    version: int
    definition_key: str
    title: str
    applicant: str
    status: InstanceStatus
    started_at: datetime
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
class OARequest(Record):
    """What a service task asks of an OA. `key` is the same on every retry, so that asking again does nothing twice."""

    operation: str
    key: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt(Record):
    """What an OA answered. `data` may say `{"closed": true}`: it had already closed what we spoke of."""

    remote_id: str | None
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event(Record):
    """What an OA told us, verified and parsed, not yet applied. `actor` is the OA's own id of the person, `raw_digest` SHA-256 of the body in hex.

    `dedupe_key` is unique for one press of one button: the inbox of a connection holds it once.
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


@dataclass(frozen=True, slots=True)
class Capabilities(Record):
    """What an OA can do, and its limits; None is no limit that we know of."""

    callback_actions: bool = False
    custom_actions: bool = False
    reason_field: bool = False
    attachments: bool = False
    cc: bool = False
    cc_read_state: bool = False
    client_ids: bool = False
    compare: bool = False
    update_order: Literal["strict_version", "strict_time", "none"] = "none"
    due_date: bool = False
    urge: bool = False
    delete: bool = False
    desktop_buttons: bool = False
    tz_text_times: bool = False
    requires_remote_id: bool = False
    bulk_max: int | None = None
    title_max: int | None = None
    form_items_shown: int | None = None
    form_chars_max: int | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an OA answered when asked, and what an administrator may read about it."""

    ok: bool
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """How one OA is reached. The secrets show in no `repr`; `former_secret` is accepted beside the new one while they are being changed."""

    key: str
    kind: str
    base_url: str
    secret: str = field(repr=False)
    former_secret: str | None = field(default=None, repr=False)


class Connector(Protocol):
    """One OA behind one connection. Safe to use from several threads; raises no error of HTTP, and shows no secret in any error."""

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        """Show the OA where the instance stands; `previous` is the last snapshot it accepted. Safe to repeat.

        Refuses with `OAUnavailable` (fact `retry_after` in seconds, or None), `OARejected`, or `OAUnknown` where the OA has no idempotency.
        """
        ...

    def call(self, request: OARequest) -> Receipt:
        """Ask the OA for something a drawing wants of it. Refuses as `push` does."""
        ...

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Event:
        """Verify and parse a callback; the engine is not touched.

        Refuses with `NotPermitted` (fact `reason`) what is not signed by the OA or too old, with `InvalidContent` what cannot be read.
        """
        ...

    def capabilities(self) -> Capabilities: ...

    def health(self) -> Health:
        """Ask the OA whether it is there. Raises nothing."""
        ...

    def close(self) -> None:
        """Let go of open connections."""
        ...
