"""Deliveries to office systems: searched, opened, sent again."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api.idempotency import once
from api.rest.conventions import Camel, Moment, Paging, Strict, page_of, route, shown
from api.security import current
from engine.database import transaction
from engine.deliveries import resending, searching
from engine.errors import Fault, InvalidVariables
from models.oa import DELIVERY_STATES

blueprint = Blueprint("deliveries", __name__, url_prefix="", description="Deliveries to office systems")


class DeliveryView(Camel):
    process_instance_id = fields.UUID(attribute="instance_id")
    business_key = fields.String()
    title = fields.String(allow_none=True)
    connection = fields.String()
    version = fields.Integer()
    state = fields.String()
    attempts = fields.Integer()
    next_at = fields.AwareDateTime(allow_none=True)
    last_error = fields.String(allow_none=True)
    failed_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    delivered_at = fields.AwareDateTime(allow_none=True)
    remote_id = fields.String(allow_none=True)
    newest = fields.Boolean()


class ExchangeView(Camel):
    id = fields.UUID()
    purpose = fields.String()
    api = fields.String()
    request = fields.String()
    answer = fields.String()
    status = fields.Integer(allow_none=True)
    code = fields.String()
    ok = fields.Boolean()
    milliseconds = fields.Integer()
    at = fields.AwareDateTime()


class OneExchange(ExchangeView):
    connection = fields.String()
    process_instance_id = fields.UUID(attribute="instance_id", allow_none=True)
    version = fields.Integer(allow_none=True)


class OneDelivery(DeliveryView):
    receipt = fields.Dict(allow_none=True)
    exchanges = fields.List(fields.Nested(ExchangeView))


class Deliveries(Camel):
    items = fields.List(fields.Nested(DeliveryView))
    after = fields.String(allow_none=True)


class DeliverySearch(Paging):
    connection = fields.String(load_default="", validate=validate.Length(max=100))
    state = fields.String(load_default="", validate=validate.OneOf(("", "failed", "waiting", *DELIVERY_STATES)))
    business_key = fields.String(load_default="", validate=validate.Length(max=100))
    error = fields.String(load_default="", validate=validate.Length(max=200))
    since = Moment(load_default=None)
    until = Moment(load_default=None)


class OneOf(Strict):
    process_instance_id = fields.UUID(required=True)
    connection = fields.String(required=True, validate=validate.Length(1, 100))


class Again(Strict):
    connection = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(1, 100), metadata={"description": "all that failed there"}
    )
    deliveries = fields.List(fields.Nested(OneOf), load_default=None, allow_none=True, validate=validate.Length(1, resending.MOST))


class ProgressView(Camel):
    id = fields.UUID()
    asked_by = fields.String()
    connection = fields.String(allow_none=True)
    at = fields.AwareDateTime()
    total = fields.Integer()
    waiting = fields.Integer()
    under_way = fields.Integer()
    tried_again = fields.Integer()
    arrived = fields.Integer()
    failed = fields.Integer()
    skipped = fields.Integer()
    over = fields.Boolean()


@blueprint.route("/deliveries", methods=["GET"])
@route("connection.manage")
@blueprint.arguments(DeliverySearch, location="query")
@blueprint.response(200, Deliveries)
def index(wanted: dict[str, Any]) -> Any:
    """Deliveries, newest first; `state` also takes `failed` and `waiting`."""
    asked = searching.Wanted(
        wanted["connection"], wanted["state"], wanted["business_key"], wanted["error"], wanted["since"], wanted["until"]
    )
    with transaction() as session:
        found = searching.search(session, asked, limit=wanted["limit"], after=wanted["after"])
        return page_of([DeliveryView().dump(row) for row in found.rows], found.after)


@blueprint.route("/deliveries/<uuid:instance_id>/<connection>/<int:version>", methods=["GET"])
@route("connection.manage")
@blueprint.response(200, OneDelivery)
def one(instance_id: UUID, connection: str, version: int) -> Any:
    """One delivery with its receipt and every request that failed or was noted; secrets and personal data are masked."""
    with transaction() as session:
        row, exchanges = searching.one(session, instance_id, connection, version)
        return shown(OneDelivery().dump({**row._mapping, "exchanges": exchanges}))


@blueprint.route("/exchanges/<uuid:exchange_id>", methods=["GET"])
@route("connection.manage")
@blueprint.response(200, OneExchange)
def exchange(exchange_id: UUID) -> Any:
    """One request to an office system and its answer, by the id that alerts name."""
    with transaction() as session:
        return shown(OneExchange().dump(searching.exchange(session, exchange_id)))


@blueprint.route("/resends", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(Again)
@blueprint.response(202, ProgressView)
def resend(body: dict[str, Any]) -> Response:
    """Send again: some deliveries, or all that failed at a connection. A job does it; what is under way already is not sent twice."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        if body["deliveries"]:
            chosen = [(each["process_instance_id"], each["connection"]) for each in body["deliveries"]]
            made = resending.ask_for(session, chosen, by=current())
        elif body["connection"]:
            made = resending.ask_for_all(session, body["connection"], by=current())
        else:
            zh, en = "须写明 connection 或 deliveries", "Either a connection or deliveries are needed"
            raise InvalidVariables([Fault("field-missing", zh, en, path="connection")])
        return ProgressView().dump(resending.progress(session, made)), 202, {}

    return once(work)


@blueprint.route("/resends/<uuid:resend_id>", methods=["GET"])
@route("connection.manage")
@blueprint.response(200, ProgressView)
def progress(resend_id: UUID) -> Any:
    """How far it has come."""
    with transaction() as session:
        return shown(ProgressView().dump(resending.progress(session, resend_id)))
