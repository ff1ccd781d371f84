"""Messages, signals and conditions from outside, and the messages that wait for somebody."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, page_of, place_of, route
from api.security import current
from engine import conditions, signals
from engine import messages as room
from engine.database import transaction
from models.events import MESSAGE_STATES, Message

blueprint = Blueprint("messages", __name__, url_prefix="", description="Messages, signals and conditions")

NAME = validate.Length(1, 200)


class Send(Strict):
    name = fields.String(required=True, validate=NAME)
    business_key = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100))
    correlation_keys = fields.Dict(keys=fields.String(validate=NAME), load_default=dict)
    variables = fields.Dict(keys=fields.String(), load_default=dict)
    time_to_live = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 50))
    message_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    all = fields.Boolean(load_default=False)


class Sent(Camel):
    id = fields.UUID()
    state = fields.String()
    process_instance_ids = fields.List(fields.UUID())
    started = fields.Boolean()


class SendSignal(Strict):
    name = fields.String(required=True, validate=NAME)
    variables = fields.Dict(keys=fields.String(), load_default=dict)


class SentSignal(Camel):
    process_instances = fields.Integer()
    start_events = fields.Integer()


class Evaluate(Strict):
    variables = fields.Dict(keys=fields.String(), required=True)
    process_definition_key = fields.String(load_default=None, allow_none=True, validate=NAME)
    business_key = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100))


class Begun(Camel):
    process_instance_ids = fields.List(fields.UUID())


class MessageView(Camel):
    id = fields.UUID()
    name = fields.String()
    business_key = fields.String(allow_none=True)
    correlation_keys = fields.List(fields.String())
    state = fields.String()
    sent_by = fields.String()
    message_id = fields.String(attribute="sender_key", allow_none=True)
    received_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    settled_at = fields.AwareDateTime(allow_none=True)
    process_instance_id = fields.UUID(attribute="instance_id", allow_none=True)
    note = fields.String(allow_none=True)


class Messages(Camel):
    items = fields.List(fields.Nested(MessageView))
    after = fields.String(allow_none=True)


class WantedMessages(Paging):
    state = fields.String(load_default=None, validate=validate.OneOf(MESSAGE_STATES))
    name = fields.String(load_default=None, validate=NAME)


@blueprint.route("/messages", methods=["POST"])
@route("message.send")
@blueprint.arguments(Send)
@blueprint.response(200, Sent)
def send(body: dict[str, Any]) -> Response:
    """Give a message to the one case that waits for it, by business key or correlation keys; begin a case with it; or keep it for its time to live.

    `variables` become variables of the case. `timeToLive` is an ISO 8601 duration; `PT0S` refuses with 409 a message that nobody waits for. The same
    `messageId` of one sender is taken once. More than one that match are 409, unless `all` is true. `state` is `correlated` or `waiting`.
    """

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        found = room.correlate(
            session, body["name"], by=current(), business_key=body["business_key"], keys=body["correlation_keys"], payload=body["variables"],
            ttl=body["time_to_live"], sender_key=body["message_id"], all=body["all"],
        )  # fmt: skip
        ids = [str(identity) for identity in found.instances]
        return {"id": str(found.message_id), "state": found.state, "processInstanceIds": ids, "started": found.started}, 200, {}

    return once(work)


@blueprint.route("/messages", methods=["GET"])
@route("message.read")
@blueprint.arguments(WantedMessages, location="query")
@blueprint.response(200, Messages)
def index(wanted: dict[str, Any]) -> Any:
    """Messages, newest first, without what they carry; `state=waiting` for those that nobody has waited for yet."""
    statement = select(Message).order_by(Message.id.desc()).limit(wanted["limit"] + 1)
    for name in ("state", "name"):
        if wanted[name]:
            statement = statement.filter_by(**{name: wanted[name]})
    if wanted["after"]:
        statement = statement.where(Message.id < place_of(wanted["after"]))
    with transaction() as session:
        rows = session.scalars(statement).all()
        page = rows[: wanted["limit"]]
        shown = [{**MessageView().dump(row), "correlationKeys": sorted(row.keys)} for row in page]
        return page_of(shown, str(page[-1].id) if len(rows) > wanted["limit"] else None)


@blueprint.route("/signals", methods=["POST"])
@route("message.send")
@blueprint.arguments(SendSignal)
@blueprint.response(202, SentSignal)
def signal(body: dict[str, Any]) -> Response:
    """Send a signal to every case that waits for it and every process that begins with it; each hears it by a job. The answer counts them."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        cases, starts = signals.broadcast(session, body["name"], by=current(), payload=body["variables"])
        return {"processInstances": cases, "startEvents": starts}, 202, {}

    return once(work)


@blueprint.route("/conditions", methods=["POST"])
@route("instance.start")
@blueprint.arguments(Evaluate)
@blueprint.response(200, Begun)
def evaluate(body: dict[str, Any]) -> Response:
    """Begin a case, with these variables, at every conditional start event that they make true, or only at those of one process."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        begun = conditions.evaluate(
            session, body["variables"], by=current(), key=body["process_definition_key"], business_key=body["business_key"]
        )
        return {"processInstanceIds": [str(identity) for identity in begun]}, 200, {}

    return once(work)
