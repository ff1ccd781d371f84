"""Connections to office systems: made, changed, tested, switched on and off. Secrets go in and never come out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api import connections
from api.connections.changing import MODULES
from api.idempotency import once
from api.rest.conventions import Camel, Strict, route, shown
from api.security import current
from engine import checks, deliveries
from engine.database import transaction
from engine.deliveries import measuring
from engine.errors import NotFound
from engine.keys import LONGEST
from engine.oa.kinds import KINDS
from engine.settings import read_settings
from models.desk import OaCheck
from models.oa import OaConnection

blueprint = Blueprint("connections", __name__, url_prefix="/connections", description="Connections to office systems")


def texts() -> fields.Dict:
    """Return a field of texts by their names; each needs one of its own."""
    return fields.Dict(keys=fields.String(validate=validate.Length(1, 100)), values=fields.String(validate=validate.Length(max=4000)))


class MeasureView(Camel):
    total = fields.Integer()
    sent = fields.Integer()
    failed = fields.Integer()
    waiting = fields.Integer()
    on_time = fields.Integer()
    median = fields.Float(allow_none=True)
    slow = fields.Float(allow_none=True)
    share = fields.Float(allow_none=True)
    on_time_share = fields.Float(allow_none=True)
    target_share = fields.Float()
    target_seconds = fields.Float()
    met = fields.Boolean(allow_none=True)


class CheckView(Camel):
    id = fields.UUID()
    connection = fields.String()
    what = fields.String()
    person = fields.String(allow_none=True)
    state = fields.String()
    detail = fields.String(allow_none=True)
    exchange_id = fields.UUID(allow_none=True)
    milliseconds = fields.Integer(allow_none=True)
    at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


class ConnectionView(Camel):
    key = fields.String()
    name = fields.String()
    kind = fields.String()
    base_url = fields.String()
    settings = fields.Dict()
    scope = fields.Dict(keys=fields.String(), values=fields.Boolean())
    active = fields.Boolean()
    callbacks = fields.Dict(keys=fields.String(), values=fields.String())
    health = fields.Nested(CheckView, allow_none=True)


class OneConnection(ConnectionView):
    day = fields.Nested(MeasureView)
    week = fields.Nested(MeasureView)
    secret = fields.String(metadata={"description": "made for a webhook; shown this once"})


class Connections(Camel):
    items = fields.List(fields.Nested(ConnectionView))


class NewConnection(Strict):
    key = fields.String(required=True, validate=validate.Length(1, LONGEST))
    name = fields.String(required=True, validate=validate.Length(1, 100))
    kind = fields.String(required=True, validate=validate.Length(1, 100))
    base_url = fields.String(load_default="", validate=validate.Length(max=2000))
    settings = texts()
    secrets = texts()
    active = fields.Boolean(load_default=False)


class Changes(Strict):
    name = fields.String(required=True, validate=validate.Length(1, 100))
    base_url = fields.String(required=True, validate=validate.Length(1, 2000))
    settings = texts()


class Secrets(Strict):
    secrets = texts()
    make = fields.Boolean(load_default=False)


class Active(Strict):
    active = fields.Boolean(required=True)


class Scope(Strict):
    modules = fields.Dict(
        required=True,
        keys=fields.String(validate=validate.OneOf(MODULES)),
        values=fields.Boolean(),
        metadata={"example": {"notices": False}},
    )


class NewCheck(Strict):
    what = fields.String(required=True, validate=validate.OneOf(checks.WHATS))
    person = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))


def view(session: Session, row: OaConnection) -> dict[str, Any]:
    """Return a connection without its secrets."""
    kind = KINDS.get(row.kind)
    public = read_settings().public_url
    return {
        "key": row.key, "name": row.name, "kind": row.kind, "base_url": row.base_url, "settings": row.settings, "active": row.active,
        "scope": {name: bool(row.scope.get(name, True)) for name in MODULES},
        "callbacks": {door: f"{public}/oa/{row.key}/{door}" for door in (kind.doors if kind else ())},
        "health": checks.latest(session, row.key).get("health"),
    }  # fmt: skip


def answered(
    session: Session, row: OaConnection, more: Mapping[str, Any] | None = None, *, status: int = 200
) -> tuple[Any, int, dict[str, str]]:
    """Return a connection as an answer, with what there is to say beside its columns."""
    return OneConnection().dump({**view(session, row), **(more or {})}), status, {}


@blueprint.route("", methods=["GET"])
@route("connection.manage")
@blueprint.response(200, Connections)
def index() -> Any:
    """All connections by key."""
    with transaction() as session:
        return shown({"items": [ConnectionView().dump(view(session, row)) for row in connections.every(session)]})


@blueprint.route("", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(NewConnection)
@blueprint.response(201, OneConnection)
def add(body: dict[str, Any]) -> Response:
    """Make a connection. What its kind needs stands in `settings` and `secrets`; a webhook's secret is made when none is given, and returned once."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        row, made = connections.add(
            session, body["key"], body["name"], kind=body["kind"], url=body["base_url"], settings=body.get("settings"), secrets=body.get("secrets"),
            active=body["active"],
        )  # fmt: skip
        return answered(session, row, {"secret": made} if made else None, status=201)

    return once(work, once_only=("secret",))


@blueprint.route("/<key>", methods=["GET"])
@route("connection.manage")
@blueprint.response(200, OneConnection)
def one(key: str) -> Any:
    """One connection, with how well it delivered in the last day and week."""
    with transaction() as session:
        row = connections.find(session, key)
        measures = {window: measuring.measure(session, row, window) for window in measuring.WINDOWS}
        return shown(answered(session, row, measures)[0])


@blueprint.route("/<key>", methods=["PUT"])
@route("connection.manage")
@blueprint.arguments(Changes)
@blueprint.response(200, OneConnection)
def change(body: dict[str, Any], key: str) -> Response:
    """Give a connection another name, address and settings; a setting that is left out has its default again."""
    return once(
        lambda session: answered(session, connections.change(session, key, body["name"], body["base_url"], body.get("settings") or {}))
    )


@blueprint.route("/<key>/secrets", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(Secrets)
@blueprint.response(200, OneConnection)
def secrets(body: dict[str, Any], key: str) -> Response:
    """Replace secrets; a webhook's former one stays valid until it is taken away. With `make` a webhook's is made, and returned once."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        row, made = connections.replace_secrets(session, key, body.get("secrets") or {}, make=body["make"])
        return answered(session, row, {"secret": made} if made else None)

    return once(work, once_only=("secret",))


@blueprint.route("/<key>/secrets/<name>", methods=["DELETE"])
@route("connection.manage")
@blueprint.response(200, OneConnection)
def take_away(key: str, name: str) -> Response:
    """Take away a secret that is not required, such as a former one."""
    return once(lambda session: answered(session, connections.take_away(session, key, name)))


@blueprint.route("/<key>/activate", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(Active)
@blueprint.response(200, OneConnection)
def activate(body: dict[str, Any], key: str) -> Response:
    """Switch a connection on or off."""
    return once(lambda session: answered(session, connections.set_active(session, key, body["active"])))


class Hurried(Camel):
    cases = fields.Integer()


@blueprint.route("/<key>/hurry", methods=["POST"])
@route("connection.manage")
@blueprint.response(200, Hurried)
def hurry(key: str) -> Response:
    """Try again at once what failed and is put off; it would be tried by itself within ten minutes."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        connections.find(session, key)
        return {"cases": deliveries.hurry(session, key)}, 200, {}

    return once(work)


@blueprint.route("/<key>/scope", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(Scope)
@blueprint.response(200, OneConnection)
def scope(body: dict[str, Any], key: str) -> Response:
    """Say what a connection is for: tasks, notices, requests, people, sign_in."""
    return once(lambda session: answered(session, connections.set_scope(session, key, body["modules"])))


@blueprint.route("/<key>/checks", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(NewCheck)
@blueprint.response(202, CheckView)
def check(body: dict[str, Any], key: str) -> Response:
    """Have a worker test a connection."""
    return once(lambda session: (CheckView().dump(checks.ask(session, key, body["what"], by=current(), person=body["person"])), 202, {}))


@blueprint.route("/<key>/checks/<uuid:check_id>", methods=["GET"])
@route("connection.manage")
@blueprint.response(200, CheckView)
def result(key: str, check_id: UUID) -> Any:
    """What came of a test."""
    with transaction() as session:
        row = session.get(OaCheck, check_id)
        if row is None or row.connection != key:
            raise NotFound(kind="check")
        return shown(CheckView().dump(row))
