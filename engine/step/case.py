"""One instance as a step sees it: the columns beside its state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(slots=True)
class Case:
    """What stands in the instance's row. Times are UTC; `oa_version` is in milliseconds and strictly increasing."""

    id: UUID
    definition_id: UUID
    business_key: str
    legal_entity_id: UUID | None
    status: str
    outcome: str | None
    initiator: str | None
    title: str | None
    subject_kind: str | None
    subject_id: UUID | None
    revision: int
    step_count: int
    event_count: int
    event_hash: bytes
    oa_version: int
    state: bytes
    started_at: datetime
    now: datetime
    parent_id: UUID | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.status not in ("running", "suspended")


@dataclass(frozen=True, slots=True)
class Headline:
    """What lists and office systems show of a case, evaluated at each step."""

    title: str | None
    summary: list[dict[str, str]]
    amount: str | None
    currency: str | None

    def as_json(self) -> dict[str, Any]:
        return {"summary": self.summary, "amount": self.amount, "currency": self.currency}
