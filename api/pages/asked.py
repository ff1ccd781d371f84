"""What the address of a list of tasks asks for: words, filters and order."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from api.pages.cases import amount
from api.pages.frame import money, zone
from api.pages.listing import text
from engine.database.transaction import read_clock
from engine.errors import Fault
from engine.worklist import PERIODS, SORTS, Sort, Wanted, due_within
from models.identity import Department
from models.repository import ProcessDefinition

NAMES = ("q", "department", "process", "least", "most", "due", "returned")
MOST = 500  #: departments and processes to choose from
DUE: dict[str, LazyString] = {"overdue": _l("已逾期"), "today": _l("今天到期"), "week": _l("本周到期")}
ORDERS: dict[Sort, LazyString] = {"due": _l("先到期"), "amount": _l("金额高"), "age": _l("等得久")}


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter and an order, what could not be read of them, and a link that takes each part away."""

    wanted: Wanted
    sort: Sort
    faults: list[Fault]
    chips: list[dict[str, Any]]
    departments: list[Any]
    processes: list[Any]


def asked(session: Session, tab: str) -> Asked:
    """Read the address; what cannot be read is told and left out."""
    faults: list[Fault] = []
    given = {name: text(name) for name in NAMES}
    period = given["due"] if given["due"] in PERIODS and tab != "done" else ""
    departments = session.execute(select(Department.key, Department.name).order_by(Department.name).limit(MOST)).all()
    newest = select(ProcessDefinition.key, ProcessDefinition.name).ext(distinct_on(ProcessDefinition.key))
    processes = session.execute(newest.order_by(ProcessDefinition.key, ProcessDefinition.version.desc()).limit(MOST)).all()
    due_from, due_until = due_within(period, read_clock(session), zone()) if period else (None, None)
    wanted = Wanted(
        words=given["q"] or None, department=given["department"] or None, definition=given["process"] or None,
        least=amount(given["least"], faults), most=amount(given["most"], faults), returned=bool(given["returned"]),
        due_from=due_from, due_until=due_until,
    )  # fmt: skip
    sort = next((one for one in SORTS if one == text("sort")), SORTS[0])
    labels = {
        "department": next((row.name for row in departments if row.key == wanted.department), wanted.department),
        "process": next((row.name or row.key for row in processes if row.key == wanted.definition), wanted.definition),
        "least": wanted.least and f"≥ {money(wanted.least)}",
        "most": wanted.most and f"≤ {money(wanted.most)}",
        "due": DUE.get(period),
        "returned": _l("退回给我的") if wanted.returned else None,
    }
    chips = [{"label": label, "url": without(name)} for name, label in labels.items() if label]
    return Asked(wanted, sort, faults, chips, list(departments), list(processes))


def without(*names: str, **values: Any) -> str:
    """Return the address of the first page of the list without parts of its filter, and with others."""
    kept = {name: value for name, value in request.args.items() if name not in (*names, "after") and value}
    return url_for("todos.index", **{**kept, **values})
