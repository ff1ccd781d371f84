"""Codes of a sign-in: each stands for one person, lasts five minutes, and can be used once."""

import secrets
from typing import Any

from api.simulators.clock import Clock
from api.simulators.ledger import Ledger

SECONDS = 300


class Codes:
    """What the authorize page hands to the browser, and the product brings to the token call."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def make(self, user_id: str, **facts: str) -> str:
        code = secrets.token_urlsafe(24)
        self._ledger.put("code", code, {"userId": user_id, "until": self._clock.now() + SECONDS, **facts})
        return code

    def take(self, code: str) -> dict[str, Any] | None:
        """Return what a code stands for, and use it up."""
        with self._ledger.turn():
            found = self._ledger.get("code", code)
            self._ledger.drop("code", code)
        return found if found and found["until"] > self._clock.now() else None
