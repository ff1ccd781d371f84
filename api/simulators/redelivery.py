"""Telling again what the product did not take: at its time on the simulator's clock, by a thread of its own."""

import heapq
import itertools
import threading
from collections.abc import Callable

from api.simulators.clock import Clock


class Redelivery:
    """The thread starts with the first thing to tell again and ends with the process. What is waiting then is forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, int, Callable[[int], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, at: float, number: int, send: Callable[[int], None]) -> None:
        """Send again at a moment of the clock; at once when it has passed."""
        with self._changed:
            heapq.heappush(self._due, (at, next(self._order), number, send))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="redelivery", daemon=True)
                self._thread.start()
            self._changed.notify()

    def wake(self) -> None:
        """Look again: the clock was changed."""
        with self._changed:
            self._changed.notify()

    def clear(self) -> None:
        with self._changed:
            self._due.clear()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                wait = (self._due[0][0] - self._clock.now()) / self._clock.rate if self._due else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                _, _, number, send = heapq.heappop(self._due)
            send(number)
