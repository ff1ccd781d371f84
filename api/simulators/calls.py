"""The log of what the product called."""

from typing import Any

from api.simulators.clock import Clock
from api.simulators.ledger import Ledger


class Calls:
    """`status` 0 is a call whose answer was lost; `code` is the vendor's own word for how it went."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def note(self, method: str, path: str, api: str, status: int, code: Any, fault: str | None) -> None:
        body = {"at": self._clock.text(), "method": method, "path": path, "api": api, "status": status, "code": code, "fault": fault}
        with self._ledger.turn():
            self._ledger.put("call", str(self._ledger.next("call")), body)

    def shown(self, last: int = -1) -> list[dict[str, Any]]:
        return self._ledger.find("call", last=last)
