"""The authority matrix: up to what amount who may approve."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate

from api.idempotency import once
from api.rest.conventions import Camel, Strict, page_of, route
from api.security import current
from engine.database import transaction
from engine.organisation import authority as room
from models.organisation import APPROVERS

blueprint = Blueprint("authority", __name__, url_prefix="", description="The authority matrix")


class AuthorityRuleView(Camel):
    id = fields.UUID()
    legal_entity = fields.String(allow_none=True)
    department = fields.String(allow_none=True)
    expense_class = fields.String(allow_none=True)
    currency = fields.String()
    up_to = fields.Function(lambda row: None if row.up_to is None else room.written(row.up_to), metadata={"type": "string"})
    approver_kind = fields.String()
    approver = fields.String()
    position = fields.Integer()
    made_by = fields.String()
    made_at = fields.AwareDateTime()
    ended_by = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class AuthorityRules(Camel):
    items = fields.List(fields.Nested(AuthorityRuleView))
    after = fields.String(allow_none=True)


class WhichAuthorityRules(Camel):
    ended = fields.Boolean(load_default=False)


class NewAuthorityRule(Strict):
    legal_entity = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    department = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    expense_class = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))
    currency = fields.String(required=True, validate=validate.Length(3, 3))
    up_to = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=50))
    approver_kind = fields.String(load_default="person", validate=validate.OneOf(APPROVERS))
    approver = fields.String(required=True, validate=validate.Length(1, 200))
    position = fields.Integer(load_default=0, validate=validate.Range(0, 999999))


class EndOfAuthorityRule(Strict):
    pass


@blueprint.route("/authority-rules", methods=["GET"])
@route("authority.read")
@blueprint.arguments(WhichAuthorityRules, location="query")
@blueprint.response(200, AuthorityRules)
def index(wanted: dict[str, Any]) -> Any:
    """The rules that hold; with `ended` those that do not hold any more."""
    with transaction() as session:
        return page_of([AuthorityRuleView().dump(row) for row in room.rules(session, ended=wanted["ended"])], None)


@blueprint.route("/authority-rules", methods=["POST"])
@route("authority.manage")
@blueprint.arguments(NewAuthorityRule)
@blueprint.response(201, AuthorityRuleView)
def add(body: dict[str, Any]) -> Response:
    """Make a rule; it counts for tasks made from now on."""
    return once(lambda session: (AuthorityRuleView().dump(room.add(session, body, by=current().key)), 201, {}))


@blueprint.route("/authority-rules/<uuid:rule_id>/replace", methods=["POST"])
@route("authority.manage")
@blueprint.arguments(NewAuthorityRule)
@blueprint.response(201, AuthorityRuleView)
def replace(body: dict[str, Any], rule_id: UUID) -> Response:
    """End a rule and make another in its place, at the same time."""
    return once(lambda session: (AuthorityRuleView().dump(room.replace(session, rule_id, body, by=current().key)), 201, {}))


@blueprint.route("/authority-rules/<uuid:rule_id>/end", methods=["POST"])
@route("authority.manage")
@blueprint.arguments(EndOfAuthorityRule)
@blueprint.response(200, AuthorityRuleView)
def end(body: dict[str, Any], rule_id: UUID) -> Response:
    """Let a rule count no more; it is kept."""
    return once(lambda session: (AuthorityRuleView().dump(room.end(session, rule_id, by=current().key)), 200, {}))
