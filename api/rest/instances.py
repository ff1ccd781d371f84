"""Process instances: start, list, show, variables, withdraw."""

from typing import Any
from uuid import UUID

import orjson
from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api.idempotency import once
from api.rest.conventions import Camel, Moment, Paging, Strict, etag, expected_revision, page_of, route
from api.security import current
from engine import instances as room
from engine import suspension, worklist
from engine.database import transaction
from engine.errors import NotFound, NotPermitted
from engine.execution import values
from engine.permissions import may_read_content, require_instance
from engine.step import Step, lock
from models.runtime import ProcessInstance

blueprint = Blueprint("instances", __name__, url_prefix="/process-instances", description="Process instances")


class Start(Strict):
    process_definition_key = fields.String(required=True, validate=validate.Length(1, 200))
    business_key = fields.String(load_default=None, validate=validate.Length(1, 100))
    variables = fields.Dict(keys=fields.String(), load_default=dict)


class Withdraw(Strict):
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class Hold(Strict):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class Instance(Camel):
    id = fields.UUID()
    business_key = fields.String()
    process_definition_key = fields.String()
    title = fields.String(allow_none=True)
    status = fields.String()
    outcome = fields.String(allow_none=True)
    initiator = fields.String(allow_none=True)
    amount = fields.Decimal(as_string=True, allow_none=True)
    currency = fields.String(allow_none=True)
    subject_kind = fields.String(allow_none=True)
    subject_id = fields.UUID(allow_none=True)
    started_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    revision = fields.Integer()


class InstanceRow(Instance):
    process_definition_key = fields.String(attribute="definition_key")
    waiting_at = fields.String(allow_none=True)


class Instances(Camel):
    items = fields.List(fields.Nested(InstanceRow))
    after = fields.String(allow_none=True)


class Wanted(Paging):
    initiator = fields.String(load_default=None)
    person = fields.String(load_default=None)
    status = fields.String(load_default=None)
    outcome = fields.String(load_default=None)
    process_definition_key = fields.String(load_default=None)
    business_key = fields.String(load_default=None)
    since = Moment(load_default=None)
    until = Moment(load_default=None)


def as_json(row: ProcessInstance) -> Any:
    return {**Instance().dump(row), "processDefinitionKey": row.definition.key, "summary": row.summary}


def moved(step: Step) -> dict[str, Any]:
    """Return where a case stands after a step: its status and its open tasks."""
    tasks = [{"id": task["id"], "element": task["element"], "name": task["name"]} for task in step.execution.memory.tasks.values()]
    case = step.case
    return {
        "id": str(case.id), "businessKey": case.business_key, "status": case.status, "outcome": case.outcome, "title": case.title,
        "revision": case.revision + 1, "tasks": tasks,
    }  # fmt: skip


@blueprint.route("", methods=["POST"])
@route("instance.start")
@blueprint.arguments(Start, as_kwargs=False)
@blueprint.response(201, Instance)
def start(body: dict[str, Any]) -> Response:
    """Start a case of the newest version of a process and run it to its first wait. Where it has a start form, the variables must fit it."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        step = room.submit(
            session, body["process_definition_key"], by=current(), values=body["variables"], business_key=body["business_key"]
        )
        return moved(step), 201, {"Location": f"/api/v1/process-instances/{step.case.id}", **etag(step.case.revision + 1)}

    return once(work)


@blueprint.route("", methods=["GET"])
@route("instance.read")
@blueprint.arguments(Wanted, location="query")
@blueprint.response(200, Instances)
def index(wanted: dict[str, Any]) -> Any:
    """Cases, newest first: all of them for auditors, operators and administrators, one's own for everybody else."""
    names = ("initiator", "person", "status", "outcome", "business_key", "since", "until")
    chosen = worklist.Filter(definition=wanted["process_definition_key"], **{name: wanted[name] for name in names})
    with transaction() as session:
        page = worklist.cases(session, current(), chosen, limit=wanted["limit"], after=wanted["after"])
        return page_of(InstanceRow(many=True).dump(page.rows), page.after)


@blueprint.route("/<uuid:instance_id>", methods=["GET"])
@route("instance.read")
@blueprint.response(200, Instance)
def show(instance_id: UUID) -> Response:
    """One case with its headline; the ETag is its revision."""
    with transaction() as session:
        require_instance(session, current(), instance_id)
        row = session.get(ProcessInstance, instance_id)
        if row is None:
            raise NotFound(kind="process instance")
        return Response(orjson.dumps(as_json(row)), headers=etag(row.revision), mimetype="application/json")


@blueprint.route("/<uuid:instance_id>/variables", methods=["GET"])
@route("instance.read")
def variables(instance_id: UUID) -> Response:
    """All variables of a case, for its initiator and those who may read all cases; what a task shows is at the task.

    Amounts, dates and the like carry their type: `{"$d": "1.20"}` is a decimal.
    """
    with transaction() as session:
        require_instance(session, current(), instance_id)
        if not may_read_content(session, current(), instance_id):
            raise NotPermitted(permission="instance.read_all")
        step = lock(session, instance_id, running=False)
        body = orjson.dumps(values.tagged(step.execution.memory.variables))
    return Response(body, mimetype="application/json")


@blueprint.route("/<uuid:instance_id>/withdraw", methods=["POST"])
@route("instance.withdraw")
@blueprint.arguments(Withdraw)
@blueprint.response(200, Instance)
def withdraw(body: dict[str, Any], instance_id: UUID) -> Response:
    """Take one's own running case back; its to-dos close everywhere."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        require_instance(session, current(), instance_id)
        step = room.withdraw(session, instance_id, by=current(), reason=body["reason"], expected_revision=expected_revision())
        return moved(step), 200, etag(step.case.revision + 1)

    return once(work)


@blueprint.route("/<uuid:instance_id>/suspend", methods=["POST"])
@route("instance.suspend")
@blueprint.arguments(Hold)
@blueprint.response(200, Instance)
def suspend(body: dict[str, Any], instance_id: UUID) -> Response:
    """Hold a running case with a reason: nobody can do anything with it; its timers, messages and the answers of its jobs wait."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        require_instance(session, current(), instance_id)
        step = suspension.suspend(session, instance_id, by=current(), reason=body["reason"], expected_revision=expected_revision())
        return moved(step), 200, etag(step.case.revision + 1)

    return once(work)


@blueprint.route("/<uuid:instance_id>/resume", methods=["POST"])
@route("instance.suspend")
@blueprint.arguments(Hold)
@blueprint.response(200, Instance)
def resume(body: dict[str, Any], instance_id: UUID) -> Response:
    """Let a suspended case go on; what came for it meanwhile is brought to it."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        require_instance(session, current(), instance_id)
        step = suspension.resume(session, instance_id, by=current(), reason=body["reason"], expected_revision=expected_revision())
        return moved(step), 200, etag(step.case.revision + 1)

    return once(work)
