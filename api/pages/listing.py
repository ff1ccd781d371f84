"""What every list page shares: the words looked for, the address of the next page, and whether only more rows are wanted."""

from typing import Any

from flask import request, url_for

MAX_WORDS = 100


def text(name: str, longest: int = MAX_WORDS) -> str:
    """Return one text of the address bar, without what no database takes."""
    return request.args.get(name, "").replace("\0", "").strip()[:longest]


def next_url(endpoint: str, after: str | None, **values: Any) -> str | None:
    """Return the address of the page after a mark with the same filters; None on the last page."""
    if after is None:
        return None
    kept = {name: value for name, value in request.args.items() if name != "after" and value}
    return url_for(endpoint, **{**kept, **values, "after": after})


def rows_only() -> bool:
    """Tell whether htmx asks for the rows of the next page rather than for a whole page."""
    return request.headers.get("HX-Request") == "true" and "after" in request.args
