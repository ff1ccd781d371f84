"""The types a column may name (`typeRef`), and how a value becomes one of them. Money is never a float."""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any

from engine.errors import ExecutionFailed

NUMBER, TEXT, TRUTH, DAY, MOMENT = "number", "string", "boolean", "date", "dateTime"

DIGITS = 100

#: typeRef in lower case, without prefix -> the kind of value; Camunda's names beside DMN's
TYPES = {
    "string": TEXT,
    "boolean": TRUTH,
    "number": NUMBER,
    "double": NUMBER,
    "integer": "integer",
    "int": "integer",
    "long": "integer",
    "date": DAY,
    "datetime": MOMENT,
    "date and time": MOMENT,
    "any": None,
    "": None,
}
KINDS: dict[type, str] = {NoneType: "null", bool: TRUTH, int: NUMBER, Decimal: NUMBER, str: TEXT, date: DAY, datetime: MOMENT}


def kind(value: Any) -> str:
    """Return which values this one can be compared with."""
    return KINDS.get(type(value), type(value).__name__)


def fits(value: Any, wanted: str | None) -> bool:
    """Say whether a literal can stand in a column of a type; null can stand anywhere."""
    if value is None or wanted is None:
        return True
    return kind(value) == (NUMBER if wanted == "integer" else wanted)


def wrong(value: Any, wanted: str, column: str) -> ExecutionFailed:
    zh, en = f"“{column}”应为 {wanted}，得到 {kind(value)}", f"{column!r} should be {wanted} and is {kind(value)}"
    return ExecutionFailed(element="", reason=f"{zh} / {en}", column=column)


def convert(value: Any, wanted: str | None, column: str, zone: tzinfo = UTC) -> Any:
    """Return the value in the type of its column. Texts are read as numbers and dates, as forms send them; refuses with `ExecutionFailed`.

    Where a date and time is wanted, a date is its beginning, and what names no zone is in `zone`.
    """
    if value is None or wanted is None:
        return value
    if wanted == MOMENT and type(value) is date:
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    if fits(value, wanted):
        return whole(value, column) if wanted == "integer" else value
    try:
        # a number never becomes a text: there is no conversion to one
        return moment(value, zone) if wanted == MOMENT else CONVERSIONS[wanted](value)
    except (ValueError, TypeError, InvalidOperation, KeyError, ExecutionFailed):
        raise wrong(value, wanted, column) from None


def whole(value: int | Decimal, column: str) -> int:
    if value != int(value):
        raise wrong(value, "integer", column)
    return int(value)


def number(value: Any) -> Decimal:
    if type(value) is not str or len(value) > DIGITS:
        raise TypeError
    found = Decimal(value.strip())
    if not found.is_finite():
        raise ValueError
    return found


def integer(value: Any) -> int:
    return whole(number(value), "")


def day(value: Any) -> date:
    return value.date() if type(value) is datetime else date.fromisoformat(value)


def moment(value: Any, zone: tzinfo) -> datetime:
    found = datetime.fromisoformat(value)
    return found.replace(tzinfo=zone) if found.tzinfo is None else found


def truth(value: Any) -> bool:
    return {"true": True, "false": False}[value]


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    NUMBER: number,
    "integer": integer,
    DAY: day,
    TRUTH: truth,
}
