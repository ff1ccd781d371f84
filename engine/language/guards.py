"""Operators, reads and loops as the language means them: by exact type, bounded, and never through an object's own methods."""

import operator
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from engine.errors import ExecutionFailed
from engine.language.java import METHODS
from engine.language.methods import CHANGING
from engine.language.scope import Scope
from engine.language.values import ARITHMETIC, NUMBERS, failure, key, kind, plain, same, text, whole

MOMENTS = frozenset({(date, timedelta), (datetime, timedelta), (timedelta, timedelta)})
SPANS = MOMENTS | {(date, date), (datetime, datetime)}
ORDERED = frozenset({str, date, datetime, timedelta})


def unfit(sign: str, left: Any, right: Any) -> ExecutionFailed:
    return failure(f"{kind(left)} 与 {kind(right)} 不能用 {sign} 运算", f"{sign} does not work between {kind(left)} and {kind(right)}")


def add(scope: Scope, left: Any, right: Any) -> Any:
    one, other = type(left), type(right)
    if one is int and other is int:
        return whole(left + right)
    if one in NUMBERS and other in NUMBERS:
        return ARITHMETIC.add(left, right)
    if one is other and (one is str or one is list):
        scope.budget.grow(len(left) + len(right))
        return left + right
    if (one, other) in MOMENTS:
        return left + right
    if (other, one) in MOMENTS:
        return right + left
    raise unfit("+", left, right)


def subtract(scope: Scope, left: Any, right: Any) -> Any:
    one, other = type(left), type(right)
    if one is int and other is int:
        return whole(left - right)
    if one in NUMBERS and other in NUMBERS:
        return ARITHMETIC.subtract(left, right)
    if (one, other) in SPANS:
        return left - right
    raise unfit("-", left, right)


def multiply(scope: Scope, left: Any, right: Any) -> Any:
    if type(left) is int and type(right) is int:
        return whole(left * right)
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return ARITHMETIC.multiply(left, right)
    raise unfit("*", left, right)


def divide(scope: Scope, left: Any, right: Any) -> Any:
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return ARITHMETIC.divide(left, right)
    raise unfit("/", left, right)


def divide_whole(scope: Scope, left: Any, right: Any) -> Any:
    if type(left) is int and type(right) is int:
        return left // right
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return ARITHMETIC.divide_int(left, right)
    raise unfit("//", left, right)


def remainder(scope: Scope, left: Any, right: Any) -> Any:
    if type(left) is int and type(right) is int:
        return left % right
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return ARITHMETIC.remainder(left, right)
    raise unfit("%", left, right)


def negate(scope: Scope, value: Any) -> Any:
    if type(value) is int:
        return -value
    if type(value) in NUMBERS:
        return ARITHMETIC.minus(value)
    raise failure(f"{kind(value)} 不能取负", f"a {kind(value)} cannot be negated")


def posit(scope: Scope, value: Any) -> Any:
    if type(value) in NUMBERS:
        return value
    raise failure(f"{kind(value)} 不是数字", f"a {kind(value)} is not a number")


def ordering(sign: str, compare: Callable[[Any, Any], bool]) -> Callable[[Scope, Any, Any], bool]:
    """Return a guarded `<`, `<=`, `>` or `>=`: numbers with numbers, texts with texts, moments with moments, and nothing else."""

    def guarded(scope: Scope, left: Any, right: Any) -> bool:
        if type(left) in NUMBERS and type(right) in NUMBERS:
            return compare(left, right)
        if type(left) is not type(right) or type(left) not in ORDERED:
            raise unfit(sign, left, right)
        if type(left) is str:
            scope.budget.spend(len(left) >> 6)
        return compare(left, right)

    return guarded


def equal(scope: Scope, left: Any, right: Any) -> bool:
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return bool(left == right)
    return same(left, right, scope.budget)


def unequal(scope: Scope, left: Any, right: Any) -> bool:
    return not equal(scope, left, right)


def within(scope: Scope, part: Any, all_of: Any) -> bool:
    """`in`: an element of a list, a key of a mapping, a piece of a text."""
    if type(all_of) is str and type(part) is str:
        scope.budget.spend(1 + (len(all_of) >> 6))
        return part in all_of
    if type(all_of) is dict:
        return type(part) is str and part in all_of
    if type(all_of) is list:
        scope.budget.spend(1 + 4 * len(all_of))
        return any(same(part, item, scope.budget) for item in all_of)
    raise unfit("in", part, all_of)


def outside(scope: Scope, part: Any, all_of: Any) -> bool:
    return not within(scope, part, all_of)


def attribute(scope: Scope, value: Any, name: str) -> Any:
    """`a.b`: the key `b` of the mapping `a`, and nothing else."""
    if type(value) is not dict:
        raise failure(f"{kind(value)} 没有“{name}”", f"a {kind(value)} has no {name!r}", name=name)
    try:
        return plain(value[name])
    except KeyError:
        raise failure(f"没有键“{name}”", f"there is no key {name!r}", name=name) from None


def item(scope: Scope, value: Any, place: Any) -> Any:
    """`a[b]`: a key of a mapping, or a place in a list or text."""
    if type(value) is dict:
        return attribute(scope, value, key(place))
    if type(value) not in (list, str) or type(place) is not int:
        raise failure(f"{kind(value)} 不能按 {kind(place)} 取值", f"a {kind(value)} cannot be indexed by {kind(place)}")
    try:
        return plain(value[place])
    except IndexError:
        raise failure(f"没有第 {place} 项", f"there is no item {place}") from None


def part(scope: Scope, value: Any, start: Any, stop: Any) -> Any:
    """`a[b:c]` of a list or text."""
    if type(value) not in (list, str) or not all(bound is None or type(bound) is int for bound in (start, stop)):
        raise failure("只能对文本和列表按整数切片", "only texts and lists can be sliced, by whole numbers")
    scope.budget.grow(len(range(*slice(start, stop).indices(len(value)))))
    return value[start:stop]


def each(scope: Scope, values: Any, weight: int) -> Iterator[Any]:
    """Iterate over a list, the keys of a mapping or the characters of a text; every round pays for the whole of the loop's body."""
    if type(values) not in (list, dict, str):
        raise failure(f"不能遍历 {kind(values)}", f"a {kind(values)} cannot be iterated over")
    spend = scope.budget.spend
    for value in list(values) if type(values) is dict else values:
        spend(weight)
        yield plain(value)


def mapping(scope: Scope, pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    return {key(name): value for name, value in pairs}


def optional(scope: Scope, name: str) -> Any:
    """Return a variable, null if nobody has set it."""
    return scope[name] if held(scope, name) else None


def held(scope: Scope, name: str) -> bool:
    """Say whether there is a variable of a name."""
    return name in scope or name in scope.variables


def joined(scope: Scope, *parts: Any) -> str:
    pieces = [text(each_part) for each_part in parts]
    scope.budget.grow(sum(map(len, pieces)))
    return "".join(pieces)


def call(scope: Scope, value: Any, name: str, *arguments: Any) -> Any:
    """`a.b(c)`: a method from the table of the exact type of `a`."""
    method = METHODS.get(type(value), {}).get(name)
    if method is None or (name in CHANGING and not scope.copying):
        raise failure(f"{kind(value)} 没有方法 {name}", f"a {kind(value)} has no method {name}", name=name)
    if name in CHANGING:
        scope.touch(value)
    least, most = method.least, method.most
    if not least <= len(arguments) <= most:
        raise failure(f"方法 {name} 的参数个数不对", f"the method {name} has the wrong number of arguments", name=name)
    return plain(method.run(scope, value, *arguments))


class Slot:
    """The left side of `a[b] = c`: a list or mapping that may be written to, because it is a copy or was made here."""

    __slots__ = ("scope", "value")

    def __init__(self, scope: Scope, value: Any) -> None:
        self.scope = scope
        self.value = value

    def __setitem__(self, place: Any, new: Any) -> None:
        self.scope.budget.grow(1)
        self.scope.touch(self.value)
        if type(self.value) is dict:
            self.value[key(place)] = new
        elif type(self.value) is list and type(place) is int:
            try:
                self.value[place] = new
            except IndexError:
                raise failure(f"没有第 {place} 项", f"there is no item {place}") from None
        else:
            raise failure(f"不能修改 {kind(self.value)}", f"a {kind(self.value)} cannot be changed")


OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": add,
    "Sub": subtract,
    "Mult": multiply,
    "Div": divide,
    "FloorDiv": divide_whole,
    "Mod": remainder,
    "USub": negate,
    "UAdd": posit,
    "Eq": equal,
    "NotEq": unequal,
    "Lt": ordering("<", operator.lt),
    "LtE": ordering("<=", operator.le),
    "Gt": ordering(">", operator.gt),
    "GtE": ordering(">=", operator.ge),
    "In": within,
    "NotIn": outside,
}
GUARDS: dict[str, Callable[..., Any]] = {f"_{name}": guard for name, guard in OPERATORS.items()} | {
    "_attribute": attribute,
    "_item": item,
    "_part": part,
    "_each": each,
    "_mapping": mapping,
    "_optional": optional,
    "_held": held,
    "_joined": joined,
    "_call": call,
    "_slot": Slot,
}
