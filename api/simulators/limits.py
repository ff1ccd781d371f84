"""How often an API may be called: so many times in any second and in any minute of the simulator's clock."""

import threading
from collections import deque
from dataclasses import dataclass, field

from api.simulators.clock import Clock


@dataclass(slots=True)
class Window:
    """The calls of one API in one span: those that were let in, and all that were tried."""

    seconds: float
    most: int
    admitted: deque[float] = field(default_factory=deque)
    tried: deque[float] = field(default_factory=deque)
    peak: int = 0

    def note(self, now: float) -> None:
        self.tried.append(now)
        for calls in (self.tried, self.admitted):
            while calls and calls[0] <= now - self.seconds:
                calls.popleft()
        self.peak = max(self.peak, len(self.tried))

    def wait(self, now: float) -> float:
        """Return the seconds until there is room, 0 when there is."""
        return self.admitted[0] + self.seconds - now if self.most and len(self.admitted) >= self.most else 0.0


class Limits:
    """A refused call counts for the peak and not against the limit."""

    def __init__(self, clock: Clock, per_second: int, per_minute: int) -> None:
        self._clock = clock
        self._most = {"second": (1.0, per_second), "minute": (60.0, per_minute)}
        self._windows: dict[str, dict[str, Window]] = {}
        self._refused: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, api: str) -> float:
        """Let a call in and return 0, or return the seconds to wait."""
        with self._lock:
            now = self._clock.now()
            windows = self._windows.setdefault(api, {name: Window(*span) for name, span in self._most.items()})
            for window in windows.values():
                window.note(now)
            wait = max(window.wait(now) for window in windows.values())
            if wait > 0:
                self._refused[api] = self._refused.get(api, 0) + 1
            else:
                for window in windows.values():
                    window.admitted.append(now)
            return wait

    def shown(self) -> dict[str, dict[str, object]]:
        with self._lock:
            return {
                api: {
                    "limit": {name: window.most or None for name, window in windows.items()},
                    "peak": {name: window.peak for name, window in windows.items()},
                    "refused": self._refused.get(api, 0),
                }
                for api, windows in self._windows.items()
            }

    def rest(self) -> None:
        """Go on as after a minute without a call. What was refused, and the most that came at once, stays known."""
        with self._lock:
            for window in (window for windows in self._windows.values() for window in windows.values()):
                window.admitted.clear()
                window.tried.clear()

    def reset(self) -> None:
        with self._lock:
            self._windows.clear()
            self._refused.clear()
