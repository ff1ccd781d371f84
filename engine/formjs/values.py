"""How FEEL compares and computes, with null for whatever has no value, as the viewer's evaluator does; and the functions that forms may call."""

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Any

CONTEXT = Context(prec=34, traps=[])  #: what has no result is null, never an error
LONGEST_TEXT = 100_000
NUMERAL = re.compile(r"\s*([-+]?\d{1,40}(\.\d{1,40})?)?\s*")


def is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def kind_of(value: Any) -> str:
    return "number" if is_number(value) else type(value).__name__


def number(value: Decimal) -> Decimal | None:
    return value if value.is_finite() else None


def equal(left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return left is right
    return bool(left == right) if kind_of(left) == kind_of(right) else None


def compare(sign: str, left: Any, right: Any) -> bool | None:
    if sign in ("=", "!="):
        same = equal(left, right)
        return same if sign == "=" else same is not True
    if left is None or right is None:
        return None
    if not (isinstance(left, str) and isinstance(right, str)):
        left, right = number_in(left), number_in(right)
        if left is None or right is None:
            return False
    order: int = (left > right) - (left < right)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]


def number_in(value: Any) -> Decimal | None:
    """Return the number that the browser takes a value for when it is compared with one; None for what is none."""
    if isinstance(value, str):
        return Decimal(value.strip() or 0) if NUMERAL.fullmatch(value) else None
    return Decimal(value) if isinstance(value, int | Decimal) else None


def in_range(value: Any, low: Any, high: Any) -> bool:
    """Tell whether a value lies in a range; a bound that is missing bounds nothing."""
    if value is None:
        return False
    return compare(">=", value, low) is not False and compare("<=", value, high) is not False


def both(left: Any, right: Any, decides: bool) -> bool | None:
    """Return `and` (decided by false) or `or` (decided by true) of values that may be no booleans: those are null."""
    found = [value if isinstance(value, bool) else None for value in (left, right)]
    if decides in found:
        return decides
    return None if None in found else not decides


def calculate(sign: str, left: Any, right: Any) -> Any:
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        return (left + right)[:LONGEST_TEXT]
    if not (is_number(left) and is_number(right)):
        return None
    one, other = Decimal(left), Decimal(right)
    match sign:
        case "+":
            return number(CONTEXT.add(one, other))
        case "-":
            return number(CONTEXT.subtract(one, other))
        case "*":
            return number(CONTEXT.multiply(one, other))
        case _:
            return number(CONTEXT.divide(one, other))


def numbers(values: list[Any]) -> list[Decimal] | None:
    found = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return [Decimal(each) for each in found] if found and all(is_number(each) for each in found) else None


def total(values: list[Any]) -> Any:
    found = numbers(values)
    result = Decimal(0)
    for each in found or []:
        result = CONTEXT.add(result, each)
    return number(result) if found else None


def extreme(choose: Callable[[list[Decimal]], Decimal]) -> Callable[[list[Any]], Any]:
    return lambda values: choose(found) if (found := numbers(values)) else None


#: name -> how many arguments (0 for any number), and what it gives
FUNCTIONS: Mapping[str, tuple[int, Callable[[list[Any]], Any]]] = {
    "not": (1, lambda values: not values[0] if isinstance(values[0], bool) else None),
    "count": (1, lambda values: None if values[0] is None else Decimal(len(values[0]) if isinstance(values[0], list) else 1)),
    "sum": (0, total),
    "min": (0, extreme(min)),
    "max": (0, extreme(max)),
    "contains": (2, lambda values: values[1] in values[0] if all(isinstance(each, str) for each in values) else None),
    "list contains": (2, lambda values: any(equal(each, values[1]) for each in values[0]) if isinstance(values[0], list) else None),
    "string length": (1, lambda values: Decimal(len(values[0])) if isinstance(values[0], str) else None),
}


def member(value: Any, name: str) -> Any:
    """Return a part of a mapping; of a list, that part of each of its mappings."""
    if isinstance(value, Mapping):
        return value.get(name)
    return [each.get(name) if isinstance(each, Mapping) else None for each in value] if isinstance(value, list) else None


def item(value: Any, place: Any) -> Any:
    """Return an item of a list; the first is 1, the last is -1."""
    if value is not None and not isinstance(value, list):
        value = [value]  # as in FEEL, one thing is a list of one
    if value is None or not is_number(place) or place != int(place) or not 0 < abs(place) <= len(value):
        return None
    return value[int(place) - 1 if place > 0 else int(place)]
