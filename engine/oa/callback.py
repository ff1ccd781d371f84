"""The JSON of a callback, read as what it is: hostile until checked. Each refusal names its place."""

from collections.abc import Mapping
from typing import Any

import orjson

from engine.errors import Fault, InvalidContent


def read(raw: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise malformed("$")
    return found


def text(body: Mapping[str, Any], name: str, longest: int = 2000) -> str:
    """Return a text that is there, or a whole number as one: ids may be longer than a float can hold."""
    found = body.get(name)
    found = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    if not isinstance(found, str) or not found or len(found) > longest or "\0" in found:
        raise malformed(name)
    return found


def malformed(path: str) -> InvalidContent:
    return InvalidContent([Fault("callback", f"回调内容的 {path} 缺失或有误", f"{path} of the callback is missing or wrong", path=path)])
