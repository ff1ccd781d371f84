"""Several decisions at once: what was chosen is shown with its number and sum, decided each in a transaction of its own, and told one by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import Row
from sqlalchemy.orm import Session
from werkzeug.utils import redirect

from api.pages.frame import money
from api.pages.task import told
from api.rest.tasks import known
from api.security import current, needs
from engine import definitions, forms, tasks, worklist
from engine.database import transaction
from engine.errors import Fault, InvalidVariables, ShenpiError, TaskClosed
from engine.worklist import Wanted

blueprint = Blueprint("bulk", __name__, url_prefix="/bulk")
MOST = 200  #: decisions at once
MAX_COMMENT = 2000
OUTCOMES = ("approve", "reject")


@dataclass(slots=True)
class Chosen:
    """What was chosen: what may be decided so, what not and why, and how many are no longer there."""

    rows: list[Row[Any]] = field(default_factory=list)
    refused: list[tuple[Row[Any], str]] = field(default_factory=list)
    gone: int = 0

    @property
    def sums(self) -> list[str]:
        """The sum of each currency, as people write it."""
        found: dict[str, Decimal] = {}
        for row in self.rows:
            if row.amount is not None:
                found[row.currency or "CNY"] = found.get(row.currency or "CNY", Decimal(0)) + row.amount
        return [money(amount, currency) for currency, amount in sorted(found.items())]


@blueprint.post("")
@needs("task.work")
def confirm() -> ResponseReturnValue:
    """Show what was chosen, with its number and its sum; nothing is decided yet."""
    outcome, wanted = request.form.get("outcome", ""), ids()
    if not wanted or outcome not in OUTCOMES:
        return redirect(back(), 303)
    return page(outcome, wanted)


@blueprint.post("/decide")
@needs("task.work")
def decide() -> ResponseReturnValue:
    """Decide each of what was shown, unless it has changed since, and tell what became of each."""
    outcome, comment = request.form.get("outcome", ""), request.form.get("comment", "").replace("\r\n", "\n").strip()
    wanted = ids()
    if not wanted or outcome not in OUTCOMES:
        return redirect(back(), 303)
    if len(comment) > MAX_COMMENT or "\0" in comment:
        fault = Fault("too-long", f"意见超过 {MAX_COMMENT} 字", f"The comment is longer than {MAX_COMMENT} characters", path="comment")
        return page(outcome, wanted, comment=comment[:MAX_COMMENT].replace("\0", ""), faults=[fault])
    results = [decided(identity, outcome, comment, revision) for identity, revision in wanted.items()]
    done = [each for each in results if each["ok"]]
    return render_template("bulk_done.html", outcome=outcome, done=done, refused=[each for each in results if not each["ok"]], back=back())


def page(outcome: str, wanted: Mapping[UUID, int | None], *, comment: str = "", faults: list[Fault] | None = None) -> ResponseReturnValue:
    """Render what was chosen, to be confirmed."""
    with transaction() as session:
        found = chosen(session, wanted, outcome)
    status = 422 if faults else 200
    return render_template("bulk.html", outcome=outcome, chosen=found, comment=comment, faults=faults or [], back=back()), status


def ids() -> dict[UUID, int | None]:
    """Return the tasks that were chosen, each with the revision that was seen, if it says one."""
    found: dict[UUID, int | None] = {}
    for value in request.form.getlist("task")[:MOST]:
        name, _colon, revision = value.partition(":")
        try:
            found[UUID(name)] = int(revision[:9]) if revision.isdecimal() else None
        except ValueError:
            continue
    return found


def back() -> str:
    """Return the address of the list that this began at."""
    tab = request.form.get("tab", "")
    return url_for("todos.index", tab="behalf") if tab == "behalf" else url_for("todos.index")


def chosen(session: Session, wanted: Mapping[UUID, int | None], outcome: str) -> Chosen:
    """Return what of the chosen tasks is still the caller's, and whether it may be decided without looking at it alone."""
    only = Wanted(only=tuple(wanted))
    here = worklist.my_tasks(session, current(), limit=MOST, wanted=only).rows
    here += worklist.on_behalf(session, current(), limit=MOST, wanted=only).rows
    found = Chosen(gone=len(wanted) - len(here))
    reasons = unfilled(session, here)
    for row in here:
        if outcome not in row.outcomes:
            found.refused.append((row, _("这一步没有这个选项。")))
        elif outcome == "approve" and row.id in reasons:
            found.refused.append((row, reasons[row.id]))
        else:
            found.rows.append(row)
    return found


def unfilled(session: Session, rows: Iterable[Row[Any]]) -> dict[UUID, str]:
    """Return why a task cannot be approved together with others, for those that ask for something to be filled in."""
    seen: dict[tuple[UUID, str], str] = {}
    found: dict[UUID, str] = {}
    for row in rows:
        if row.owner or row.origin.startswith("add_"):
            continue  # an opinion and a signature fill in nothing
        key = (row.definition_id, row.element)
        if key not in seen:
            element = definitions.element_of(session, row.instance_id, row.element)
            faults = forms.missing(element) if element is not None else ()
            zh = str(get_locale() or "zh").startswith("zh")
            seen[key] = ("；" if zh else "; ").join(fault.zh if zh else fault.en for fault in faults[:3])
        if seen[key]:
            found[row.id] = seen[key]
    return found


def decided(identity: UUID, outcome: str, comment: str, revision: int | None) -> dict[str, Any]:
    """Decide one task; a refusal is its result. What the caller had decided so before is done, so that a repeated form changes nothing."""
    title: dict[str, Any] = {"id": identity, "title": None, "key": None, "amount": None, "currency": None}
    try:
        with transaction() as session:
            row = worklist.one_task(session, identity)
            step = tasks.complete(
                session, identity, by=current(), outcome=outcome, comment=comment, expected_revision=revision, channel="page"
            )
            if row is not None:
                title |= {"title": row.title, "key": row.business_key, "amount": row.amount, "currency": row.currency, "name": row.name}
            return title | {"ok": True, "status": step.case.status}
    except InvalidVariables as error:
        return named(title) | {"ok": False, "reasons": error.faults}
    except TaskClosed as error:
        found = named(title)
        again = found.get("decided_by") == current().key and found.get("outcome") == outcome
        return found | ({"ok": True} if again else {"ok": False, "reasons": [told(error)]})
    except ShenpiError as error:
        return named(title) | {"ok": False, "reasons": [told(error)]}


def named(title: dict[str, Any]) -> dict[str, Any]:
    """Add what a task is called, if it is the caller's to know."""
    try:
        with transaction() as session:
            row = known(session, title["id"])
            return title | {
                "title": row.title, "key": row.business_key, "amount": row.amount, "currency": row.currency, "name": row.name,
                "decided_by": row.decided_by, "outcome": row.outcome,
            }  # fmt: skip
    except ShenpiError:
        return title
