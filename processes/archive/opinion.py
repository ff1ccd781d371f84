"""Opinions (审批意见): who decided what, when and with which words, read from the bytes of the history alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.history.chain import Row

WORDS: Mapping[str, str] = {
    "approve": "同意",
    "reject": "驳回",
    "return": "退回",
    "resubmit": "重新提交",
    "recheck": "重新检测",
    "withdraw": "撤回",
}


@dataclass(frozen=True, slots=True)
class Opinion:
    """One decision. `at` is UTC in ISO 8601; `comment` and `values` are None and empty when they were erased."""

    element: str
    task: str  #: name of the task in the drawing
    outcome: str
    by: str
    name: str
    department: str | None
    on_behalf_of: str | None
    at: str
    comment: str | None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """The outcome in Chinese."""
        return WORDS.get(self.outcome, self.outcome)


def personal_of(row: Row) -> dict[str, Any]:
    """Return the personal payload of an event; empty when there is none or it was erased."""
    found: dict[str, Any] = orjson.loads(bytes(row.personal)) if row.personal is not None else {}
    return found


def opinions(rows: Iterable[Row], names: Mapping[str, str]) -> list[Opinion]:
    """Return every decision in the order in which they were made; `names` gives the tasks' names by element."""
    return [_opinion(row, names) for row in rows if row.type == "task:completed"]


def _opinion(row: Row, names: Mapping[str, str]) -> Opinion:
    body, personal = orjson.loads(bytes(row.body)), personal_of(row)
    person = personal.get("by") or {}
    element = body["element"] or ""
    return Opinion(
        element=element,
        task=names.get(element, element),
        outcome=body["data"]["outcome"],
        by=body["actor"] or "",
        name=person.get("name") or body["actor"] or "",
        department=person.get("department"),
        on_behalf_of=body["onBehalfOf"],
        at=body["at"],
        comment=personal.get("comment"),
        values=personal.get("values") or {},
    )


def initiator(rows: Iterable[Row]) -> tuple[str, str, str] | None:
    """Return key and name of the person who started the case and when, or None when nobody did."""
    for row in rows:
        if row.type == "instance:started":
            body = orjson.loads(bytes(row.body))
            key = body["data"]["initiator"]
            return (key, (personal_of(row).get("by") or {}).get("name") or key, body["at"]) if key else None
    return None
