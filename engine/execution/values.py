"""Values of variables to bytes and back: what JSON has, and Decimal, dates, times, spans, UUIDs, bytes and sets.

A tagged value is an object with one key that begins with `$`. A user's own object with such a key is wrapped in `{"$m": ...}`, so no key of a form can
be mistaken for a tag, and no key (`typename`, `__class__`) can reach a constructor.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from engine.errors import Fault, InvalidVariables

MAX_DEPTH = 40
MOST_VALUES = 200_000
MOST_BITS = 4096
MOST_EXPONENT = 6144  #: decimal128's, which is what the language computes with
MOST_DIGITS = 1000
EXACT_INTEGER = 2**53 - 1  #: beyond it readers of JSON disagree; larger ones are kept as Decimal
OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_STRICT_INTEGER

LIKE_UUID = re.compile(rb'"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"')
_READ: dict[str, Callable[[Any], Any]] = {
    "$d": Decimal,
    "$t": datetime.fromisoformat,
    "$a": date.fromisoformat,
    "$i": lambda seconds: timedelta(microseconds=int(seconds)),
    "$u": UUID,
    "$b": lambda text: b64decode(text),
    "$s": lambda items: set(_read(items)),
}


def _tag(value: Any) -> dict[str, Any]:
    match value:
        case Decimal():
            return {"$d": str(value)}
        case datetime():
            return {"$t": value.isoformat()}
        case date():
            return {"$a": value.isoformat()}
        case timedelta():
            return {"$i": str(value // timedelta(microseconds=1))}
        case UUID():
            return {"$u": str(value)}
        case bytes():
            return {"$b": b64encode(value).decode()}
        case set() | frozenset():
            return {"$s": [tagged(item) for item in sorted(value, key=repr)]}
        case _:
            raise TypeError(f"{type(value).__name__} cannot be kept")


def tagged(value: Any) -> Any:
    """Return a value in plain JSON types: every tag written by hand, and the objects wrapped that would look like one."""
    if isinstance(value, dict):
        escaped = {key: tagged(item) for key, item in value.items()}
        return {"$m": escaped} if any(key.startswith("$") for key in escaped) else escaped
    if isinstance(value, list | tuple):
        return [tagged(item) for item in value]
    if isinstance(value, int) and not -EXACT_INTEGER <= value <= EXACT_INTEGER:
        return {"$d": str(value)}
    return value if value is None or isinstance(value, str | bool | int) else _tag(value)


def dumps(value: Any) -> bytes:
    """Return the bytes of a value. Objects with a key that begins with `$` take the slow way, all others none."""
    tags = 0

    def default(item: Any) -> Any:
        nonlocal tags
        tags += 1
        if isinstance(item, set | frozenset):
            raise TypeError  # its items may be such that only the slow way writes them
        return _tag(item)

    try:
        raw = orjson.dumps(value, default, OPTIONS)
        # the library writes a UUID as text without asking: what looks like one takes the slow way, too
        if raw.count(b'"$') == tags and LIKE_UUID.search(raw) is None:
            return raw
    except TypeError:
        pass
    return orjson.dumps(tagged(value), option=OPTIONS)


def _read(value: Any) -> Any:
    if type(value) is dict:
        if len(value) == 1:
            key = next(iter(value))
            if key in _READ:
                return _READ[key](value[key])
            if key == "$m":
                return {name: _read(item) for name, item in value["$m"].items()}
        return {name: _read(item) for name, item in value.items()}
    if type(value) is list:
        return [_read(item) for item in value]
    return value


def untagged(value: Any) -> Any:
    """Return the value that `tagged` wrote in plain JSON types."""
    return _read(value)


def loads(raw: bytes) -> Any:
    """Return the value that `dumps` wrote."""
    value = orjson.loads(raw)
    return _read(value) if b'"$' in raw else value


def limited(text: str, path: str, most: int) -> str:
    """Return a text that somebody wrote. Refuses with `InvalidVariables` one of more than `most` characters, and what `clean` refuses."""
    if len(text) > most:
        raise InvalidVariables([Fault("text-too-long", f"最多 {most} 字", f"At most {most} characters", path=path)])
    kept: str = clean(text, path)
    return kept


def clean(value: Any, path: str = "", depth: int = 0, room: list[int] | None = None) -> Any:
    """Return a value as the engine keeps it: floats and very large integers become Decimal, tuples lists; everything mutable is copied.

    Refuses with `InvalidVariables` and the path: NUL and lone surrogates (PostgreSQL and hashing cannot carry them), NaN and infinity, numbers beyond
    decimal128's exponents or of more than 1,000 digits, keys that are no text, unknown types, nesting deeper than 40, more than 200,000 values in one.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _clean_text(value, path)
    if isinstance(value, int):
        if value.bit_length() > MOST_BITS:
            raise _refuse(path, "a number that is too large")
        return int(value) if -EXACT_INTEGER <= value <= EXACT_INTEGER else Decimal(int(value))
    if isinstance(value, float):
        value = Decimal(repr(float(value)))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise _refuse(path, "not a number")
        if abs(value.adjusted()) > MOST_EXPONENT or len(value.as_tuple().digits) > MOST_DIGITS:
            raise _refuse(path, "a number that is too large or too long")
        return value
    if isinstance(value, datetime | date | timedelta | UUID | bytes):
        return value
    if depth > MAX_DEPTH:
        raise _refuse(path, "too deeply nested")
    room = [MOST_VALUES] if room is None else room
    if isinstance(value, dict | list | tuple | set | frozenset):
        room[0] -= len(value) + 1
        if room[0] < 0:
            raise _refuse(path, f"more than {MOST_VALUES} values")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise _refuse(path, "a key that is no text")
        return {_clean_text(key, path): clean(item, f"{path}.{key}" if path else key, depth + 1, room) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, f"{path}[{index}]", depth + 1, room) for index, item in enumerate(value)]
    if isinstance(value, set | frozenset):
        return {clean(item, path, depth + 1, room) for item in value}
    raise _refuse(path, type(value).__name__)


def _clean_text(value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refuse(path, "NUL or a broken character") from None
    if "\0" in value:
        raise _refuse(path, "NUL or a broken character")
    return value if type(value) is str else str.__str__(value)


def _refuse(path: str, why: str) -> InvalidVariables:
    return InvalidVariables([Fault("value-not-allowed", f"不允许的值：{why}", f"A value that cannot be kept: {why}", path=path or None)])
