"""Separation of duties: the company's rules, people whom two groups should not share, and exceptions made by two people."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate

from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, page_of, place_of, route
from api.security import current
from engine.database import transaction
from engine.duties import overrides as exceptions
from engine.duties import rules as room
from models.duties import DUTY_KINDS, OVERRIDE_STATES, DutyOverride

blueprint = Blueprint("duties", __name__, url_prefix="", description="Separation of duties")


class DutyRuleView(Camel):
    id = fields.UUID()
    kind = fields.String()
    process_definition_key = fields.String(attribute="definition_key", allow_none=True)
    element = fields.String(allow_none=True)
    other_element = fields.String(allow_none=True)
    group = fields.String(allow_none=True)
    other_group = fields.String(allow_none=True)
    reason = fields.String()
    made_by = fields.String()
    made_at = fields.AwareDateTime()
    ended_by = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class DutyRules(Camel):
    items = fields.List(fields.Nested(DutyRuleView))
    after = fields.String(allow_none=True)


class WhichDutyRules(Camel):
    ended = fields.Boolean(load_default=False)


class NewDutyRule(Strict):
    kind = fields.String(required=True, validate=validate.OneOf(DUTY_KINDS))
    process_definition_key = fields.String(
        attribute="definition_key", load_default=None, allow_none=True, validate=validate.Length(max=200)
    )
    element = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    other_element = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    group = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    other_group = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    reason = fields.String(required=True, validate=validate.Length(1, room.MAX_REASON))


class EndOfDutyRule(Strict):
    pass


class DutyConflictView(Camel):
    rule = fields.UUID()
    reason = fields.String()
    person = fields.String()
    name = fields.String()
    group = fields.String()
    other_group = fields.String()


class DutyConflicts(Camel):
    items = fields.List(fields.Nested(DutyConflictView))
    after = fields.String(allow_none=True)


class OverrideView(Camel):
    id = fields.UUID()
    process_instance_id = fields.UUID(attribute="instance_id")
    rule = fields.String()
    person = fields.String()
    element = fields.String()
    reason = fields.String()
    state = fields.String()
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()
    settled_by = fields.String(allow_none=True)
    settled_at = fields.AwareDateTime(allow_none=True)
    note = fields.String(allow_none=True)
    business_key = fields.String()


class Overrides(Camel):
    items = fields.List(fields.Nested(OverrideView))
    after = fields.String(allow_none=True)


class OverrideState(Paging):
    state = fields.String(load_default=None, validate=validate.OneOf(OVERRIDE_STATES))


class NewOverride(Strict):
    process_instance_id = fields.UUID(required=True)
    rule = fields.String(required=True, validate=validate.Length(1, 250))
    person = fields.String(required=True, validate=validate.Length(1, 200))
    element = fields.String(required=True, validate=validate.Length(1, 200))
    reason = fields.String(required=True, validate=validate.Length(1, exceptions.MAX_REASON))


class OverrideNote(Strict):
    note = fields.String(load_default="", validate=validate.Length(max=exceptions.MAX_REASON))


@blueprint.route("/duty-rules", methods=["GET"])
@route("duty.read")
@blueprint.arguments(WhichDutyRules, location="query")
@blueprint.response(200, DutyRules)
def rules(wanted: dict[str, Any]) -> Any:
    """The company's rules that hold; with `ended` those that do not hold any more."""
    with transaction() as session:
        return page_of([DutyRuleView().dump(row) for row in room.rules(session, ended=wanted["ended"])], None)


@blueprint.route("/duty-rules", methods=["POST"])
@route("duty.manage")
@blueprint.arguments(NewDutyRule)
@blueprint.response(201, DutyRuleView)
def add(body: dict[str, Any]) -> Response:
    """Make a rule; it binds from the next act on."""
    return once(lambda session: (DutyRuleView().dump(room.add(session, body, by=current().key)), 201, {}))


@blueprint.route("/duty-rules/<uuid:rule_id>/end", methods=["POST"])
@route("duty.manage")
@blueprint.arguments(EndOfDutyRule)
@blueprint.response(200, DutyRuleView)
def end(body: dict[str, Any], rule_id: UUID) -> Response:
    """Let a rule bind nobody any more; it is kept."""
    return once(lambda session: (DutyRuleView().dump(room.end(session, rule_id, by=current().key)), 200, {}))


@blueprint.route("/duty-conflicts", methods=["GET"])
@route("duty.read")
@blueprint.response(200, DutyConflicts)
def conflicts() -> Any:
    """People who are in two groups that the company keeps apart."""
    with transaction() as session:
        return page_of([DutyConflictView().dump(one) for one in room.conflicts(session)], None)


@blueprint.route("/duty-overrides", methods=["GET"])
@route("duty.read")
@blueprint.arguments(OverrideState, location="query")
@blueprint.response(200, Overrides)
def overrides(wanted: dict[str, Any]) -> Any:
    """Exceptions, newest first."""
    with transaction() as session:
        rows = exceptions.overrides(session, state=wanted["state"], limit=wanted["limit"] + 1, after=place_of(wanted["after"]))
        page = rows[: wanted["limit"]]
        items = [{**OverrideView().dump(row), "businessKey": key} for row, key, _definition in page]
        return page_of(items, str(page[-1][0].id) if len(rows) > len(page) else None)


@blueprint.route("/duty-overrides", methods=["POST"])
@route("duty.ask")
@blueprint.arguments(NewOverride)
@blueprint.response(201, OverrideView)
def ask(body: dict[str, Any]) -> Response:
    """Ask for an exception in a case: `rule`, `person` and `element` are the facts of a `duty-conflict`. A second person must approve it."""
    instance = body.pop("process_instance_id")
    return once(lambda session: (dumped(exceptions.ask(session, instance, by=current(), **body)), 201, {}))


@blueprint.route("/duty-overrides/<uuid:override_id>/approve", methods=["POST"])
@route("duty.override")
@blueprint.arguments(OverrideNote)
@blueprint.response(200, OverrideView)
def approve(body: dict[str, Any], override_id: UUID) -> Response:
    """Approve an exception that somebody else asked for, for somebody else."""
    return once(lambda session: (dumped(exceptions.settle(session, override_id, by=current(), approve=True, **body)), 200, {}))


@blueprint.route("/duty-overrides/<uuid:override_id>/refuse", methods=["POST"])
@route("duty.override")
@blueprint.arguments(OverrideNote)
@blueprint.response(200, OverrideView)
def refuse(body: dict[str, Any], override_id: UUID) -> Response:
    """Refuse an exception; it stays listed."""
    return once(lambda session: (dumped(exceptions.settle(session, override_id, by=current(), approve=False, **body)), 200, {}))


def dumped(row: DutyOverride) -> Any:
    return OverrideView(exclude=("business_key",)).dump(row)
