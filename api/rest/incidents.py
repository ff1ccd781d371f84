"""Jobs and incidents: what waits, what failed, and what an operator does about it."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, page_of, place_of, route
from api.security import current
from engine import incidents as room
from engine import tasks
from engine.database import transaction
from models.runtime import Incident, Job

blueprint = Blueprint("incidents", __name__, url_prefix="", description="Jobs and incidents")


class JobView(Camel):
    id = fields.UUID()
    process_instance_id = fields.UUID(attribute="instance_id")
    element = fields.String()
    operation = fields.String()
    state = fields.String()
    attempts = fields.Integer()
    last_error = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


class ConflictView(Camel):
    rule = fields.String()
    person = fields.String()
    element = fields.String()
    zh = fields.String()
    en = fields.String()


class IncidentView(Camel):
    id = fields.UUID()
    kind = fields.String()
    process_instance_id = fields.UUID(attribute="instance_id")
    element = fields.String(allow_none=True)
    message = fields.String()
    message_zh = fields.String(allow_none=True)
    conflicts = fields.List(
        fields.Nested(ConflictView),
        dump_default=[],
        metadata={"description": "What separation of duties keeps from whom a user task was for: the facts of `POST /duty-overrides`."},
    )
    raised_at = fields.AwareDateTime()
    resolved_at = fields.AwareDateTime(allow_none=True)
    resolved_by = fields.String(allow_none=True)
    resolution = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class Jobs(Camel):
    items = fields.List(fields.Nested(JobView))
    after = fields.String(allow_none=True)


class Incidents(Camel):
    items = fields.List(fields.Nested(IncidentView))
    after = fields.String(allow_none=True)


class State(Paging):
    state = fields.String(load_default=None)


class Resolve(Strict):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    value = fields.Raw(load_default=None, allow_none=True)


class Assign(Strict):
    person = fields.String(required=True, validate=validate.Length(1, 200))
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


@blueprint.route("/jobs", methods=["GET"])
@route("incident.read")
@blueprint.arguments(State, location="query")
@blueprint.response(200, Jobs)
def jobs(wanted: dict[str, Any]) -> Any:
    """Jobs, newest first."""
    statement = select(Job).order_by(Job.id.desc()).limit(wanted["limit"] + 1)
    if wanted["state"]:
        statement = statement.filter_by(state=wanted["state"])
    if wanted["after"]:
        statement = statement.where(Job.id < place_of(wanted["after"]))
    return listed(statement, wanted["limit"], JobView())


@blueprint.route("/incidents", methods=["GET"])
@route("incident.read")
@blueprint.arguments(State, location="query")
@blueprint.response(200, Incidents)
def incidents(wanted: dict[str, Any]) -> Any:
    """Incidents, newest first; `state=open` for those that wait for somebody."""
    statement = select(Incident).order_by(Incident.id.desc()).limit(wanted["limit"] + 1)
    if wanted["state"] == "open":
        statement = statement.where(Incident.resolved_at.is_(None))
    if wanted["after"]:
        statement = statement.where(Incident.id < place_of(wanted["after"]))
    return listed(statement, wanted["limit"], IncidentView())


def listed(statement: Any, limit: int, view: Camel) -> Response:
    """Return a page of rows whose id is also their order."""
    with transaction() as session:
        rows = session.scalars(statement).all()
        shown = rows[:limit]
        return page_of([view.dump(row) for row in shown], str(shown[-1].id) if len(rows) > limit else None)


@blueprint.route("/incidents/<uuid:incident_id>/retry", methods=["POST"])
@route("incident.resolve")
@blueprint.response(200)
def retry(incident_id: UUID) -> Response:
    """Try again what the incident stands for."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        room.retry(session, incident_id, by=current())
        return {"id": str(incident_id), "resolution": "retried"}, 200, {}

    return once(work)


@blueprint.route("/incidents/<uuid:incident_id>/resolve", methods=["POST"])
@route("incident.resolve")
@blueprint.arguments(Resolve)
@blueprint.response(200)
def resolve(body: dict[str, Any], incident_id: UUID) -> Response:
    """Pass over what the incident stands for, with a reason and a value for the result."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        room.resolve(session, incident_id, by=current(), reason=body["reason"], value=body["value"])
        return {"id": str(incident_id), "resolution": "resolved"}, 200, {}

    return once(work)


@blueprint.route("/incidents/<uuid:incident_id>/assign", methods=["POST"])
@route("incident.resolve")
@blueprint.arguments(Assign)
@blueprint.response(200)
def assign(body: dict[str, Any], incident_id: UUID) -> Response:
    """Name who is to do the user task for which there was nobody. A person whom separation of duties keeps from it is a `duty-conflict`."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        tasks.assign(session, incident_id, by=current(), to=body["person"], reason=body["reason"])
        return {"id": str(incident_id), "resolution": "assigned"}, 200, {}

    return once(work)
