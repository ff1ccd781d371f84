"""The values the language knows: null, true/false, int, Decimal, text, date, datetime, lists and mappings with text keys.

A float never enters: it is read as the Decimal of its shortest text (`0.1` is `Decimal("0.1")`). Durations exist while an expression runs. A UUID or
bytes can be handed on, and compared with another, and nothing else.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN as HALF_EVEN
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from types import NoneType
from typing import Any
from uuid import UUID

from engine.errors import BudgetExceeded, ExecutionFailed, VariableMissing
from engine.language.budget import Budget

#: decimal128, which is also what DMN asks for; a thread's own context never matters
ARITHMETIC = Context(prec=34, rounding=HALF_EVEN, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow])

INTEGER_BITS = 256
INTEGER_DIGITS = 77
DIGITS = 100
DEPTH = 64

SIMPLE = frozenset({str, int, bool, NoneType, date, datetime})
NUMBERS = frozenset({int, Decimal})
CONTAINERS = frozenset({list, dict})
HANDED = frozenset({UUID, bytes})  #: handed on as they are; nothing is computed with them
KEPT = SIMPLE | CONTAINERS | {timedelta} | HANDED

NAMES = {
    NoneType: "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "text",
    list: "list",
    dict: "mapping",
    date: "date",
    datetime: "datetime",
    timedelta: "duration",
}


def kind(value: Any) -> str:
    """Return the name by which a designer knows the type of a value."""
    return NAMES.get(type(value), type(value).__name__)


def failure(zh: str, en: str, **facts: Any) -> ExecutionFailed:
    """Return the error to raise when a text is well formed and goes wrong with these values. The engine fills in `element`."""
    return ExecutionFailed(element="", reason=f"{zh} / {en}", **facts)


def missing(name: str) -> ExecutionFailed:
    """Return the error for a variable that nobody has set."""
    return VariableMissing(element="", reason=f"没有变量“{name}” / there is no variable {name!r}", name=name)


def plain(value: Any) -> Any:
    """Return the value as the language holds it. Refuses types it does not know; does not look inside lists and mappings."""
    if type(value) in KEPT:
        return value
    if type(value) is Decimal:
        if not value.is_finite():
            raise failure("数值不是有限数", "a number is not finite")
        return value
    if type(value) is float:
        return plain(Decimal(repr(value)))
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise failure(f"不支持的数据类型 {type(value).__name__}", f"a value of type {type(value).__name__} cannot be used here")


def whole(value: int) -> int:
    """Return an integer that is small enough to go on computing with."""
    if value.bit_length() > INTEGER_BITS:
        raise BudgetExceeded(element="", reason="整数过大 / an integer is too large", limit="bits")
    return value


def copy(value: Any, budget: Budget, room: Budget, depth: int = DEPTH) -> Any:
    """Return a copy that shares no list or mapping with the value, every element in its plain form.

    `room` limits what one run carries: a list that holds the same list twice, many times over, is small until it is copied.
    """
    value = plain(value)
    if type(value) not in CONTAINERS:
        return value
    if not depth:
        raise BudgetExceeded(element="", reason="数据嵌套过深 / data is nested too deeply", limit="depth")
    budget.spend(1 + (len(value) >> 3))
    room.grow(1 + len(value))
    if type(value) is list:
        return [item if type(item) in SIMPLE else copy(item, budget, room, depth - 1) for item in value]
    return {key(name): item if type(item) in SIMPLE else copy(item, budget, room, depth - 1) for name, item in value.items()}


def result(value: Any, budget: Budget) -> Any:
    """Return a value as it leaves a run: nothing in it is shared with the variables that went in."""
    return value if type(value) in SIMPLE or type(value) is Decimal else copy(value, budget, Budget())


def same(left: Any, right: Any, budget: Budget) -> bool:
    """Return whether two values are equal, paying for every element looked at. A list that contains itself cannot hang it."""
    left, right = plain(left), plain(right)
    if type(left) is str and type(right) is str:
        budget.spend(1 + (len(left) >> 6))
    if type(left) not in CONTAINERS or type(left) is not type(right):
        return bool(left == right)
    if len(left) != len(right):
        return False
    # comparing an element takes as long as several steps
    budget.spend(4 + 4 * len(left))
    if type(left) is list:
        return all(same(one, other, budget) for one, other in zip(left, right, strict=True))
    return all(name in right and same(item, right[name], budget) for name, item in left.items())


def key(name: Any) -> str:
    """Return the key of a mapping; only text can be one, as in JSON."""
    if type(name) is not str:
        raise failure(f"键必须是文本，不能是 {kind(name)}", f"the key of a mapping must be text, not {kind(name)}")
    return name


def text(value: Any) -> str:
    """Return how a value reads inside a text: numbers without exponent, true/false in lower case, null as nothing."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return str(whole(value))
    if type(value) is Decimal:
        return format(value, "f") if abs(value.adjusted()) <= DIGITS else str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise failure(f"{kind(value)} 不能转换为文本", f"a {kind(value)} cannot be written as text")
