"""What one rule found about an invoice."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Severity = Literal["block", "warn", "info", "ok"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found, in both languages, with the figures it looked at."""

    rule: str
    severity: Severity
    zh: str
    en: str
    evidence: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "severity": self.severity, "zh": self.zh, "en": self.en, "evidence": dict(self.evidence)}


def shown(**values: Decimal | str | int | None) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}
