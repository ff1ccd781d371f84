"""People and API tokens."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api import accounts, handover, organisation
from api.idempotency import once
from api.problems import describe
from api.rest.conventions import Camel, Paging, Strict, page_of, route, shown
from api.security import current
from engine.database import transaction
from engine.errors import NotFound, NotPermitted
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


class Handover(Strict):
    to = fields.String(required=True, validate=validate.Length(1, 200))
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


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
@route("people.read")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, People)
def people(paging: dict[str, Any]) -> Any:
    """People by key, to address them in transfers."""
    statement = select(Person).options(joinedload(Person.department)).order_by(Person.key).limit(paging["limit"] + 1)
    if paging["after"]:
        statement = statement.where(Person.key > paging["after"])
    with transaction() as session:
        rows = session.scalars(statement).all()
        page = rows[: paging["limit"]]
        return page_of([PersonView().dump(row) for row in page], page[-1].key if len(rows) > paging["limit"] else None)


@blueprint.route("/people/<key>/handover", methods=["POST"])
@route("task.hand_over")
@blueprint.arguments(Handover)
@blueprint.response(200)
def hand_over(body: dict[str, Any], key: str) -> Response:
    """Hand everything that a person has open to somebody else, with a result for each task; `more` tells that there is more than is done at once.

    Each is a transaction of its own. What separation of duties keeps from the successor stays where it is, and says so. Repeated, it goes on with what is left.
    """
    results, more = handover.hand_over(key, by=current(), to=body["to"], reason=body["reason"])
    items = [
        {"id": str(one.id), "ok": one.error is None, **({} if one.error is None else {"problem": describe(one.error)})} for one in results
    ]
    return shown({"items": items, "more": more})


@blueprint.route("/legal-entities", methods=["GET"])
@route("people.read")
@blueprint.response(200, LegalEntities)
def legal_entities() -> Any:
    """The companies that keep their books here."""
    with transaction() as session:
        return page_of(
            [LegalEntityView().dump(row) for row in session.scalars(select(LegalEntity).order_by(LegalEntity.key).limit(1000))], None
        )


@blueprint.route("/legal-entities", methods=["POST"])
@route("people.manage")
@blueprint.arguments(NewLegalEntity)
@blueprint.response(201, LegalEntityView)
def add_legal_entity(body: dict[str, Any]) -> Response:
    """Register a company; one that is there with the same tax id is answered with 200 and not changed."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        row, new = organisation.add_entity(session, body["name"], body["tax_id"], body["fonds"])
        return LegalEntityView().dump(row), 201 if new else 200, {}

    return once(work)


@blueprint.route("/api-tokens", methods=["GET"])
@route("token.manage")
@blueprint.response(200, Tokens)
def tokens() -> Any:
    """One's own tokens; the tokens themselves are never shown again."""
    with transaction() as session:
        statement = select(ApiToken).join(Person).where(Person.key == current().key).order_by(ApiToken.id.desc()).limit(200)
        return page_of([TokenView().dump(row) for row in session.scalars(statement)], None)


@blueprint.route("/api-tokens", methods=["POST"])
@route("token.manage")
@blueprint.arguments(NewToken)
@blueprint.response(201)
def make_token(body: dict[str, Any]) -> Response:
    """Make a token with at most one's own permissions; the answer is the only place where it stands, and is not given again to a repeated key."""
    mine = current().scopes
    if mine is not None and not mine.issuperset(body["scopes"]):
        raise NotPermitted(reason="scopes")
    with transaction() as session:  # not kept under an `Idempotency-Key`: the token would stand there in the clear
        row, secret = accounts.make_token(
            session, current().key, body["name"], days=body["days"], scopes=body["scopes"] or sorted(mine or ())
        )
        answer = shown({**TokenView().dump(row), "token": secret})
    answer.status_code = 201
    return answer


@blueprint.route("/api-tokens/<uuid:token_id>", methods=["DELETE"])
@route("token.manage")
@blueprint.response(204)
def revoke_token(token_id: UUID) -> None:
    """Revoke one of one's own tokens; it is refused from now on."""
    with transaction() as session:
        row = session.get(ApiToken, token_id)
        if row is None or row.person.key != current().key:
            raise NotFound(kind="token")
        row.revoked_at = row.revoked_at or datetime.now(UTC)
