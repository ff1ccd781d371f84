"""What a connector is given and what it gives back (the neutral interface between the engine and any office system).

A connector has two doors. `push` is called after every step that changed a task or the status of an instance, with one immutable snapshot whose
version strictly increases per instance; each connector derives its own calls from it. `call` is what a drawn service task asks for. Transfer,
delegation, added signers, returns and withdrawals are no verbs here: they are snapshots with changed tasks.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

from engine.oa.codec import Record

InstanceStatus = Literal["running", "approved", "rejected", "withdrawn", "terminated", "revoked", "deleted"]
TaskStatus = Literal["pending", "approved", "rejected", "transferred", "delegated", "closed", "canceled"]
Origin = Literal["normal", "add_before", "add_after", "add_beside", "transfer", "delegate", "proxy", "return", "resubmit"]
EventKind = Literal[
    "task.approved", "task.rejected", "task.action", "task.read", "user.changed", "user.disabled", "department.changed", "unsupported",
]  # fmt: skip
#: why one item was not done: nobody is mapped, it cannot be (permanent), the OA had closed it already, it may be tried again
Problem = Literal["person", "permanent", "conflict", "retry"]
DifferenceKind = Literal["missing_here", "missing_there", "field_differs"]
#: the type of an id that is a person's key of ours, where who signs her in vouches for it
WORK_NUMBER = "work_number"


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


@dataclass(frozen=True, slots=True)
class OARequest(Record):
    """What a service task or a notice asks of an OA. `key` is the same on every retry, so that asking again does nothing twice."""

    operation: str
    key: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ItemResult(Record):
    """What became of one task, copy or instance of a push: what the OA shows of it now, or why it does not."""

    key: str
    ok: bool = True
    remote_id: str | None = None
    status: str = ""
    version: int = 0
    person: str | None = None
    problem: Problem | None = None
    message: str = ""
    remote_person: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt(Record):
    """What an OA answered. `data` may say `{"closed": true}`: it had already closed what we spoke of. `items` tells of each item where the OA does."""

    remote_id: str | None
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[ItemResult, ...] = ()


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
class Shown:
    """What we believe an OA shows of one item: the last that it accepted."""

    key: str
    remote_id: str | None
    status: str
    version: int
    person: str | None = None
    remote_person: str | None = None  #: the id under which she was shown it


@dataclass(frozen=True, slots=True)
class Difference(Record):
    """One thing in which an OA and we are not of one mind. `key` is the item's as in `Shown`, or the OA's own id where we know of no such item."""

    kind: DifferenceKind
    key: str
    field: str = ""
    ours: str = ""
    theirs: str = ""


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
    contacts: bool = False
    sign_in: bool = False
    notify: bool = False
    update_order: Literal["strict_version", "strict_time", "none"] = "none"
    due_date: bool = False
    urge: bool = False
    delete: bool = False
    desktop_buttons: bool = False
    tz_text_times: bool = False
    listens: bool = False  #: it can tell us things over a connection that we hold open
    open_status: str = "pending"  #: the status, in `Shown`, of a task that somebody may still do
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
class Field:
    """Something an administrator gives when a connection of a kind is made. `unsure` says that the vendor's documents leave it open, and what then happens."""

    name: str
    zh: str
    en: str
    secret: bool = False
    required: bool = True
    default: str = ""
    unsure: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """How one OA is reached. `credentials` show in no `repr`; `settings` are what an administrator may read."""

    key: str
    kind: str
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    public_url: str = ""  #: of ours: where links lead and callbacks arrive

    def callback(self, door: str = "callback") -> str:
        """Return the address at which we take what the OA tells us."""
        return f"{self.public_url}/oa/{self.key}/{door}"

    @property
    def way_back(self) -> str:
        """The address to which an OA sends back whom it has signed in; it is registered there."""
        return f"{self.public_url}/sso/{self.key}/callback"

    def link(self, page: str | None) -> str:
        """Return the address under which a page of ours is opened out of this OA: who comes through it is signed in by the OA where that can be."""
        if not page or not self.settings.get("sign_in", True):
            return page or self.public_url
        return f"{self.public_url}/sso/{self.key}?{urlencode({'next': page.removeprefix(self.public_url) or '/'})}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to an OA and its answer, as an administrator may read them: credentials and personal data are masked."""

    api: str
    request: str
    answer: str
    status: int | None
    code: str
    ok: bool
    milliseconds: int


class Desk(Protocol):
    """What the engine lends a connector: a memory that outlives the process, who is who, and when it may call. Each method is a transaction of its own."""

    def shown(self, keys: Iterable[str]) -> dict[str, Shown]:
        """Return what is known of items; one that was intended and never settled has the status `intended`."""
        ...

    def shown_of(self, instance_key: str) -> list[Shown]:
        """Return what is known of everything of an instance."""
        ...

    def found(self, remote_id: str) -> Shown | None:
        """Return what is shown under an id of the OA's."""
        ...

    def intend(self, key: str, instance_key: str | None = None) -> None:
        """Remember, before a call that cannot safely be repeated, that it is about to be made."""
        ...

    def settle(
        self, key: str, remote_id: str | None, *, status: str = "", version: int = 0, instance_key: str | None = None, remote_person: str | None = None
    ) -> None:  # fmt: skip
        """Remember what came of it."""
        ...

    def forget(self, key: str) -> None: ...

    def alone(self, key: str) -> AbstractContextManager[None]:
        """Hold a key while what all workers need once is made. Refuses with `OAUnavailable` while another holds it; one that died does for a minute."""
        ...

    def ids(self, people: Iterable[str], id_type: str) -> dict[str, str]:
        """Return the OA's ids of people by their keys; who is not mapped is not in it."""
        ...

    def wait(self, api: str) -> None:
        """Wait until a call of this API is within the connection's limit, for all workers together. Refuses with `OAUnavailable` what would take too long."""
        ...

    def hold_off(self, api: str, seconds: float) -> None:
        """The OA asked for a pause: nobody calls this API before."""
        ...

    def token(self, name: str, fetch: Callable[[], tuple[str, float]], *, stale: str | None = None) -> str:
        """Return a token that is still good, fetching one (text, seconds it lives) when there is none, once at a time; `stale` is one that was refused."""
        ...

    def note(self, exchange: Exchange) -> None:
        """Keep a request and its answer for the administrator."""
        ...


class Connector(Protocol):
    """One OA behind one connection. Safe to use from several threads; raises no error of HTTP, and shows no secret in any error."""

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        """Show the OA where the instance stands; `previous` is the last snapshot it accepted. Safe to repeat.

        Refuses with `OAUnavailable` (fact `retry_after` in seconds, or None), `OARejected`, or `OAUnknown` where the OA has no idempotency and cannot be
        asked what became of it.
        """
        ...

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        """Take the instance out of the OA. Refuses as `push` does."""
        ...

    def call(self, request: OARequest) -> Receipt:
        """Ask the OA for something a drawing or a notice wants of it. Refuses as `push` does."""
        ...

    def compare(self, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
        """Ask the OA what it shows of an instance and tell in what it differs; `shown` is what it last accepted. Refuses as `push` does.

        An OA that cannot be read has no differences: `capabilities().compare` is false.
        """
        ...

    def receive(self, request: RawRequest, now: datetime) -> Received:
        """Verify and parse a callback; the engine is not touched.

        Refuses with `NotPermitted` (fact `reason`) what is not the OA's or too old, with `InvalidContent` what cannot be read.
        """
        ...

    def reply(self, received: Received, said: Said) -> Reply:
        """Return the answer for the person who pressed, in the OA's form."""
        ...

    def people(self) -> Iterable[RemotePerson]:
        """Return everybody in the OA's contacts. Refuses as `push` does."""
        ...

    def departments(self) -> Iterable[RemoteDepartment]: ...

    def login_url(self, state: str, redirect: str, proof: str = "") -> str:
        """Return the address where the OA signs people in; it leads back to `redirect`. Refuses as `push` does, and with `OARejected` where it cannot.

        `proof` is a secret of this one attempt (43 to 128 letters, a verifier of RFC 7636): where the OA can, the code is good only together with it.
        """
        ...

    def signed_in(self, code: str, redirect: str, proof: str = "") -> Mapping[str, str]:
        """Return the ids, by type, of who signed in. Refuses with `NotPermitted` a code that is not, or no longer, good; else as `push` does."""
        ...

    def listen(self, take: Callable[[tuple[Event, ...]], None], stop: threading.Event) -> None:
        """Hold a connection open and give what the OA tells to `take`, which keeps it before the OA hears that it has arrived; until `stop`.

        Returns when the OA asks us to come again. Refuses with `OAUnavailable` a connection that breaks.
        """
        ...

    def capabilities(self) -> Capabilities: ...

    def health(self) -> Health:
        """Ask the OA whether it is there. Raises nothing."""
        ...

    def close(self) -> None:
        """Let go of open connections."""
        ...
