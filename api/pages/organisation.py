"""The organisation as tables: an import that is looked at before it is done, and the table of people to take away."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from api.pages.once import once, said
from api.security import current, needs
from engine.database import transaction
from engine.errors import Fault, InvalidContent
from engine.organisation.comparing import Change
from engine.organisation.exporting import export_people
from engine.organisation.importing import import_files
from engine.organisation.roster import COLUMNS

blueprint = Blueprint("organisation_page", __name__, url_prefix="/organisation")
SHOWN = 500  #: changes


@blueprint.get("/import")
@needs("people.manage")
def form() -> ResponseReturnValue:
    """The form of an import."""
    return page([], 200)


def page(faults: list[Fault], status: int, changes: list[Change] | None = None) -> ResponseReturnValue:
    """Render the form, with the faults of the files or with what they would change."""
    template = "import_preview.html" if request.headers.get("HX-Request") == "true" else "import.html"
    return render_template(
        template, said=in_words, faults=faults, changes=changes[:SHOWN] if changes is not None else None, number=len(changes or ()), columns=COLUMNS,
        absent=request.form.get("absent") == "true",
    ), status  # fmt: skip


def in_words(value: Any) -> str:
    """Return the value of a field as people read it."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return "；".join(map(str, value)) if isinstance(value, list) and value else str(value) if value else "—"


@blueprint.post("/import")
@needs("people.manage")
def import_() -> ResponseReturnValue:
    """Tell what the files would change; with `do` change it, all or nothing."""
    files = [file for file in request.files.getlist("files") if file.filename]
    contents = {(file.filename or "").replace("\\", "/").rsplit("/", 1)[-1]: file.stream.read() for file in files}
    for file in files:
        file.stream.seek(0)
    if not contents or len(contents) < len(files):
        return page([Fault("no-file", "请选择文件，文件名不能相同", "Choose files, each with a name of its own")], 422)
    options: dict[str, Any] = {"by": current().key, "deactivate_absent": request.form.get("absent") == "true"}
    number = 0

    def work(session: Session) -> str:
        nonlocal number
        number = len(import_files(session, contents, **options))
        return url_for("people_page.index")

    try:
        if request.form.get("do") == "true":
            return said(once(work), _("导入完成，共 %(n)s 项变更。", n=number) if number else _("导入完成。"))
        with transaction() as session:
            return page([], 200, import_files(session, contents, dry_run=True, **options))
    except InvalidContent as error:
        return page(error.faults, 422)


@blueprint.get("/people.csv")
@needs("people.manage")
def export() -> Response:
    """Everybody as CSV, in the columns that an import takes."""
    with transaction() as session:
        content = export_people(session)
    headers = {"Content-Disposition": "attachment; filename=people.csv", "Cache-Control": "private, no-store"}
    return Response(content, mimetype="text/csv", headers=headers)
