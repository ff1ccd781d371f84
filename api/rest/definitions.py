"""Deployments and process definitions."""

from typing import Any
from uuid import UUID

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import problems
from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, multipart, page_of, place_of, route, shown
from api.security import current
from engine import definitions as room
from engine import forms, instances, suspension
from engine.database import transaction
from models.repository import ProcessDefinition

blueprint = Blueprint("definitions", __name__, url_prefix="", description="Deployments and process definitions")


class Definition(Camel):
    id = fields.UUID()
    key = fields.String()
    version = fields.Integer()
    name = fields.String(allow_none=True)
    manifest_hash = fields.String()
    manifest = fields.Dict()
    subject_kind = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    suspended_at = fields.AwareDateTime(allow_none=True)


class HoldProcess(Strict):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    include_process_instances = fields.Boolean(load_default=False)


class HeldProcess(Camel):
    key = fields.String()
    suspended = fields.Boolean()


class Definitions(Camel):
    items = fields.List(fields.Nested(Definition))
    after = fields.String(allow_none=True)


class Remark(Camel):
    """The fields of a fault; those without a value are left out."""

    code = fields.String()
    zh = fields.String()
    en = fields.String()
    file = fields.String()
    line = fields.Integer()
    element = fields.String()
    path = fields.String()
    expected = fields.String()
    found = fields.String()


class StartForm(Camel):
    schema = fields.Dict(allow_none=True)
    data = fields.Dict()
    readonly = fields.Boolean()


class Deployed(Definitions):
    warnings = fields.List(fields.Nested(Remark))


def as_json(row: ProcessDefinition) -> Any:
    return Definition().dump(row)


@blueprint.route("/deployments", methods=["POST"])
@route("definition.deploy", files=True)
@blueprint.doc(requestBody=multipart("files", several=True))
@blueprint.response(201, Deployed)
def deploy() -> Response:
    """Deploy BPMN, DMN and form files together; the same content again is the same version. Faults come as a list with line and element.

    What runs and should be looked at all the same comes as `warnings`: variables that may be undefined, forms that are not shown, tasks that name nobody.
    """
    files = request.files.getlist("files")
    if request.mimetype != "multipart/form-data" or not files:
        return problems.problem(415, "unsupported-media-type", "Send the files as multipart/form-data under the name files")
    contents = {(file.filename or "unnamed").rsplit("/", 1)[-1]: file.stream.read() for file in files}
    if len(contents) < len(files):
        return problems.problem(422, "file-names", "Two of the files have the same name")
    for file in files:
        file.stream.seek(0)

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        found = room.inspect(contents)
        made = room.store(session, contents, found, by=current().key)
        warnings = [warning.as_json() for warning in found.warnings]
        return {"items": [as_json(row) for row in made], "after": None, "warnings": warnings}, 201, {}

    return once(work)


@blueprint.route("/process-definitions", methods=["GET"])
@route("definition.read")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Definitions)
def index(paging: dict[str, Any]) -> Any:
    """The newest version of each process first, then the older ones."""
    with transaction() as session:
        statement = select(ProcessDefinition).order_by(ProcessDefinition.id.desc()).limit(paging["limit"] + 1)
        if paging["after"]:
            statement = statement.where(ProcessDefinition.id < place_of(paging["after"]))
        rows = session.scalars(statement).all()
        more = len(rows) > paging["limit"]
        page = rows[: paging["limit"]]
        return page_of([as_json(row) for row in page], str(page[-1].id) if more else None)


@blueprint.route("/process-definitions/<uuid:definition_id>", methods=["GET"])
@route("definition.read")
@blueprint.response(200, Definition)
def show(definition_id: UUID) -> Any:
    """One definition with its manifest."""
    with transaction() as session:
        room.get(session, definition_id)
        return shown(as_json(session.get_one(ProcessDefinition, definition_id)))


@blueprint.route("/process-definitions/<uuid:definition_id>/xml", methods=["GET"])
@route("definition.read")
def xml(definition_id: UUID) -> Response:
    """The BPMN as its author deployed it."""
    with transaction() as session:
        content = room.bpmn_of(session, definition_id)
    return Response(content, mimetype="application/xml", headers={"Content-Disposition": "attachment; filename=process.bpmn"})


@blueprint.route("/process-definitions/<uuid:definition_id>/start-form", methods=["GET"])
@route("definition.read")
@blueprint.response(200, StartForm)
def start_form(definition_id: UUID) -> Response:
    """The form by which a case of this version begins, as form-js draws it; its schema is null when the process has none."""
    with transaction() as session:
        element = instances.beginning(room.get(session, definition_id).model)
        return shown({"schema": forms.schema_of(element) if element is not None else None, "data": {}, "readonly": False})


@blueprint.route("/process-definitions/<string:key>/suspend", methods=["POST"])
@route("definition.suspend")
@blueprint.arguments(HoldProcess)
@blueprint.response(200, HeldProcess)
def suspend(body: dict[str, Any], key: str) -> Response:
    """Let no case of a process begin, of whatever version, until it is resumed; on request its running cases are suspended too, by a job."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        suspension.suspend_process(session, key, by=current(), reason=body["reason"], instances=body["include_process_instances"])
        return {"key": key, "suspended": True}, 200, {}

    return once(work)


@blueprint.route("/process-definitions/<string:key>/resume", methods=["POST"])
@route("definition.suspend")
@blueprint.arguments(HoldProcess)
@blueprint.response(200, HeldProcess)
def resume(body: dict[str, Any], key: str) -> Response:
    """Let cases of a process begin again; on request all its suspended cases are resumed, by a job."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        suspension.resume_process(session, key, by=current(), reason=body["reason"], instances=body["include_process_instances"])
        return {"key": key, "suspended": False}, 200, {}

    return once(work)
