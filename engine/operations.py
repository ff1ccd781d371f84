"""What service tasks can ask for: the registry, filled by the composition root from `processes/*/operations.py`.

Designers pick operations by name, the deployment checks against this list. An operation is local (touches only our database, runs inside the step) or
external (becomes a job and runs in a worker, outside any transaction).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema
from sqlalchemy.orm import Session

from engine.errors import ExecutionFailed


@dataclass(frozen=True, slots=True)
class Situation:
    """What an operation is told about the case that asks. `now` is the time of the step (UTC); `key` is the same on every retry of a job."""

    instance_id: UUID
    business_key: str
    element: str
    subject_kind: str | None
    subject_id: UUID | None
    initiator: str | None
    now: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation returns: a value for the result variable, and evidence for the record (strings, integers, lists, objects)."""

    value: Any = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


#: a local operation: called inside the step's transaction
LocalFunction = Callable[[Session, Situation, dict[str, Any]], Outcome]
#: an external operation: called by a worker outside any transaction; it may open transactions of its own
ExternalFunction = Callable[[Situation, dict[str, Any]], Outcome]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a drawing can ask for. The schemas say what it takes and gives (marshmallow, camelCase keys)."""

    name: str
    zh: str
    en: str
    takes: type[Schema]
    gives: type[Schema]
    local: LocalFunction | None = None
    external: ExternalFunction | None = None

    def __post_init__(self) -> None:
        if (self.local is None) == (self.external is None):
            raise ValueError(f"{self.name} must be either local or external")


_registry: dict[str, Operation] = {}


def register(*operations: Operation) -> None:
    """Add operations; the same name twice must be the same operation."""
    for operation in operations:
        if _registry.setdefault(operation.name, operation) is not operation:
            raise ValueError(f"operation {operation.name} is registered twice")


def find(name: str | None) -> Operation | None:
    """Return the operation of a name, or None."""
    return _registry.get(name or "")


def get(name: str, element: str) -> Operation:
    """Return the operation of a name; `ExecutionFailed` on the element when this installation does not have it (any more)."""
    operation = _registry.get(name)
    if operation is None:
        raise ExecutionFailed(element=element, reason=f"operation {name} is not installed")
    return operation
