"""Frozen dataclasses to JSON and back: names in camelCase, times in ISO 8601 with UTC as `Z`, amounts as texts.

What comes back is checked against the annotations of the class; names the class does not have are passed over, so that a newer peer can say more.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, Self, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

from engine.errors import Fault, InvalidContent

Kind = TypeVar("Kind")
LETTERS = 20_000


class Record:
    """A frozen dataclass with a JSON form."""

    __slots__ = ()

    def as_json(self) -> dict[str, Any]:
        """Return it with names in camelCase, times as ISO texts in UTC and amounts as texts."""
        found: dict[str, Any] = plain(self)
        return found

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Return what `as_json` wrote. Refuses with `InvalidContent`, listing every field that is missing or wrong."""
        return decode(cls, data)


@cache
def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


PLAIN = frozenset({type(None), str, int, bool})


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; amounts and times become texts. Refuses floats and what JSON has no form for with `TypeError`."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if (pairs := spelled(kind)) is not None:  # type: ignore[arg-type]  # every class can be a key
        return {spelling: plain(getattr(value, name)) for name, spelling in pairs}
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"no JSON form for {kind.__name__}")


@cache
def spelled(kind: type) -> tuple[tuple[str, str], ...] | None:
    """Return the fields of a dataclass with their names in JSON; None for another type."""
    return tuple((field.name, camel(field.name)) for field in fields(kind)) if is_dataclass(kind) else None


def moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError("a time without its zone")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode(value: Any) -> bytes:
    """Return the bytes of a value; the same value gives the same bytes."""
    return orjson.dumps(plain(value), option=orjson.OPT_SORT_KEYS)


def decode(kind: type[Kind], data: Any) -> Kind:
    """Return the record that JSON data describes. Refuses with `InvalidContent`, listing every field that is missing or of the wrong type."""
    faults: list[Fault] = []
    record = _record(kind, data, "", faults)
    if faults:
        raise InvalidContent(faults)
    return record  # type: ignore[no-any-return]


@cache
def hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _record(kind: type, data: Any, path: str, faults: list[Fault]) -> Any:
    if not isinstance(data, Mapping):
        return _fault(faults, path or "$", "object", data)
    values: dict[str, Any] = {}
    known = len(faults)
    for field in fields(kind):
        name, place = camel(field.name), f"{path}.{camel(field.name)}" if path else camel(field.name)
        if name in data:
            values[field.name] = _value(hints(kind)[field.name], data[name], place, faults)
        elif field.default is MISSING and field.default_factory is MISSING:
            faults.append(Fault("field-missing", f"缺少 {place}", f"{place} is missing", path=place))
    return kind(**values) if len(faults) == known else None


def _value(hint: Any, data: Any, path: str, faults: list[Fault]) -> Any:
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return None if data is None else _value(next(each for each in inside if each is not types.NoneType), data, path, faults)
    if origin is Literal:
        return data if type(data) is str and data in inside else _fault(faults, path, " | ".join(inside), data)
    if origin is tuple:
        if not isinstance(data, list):
            return _fault(faults, path, "list", data)
        return tuple(_value(inside[0], item, f"{path}[{place}]", faults) for place, item in enumerate(data))
    if hint is Any:
        return data
    if is_dataclass(hint) and isinstance(hint, type):
        return _record(hint, data, path, faults)
    return _scalar(hint, data, path, faults)


def _scalar(hint: Any, data: Any, path: str, faults: list[Fault]) -> Any:
    if hint is datetime or hint is Decimal:
        try:
            found = (datetime.fromisoformat if hint is datetime else Decimal)(data) if type(data) is str else None
            if isinstance(found, datetime) and found.tzinfo is not None:
                found.astimezone(UTC)  # the calendar ends
        except (ValueError, InvalidOperation, OverflowError):
            found = None
        sound = found.tzinfo is not None if isinstance(found, datetime) else found is not None and found.is_finite()
        return found if sound else _fault(faults, path, "time with zone" if hint is datetime else "amount", data)
    wanted = dict if get_origin(hint) is not None or hint is Mapping else hint
    if type(data) is not wanted or (wanted is str and (len(data) > LETTERS or "\x00" in data)):
        return _fault(faults, path, wanted.__name__, data)
    return data


def _fault(faults: list[Fault], path: str, expected: str, data: Any) -> None:
    found = type(data).__name__
    faults.append(
        Fault("field-wrong", f"{path} 应为 {expected}", f"{path} should be {expected}", path=path, expected=expected, found=found)
    )
