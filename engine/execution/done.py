"""What happened in a step, as the rooms above read it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.bpmn.model import Element


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user task that waits for a person."""

    token: UUID
    element: str
    model: Element
    asked: str | None = None  #: the person who returned the case, or took back her decision, and is asked again
    added_by: str | None = None  #: who added it to those that the drawing asks
    again: bool = False  #: the case was put here by hand: it does not pass by itself


@dataclass(frozen=True, slots=True)
class WaitingTimer:
    """A timer that waits for its time (UTC)."""

    token: UUID
    element: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A subscription to a message: without keys it is correlated by the business key."""

    token: UUID
    element: str
    name: str
    keys: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WaitingSignal:
    """A subscription to a signal."""

    token: UUID
    element: str
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An outside operation that a service task asked for in this step."""

    token: UUID
    element: str
    operation: str
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """An element that went wrong in this step; it is held until somebody retries it."""

    token: UUID
    element: str
    code: str
    message: str
    message_zh: str | None = None  #: where it is known in Chinese too
    conflicts: tuple[dict[str, str], ...] = ()  #: the rules of separation of duties that left nobody for a user task


@dataclass(frozen=True, slots=True)
class Result:
    """What an inline operation or decision gave, and the evidence for the record (strings, integers, lists, objects)."""

    value: Any
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """An operation or decision that ran inline in this step; with `error` in its evidence it answered with that BPMN error."""

    element: str
    kind: str  #: operation or decision
    name: str
    inputs: dict[str, Any]
    result: Result


@dataclass(frozen=True, slots=True)
class Thrown:
    """A message or signal that the drawing sent in this step."""

    kind: str  #: message or signal
    element: str
    name: str
    keys: dict[str, Any]
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entered:
    """A process that a call activity called in this step; `identity` is what `Operations.program` knows it by."""

    element: str
    identity: str


@dataclass(frozen=True, slots=True)
class Uncaught:
    """An error or escalation that nobody caught: an error end has ended its process, an escalation changed nothing."""

    element: str
    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """A timer on a user task's boundary that acts by itself; `token` is the user task's."""

    token: UUID
    element: str  #: the boundary event
    action: str
