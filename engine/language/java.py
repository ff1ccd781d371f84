"""The methods that people who know Java's expressions write: `name.toUpperCase()`, `people.size()`, `amount.compareTo(limit)`.

They are only other spellings: each does what our own form does, takes the same types, and is paid for alike. `matches` takes a pattern of RE2, which costs
as much as the text is long.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.language.functions import integer, number
from engine.language.methods import METHODS as PYTHON
from engine.language.methods import Method, append, extend, index
from engine.language.pattern import compile_pattern
from engine.language.scope import Scope
from engine.language.values import ARITHMETIC, NUMBERS, failure, kind, same, text, whole


def a_text(value: Any) -> str:
    if type(value) is not str:
        raise failure(f"需要文本，不是 {kind(value)}", f"a text is needed, not {kind(value)}")
    return value


def a_place(value: str | list[Any], place: Any) -> int:
    """Return a place in a text or list; Java knows none from the end."""
    if not 0 <= index(place) <= len(value):
        raise failure("位置超出范围", "the place is out of range")
    return index(place)


def cased(name: str) -> Callable[[Scope, str], str]:
    def run(scope: Scope, value: str) -> str:
        scope.budget.grow(len(value))
        found: str = getattr(value, name)()
        return found

    return run


def part(scope: Scope, value: str, start: Any, end: Any = None) -> str:
    first, last = a_place(value, start), len(value) if end is None else a_place(value, end)
    if last < first:
        raise failure("位置超出范围", "the place is out of range")
    return value[first:last]


def letter(scope: Scope, value: str, place: Any) -> str:
    if a_place(value, place) == len(value):
        raise failure("位置超出范围", "the place is out of range")
    return value[place]


def fits(scope: Scope, value: str, pattern: Any) -> bool:
    """Say whether a whole text is as a pattern says; one that looks ahead or back is none of RE2's."""
    scope.budget.spend(1 + len(value))
    try:
        return compile_pattern(a_text(pattern)).fits(value)
    except ValueError as error:
        raise failure("格式表达式无效", f"that is no pattern here: {str(error)[:100]}") from None


def concatenated(scope: Scope, value: str, more: Any) -> str:
    scope.budget.grow(len(value) + len(a_text(more)))
    return value + a_text(more)


def found_in(name: str) -> Callable[[Scope, str, Any], Any]:
    def run(scope: Scope, value: str, wanted: Any) -> Any:
        scope.budget.spend(1 + (len(value) >> 6))
        return getattr(value, name)(a_text(wanted))

    return run


def holds(scope: Scope, values: Any, wanted: Any) -> bool:
    scope.budget.spend(1 + 4 * len(values))
    return any(equal(scope, value, wanted) for value in values)


def place_of(scope: Scope, values: list[Any], wanted: Any) -> int:
    scope.budget.spend(1 + 4 * len(values))
    return next((place for place, value in enumerate(values) if equal(scope, value, wanted)), -1)


def item(scope: Scope, values: list[Any], place: Any) -> Any:
    if a_place(values, place) == len(values):
        raise failure(f"没有第 {place} 项", f"there is no item {place}")
    return values[place]


def put(scope: Scope, values: dict[str, Any], name: Any, value: Any) -> Any:
    scope.budget.grow(1)
    before = values.get(a_text(name))
    values[a_text(name)] = value
    return before


def names(scope: Scope, values: dict[str, Any]) -> list[str]:
    scope.budget.grow(len(values))
    return list(values)


def same_text(scope: Scope, value: str, other: Any) -> bool:
    scope.budget.spend(1 + (len(value) >> 6))
    return type(other) is str and value.casefold() == other.casefold()


def order(scope: Scope, value: Any, other: Any) -> int:
    if not (type(value) is type(other) or (type(value) in NUMBERS and type(other) in NUMBERS)):
        raise failure("这些值不能相互比较大小", "these values have no order among themselves")
    return int(value > other) - int(value < other)


def written(scope: Scope, value: Any) -> str:
    scope.budget.grow(100)
    return text(value)


def equal(scope: Scope, value: Any, other: Any) -> bool:
    return same(value, other, scope.budget)


def computed(name: str) -> Callable[[Scope, Any, Any], Any]:
    """Return arithmetic on two numbers: whole ones stay whole where that is exact."""

    def run(scope: Scope, value: Any, other: Any) -> Any:
        found = getattr(ARITHMETIC, name)(value, number(other))
        return whole(int(found)) if type(value) is int and type(other) is int and found == found.to_integral_value() else found

    return run


def itself(scope: Scope, value: Any) -> Any:
    return value


def size(scope: Scope, value: Any) -> int:
    return len(value)


def is_empty(scope: Scope, value: Any) -> bool:
    return not value


def magnitude(scope: Scope, value: Any) -> Any:
    return abs(value) if type(value) is int else ARITHMETIC.abs(number(value))


def moved(sign: int, unit: str) -> Callable[[Scope, Any, Any], Any]:
    def run(scope: Scope, value: Any, many: Any) -> Any:
        if type(value) is date and unit in ("hours", "minutes", "seconds"):
            raise failure("日期没有时刻", "a date has no time of day")
        try:
            return value + timedelta(**{unit: sign * index(many)})
        except OverflowError:
            raise failure("日期超出范围", "the date is out of range") from None

    return run


EQUALS = {"equals": Method(equal, 1, 1)}
ORDER = EQUALS | {"compareTo": Method(order, 1, 1), "toString": Method(written)}
SIZE = EQUALS | {"size": Method(size), "isEmpty": Method(is_empty)}
NUMBER = ORDER | {
    "intValue": Method(integer),
    "longValue": Method(integer),
    "doubleValue": Method(itself),
    **{name: Method(computed(name), 1, 1) for name in ("subtract", "multiply", "divide")},
    "negate": Method(lambda scope, value: -value if type(value) is int else ARITHMETIC.minus(value)),
    "abs": Method(magnitude),
}
MOMENT = ORDER | {
    "toDate": Method(itself),
    "isBefore": Method(lambda scope, value, other: order(scope, value, other) < 0, 1, 1),
    "isAfter": Method(lambda scope, value, other: order(scope, value, other) > 0, 1, 1),
}
MOMENT |= {f"plus{unit.title()}": Method(moved(1, unit), 1, 1) for unit in ("days", "weeks", "hours", "minutes", "seconds")}
MOMENT |= {f"minus{unit.title()}": Method(moved(-1, unit), 1, 1) for unit in ("days", "weeks", "hours", "minutes", "seconds")}

JAVA: dict[type, dict[str, Method]] = {
    str: ORDER
    | {
        "toUpperCase": Method(cased("upper")),
        "toLowerCase": Method(cased("lower")),
        "trim": Method(cased("strip")),
        "length": Method(size),
        "isEmpty": Method(is_empty),
        "contains": Method(found_in("__contains__"), 1, 1),
        "matches": Method(fits, 1, 1),
        "startsWith": Method(found_in("startswith"), 1, 1),
        "endsWith": Method(found_in("endswith"), 1, 1),
        "indexOf": Method(found_in("find"), 1, 1),
        "lastIndexOf": Method(found_in("rfind"), 1, 1),
        "substring": Method(part, 1, 2),
        "charAt": Method(letter, 1, 1),
        "concat": Method(concatenated, 1, 1),
        "equalsIgnoreCase": Method(same_text, 1, 1),
    },
    list: SIZE
    | {
        "contains": Method(holds, 1, 1),
        "get": Method(item, 1, 1),
        "indexOf": Method(place_of, 1, 1),
        "add": Method(append, 1, 1),
        "addAll": Method(extend, 1, 1),
    },
    dict: SIZE
    | {
        "containsKey": Method(lambda scope, values, name: type(name) is str and name in values, 1, 1),
        "containsValue": Method(lambda scope, values, wanted: holds(scope, list(values.values()), wanted), 1, 1),
        "keySet": Method(names),
        "getOrDefault": Method(lambda scope, values, name, otherwise: values.get(a_text(name), otherwise), 2, 2),
        "put": Method(put, 2, 2),
    },
    int: NUMBER,
    Decimal: NUMBER,
    bool: EQUALS | {"booleanValue": Method(itself), "toString": Method(written)},
    date: MOMENT,
    datetime: MOMENT,
}

#: every method there is: Python's spelling and Java's
METHODS = {kind: PYTHON.get(kind, {}) | JAVA.get(kind, {}) for kind in (*PYTHON, *(kind for kind in JAVA if kind not in PYTHON))}
