"""A mail server of the tests: real SMTP on a port of this machine, what it took, and what it refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from journeys_support import free_port


class MailServer:
    """What came in, in order; `answers` holds what an address is told instead of being taken, such as `451 later`."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Message]] = []
        self.answers: dict[str, str] = {}
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken += [(address, message_from_bytes(envelope.content)) for address in envelope.rcpt_tos]
        return "250 OK"

    def to(self, address: str) -> list[str]:
        """Return the Message-IDs that came to an address."""
        return [message["Message-ID"] for taken, message in self.taken if taken == address]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Start a server and end it."""
    made = MailServer()
    made.controller.start()
    try:
        yield made
    finally:
        made.controller.stop()
