"""How one OA is reached, what an administrator gives for it, what it can do, and how it fares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from engine.oa.codec import Record


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
class Exchange:
    """One request to an OA and its answer, as an administrator may read them: credentials and personal data are masked."""

    api: str
    request: str
    answer: str
    status: int | None
    code: str
    ok: bool
    milliseconds: int
