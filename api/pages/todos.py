"""The to-do lists: what waits for me, what waits for people I stand in for, what I have decided, and what I got a copy of."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from api.pages import bulk
from api.pages.asked import DUE, ORDERS, asked, without
from api.pages.counts import counts
from api.pages.listing import next_url, rows_only, text
from api.security import current, needs
from engine import worklist
from engine.database import transaction
from engine.database.transaction import read_clock
from models.invoice import Invoice

blueprint = Blueprint("todos", __name__)
PAGE = 50
TABS = ("open", "behalf", "done", "copied")


@blueprint.get("/")
@needs("task.work")
def index() -> ResponseReturnValue:
    """One of my lists, filtered and sorted as the address says."""
    tab = text("tab") if text("tab") in TABS else "open"
    if tab == "copied":
        return copied()
    after = text("after", 500) or None
    with transaction() as session:
        looked = asked(session, tab)
        if tab == "done":
            page = worklist.my_decisions(session, current(), limit=PAGE, after=after, wanted=looked.wanted)
        else:
            listing = worklist.my_tasks if tab == "open" else worklist.on_behalf
            page = listing(session, current(), limit=PAGE, after=after, wanted=looked.wanted, sort=looked.sort)
        shown = {
            "rows": page.rows,
            "warnings": warnings(session, page.rows),
            "unfilled": bulk.unfilled(session, page.rows) if tab != "done" else {},
            "now": read_clock(session),
            "counts": counts(session) if not rows_only() else None,
        }
    return render_template(
        "todos_rows.html" if rows_only() else "todos.html", tab=tab, looked=looked, q=looked.wanted.words or "", more=next_url("todos.index", page.after),
        periods=DUE, orders=ORDERS, without=without, most=bulk.MOST, args=request.args, **shown,
    )  # fmt: skip


def copied() -> ResponseReturnValue:
    """What I got a copy of, the newest first."""
    wanted, unread = text("q"), bool(text("unread"))
    with transaction() as session:
        page = worklist.copied(session, current(), limit=PAGE, after=text("after", 500) or None, words=wanted or None, unread=unread)
        shown = {"rows": page.rows, "counts": counts(session) if not rows_only() else None}
    more = next_url("todos.index", page.after)
    return render_template(
        "copied_rows.html" if rows_only() else "copied.html", q=wanted, unread=unread, more=more, without=without, **shown
    )


def warnings(session: Session, rows: Iterable[Row[Any]]) -> dict[UUID, int]:
    """Return how many findings an approver should look at, by the invoice that a row is about."""
    wanted = {row.subject_id for row in rows if row.subject_kind == "invoice" and row.subject_id}
    found = session.execute(select(Invoice.id, Invoice.findings).where(Invoice.id.in_(wanted)))
    counted = {identity: sum(each.get("severity") in ("block", "warn") for each in findings) for identity, findings in found}
    return {identity: number for identity, number in counted.items() if number}
