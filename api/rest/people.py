"""People and API tokens."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from api import accounts
from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, json_only, page_of, route
from api.security import current
from engine.database import transaction
from engine.errors import NotFound
from models.identity import ApiToken, LegalEntity, Person

blueprint = Blueprint("people", __name__, url_prefix="", description="People and API tokens")


class PersonView(Camel):
    key = fields.String()
    name = fields.String()
    department = fields.String(attribute="department.name", allow_none=True)
    active = fields.Boolean()


class People(Camel):
    items = fields.List(fields.Nested(PersonView))
    after = fields.String(allow_none=True)


class LegalEntityView(Camel):
    key = fields.String()
    name = fields.String()
    tax_id = fields.String()
    fonds = fields.String()
    active = fields.Boolean()


class LegalEntities(Camel):
    items = fields.List(fields.Nested(LegalEntityView))
    after = fields.String(allow_none=True)


class NewLegalEntity(Strict):
    name = fields.String(required=True, validate=validate.Length(1, 200))
    tax_id = fields.String(required=True, validate=validate.Length(1, 100))
    fonds = fields.String(load_default=None, validate=validate.Regexp("^[A-Z0-9]{1,10}$"))


class TokenView(Camel):
    id = fields.UUID()
    name = fields.String()
    scopes = fields.List(fields.String())
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)


class Tokens(Camel):
    items = fields.List(fields.Nested(TokenView))
    after = fields.String(allow_none=True)


class NewToken(Strict):
    name = fields.String(required=True, validate=validate.Length(1, 100))
    days = fields.Integer(load_default=90, validate=validate.Range(1, 366))
    scopes = fields.List(fields.String(), load_default=list)


@blueprint.route("/people", methods=["GET"])
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, People)
@route("people.read")
def people(paging: dict[str, Any]) -> Any:
    """People by key, to address them in transfers."""
    statement = select(Person).options(joinedload(Person.department)).order_by(Person.key).limit(paging["limit"] + 1)
    if paging["after"]:
        statement = statement.where(Person.key > paging["after"])
    with transaction() as session:
        rows = session.scalars(statement).all()
        shown = rows[: paging["limit"]]
        return page_of([PersonView().dump(row) for row in shown], shown[-1].key if len(rows) > paging["limit"] else None)


@blueprint.route("/legal-entities", methods=["GET"])
@blueprint.response(200, LegalEntities)
@route("people.read")
def legal_entities() -> Any:
    """The companies that keep their books here."""
    with transaction() as session:
        return page_of(
            [LegalEntityView().dump(row) for row in session.scalars(select(LegalEntity).order_by(LegalEntity.key).limit(1000))], None
        )


@blueprint.route("/legal-entities", methods=["POST"])
@blueprint.arguments(NewLegalEntity)
@blueprint.response(201, LegalEntityView)
@route("people.manage")
def add_legal_entity(body: dict[str, Any]) -> Response:
    """Register a company; one that is there with the same tax id is answered with 200 and not changed."""
    if refused := json_only():
        return refused

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        row = session.scalars(select(LegalEntity).filter_by(tax_id=body["tax_id"])).first()
        if row is not None:
            return LegalEntityView().dump(row), 200, {}
        number = session.scalar(select(func.count()).select_from(LegalEntity)) or 0
        row = LegalEntity(
            key=f"entity-{number + 1}", name=body["name"], tax_id=body["tax_id"], fonds=body["fonds"] or f"S{number + 1:03}", active=True
        )
        session.add(row)
        session.flush()
        return LegalEntityView().dump(row), 201, {}

    return once(work)


@blueprint.route("/api-tokens", methods=["GET"])
@blueprint.response(200, Tokens)
@route("token.manage")
def tokens() -> Any:
    """One's own tokens; the tokens themselves are never shown again."""
    with transaction() as session:
        statement = select(ApiToken).join(Person).where(Person.key == current().key).order_by(ApiToken.id.desc()).limit(200)
        return page_of([TokenView().dump(row) for row in session.scalars(statement)], None)


@blueprint.route("/api-tokens", methods=["POST"])
@blueprint.arguments(NewToken)
@blueprint.response(201)
@route("token.manage")
def make_token(body: dict[str, Any]) -> Response:
    """Make a token with at most one's own permissions; the answer is the only place where it stands."""
    if refused := json_only():
        return refused

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        mine = current().scopes
        scopes = [scope for scope in body["scopes"] if mine is None or scope in mine] or sorted(mine or ())
        row, text = accounts.make_token(session, current().key, body["name"], days=body["days"], scopes=scopes)
        return {**TokenView().dump(row), "token": text}, 201, {}

    return once(work)


@blueprint.route("/api-tokens/<uuid:token_id>", methods=["DELETE"])
@blueprint.response(204)
@route("token.manage")
def revoke_token(token_id: UUID) -> None:
    """Revoke one of one's own tokens; it is refused from now on."""
    with transaction() as session:
        row = session.get(ApiToken, token_id)
        if row is None or row.person.key != current().key:
            raise NotFound(kind="token")
        row.revoked_at = row.revoked_at or datetime.now(UTC)
