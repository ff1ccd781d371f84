"""Who is who in an office system, for administrators: the map, who is missing, what is held for that, proposals from the contacts, tables in and out."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import connections
from api.connections.given import kind_of
from api.pages.connections import reached
from api.pages.listing import next_url, rows_only, text
from api.pages.once import once, said
from api.security import current, needs
from engine import identities
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import Fault, InvalidContent, NotFound
from engine.identities import listing, tables
from models.desk import OaDirectory
from models.identity import Person
from models.oa import OaConnection

blueprint = Blueprint("identities_page", __name__, url_prefix="/identities")
PAGE = 50
SHOWN = 200  #: proposals


@blueprint.get("")
@needs("connection.manage")
def index() -> ResponseReturnValue:
    """The map of one connection, by work number."""
    return page([], 200)


def page(faults: list[Fault], status: int, key: str | None = None) -> ResponseReturnValue:
    """Render the map; of the first connection where none is named."""
    with transaction() as session:
        every = connections.every(session)
        wanted = key or text("connection") or next((row.key for row in every if row.active), every[0].key if every else "")
        if not wanted:
            return render_template("identities.html", connections=[], faults=faults), status
        row = connections.find(session, wanted)
        found = identities.everybody(session, row.key, words=text("q"), only=text("only"), limit=PAGE, after=text("after"))
        connector = reached(row)[1]
        proposed = identities.proposals(session, row.key)
        shown = {
            "row": row, "kind": kind_of(row.kind), "rows": found.rows, "counts": listing.counts(session, row.key), "now": read_clock(session),
            "holds": identities.holds_of_connection(session, row.key)[:20] if text("only") == "held" else [],
            "proposals": proposed[:SHOWN], "sure": sum(not each.doubt for each in proposed), "directory": session.get(OaDirectory, row.key),
            "contacts": connector is not None and connector.capabilities().contacts,
        }  # fmt: skip
        session.expunge_all()
    more = next_url("identities_page.index", found.after, connection=row.key)
    return render_template(
        "identities_rows.html" if rows_only() else "identities.html", connections=every, faults=faults, asked=request.args, more=more,
        filtered=bool(text("q") or text("only")), tab=text("tab"), **shown,
    ), status  # fmt: skip


def answered(key: str, work: Any, text_of: Any, **address: Any) -> ResponseReturnValue:
    """Do it once and lead back to the map; a refusal is the map with the reasons."""
    found: list[Any] = []

    def inside(session: Session) -> str:
        found.append(work(session))
        return url_for("identities_page.index", connection=key, **address)

    try:
        answer = once(inside)
        return said(answer, text_of(found[0])) if found else answer
    except InvalidContent as error:
        return page(error.faults, 422, key)
    except NotFound:
        return page([Fault("not-found", "没有这个连接或人员", "No such connection or person")], 404)


@blueprint.post("/<key>/<person>")
@needs("connection.manage")
def change(key: str, person: str) -> ResponseReturnValue:
    """Set the ids of one person; an empty one is forgotten."""

    def work(session: Session) -> None:
        row = connections.find(session, key)
        if session.scalars(select(Person.id).filter_by(key=person)).first() is None:
            raise NotFound(kind="person")
        had = next((each.ids for each in identities.of_person(session, person) if each.connection == key), None)
        had = had if had is not None else ids_of(session, row, person)
        for id_type in kind_of(row.kind).id_types:
            value = request.form.get(f"id.{id_type}", "").strip()
            if value and value != had.get(id_type):
                identities.put(session, key, person, id_type, value, by=current())
            elif not value and id_type in had:
                identities.forget(session, key, person, id_type, by=current())

    return answered(key, work, lambda _found: _("已保存。此人的待办会重新送过去。"), q=person)


def ids_of(session: Session, row: OaConnection, person: str) -> dict[str, str]:
    """Return a person's ids in a connection that is off."""
    found = identities.everybody(session, row.key, words=person, limit=PAGE).rows
    return next((dict(each.ids) for each in found if each.key == person), {})


@blueprint.post("/<key>/accept")
@needs("connection.manage")
def accept(key: str) -> ResponseReturnValue:
    """Take chosen proposals into the map, or all that leave no doubt."""
    people = None if request.form.get("all") == "true" else request.form.getlist("person")
    return answered(
        key, lambda session: identities.accept(session, key, people, by=current()), lambda found: _("已对应 %(n)s 个编号，等着的待办会重新送过去。", n=found)
    )  # fmt: skip


@blueprint.post("/<key>/import")
@needs("connection.manage")
def import_(key: str) -> ResponseReturnValue:
    """Take a table into the map, all or nothing."""
    files = [file for file in request.files.getlist("files") if file.filename]
    contents = {(file.filename or "").rsplit("/", 1)[-1]: file.stream.read() for file in files}
    for file in files:
        file.stream.seek(0)
    if not contents:
        return page([Fault("no-file", "请选择文件", "Choose a file")], 422, key)
    return answered(
        key,
        lambda session: tables.import_map(session, key, contents, by=current()),
        lambda found: _("导入完成，%(n)s 个编号有变化。", n=found),
    )


@blueprint.get("/<key>.csv")
@needs("connection.manage")
def export(key: str) -> Response:
    """The map as CSV, in the columns that an import takes."""
    with transaction() as session:
        connections.find(session, key)
        content = tables.export_map(session, key)
    headers = {"Content-Disposition": f"attachment; filename=identities-{key}.csv", "Cache-Control": "private, no-store"}
    return Response(content, mimetype="text/csv", headers=headers)
