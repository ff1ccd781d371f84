"""The functions a text can call. There are no others, and none of them is Python's own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from engine.errors import BpmnError
from engine.language.moments import day, duration, moment, now, span, today
from engine.language.organisation import NUMBER, OPTIONAL, PEOPLE, TEXT, WHOLE, asking
from engine.language.scope import Scope
from engine.language.values import ARITHMETIC, DIGITS, INTEGER_DIGITS, NUMBERS, failure, kind, plain, text, whole

PLACES = 30


@dataclass(frozen=True, slots=True)
class Function:
    """A function with the number of arguments it takes, so that a wrong call is found before it runs."""

    run: Callable[..., Any]
    least: int = 1
    most: int = 1
    keywords: tuple[str, ...] = ()


def elements(scope: Scope, value: Any) -> list[Any]:
    """Return the elements of a list in their plain form, paid for."""
    if type(value) not in (list, dict):
        raise failure(f"需要列表，不是 {kind(value)}", f"a list is needed, not {kind(value)}")
    scope.budget.spend(1 + len(value))
    return [plain(item) for item in value]


def comparable(values: list[Any]) -> list[Any]:
    """Return the values if they have an order among themselves: all numbers, or all of one of text, date, datetime, duration."""
    kinds = {type(value) for value in values}
    if not (kinds <= NUMBERS or (len(kinds) == 1 and kinds <= {str, date, datetime, timedelta})):
        raise failure("这些值不能相互比较大小", "these values have no order among themselves")
    return values


def length(scope: Scope, value: Any) -> int:
    if type(value) not in (str, list, dict):
        raise failure(f"{kind(value)} 没有长度", f"a {kind(value)} has no length")
    return len(value)


def total(scope: Scope, values: Any) -> Any:
    result: Any = 0
    for value in elements(scope, values):
        if type(value) not in NUMBERS:
            raise failure(f"只能对数字求和，不能是 {kind(value)}", f"only numbers can be summed, not {kind(value)}")
        result = whole(result + value) if type(value) is int and type(result) is int else ARITHMETIC.add(result, value)
    return result


def least(scope: Scope, *values: Any) -> Any:
    return min(choices(scope, values))


def greatest(scope: Scope, *values: Any) -> Any:
    return max(choices(scope, values))


def choices(scope: Scope, values: tuple[Any, ...]) -> list[Any]:
    found = comparable(list(values) if len(values) > 1 else elements(scope, values[0]))
    if not found:
        raise failure("空列表没有最大或最小值", "an empty list has no least and no greatest")
    return found


def absolute(scope: Scope, value: Any) -> Any:
    if type(value) is int:
        return abs(value)
    return ARITHMETIC.abs(number(value))


def number(value: Any) -> Any:
    if type(value) not in NUMBERS:
        raise failure(f"需要数字，不是 {kind(value)}", f"a number is needed, not {kind(value)}")
    return value


def rounded(scope: Scope, value: Any, places: Any = None) -> Any:
    """Round half to even, as Python does; without places the result is an integer."""
    number(value)
    if places is None:
        return integer(scope, value.to_integral_value(rounding=ROUND_HALF_EVEN) if type(value) is Decimal else value)
    if type(places) is not int or abs(places) > PLACES:
        raise failure("小数位数必须是 -30 到 30 的整数", "the places must be a whole number from -30 to 30")
    if type(value) is int:
        return round(value, places)
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=ARITHMETIC)


def integers(scope: Scope, *bounds: Any) -> list[int]:
    """`range`, as a list; what it would cost is known before it is made."""
    if not all(type(bound) is int for bound in bounds):
        raise failure("range 只接受整数", "range takes whole numbers only")
    numbers = range(*bounds)
    # not len(): a range may be longer than Python's own index type
    count = max(0, -((bounds[0] - bounds[1]) // numbers.step)) if len(bounds) > 1 else max(0, bounds[0])
    scope.budget.grow(count)
    scope.budget.spend(count)
    return list(numbers)


def in_order(scope: Scope, values: Any, *, reverse: bool = False) -> list[Any]:
    found = elements(scope, values)
    scope.budget.grow(len(found))
    return sorted(comparable(found) if found else found, reverse=reverse is True)


def textual(scope: Scope, value: Any) -> str:
    written = text(value)
    scope.budget.grow(len(written))
    return written


def integer(scope: Scope, value: Any) -> int:
    """Cut off the fraction of a number, or read a whole number from text."""
    if type(value) is bool or type(value) is int:
        return int(value)
    if type(value) is str and len(value) <= INTEGER_DIGITS:
        try:
            return int(value)
        except ValueError:
            raise failure("文本不是整数", "the text is no whole number") from None
    if type(value) is Decimal and value.adjusted() < INTEGER_DIGITS:
        return whole(int(value))
    raise failure(f"{kind(value)} 不能转换为整数", f"this {kind(value)} cannot become a whole number")


def decimal(scope: Scope, value: Any) -> Decimal:
    if type(value) is Decimal:
        return value
    if type(value) is int:
        return Decimal(value)
    if type(value) is str and len(value) <= DIGITS:
        try:
            return ARITHMETIC.create_decimal(readable(value))
        except InvalidOperation:
            pass
    raise failure(f"{kind(value)} 不能转换为数字", f"this {kind(value)} cannot become a number")


def readable(value: str) -> str:
    """Refuse the words that `Decimal` reads as infinity and as not a number."""
    if any(letter.isalpha() and letter not in "eE" for letter in value):
        raise failure("文本不是数字", "the text is no number")
    return value


def truth(scope: Scope, value: Any) -> bool:
    return bool(value)


def everything(scope: Scope, values: Any) -> bool:
    return all(elements(scope, values))


def anything(scope: Scope, values: Any) -> bool:
    return any(elements(scope, values))


def empty(scope: Scope, value: Any) -> bool:
    """JUEL's `empty`: null, or a text, list or mapping without content."""
    return value is None or (type(value) in (str, list, dict) and not value)


def itself(scope: Scope, value: Any) -> Any:
    return value


def bpmn_error(scope: Scope, code: Any, message: Any = "") -> Any:
    """Throw an error for an error event of the drawing to catch (as Camunda's BpmnError); nothing the script assigned before counts."""
    if type(code) is not str or not code or type(message) is not str:
        raise failure("bpmnError 需要文字的错误代码", "bpmnError takes a code and a message, both text")
    raise BpmnError(code[:200], message[:2000])


FUNCTIONS: dict[str, Function] = {
    "len": Function(length),
    "sum": Function(total),
    "min": Function(least, most=100),
    "max": Function(greatest, most=100),
    "abs": Function(absolute),
    "round": Function(rounded, most=2),
    "range": Function(integers, most=3),
    "sorted": Function(in_order, keywords=("reverse",)),
    "str": Function(textual),
    "int": Function(integer),
    "Decimal": Function(decimal),
    "bool": Function(truth),
    "all": Function(everything),
    "any": Function(anything),
    "empty": Function(empty),
    # how the operators inside of it work: as in `${...}`, or as in our own notation (see `rewrite`)
    "juel": Function(itself),
    "strict": Function(itself),
    "date": Function(day, most=3),
    "datetime": Function(moment),
    "timedelta": Function(duration, least=0, most=0, keywords=("weeks", "days", "hours", "minutes", "seconds")),
    "duration": Function(span),
    "headOfDepartment": Function(asking("headOfDepartment", TEXT)),
    "manager": Function(asking("manager", TEXT)),
    "superior": Function(asking("superior", TEXT, WHOLE), least=2, most=2),
    "holdersOf": Function(asking("holdersOf", TEXT, OPTIONAL), most=2),
    "membersOf": Function(asking("membersOf", TEXT)),
    "departmentOf": Function(asking("departmentOf", TEXT)),
    "entityOf": Function(asking("entityOf", TEXT)),
    "approverFor": Function(asking("approverFor", NUMBER, TEXT, OPTIONAL, OPTIONAL, OPTIONAL), least=2, most=5),
    "performerOf": Function(asking("performerOf", TEXT)),
    "notInvolved": Function(asking("notInvolved", PEOPLE)),
    "bpmnError": Function(bpmn_error, most=2),
    "now": Function(now, least=0, most=0),
    "dateTime": Function(now, least=0, most=0),
    "today": Function(today, least=0, most=0),
}
