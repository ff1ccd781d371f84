"""What office systems show and what we have, compared: differences, resolved by taking ours, by pushing again or with a reason, and comparing now."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api.callbacks import connectors
from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, page_of, place_of, route, shown
from api.security import current
from engine import reconciliation as room
from engine.database import transaction
from engine.reconciliation import listing

blueprint = Blueprint("reconciliation", __name__, url_prefix="/reconciliation", description="Office systems compared with us")


class DifferenceView(Camel):
    id = fields.UUID()
    connection = fields.String()
    process_instance_id = fields.UUID(attribute="instance_id", allow_none=True)
    business_key = fields.String(allow_none=True)
    key = fields.String()
    about = fields.String(metadata={"description": "case, task, copy, or theirs: what only the office system has"})
    step = fields.String(allow_none=True)
    person = fields.String(allow_none=True)
    kind = fields.String(validate=validate.OneOf(listing.KINDS))
    field = fields.String()
    ours = fields.String()
    theirs = fields.String()
    found_at = fields.AwareDateTime()
    resolved_at = fields.AwareDateTime(allow_none=True)
    resolution = fields.String(allow_none=True, metadata={"description": "ours, pushed, ignored, gone"})
    resolved_by = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class Differences(Camel):
    items = fields.List(fields.Nested(DifferenceView))
    after = fields.String(allow_none=True)


class Search(Paging):
    connection = fields.String(load_default="", validate=validate.Length(max=100))
    kind = fields.String(load_default="", validate=validate.OneOf(("", *listing.KINDS)))
    business_key = fields.String(load_default="", validate=validate.Length(max=100))
    state = fields.String(load_default="open", validate=validate.OneOf(("open", "resolved")))


class Ignore(Strict):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class Run(Strict):
    connection = fields.String(required=True, validate=validate.Length(1, 100))


class RunView(Camel):
    connection = fields.String(attribute="key")
    name = fields.String()
    asked_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    under_way = fields.Boolean()
    failure = fields.String(allow_none=True)
    open = fields.Integer()
    oldest = fields.AwareDateTime(allow_none=True)


class Runs(Camel):
    items = fields.List(fields.Nested(RunView))


@blueprint.route("/differences", methods=["GET"])
@route("incident.read")
@blueprint.arguments(Search, location="query")
@blueprint.response(200, Differences)
def differences(wanted: dict[str, Any]) -> Any:
    """Differences, newest first: `state=open` for those that nobody has resolved."""
    asked = listing.Wanted(wanted["connection"], wanted["kind"], wanted["business_key"], wanted["state"] == "resolved")
    with transaction() as session:
        rows = listing.search(session, asked, limit=wanted["limit"] + 1, after=place_of(wanted["after"]))
    found = rows[: wanted["limit"]]
    return page_of([DifferenceView().dump(row) for row in found], str(found[-1].id) if len(rows) > len(found) else None)


@blueprint.route("/differences/<uuid:difference_id>/take-ours", methods=["POST"])
@route("incident.resolve")
@blueprint.response(200, DifferenceView)
def take_ours(difference_id: UUID) -> Response:
    """Bring the office system to what we have in this one thing: what it lacks is made, what it has too much is closed, what differs is written."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        room.take_ours(session, connectors, difference_id, by=current())
        return DifferenceView().dump(listing.one(session, difference_id)), 200, {}

    return once(work)


@blueprint.route("/differences/<uuid:difference_id>/push-again", methods=["POST"])
@route("incident.resolve")
@blueprint.response(200, DifferenceView)
def push_again(difference_id: UUID) -> Response:
    """Show the office system the whole case once more, which resolves what else of the case it lacks or shows otherwise; 409 for what only it has."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        room.push_again(session, connectors, difference_id, by=current())
        return DifferenceView().dump(listing.one(session, difference_id)), 200, {}

    return once(work)


@blueprint.route("/differences/<uuid:difference_id>/ignore", methods=["POST"])
@route("incident.resolve")
@blueprint.arguments(Ignore)
@blueprint.response(200, DifferenceView)
def ignore(body: dict[str, Any], difference_id: UUID) -> Response:
    """Let it be, with a reason; it is not told again while it stays as it is."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        room.ignore(session, difference_id, by=current(), reason=body["reason"])
        return DifferenceView().dump(listing.one(session, difference_id)), 200, {}

    return once(work)


@blueprint.route("/runs", methods=["GET"])
@route("incident.read")
@blueprint.response(200, Runs)
def runs() -> Any:
    """When each connection was last compared, and how many differences are open there."""
    with transaction() as session:
        return shown({"items": [RunView().dump(row) for row in listing.compared(session)]})


@blueprint.route("/runs", methods=["POST"])
@route("incident.resolve")
@blueprint.arguments(Run)
@blueprint.response(202)
def run(body: dict[str, Any]) -> Response:
    """Compare everything of a connection now; a worker does it."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        room.ask(session, body["connection"], by=current())
        return {"connection": body["connection"]}, 202, {}

    return once(work)
