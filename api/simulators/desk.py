"""What doors and pages need of a vendor: cards to show, and what the vendor tells the product."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from api.simulators.people import Person


class Unable(Exception):
    """The office system cannot do what a person or a test asked; `status` is for HTTP."""

    def __init__(self, message: str, status: int = 409) -> None:
        super().__init__(message)
        self.message, self.status = message, status


@dataclass(frozen=True, slots=True)
class Card:
    """One task of one person as the office system shows it. `status` is the vendor's word; `how` is what happened to it, the oldest first."""

    id: str
    instance: str
    title: str
    person: str
    status: str
    open: bool
    url: str = ""
    node: str = ""
    actions: tuple[dict[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    how: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call of the vendor to the product; its method is `STREAM` when it goes over a connection that the product has opened.

    `retries` are the seconds after which it comes again while the product does not answer as it should.
    """

    url: str
    body: str
    headers: dict[str, str]
    timeout: float
    retries: tuple[float, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    method: str = "POST"


class Desk(Protocol):
    """One vendor's part. `buttons` says whether a press of a button is told to the product at all."""

    title: str
    buttons: bool

    def cards(self, person: str | None = None) -> list[Card]:
        """Return the cards of everybody, or of one person by `userId`, the oldest first."""

    def card(self, task: str) -> Card | None:
        """Return one card by the id the vendor knows it by."""

    def instances(self) -> list[dict[str, Any]]:
        """Return the instances as they were sent."""

    def press(self, card: Card, person: Person, action: str, reason: str) -> Outgoing:
        """Return what the vendor tells the product when a person presses a button."""

    def event(self, kind: str, facts: dict[str, Any]) -> Outgoing:
        """Return what the vendor tells the product when something changes."""

    def judge(self, sent: Outgoing, answer: httpx.Response) -> tuple[bool, str]:
        """Say whether the product answered as this vendor wants, and what the person sees."""

    def carry(self, call: Outgoing) -> tuple[int | None, bool, str]:
        """Send a call over the product's own connection; return its status, whether it was taken, and what was said. Few vendors can."""
        raise Unable("this office system has no such connection", 405)
