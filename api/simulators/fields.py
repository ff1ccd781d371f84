"""Reading what the product sent: a field that is missing, too long or of the wrong kind is told to the caller by name."""

from collections.abc import Collection
from typing import Any


class Wrong(Exception):
    """A call cannot be done as it was asked. Each vendor says this in its own shape."""


def text(body: dict[str, Any], name: str, *, needed: bool = True, most: int | None = None) -> str:
    """Return a text, an empty one when it may be missing."""
    value = body.get(name)
    if value is None or value == "":
        if needed:
            raise Wrong(f"{name} is required")
        return ""
    if not isinstance(value, str):
        raise Wrong(f"{name} must be a string")
    if most is not None and len(value) > most:
        raise Wrong(f"{name} is longer than {most}")
    return value


def choice(body: dict[str, Any], name: str, allowed: Collection[str], *, needed: bool = True) -> str:
    value = text(body, name, needed=needed)
    if value and value not in allowed:
        raise Wrong(f"{name} must be one of {', '.join(allowed)}")
    return value


def rows(body: dict[str, Any], name: str, *, needed: bool = False, most: int | None = None) -> list[dict[str, Any]]:
    """Return a list of objects."""
    value = body.get(name)
    if value is None or value == []:
        if needed:
            raise Wrong(f"{name} is required")
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Wrong(f"{name} must be a list of objects")
    if most is not None and len(value) > most:
        raise Wrong(f"{name} has more than {most} items")
    return value


def texts(body: dict[str, Any], name: str, *, needed: bool = False, most: int | None = None) -> list[str]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value) or (needed and not value):
        raise Wrong(f"{name} must be a list of strings")
    if most is not None and len(value) > most:
        raise Wrong(f"{name} has more than {most} items")
    return value


def mapping(body: dict[str, Any], name: str, *, needed: bool = True) -> dict[str, Any]:
    value = body.get(name)
    if value is None and not needed:
        return {}
    if not isinstance(value, dict):
        raise Wrong(f"{name} is required")
    return value


def number(body: dict[str, Any], name: str, *, needed: bool = True, least: int = 0) -> int:
    """Return a whole number that may be written as text."""
    value = body.get(name)
    if value in (None, "") and not needed:
        return 0
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit())):
        raise Wrong(f"{name} must be a number")
    if len(str(value)) > 18 or int(value) < least:
        raise Wrong(f"{name} is out of range")
    return int(value)
