"""The methods of texts, lists, mappings and dates, by exact type. A method that is not here does not exist, whatever Python has."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from engine.language.functions import comparable, elements
from engine.language.scope import Scope
from engine.language.values import failure, key, kind, same


@dataclass(frozen=True, slots=True)
class Method:
    run: Callable[..., Any]
    least: int = 0
    most: int = 0


#: methods that change what they are called on; only a script may call them, on its own copies
CHANGING = frozenset(
    {"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault", "add", "addAll", "put"}
)


def of_text(name: str, least: int, most: int) -> Method:
    """Return a method of Python's text that takes texts only and returns no more than it was given."""
    method = getattr(str, name)

    def run(scope: Scope, value: str, *arguments: Any) -> Any:
        if not all(type(argument) is str for argument in arguments):
            raise failure(f"{name} 只接受文本", f"{name} takes texts only")
        scope.budget.grow(len(value))
        return method(value, *arguments)

    return Method(run, least, most)


def replace(scope: Scope, value: str, old: Any, new: Any) -> str:
    if type(old) is not str or type(new) is not str:
        raise failure("replace 只接受文本", "replace takes texts only")
    scope.budget.grow(len(value))
    scope.budget.grow(value.count(old) * len(new))
    return value.replace(old, new)


def join(scope: Scope, separator: str, values: Any) -> str:
    pieces = elements(scope, values)
    if not all(type(piece) is str for piece in pieces):
        raise failure("join 只接受文本列表", "join takes a list of texts only")
    scope.budget.grow(sum(map(len, pieces)) + len(separator) * len(pieces))
    return separator.join(pieces)


def where(scope: Scope, values: list[Any], wanted: Any) -> int:
    scope.budget.spend(1 + 4 * len(values))
    for place, value in enumerate(values):
        if same(value, wanted, scope.budget):
            return place
    raise failure("列表中没有该值", "the list does not hold this value")


def count(scope: Scope, values: list[Any], wanted: Any) -> int:
    scope.budget.spend(1 + 4 * len(values))
    return sum(same(value, wanted, scope.budget) for value in values)


def shallow(scope: Scope, values: Any) -> Any:
    scope.budget.grow(len(values))
    return values.copy()


def append(scope: Scope, values: list[Any], new: Any) -> None:
    scope.budget.grow(1)
    values.append(new)


def extend(scope: Scope, values: list[Any], more: Any) -> None:
    found = elements(scope, more)
    scope.budget.grow(len(found))
    values.extend(found)


def insert(scope: Scope, values: list[Any], place: Any, new: Any) -> None:
    scope.budget.grow(1)
    scope.budget.spend(len(values) >> 6)
    values.insert(index(place), new)


def index(place: Any) -> int:
    if type(place) is not int:
        raise failure(f"位置必须是整数，不能是 {kind(place)}", f"a place is a whole number, not {kind(place)}")
    return place


def remove(scope: Scope, values: list[Any], wanted: Any) -> None:
    del values[where(scope, values, wanted)]


def take(scope: Scope, values: list[Any], place: Any = -1) -> Any:
    scope.budget.spend(len(values) >> 6)
    try:
        return values.pop(index(place))
    except IndexError:
        raise failure("列表中没有该项", "the list has no such item") from None


def sort(scope: Scope, values: list[Any]) -> None:
    if comparable(elements(scope, values) or [0]):
        values[:] = sorted(elements(scope, values))


def turn(scope: Scope, values: list[Any]) -> None:
    scope.budget.spend(len(values))
    values.reverse()


def clear(scope: Scope, values: Any) -> None:
    values.clear()


def look_up(scope: Scope, values: dict[str, Any], name: Any, otherwise: Any = None) -> Any:
    return values.get(key(name), otherwise)


def keys(scope: Scope, values: dict[str, Any]) -> list[Any]:
    return elements(scope, values)


def contents(scope: Scope, values: dict[str, Any]) -> list[Any]:
    return elements(scope, list(values.values()))


def pairs(scope: Scope, values: dict[str, Any]) -> list[Any]:
    scope.budget.spend(2 * len(values))
    return [[name, value] for name, value in values.items()]


def update(scope: Scope, values: dict[str, Any], more: Any) -> None:
    if type(more) is not dict:
        raise failure("update 只接受映射", "update takes a mapping only")
    scope.budget.grow(len(more))
    values.update(more)


def setdefault(scope: Scope, values: dict[str, Any], name: Any, otherwise: Any = None) -> Any:
    scope.budget.grow(1)
    return values.setdefault(key(name), otherwise)


def discard(scope: Scope, values: dict[str, Any], name: Any, *otherwise: Any) -> Any:
    if key(name) not in values and not otherwise:
        raise failure(f"没有键“{name}”", f"there is no key {name!r}", name=name)
    return values.pop(name, *otherwise)


def seconds(scope: Scope, value: timedelta) -> int:
    return value // timedelta(seconds=1)


TEXT = {name: of_text(name, 0, 1) for name in ("strip", "lstrip", "rstrip")}
TEXT |= {name: of_text(name, 0, 0) for name in ("lower", "upper", "isdigit", "isalpha", "splitlines")}
TEXT |= {name: of_text(name, 1, 1) for name in ("startswith", "endswith", "find", "count", "removeprefix", "removesuffix")}
TEXT |= {"split": of_text("split", 0, 1), "replace": Method(replace, 2, 2), "join": Method(join, 1, 1)}

METHODS: dict[type, dict[str, Method]] = {
    str: TEXT,
    list: {
        "index": Method(where, 1, 1),
        "count": Method(count, 1, 1),
        "copy": Method(shallow),
        "append": Method(append, 1, 1),
        "extend": Method(extend, 1, 1),
        "insert": Method(insert, 2, 2),
        "remove": Method(remove, 1, 1),
        "pop": Method(take, 0, 1),
        "clear": Method(clear),
        "sort": Method(sort),
        "reverse": Method(turn),
    },
    dict: {
        "get": Method(look_up, 1, 2),
        "keys": Method(keys),
        "values": Method(contents),
        "items": Method(pairs),
        "copy": Method(shallow),
        "update": Method(update, 1, 1),
        "setdefault": Method(setdefault, 1, 2),
        "pop": Method(discard, 1, 2),
        "clear": Method(clear),
    },
    date: {"isoformat": Method(lambda scope, value: value.isoformat()), "weekday": Method(lambda scope, value: value.weekday())},
    datetime: {"isoformat": Method(lambda scope, value: value.isoformat()), "date": Method(lambda scope, value: value.date())},
    timedelta: {"total_seconds": Method(seconds)},
}
