"""The simulator's clock. It may run faster than the world's, so that an hour of token or a minute of limit passes in a second."""

import threading
import time
from datetime import UTC, datetime

from api.simulators.ledger import Ledger


class Clock:
    """Keeps its rate and its time over a restart."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        kept = ledger.get("clock", "clock") or {"real": time.time(), "shown": time.time(), "rate": 1.0}
        self._real, self._shown, self.rate = float(kept["real"]), float(kept["shown"]), float(kept["rate"])

    def now(self) -> float:
        """Return the moment in seconds since 1970."""
        with self._lock:
            return self._shown + (time.time() - self._real) * self.rate

    def ms(self) -> int:
        return int(self.now() * 1000)

    def text(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def run(self, rate: float) -> None:
        """Run from now on at this rate: 60 lets a minute pass in a second."""
        shown = self.now()
        with self._lock:
            self._real, self._shown, self.rate = time.time(), shown, rate
        self._keep()

    def skip(self, seconds: float) -> None:
        """Go on by so many seconds at once."""
        with self._lock:
            self._shown += seconds
        self._keep()

    def _keep(self) -> None:
        self._ledger.put("clock", "clock", {"real": self._real, "shown": self._shown, "rate": self.rate})
