"""Substitutions: who stands in for whom. Everybody sees and makes her own; administrators everybody's."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api.idempotency import once
from api.rest.conventions import Camel, Moment, Paging, Strict, page_of, place_of, route
from api.security import current
from engine import substitutions as room
from engine.database import transaction
from engine.organisation.authority import written
from engine.permissions import require
from models.substitution import Substitution

blueprint = Blueprint("substitutions", __name__, url_prefix="", description="Substitutions")


class SubstitutionView(Camel):
    id = fields.UUID()
    person = fields.String()
    substitute = fields.String()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime(allow_none=True)
    process_definition_key = fields.String(attribute="definition_key", allow_none=True)
    department = fields.String(allow_none=True)
    amount_limit = fields.Function(lambda row: None if row.amount_limit is None else written(row.amount_limit), metadata={"type": "string"})
    currency = fields.String(allow_none=True)
    reason = fields.String()
    made_by = fields.String()
    made_at = fields.AwareDateTime()
    revoked_by = fields.String(allow_none=True)
    revoked_at = fields.AwareDateTime(allow_none=True)
    chains = fields.List(fields.List(fields.String()))


class Substitutions(Camel):
    items = fields.List(fields.Nested(SubstitutionView))
    after = fields.String(allow_none=True)


class WhichSubstitutions(Paging):
    everybody = fields.Boolean(load_default=False)
    over = fields.Boolean(load_default=False)


class NewSubstitution(Strict):
    person = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    substitute = fields.String(required=True, validate=validate.Length(1, 200))
    starts_at = Moment(required=True)
    ends_at = Moment(load_default=None, allow_none=True)
    process_definition_key = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    department = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    amount_limit = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 50))
    currency = fields.String(load_default=None, allow_none=True, validate=validate.Length(3, 3))
    reason = fields.String(required=True, validate=validate.Length(1, room.MAX_REASON))


class Revocation(Strict):
    pass


def as_json(row: Substitution, chains: list[tuple[str, ...]]) -> dict[str, Any]:
    """Return a substitution; `chains` is how it goes on where the substitute is away herself."""
    return {**SubstitutionView(exclude=("chains",)).dump(row), "chains": [list(chain) for chain in chains]}


@blueprint.route("/substitutions", methods=["GET"])
@route("substitution.own")
@blueprint.arguments(WhichSubstitutions, location="query")
@blueprint.response(200, Substitutions)
def index(wanted: dict[str, Any]) -> Any:
    """What one gave and what one takes, newest first; with `everybody` all, for administrators and auditors; with `over` what is over instead."""
    if wanted["everybody"]:
        require(current(), "substitution.read_all")
    with transaction() as session:
        rows = room.listed(
            session, person=None if wanted["everybody"] else current().key, over=wanted["over"], limit=wanted["limit"] + 1, after=place_of(wanted["after"])
        )  # fmt: skip
        page = rows[: wanted["limit"]]
        chains = {} if wanted["over"] else room.chains_of(session, page)
        return page_of([as_json(row, chains.get(row.id, [])) for row in page], str(page[-1].id) if len(rows) > len(page) else None)


@blueprint.route("/substitutions", methods=["POST"])
@route("substitution.own")
@blueprint.arguments(NewSubstitution)
@blueprint.response(201, SubstitutionView)
def add(body: dict[str, Any]) -> Response:
    """Let somebody stand in for oneself, or for `person` as an administrator; a circle is 409 with its chain."""
    values = {**body, "person": body["person"] or current().key, "definition_key": body["process_definition_key"]}
    del values["process_definition_key"]

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        row, chains = room.add(session, by=current(), **values)
        return as_json(row, chains), 201, {}

    return once(work)


@blueprint.route("/substitutions/<uuid:substitution_id>/revoke", methods=["POST"])
@route("substitution.own")
@blueprint.arguments(Revocation)
@blueprint.response(200, SubstitutionView)
def revoke(body: dict[str, Any], substitution_id: UUID) -> Response:
    """End a substitution now."""
    return once(lambda session: (as_json(room.revoke(session, substitution_id, by=current()), []), 200, {}))
