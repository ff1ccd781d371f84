"""How a message and a case that waits for it find each other.

A subscription without correlation keys is found by the business key of its case, one with keys by all of them. Values are spelled in one way, so that
`7` and `7.00`, or a date and its text, are the same.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import combinations
from typing import Any
from uuid import UUID

import orjson

MAX_KEYS = 6  #: of one message: each set of them is looked for
LONGEST_NAME = 300  #: bytes that an index carries


def spell(value: Any) -> str:
    """Return the one spelling of a correlation key's value."""
    match value:
        case bool() | None:
            return f"={value}"
        case int() | float() | Decimal():
            number = Decimal(str(value))
            return f"#{number.normalize():f}" if number.is_finite() and number else "#0"
        case str():
            return f"'{value}"
        case datetime() | date():
            return f"'{value.isoformat()}"
        case UUID():
            return f"'{value}"
        case _:
            return "*" + sha256(orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def spelled(keys: Mapping[str, Any]) -> dict[str, str]:
    """Return correlation keys with their values spelled in one way; long ones are given by their digest."""
    return {name: shortened(spell(keys[name])) for name in sorted(keys)}


def shortened(text: str) -> str:
    """Return a text that an index can carry: itself, or its digest."""
    raw = text.encode()
    return text if len(raw) <= LONGEST_NAME else "sha256:" + sha256(raw).hexdigest()


def place(business_key: str, keys: Mapping[str, str]) -> str:
    """Return where a subscription stands in the index."""
    if not keys:
        return shortened(f"b:{business_key}")
    return "k:" + sha256(orjson.dumps(sorted(keys.items()))).hexdigest()


def places(business_key: str | None, keys: Mapping[str, str]) -> list[str]:
    """Return every place where a subscription may stand that a message matches: the business key's, and those of all sets of its keys."""
    found = [place(business_key, {})] if business_key is not None else []
    for size in range(1, len(keys) + 1):
        found += [place("", dict(some)) for some in combinations(keys.items(), size)]
    return found
