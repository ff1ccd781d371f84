"""What `${...}` does that our own notation does not: JUEL converts what it computes with, and asks a null for nothing (JSR 341, 1.6 to 1.8).

Numbers in texts count as numbers, null and the empty text as 0 or false, the texts `true` and `false` as booleans. What has no conversion is refused. Dates,
lists and mappings are computed with as in our own notation; so are two texts of which one is no number: `+` joins them.
"""

import operator
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import ExecutionFailed
from engine.language import guards
from engine.language.scope import Scope
from engine.language.values import ARITHMETIC, CONTAINERS, DIGITS, HANDED, INTEGER_DIGITS, NUMBERS, failure, kind, plain, same, text, whole

NUMBER = re.compile(r"[-+]?(?:[0-9]+(?P<fraction>\.[0-9]*)?|(?P<only>\.[0-9]+))(?P<power>[eE][-+]?[0-9]{1,4})?")
UNCONVERTED = CONTAINERS | HANDED | {date, datetime, timedelta}


def unconvertible(value: Any, wanted: str) -> ExecutionFailed:
    shown = f" {value[:50]!r}" if type(value) is str else ""
    return failure(f"{kind(value)}{shown} 不能转换为 {wanted}", f"this {kind(value)}{shown} cannot become a {wanted}")


def read_number(value: str) -> int | Decimal | None:
    """Return the number a text is, None if it is none."""
    found = NUMBER.fullmatch(value) if len(value) <= DIGITS else None
    if found is None:
        return None
    if found["fraction"] is None and found["only"] is None and found["power"] is None:
        return whole(int(value)) if len(value) <= INTEGER_DIGITS else None
    return ARITHMETIC.create_decimal(value)


def as_number(value: Any) -> Any:
    """Return a value as a number: null and the empty text are 0."""
    if type(value) in NUMBERS:
        return value
    if value is None or value == "":
        return 0
    found = read_number(value) if type(value) is str else None
    if found is None:
        raise unconvertible(value, "number")
    return found


def as_truth(scope: Scope, value: Any) -> bool:
    """Return a value as a boolean: null and the empty text are false, of all texts only `true` is true."""
    if type(value) is bool:
        return value
    if value is None:
        return False
    if type(value) is str:
        return value.lower() == "true"
    raise unconvertible(value, "boolean")


def arithmetic(strict: Callable[[Scope, Any, Any], Any]) -> Callable[[Scope, Any, Any], Any]:
    """Return an operator that converts what it is given to numbers first."""

    def converting(scope: Scope, left: Any, right: Any) -> Any:
        one, other = type(left), type(right)
        if (one in NUMBERS and other in NUMBERS) or one in UNCONVERTED or other in UNCONVERTED:
            return strict(scope, left, right)
        return strict(scope, as_number(left), as_number(right))

    return converting


numbers_added = arithmetic(guards.add)


def add(scope: Scope, left: Any, right: Any) -> Any:
    """Add numbers, and texts that are numbers; join any other two texts."""
    if type(left) is str and type(right) is str and (read_number(left) is None or read_number(right) is None):
        return guards.add(scope, left, right)
    return numbers_added(scope, left, right)


def remainder(scope: Scope, left: Any, right: Any) -> Any:
    """Return what is left of a division; it has the sign of what was divided."""
    left, right = as_number(left), as_number(right)
    if type(left) is int and type(right) is int:
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    return ARITHMETIC.remainder(left, right)


def negate(scope: Scope, value: Any) -> Any:
    return guards.negate(scope, as_number(value))


def equal(scope: Scope, left: Any, right: Any) -> bool:
    one, other = type(left), type(right)
    if one in NUMBERS and other in NUMBERS:
        return bool(left == right)
    if left is None or right is None:
        return left is right
    if one is other:
        return same(left, right, scope.budget)
    if one in NUMBERS or other in NUMBERS:
        return bool(as_number(left) == as_number(right))
    if one is bool or other is bool:
        return as_truth(scope, left) == as_truth(scope, right)
    if (one is str or other is str) and not (one in CONTAINERS or other in CONTAINERS):
        return same(text(left), text(right), scope.budget)
    return same(left, right, scope.budget)


def unequal(scope: Scope, left: Any, right: Any) -> bool:
    return not equal(scope, left, right)


def ordering(sign: str, compare: Callable[[Any, Any], bool]) -> Callable[[Scope, Any, Any], bool]:
    """Return `<`, `<=`, `>` or `>=`: with a null it is false, beside a number a text is one."""
    strict = guards.ordering(sign, compare)

    def converting(scope: Scope, left: Any, right: Any) -> bool:
        one, other = type(left), type(right)
        if one in NUMBERS and other in NUMBERS:
            return compare(left, right)
        if left is None or right is None:
            return left is right and sign in ("<=", ">=")
        if one in NUMBERS or other in NUMBERS:
            return compare(as_number(left), as_number(right))
        return strict(scope, left, right)

    return converting


def attribute(scope: Scope, value: Any, name: str) -> Any:
    """`a.b`: the key `b` of the mapping `a`; null where there is none, and of null itself."""
    if type(value) is dict:
        return plain(value.get(name))
    return None if value is None else guards.attribute(scope, value, name)


def item(scope: Scope, value: Any, place: Any) -> Any:
    """`a[b]`: null where there is none, and of null itself."""
    if value is None or place is None:
        return None
    if type(value) is dict:
        return plain(value.get(place)) if type(place) is str else None
    if type(value) is list and type(place) is not int:
        number = as_number(place)
        place = int(number) if number == int(number) else number
    if type(value) in (list, str) and type(place) is int and not -len(value) <= place < len(value):
        return None
    return guards.item(scope, value, place)


CONVERTING: dict[str, Callable[..., Any]] = {
    "Add": add,
    "Sub": arithmetic(guards.subtract),
    "Mult": arithmetic(guards.multiply),
    "Div": arithmetic(guards.divide),
    "Mod": remainder,
    "USub": negate,
    "Eq": equal,
    "NotEq": unequal,
    "Lt": ordering("<", operator.lt),
    "LtE": ordering("<=", operator.le),
    "Gt": ordering(">", operator.gt),
    "GtE": ordering(">=", operator.ge),
    "attribute": attribute,
    "item": item,
}
GUARDS: dict[str, Callable[..., Any]] = {f"_c_{name}": guard for name, guard in CONVERTING.items()} | {"_truth": as_truth}
