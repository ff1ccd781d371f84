"""Telling people something they need not decide: a reminder, an urge, a copy. How they are reached is registered by the composition root.

A notice is best effort: the to-do or copy it is about is there in any case. What cannot be sent now is tried again a few times and then left, with a line in
the log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: `kind` is urge, remind, copy, comment, exception or result; `key` is the same on every attempt; `people` are keys."""

    key: str
    kind: str
    instance_id: UUID
    people: tuple[str, ...]
    text: str = ""


Notifier = Callable[[Notice], None]
_notifiers: list[Notifier] = []


def register(notifier: Notifier) -> None:
    """Let everything that is told also go this way."""
    if notifier not in _notifiers:
        _notifiers.append(notifier)


def send(notice: Notice) -> None:
    """Tell everybody in every way. Raises what a way raises, after all were tried."""
    failure: Exception | None = None
    for notifier in _notifiers:
        try:
            notifier(notice)
        except Exception as error:
            failure = error
    if failure is not None:
        raise failure


@dataclass(frozen=True, slots=True)
class Alarm:
    """What whoever runs the installation must know: `key` is the same on every attempt, `link` leads to where it can be looked at."""

    key: str
    kind: str
    subject: str
    text: str
    link: str
    facts: Mapping[str, Any] = field(default_factory=dict)


Alarmer = Callable[[Alarm], None]
_alarmers: list[Alarmer] = []


def register_alarm(alarmer: Alarmer) -> None:
    """Let every alarm also go this way."""
    if alarmer not in _alarmers:
        _alarmers.append(alarmer)


def raise_alarm(alarm: Alarm) -> None:
    """Tell whoever runs the installation in every way."""
    for alarmer in _alarmers:
        alarmer(alarm)
