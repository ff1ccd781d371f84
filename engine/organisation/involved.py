"""Who acted in a case, read from its variable `decisions`: one decision an element, or a list of them where several people were asked."""

from collections.abc import Iterator, Mapping
from typing import Any


def deciders_of(decisions: Any) -> dict[str, tuple[str, ...]]:
    """Return for each element who decided it, oldest first: whoever acted, and the person she acted for. What is no decision is passed over."""
    if not isinstance(decisions, Mapping):
        return {}
    found = {str(element): tuple(dict.fromkeys(_names(value))) for element, value in decisions.items()}
    return {element: names for element, names in found.items() if names}


def performer_of(decisions: Any, element: str) -> str | None:
    """Return who decided an element last, or None."""
    value = decisions.get(element) if isinstance(decisions, Mapping) else None
    acted = [one["by"] for one in _decisions(value) if isinstance(one.get("by"), str)]
    return acted[-1] if acted else None


def _decisions(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, Mapping))


def _names(value: Any) -> Iterator[str]:
    for one in _decisions(value):
        yield from (name for name in (one.get("by"), one.get("onBehalfOf")) if isinstance(name, str) and name)
