"""Pages cut by key, never by number, so that page one thousand costs what page one does."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row

from engine.errors import Fault, InvalidContent

MAX_PAGE = 200
LEAST = Decimal("-Infinity")  #: sorts what has no amount behind everything that has one


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the mark after which the next page begins (None on the last)."""

    rows: list[Row[Any]]
    after: str | None


def mark(*values: Any) -> str:
    """Return an opaque mark of a place in a list."""
    return urlsafe_b64encode(orjson.dumps([value.isoformat() if isinstance(value, datetime) else str(value) for value in values])).decode()


def place(after: str | None, count: int, *, amounts: bool = False) -> list[str] | None:
    """Read a mark of times (or `amounts`) that ends with an id; `InvalidContent` for one that is none of ours."""
    if not after:
        return None
    try:
        values = orjson.loads(urlsafe_b64decode(after.encode()))
        if not isinstance(values, list) or len(values) != count:
            raise ValueError(after)
        read = _amount if amounts else _moment
        return [*(read(value) for value in values[:-1]), str(UUID(values[-1]))]
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise InvalidContent([Fault("after-invalid", "翻页标记无效", "The paging mark is not valid", path="after")]) from error


def _moment(value: Any) -> str:
    return datetime.fromisoformat(value).astimezone(UTC).isoformat()


def _amount(value: Any) -> str:
    number = Decimal(value)
    small = number.is_finite() and number.adjusted() < 20 and len(number.as_tuple().digits) < 40
    if number != LEAST and not small:
        raise ValueError(value)
    return str(number)


def cut(rows: list[Row[Any]], limit: int, key: tuple[str, ...]) -> Page:
    """Return a page of at most `limit` of some rows, of which one more was asked for."""
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, mark(*(getattr(rows[-1], name) for name in key)) if more and rows else None)


def like(words: str) -> str:
    """Return the pattern that finds these words as they are, anywhere in a text."""
    return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def patterns(words: str) -> list[str]:
    """Return one pattern for each word that stands apart from the others; what is found has them all."""
    return [like(word) for word in words.split()[:10]]
