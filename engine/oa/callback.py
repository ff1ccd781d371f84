"""The JSON of a callback, read as what it is: hostile until checked. Each refusal names its place."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from engine.errors import Fault, InvalidContent
from engine.oa.contract import Connection, Event

DEEPEST = 50  #: levels of a callback; what is deeper can be read, and neither be written again nor shown


def read(raw: bytes) -> dict[str, Any]:
    """Return the object of a callback. Refuses with `InvalidContent` what is no JSON object, is too deep, or holds a NUL, which no text of the database can."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not is_sound(found):
        raise malformed("$")
    return found


def is_sound(value: Any) -> bool:
    """Tell whether what was read is flat enough and has no NUL in any of its texts."""
    waiting = [(value, 1)]
    while waiting:
        here, level = waiting.pop()
        if level > DEEPEST or (isinstance(here, str) and "\0" in here):
            return False
        inner = [*here, *here.values()] if isinstance(here, dict) else here if isinstance(here, list) else ()
        waiting += [(each, level + 1) for each in inner]
    return True


def unreadable(connection: Connection, raw: bytes) -> Event:
    """Return what is kept of an event that is the office system's and cannot be read: that it came. So it is seen, and need not be sent again."""
    digest = hashlib.sha256(raw).hexdigest()
    return Event(
        connection.key, "unsupported", f"event:{digest}", digest, comment="事件内容无法读取 / the content of the event cannot be read"
    )


def text(body: Mapping[str, Any], name: str, longest: int = 2000) -> str:
    """Return a text that is there, or a whole number as one: ids may be longer than a float can hold."""
    found = body.get(name)
    found = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    if not isinstance(found, str) or not found or len(found) > longest or "\0" in found:
        raise malformed(name)
    return found


def malformed(path: str) -> InvalidContent:
    return InvalidContent([Fault("callback", f"回调内容的 {path} 缺失或有误", f"{path} of the callback is missing or wrong", path=path)])
