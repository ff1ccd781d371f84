"""Submitting invoices: each file is answered at once with what was found in it; good ones never wait for bad ones.

Sending the same file again is answered with the case it is in already, so an upload needs no form key to count once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from api.pages.counts import COUNTED
from api.pages.start import offered
from api.security import current, needs
from engine import worklist
from engine.database import transaction
from engine.errors import Conflict, Fault, Refused
from models.invoice import Invoice
from models.runtime import UserTask
from processes.invoice.intake import Submission, submit
from processes.invoice.typed import FIELDS

blueprint = Blueprint("submit", __name__, url_prefix="/submit")
ACCEPT = ".xml,.ofd,.pdf,.jpg,.jpeg,.png,application/pdf,application/xml,image/jpeg,image/png"
MOST = 50  #: files of one request without script
#: without these there is no invoice
REQUIRED = ("number", "issueDate", "currency", "gross")
PARTS = ("number", "issueDate", "currency", "gross", "net", "tax", "seller.name", "seller.taxId", "buyer.name", "buyer.taxId")


@dataclass(slots=True)
class Row:
    """One file and what became of it; `asked` are the fields a person is asked for, `typed` what she has typed."""

    name: str
    result: str
    submission: Submission | None = None
    faults: list[Fault] = field(default_factory=list)
    asked: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    blocking: int = 0
    task_id: Any = None

    @property
    def wrong(self) -> dict[str, Fault]:
        """The fault of each field."""
        return {fault.path: fault for fault in self.faults if fault.path}


@blueprint.get("")
@needs("invoice.upload")
def form() -> ResponseReturnValue:
    """Choose, photograph or drop files."""
    return page([], 200)


@blueprint.post("")
@needs("invoice.upload")
def take() -> ResponseReturnValue:
    """Take in files: one from the page's script, which gets its row; or all of a plain form, which gets the page."""
    files = [file for file in request.files.getlist("file") if file.filename][:MOST]
    typed = {name: request.form[name].strip() for name in FIELDS if request.form.get(name, "").strip()}
    asked = tuple(name for name in PARTS if name in request.form)
    rows = [take_one(file, typed, asked) for file in files]
    if request.headers.get("HX-Request") == "true":
        if not rows:
            return _("没有收到文件，请重新选择。"), 422
        return render_template("submit_row.html", row=rows[0], **words_of_form()), 200 if rows[0].submission else 422
    return page(rows, 200 if rows else 422, nothing=not rows)


def page(rows: list[Row], status: int, *, nothing: bool = False) -> ResponseReturnValue:
    """Render the whole page with the rows so far."""
    with transaction() as session:
        counted = worklist.count_my_tasks(session, current(), COUNTED + 1)
        others = [{"id": each.id, "name": each.name or each.key} for each in offered(session)]
    largest = current_app.config["SETTINGS"].max_upload // (1024 * 1024)
    return render_template(
        "submit.html", rows=rows, nothing=nothing, largest=largest, open=counted, others=others, **words_of_form()
    ), status


def words_of_form() -> dict[str, Any]:
    """Return what the page and a single row both say about the form."""
    return {"required": REQUIRED, "accept": ACCEPT}


def take_one(file: FileStorage, typed: dict[str, str], asked: tuple[str, ...]) -> Row:
    """Take in one file in a transaction of its own and say what became of it."""
    name = (file.filename or "unnamed").replace("\\", "/").rsplit("/", 1)[-1][:200]
    data = file.stream.read()
    largest: int = current_app.config["SETTINGS"].max_upload
    if len(data) > largest:
        zh, en = (
            f"文件超过 {largest // 1024 // 1024} MB，没有保存。",
            f"The file is larger than {largest // 1024 // 1024} MB; it was not kept.",
        )
        return Row(name, "too-large", faults=[Fault("too-large", zh, en)])
    try:
        with transaction() as session:
            found = submit(session, name, data, by=current(), fields=typed)
            return described(session, name, found, typed, asked)
    except (Conflict, Refused) as error:
        return Row(name, "refused", faults=[Fault(error.code, error.say("zh"), error.say("en"))], asked=asked, typed=typed)


def described(session: Session, name: str, found: Submission, typed: dict[str, str], asked: tuple[str, ...]) -> Row:
    """Return the row of a submission: what blocks it, where to correct it, and which fields are still asked for."""
    row = Row(name, found.result, found, list(found.faults), typed=typed)
    if found.result == "incomplete":
        row.asked = tuple(part for part in PARTS if part in found.missing)
        row.typed = typed or found.typed
    elif found.result == "unreadable" and asked and row.wrong:
        row.result, row.asked = "incomplete", asked
    if found.case_id and found.invoice_id and found.result != "incomplete":
        findings = session.execute(select(Invoice.findings).filter_by(id=found.invoice_id)).scalar() or []
        row.blocking = sum(each.get("severity") == "block" for each in findings)
        task = select(UserTask.id).filter_by(instance_id=found.case_id, state="open", assignee=current().key)
        row.task_id = session.execute(task).scalars().first()
    return row
