"""What the four-nature check looks at: plain data about one item, without a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.history.chain import Row
from processes.archive.sources import Opened

#: what a rule found wrong, in words that a person can act on; empty is right, None is not checked
Found = list[str] | None


@dataclass(frozen=True, slots=True)
class Examined:
    """One document: as requested, its stored bytes (None when they are gone), and what opening it gave (None with the reason when it does not open)."""

    document: Mapping[str, Any]
    content: bytes | None
    opened: Opened | None
    reason: str = ""

    @property
    def name(self) -> str:
        return str(self.document["name"])


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the rules look at. `twins` are archival codes of other items made of the same subject; `month_now` is as `2026-11`."""

    request: Mapping[str, Any]
    metadata: Mapping[str, Any]
    documents: Sequence[Examined]
    history: Sequence[Row]
    expected_end: tuple[int, bytes]  #: number and hash of the last event, as the instance says
    twins: Sequence[str] = field(default_factory=tuple)
    month_now: str = ""
