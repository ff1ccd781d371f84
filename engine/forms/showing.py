"""What a form may show: the variables that its fields and its task declare, and nothing else of the case."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson

from engine import formjs
from engine.bpmn.model import Element

EXACT_DIGITS = 15  #: a browser's number keeps so many


def visible(element: Element, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of a case that a task shows: those of its form's fields and those it `sees`. Of a dotted field only that part."""
    names = {field.name for field in element.form}
    if element.schema is not None:
        names |= element.schema.shows
    found: dict[str, Any] = {}
    for name in sorted(names):
        head, *rest = name.split(".")
        if head in variables and not rest:
            found[head] = variables[head]
        elif head in variables and head not in names:
            put(found, head, rest, variables[head])
    return found | {name: variables[name] for name in element.sees if name in variables}


def put(found: dict[str, Any], head: str, rest: list[str], value: Any) -> None:
    """Put one part of a variable where the form looks for it; nothing if the variable has no such part."""
    for step in rest:
        value = value.get(step) if isinstance(value, Mapping) else None
    if value is None:
        return
    place = found.setdefault(head, {})
    for step in rest[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            return
    place[rest[-1]] = value


def schema_of(element: Element) -> dict[str, Any] | None:
    """Return the form of an element as form-js draws it; None without a form. Buttons are left out: the page has its own."""
    if element.schema is not None:
        found: dict[str, Any] = orjson.loads(element.schema.source)
        found["components"] = without_buttons(found["components"])
        return found
    return formjs.schema_of(element.form, element.id) if element.form else None


def without_buttons(components: list[Any]) -> list[Any]:
    return [
        {**one, "components": without_buttons(one["components"])} if isinstance(one.get("components"), list) else one
        for one in components
        if one.get("type") != "button"
    ]


def data_of(value: Any) -> Any:
    """Return data as JSON for the browser: amounts are numbers, written digit by digit; one that a browser's number cannot hold is a text."""
    if isinstance(value, Mapping):
        return {str(name): data_of(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [data_of(each) for each in value]
    if isinstance(value, Decimal):
        text = format(value, "f")
        return orjson.Fragment(text) if len(value.as_tuple().digits) <= EXACT_DIGITS and len(text) < 40 else text
    if value is None or isinstance(value, bool | str | int):
        return value
    return value.isoformat() if isinstance(value, date) else None if isinstance(value, timedelta | bytes) else str(value)
