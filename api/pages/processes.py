"""Process definitions: what is deployed, how it is drawn; for designers deploying a new version, for operators suspending and resuming one."""

from collections.abc import Callable
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.pages.filling import labels
from api.pages.once import once, said
from api.security import current, needs
from engine import definitions, suspension
from engine.bpmn.model import HUMAN, ProcessModel
from engine.database import transaction
from engine.errors import Conflict, Fault, InvalidContent, NotFound, NotPermitted, Refused
from engine.examination import warnings
from engine.instances import beginning, may_begin
from engine.permissions import allows
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
        "running": counts.get(row.id, 0), "suspended_at": row.suspended_at,
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
        names = people(session, {key for key in (deployment.by, row.suspended_by) if key})
        by = names.get(deployment.by or "")
        shown = {
            "process": summary(row, counts) | {"by": by["name"] if by else deployment.by, "files": row.manifest["bpmn"] | row.manifest["others"]},
            "held": {"who": names.get(row.suspended_by or ""), "at": row.suspended_at, "text": row.suspended_reason} if row.suspended_at else None,
            "warnings": remarks(model) if allows(current(), "definition.deploy") else [],
            "startable": is_startable(row, others[0], model),
            "versions": [summary(each, counts) for each in others],
            "tasks": [
                {"id": element.id, "name": element.name or element.id, "about": element.documentation, "outcomes": element.outcomes,
                 "fields": labels(element), "assignment": element.assignment}
                for element in model.of_kind(HUMAN)
            ],
        }  # fmt: skip
    return render_template("process.html", **shown)


def is_startable(row: ProcessDefinition, newest: ProcessDefinition, model: ProcessModel) -> bool:
    """Tell whether the caller may begin a case of this version on a page: the newest one, of a process that begins with no subject of its own."""
    alone = row.id == newest.id and row.subject_kind is None and row.suspended_at is None
    return alone and allows(current(), "instance.start") and beginning(model) is not None and may_begin(current(), model)


def remarks(model: ProcessModel) -> list[dict[str, Any]]:
    """Return what a designer should look at, with the names of the elements."""
    elements = model.elements
    return [
        {"zh": one.zh, "en": one.en, "element": one.element, "place": elements[one.element].name if one.element in elements else None}
        for one in warnings(model)
    ]


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
    others: list[str] = []

    def work(session: Session) -> str:
        made = definitions.deploy(session, contents, by=current().key)
        names.extend(f"{row.name or row.key} v{row.version}" for row in made)
        # what is to be looked at in the first stands on its page, where the designer is led
        others.extend(row.name or row.key for row in made[1:] if warnings(definitions.get(session, row.id).model))
        return url_for("processes.show", definition_id=made[0].id)

    try:
        done = said(
            once(work),
            _("已部署：%(names)s。进行中的流程仍按原来的版本走完。", names="、".join(names)) if names else _("这张表单已经提交过。"),
        )
    except InvalidContent as error:
        return page(error.faults, 422)
    if others:
        flash(_("%(names)s 也有需要留意的地方，请打开查看。", names="、".join(others)), "warning")
    return done


@blueprint.post("/<uuid:definition_id>/suspend")
@needs("definition.suspend")
def suspend(definition_id: UUID) -> ResponseReturnValue:
    """Let no case of a process begin; if asked, hold its running ones too."""
    return act(definition_id, suspension.suspend_process, _("已挂起，不能再发起。"), _("已挂起，不能再发起；进行中的流程正在逐个挂起。"))


@blueprint.post("/<uuid:definition_id>/resume")
@needs("definition.suspend")
def resume(definition_id: UUID) -> ResponseReturnValue:
    """Let cases of a process begin again; if asked, resume the held ones too."""
    return act(definition_id, suspension.resume_process, _("已恢复，可以发起。"), _("已恢复，可以发起；挂起的流程正在逐个恢复。"))


def act(definition_id: UUID, room: Callable[..., None], done: str, done_for_all: str) -> ResponseReturnValue:
    """Suspend or resume all versions of a process once, for a reason, and lead back to the version; a refusal is told there."""
    target = url_for("processes.show", definition_id=definition_id)
    reason, instances = request.form.get("reason", "").strip(), request.form.get("instances") == "true"
    if not reason:
        flash(_("请写明原因，没有改变任何内容。"), "warning")
        return redirect(target, 303)

    def work(session: Session) -> str:
        row = session.get(ProcessDefinition, definition_id)
        if row is None:
            raise NotFound(kind="process definition")
        room(session, row.key, by=current(), reason=reason, instances=instances)
        return target

    try:
        return said(once(work), done_for_all if instances else done)
    except NotPermitted:
        raise
    except Refused:
        flash(_("已经有人改过状态，没有改变任何内容。"), "warning")
    except Conflict:
        flash(_("另一个请求抢先完成，没有改变任何内容，请看清现状后再试。"), "warning")
    return redirect(target, 303)
