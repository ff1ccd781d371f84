"""The to-do list: what waits for me, most urgent first; and what I have decided."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from api.pages.listing import next_url, rows_only, text
from api.security import current, needs
from engine import worklist
from engine.database import transaction
from engine.database.transaction import read_clock
from models.invoice import Invoice

blueprint = Blueprint("todos", __name__)
PAGE = 30
COUNTED = 999


@blueprint.get("/")
@needs("task.work")
def index() -> ResponseReturnValue:
    """My open tasks (or, with `tab=done`, my decisions), searched by words."""
    done, wanted = request.args.get("tab") == "done", text("q")
    listing = worklist.my_decisions if done else worklist.my_tasks
    with transaction() as session:
        page = listing(session, current(), limit=PAGE, after=text("after", 500) or None, wanted=worklist.Wanted(words=wanted or None))
        shown = {
            "rows": page.rows,
            "warnings": warnings(session, page.rows),
            "now": read_clock(session),
            "open": worklist.count_my_tasks(session, current(), COUNTED + 1),
        }
    more = next_url("todos.index", page.after)
    return render_template("todos_rows.html" if rows_only() else "todos.html", done=done, q=wanted, more=more, counted=COUNTED, **shown)


def warnings(session: Session, rows: Iterable[Row[Any]]) -> dict[UUID, int]:
    """Return how many findings an approver should look at, by the invoice that a row is about."""
    wanted = {row.subject_id for row in rows if row.subject_kind == "invoice" and row.subject_id}
    found = session.execute(select(Invoice.id, Invoice.findings).where(Invoice.id.in_(wanted)))
    counts = {identity: sum(each.get("severity") in ("block", "warn") for each in findings) for identity, findings in found}
    return {identity: count for identity, count in counts.items() if count}
