"""Process definitions: what is deployed, how it is drawn, and for designers deploying a new version."""

from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.pages.once import once, said
from api.security import current, needs
from engine import definitions
from engine.bpmn.model import HUMAN
from engine.database import transaction
from engine.errors import Fault, InvalidContent, NotFound
from engine.replay import people
from models.repository import Deployment, ProcessDefinition
from models.runtime import ProcessInstance

blueprint = Blueprint("processes", __name__, url_prefix="/processes")
MOST = 500  #: versions listed
LARGEST = 5 * 1024 * 1024  #: of all files of a deployment together


@blueprint.get("")
@needs("definition.read")
def index() -> ResponseReturnValue:
    """Every process with its newest version."""
    return page([], 200)


def page(faults: list[Fault], status: int) -> ResponseReturnValue:
    """Render the list, with the faults of a deployment that was refused."""
    with transaction() as session:
        statement = select(ProcessDefinition).order_by(ProcessDefinition.key, ProcessDefinition.version.desc()).limit(MOST)
        rows = session.scalars(statement).all()
        counts = running(session)
        shown = [summary(next(versions), counts) for _key, versions in groupby(rows, key=lambda row: row.key)]
    return render_template("processes.html", processes=shown, faults=faults), status


def running(session: Session) -> dict[UUID, int]:
    """Return how many cases run on each definition."""
    statement = (
        select(ProcessInstance.definition_id, func.count())
        .where(ProcessInstance.status == "running")
        .group_by(ProcessInstance.definition_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def summary(row: ProcessDefinition, counts: dict[UUID, int]) -> dict[str, Any]:
    """Return a definition as lists show it."""
    return {
        "id": row.id, "key": row.key, "version": row.version, "name": row.name or row.key, "created_at": row.created_at, "hash": row.manifest_hash,
        "running": counts.get(row.id, 0),
    }  # fmt: skip


@blueprint.get("/<uuid:definition_id>")
@needs("definition.read")
def show(definition_id: UUID) -> ResponseReturnValue:
    """One version: its drawing, its tasks, its files, and the other versions."""
    with transaction() as session:
        row = session.get(ProcessDefinition, definition_id)
        if row is None:
            raise NotFound(kind="process definition")
        model = definitions.get(session, definition_id).model
        counts = running(session)
        others = session.scalars(
            select(ProcessDefinition).filter_by(key=row.key).order_by(ProcessDefinition.version.desc()).limit(MOST)
        ).all()
        deployment = session.get_one(Deployment, row.deployment_id)
        by = people(session, {deployment.by}).get(deployment.by) if deployment.by else None
        shown = {
            "process": summary(row, counts) | {"by": by["name"] if by else deployment.by, "files": row.manifest["bpmn"] | row.manifest["others"]},
            "versions": [summary(each, counts) for each in others],
            "tasks": [
                {"id": element.id, "name": element.name or element.id, "about": element.documentation, "outcomes": element.outcomes,
                 "fields": [field.label for field in element.form], "assignment": element.assignment}
                for element in model.of_kind(HUMAN)
            ],
        }  # fmt: skip
    return render_template("process.html", **shown)


@blueprint.get("/<uuid:definition_id>/bpmn.xml")
@needs("definition.read")
def bpmn(definition_id: UUID) -> Response:
    """The drawing as its author deployed it."""
    with transaction() as session:
        content = definitions.bpmn_of(session, definition_id)
    headers = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "sandbox"}
    if request.args.get("download"):
        headers["Content-Disposition"] = "attachment; filename=process.bpmn"
    return Response(content, mimetype="application/xml", headers=headers)


@blueprint.post("")
@needs("definition.deploy")
def deploy() -> ResponseReturnValue:
    """Deploy BPMN and DMN files together; faults come back with file, line and element, and nothing is stored then."""
    files = [file for file in request.files.getlist("files") if file.filename]
    contents = {(file.filename or "unnamed").replace("\\", "/").rsplit("/", 1)[-1]: file.stream.read() for file in files}
    for file in files:
        file.stream.seek(0)
    if not contents:
        return page([Fault("no-file", "没有选择文件", "No file was chosen")], 422)
    if sum(map(len, contents.values())) > LARGEST:
        return page([Fault("too-large", "文件合计超过 5 MB", "The files are larger than 5 MB together")], 413)
    names: list[str] = []

    def work(session: Session) -> str:
        made = definitions.deploy(session, contents, by=current().key)
        names.extend(f"{row.name or row.key} v{row.version}" for row in made)
        return url_for("processes.show", definition_id=made[0].id)

    try:
        return said(
            once(work),
            _("已部署：%(names)s。进行中的流程仍按原来的版本走完。", names="、".join(names)) if names else _("这张表单已经提交过。"),
        )
    except InvalidContent as error:
        return page(error.faults, 422)
