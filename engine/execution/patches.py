"""Methods of the library replaced: two that build dictionaries for a log nobody reads, and the prediction of what may come.

The library draws every possible future into the tree, recursively: a row of 1,200 elements exceeds Python's stack, and nested splits fill the saved
state with tasks that may never be. Here a task's children are made when the task itself is reached, which is the first time anybody looks at them.

A task's id is drawn from Python's own generator: it must be unique within one case and nothing more, and asking the system for each costs more than
building the task.

These are the fragile part: a test compares the source of what is replaced with the text it had when it was replaced.
"""

import random
import time
from functools import cache
from typing import Any
from uuid import UUID

from SpiffWorkflow import task as task_module
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def _set_state(self: Any, value: int) -> None:
    if value != self._state:
        self._state = value
        self.last_state_change = time.time()


def _collect_log_extras(self: Any, dct: dict[str, Any] | None = None) -> dict[str, Any]:
    return dct or {}


def _predict(self: Any, my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = TaskState.PREDICTED_MASK) -> None:
    """Make the direct children of a task, once; theirs come when they are reached."""
    if my_task._state & (mask | TaskState.DEFINITE_MASK) and not my_task._children:
        self._predict_hook(my_task)


def _update(self: Any, my_task: Any) -> None:
    if not my_task._children and not my_task._state & TaskState.FINISHED_MASK:
        self._predict_hook(my_task)
    if self._update_hook(my_task):
        my_task._ready()


#: the originals, kept for the test that watches them
ORIGINALS = {
    "_set_state": Task._set_state,
    "collect_log_extras": Task.collect_log_extras,
    "get_name": TaskState.get_name,
    "_predict": TaskSpec._predict,
    "_update": TaskSpec._update,
}


def _identity() -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def apply() -> None:
    """Replace the methods once, when this package is imported."""
    task_module.uuid4 = _identity
    Task._set_state = _set_state
    Task.collect_log_extras = _collect_log_extras
    TaskSpec._predict = _predict
    TaskSpec._update = _update
    TaskState.get_name = staticmethod(cache(ORIGINALS["get_name"]))


apply()
