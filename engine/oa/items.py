"""Our keys of what an office system shows: of an instance, of one person's task, of one person's copy. One space of ids, and of a known length.

A task that goes to somebody else, or that is asked again, has another key: nothing that was shown once is shown again as something else.
"""

import hashlib

TASK, INSTANCE, COPY = "t-", "i-", "c-"


def instance_key(instance: str) -> str:
    return f"{INSTANCE}{instance}"


def task_key(key: str) -> str:
    """Return the key of a `TaskView.task_key`."""
    return TASK + _of_person(key)


def copy_key(key: str) -> str:
    """Return the key of a `CcView.cc_key`."""
    return COPY + _of_person(key)


def task_of(key: str) -> str:
    """Return the id of our task in a key of `task_key`."""
    return key.removeprefix(TASK).rsplit("-", 1)[0]


def _of_person(key: str) -> str:
    thing, _, person = key.partition(":")
    return f"{thing}-{hashlib.sha256(person.encode()).hexdigest()[:10]}"
