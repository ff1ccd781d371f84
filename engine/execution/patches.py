"""Two methods of the library replaced for speed: each builds dictionaries for a log that nobody reads.

They are the fragile part: a test compares the source of what is replaced with the text it had when it was replaced.
"""

import time
from functools import cache
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def _set_state(self: Any, value: int) -> None:
    if value != self._state:
        self._state = value
        self.last_state_change = time.time()


def _collect_log_extras(self: Any, dct: dict[str, Any] | None = None) -> dict[str, Any]:
    return dct or {}


#: (class, name, replacement); the originals are kept for the test that watches them
ORIGINALS = {"_set_state": Task._set_state, "collect_log_extras": Task.collect_log_extras, "get_name": TaskState.get_name}


def apply() -> None:
    """Replace the methods once, when this package is imported."""
    Task._set_state = _set_state
    Task.collect_log_extras = _collect_log_extras
    TaskState.get_name = staticmethod(cache(ORIGINALS["get_name"]))


apply()
