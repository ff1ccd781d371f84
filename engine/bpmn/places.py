"""Faults of a model, with the element they belong to."""

from engine.bpmn.model import Element
from engine.errors import Fault


def fault(code: str, zh: str, en: str, element: Element | None = None, found: str | None = None) -> Fault:
    """Return a fault at an element."""
    return Fault(
        code,
        zh,
        en,
        element=element.id if element else None,
        line=element.line if element else None,
        found=found[:200] if found is not None else None,
    )
