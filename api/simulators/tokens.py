"""Access tokens: how long each lasts, and that all can become invalid at once."""

import secrets

from api.simulators.clock import Clock
from api.simulators.ledger import Ledger


class Tokens:
    """A token belongs to a subject: the app itself, or a person who signed in."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def give(self, subject: str, seconds: float, *, same_while: float, prefix: str = "") -> tuple[str, int]:
        """Return a token of the subject and the seconds it still lasts: the last one while more than `same_while` are left, else a new one."""
        with self._ledger.turn():
            now = self._clock.now()
            usable = [each for each in self._ledger.find("token", parent=subject, status="valid") if each["until"] - now > same_while]
            if usable:
                return usable[-1]["token"], int(usable[-1]["until"] - now)
            token = prefix + secrets.token_hex(20)
            self._ledger.put("token", token, {"token": token, "subject": subject, "until": now + seconds}, parent=subject, status="valid")
            return token, int(seconds)

    def subject(self, token: str) -> str | None:
        """Return whose token this is, None when it is unknown, too old or revoked."""
        found = self._ledger.get("token", token)
        return str(found["subject"]) if found and found["until"] > self._clock.now() else None

    def touch(self, token: str, seconds: float) -> None:
        """Let a token last so long from now: it was used."""
        found = self._ledger.get("token", token)
        if found:
            found["until"] = self._clock.now() + seconds
            self._ledger.put("token", token, found, parent=found["subject"], status="valid")

    def revoke(self) -> None:
        self._ledger.drop("token")
