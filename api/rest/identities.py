"""Who is who in an office system, and its organisation beside ours."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api import connections
from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, page_of, route, shown
from api.security import current
from engine import directory, identities
from engine.database import transaction
from engine.identities import listing
from models.desk import OaDirectory

blueprint = Blueprint("identities", __name__, url_prefix="/connections", description="Who is who in an office system")


class IdentityView(Camel):
    person = fields.String(attribute="key")
    name = fields.String()
    active = fields.Boolean()
    department = fields.String(allow_none=True)
    ids = fields.Dict(keys=fields.String(), values=fields.String())
    held = fields.Integer(allow_none=True)
    held_since = fields.AwareDateTime(attribute="since", allow_none=True)


class Identities(Camel):
    items = fields.List(fields.Nested(IdentityView))
    after = fields.String(allow_none=True)


class IdentitySearch(Paging):
    q = fields.String(load_default="", validate=validate.Length(max=100))
    those = fields.String(
        load_default="", validate=validate.OneOf(tuple(listing.ONLY)), data_key="only"
    )  # a schema has an `only` of its own


class OneId(Strict):
    person = fields.String(required=True, validate=validate.Length(1, 100))
    id_type = fields.String(load_default="", validate=validate.Length(max=100))
    remote_id = fields.String(required=True, validate=validate.Length(1, 200))


class Ids(Strict):
    identities = fields.List(fields.Nested(OneId), required=True, validate=validate.Length(1, 5000))


class Gone(Strict):
    person = fields.String(required=True, validate=validate.Length(1, 100))
    id_type = fields.String(load_default="", validate=validate.Length(max=100))


class ProposalView(Camel):
    person = fields.String()
    name = fields.String()
    remote_name = fields.String()
    by = fields.String()
    ids = fields.Dict(keys=fields.String(), values=fields.String())
    known = fields.Dict(keys=fields.String(), values=fields.String())
    doubt = fields.String()


class Proposals(Camel):
    items = fields.List(fields.Nested(ProposalView))


class Accept(Strict):
    people = fields.List(
        fields.String(validate=validate.Length(1, 100)),
        load_default=None,
        allow_none=True,
        metadata={"description": "all without a doubt, if left out"},
    )


class Number(Camel):
    changed = fields.Integer()


class DirectoryChange(Camel):
    kind = fields.String()
    key = fields.String()
    name = fields.String()
    action = fields.String()
    fields_ = fields.Raw(data_key="fields", attribute="fields")


class DirectoryView(Camel):
    wanted_at = fields.AwareDateTime(allow_none=True)
    fetched_at = fields.AwareDateTime(allow_none=True)
    applied_at = fields.AwareDateTime(allow_none=True)
    failure = fields.String(allow_none=True)
    nightly = fields.Boolean()
    people = fields.Integer()
    departments = fields.Integer()
    changes = fields.List(fields.Nested(DirectoryChange))
    left = fields.List(fields.String())
    unplaced = fields.List(fields.String())
    doubles = fields.List(
        fields.List(fields.String()), metadata={"description": "who would be new, and who here has the same name: not added"}
    )
    faults = fields.List(fields.Dict())


class Nightly(Strict):
    nightly = fields.Boolean(required=True)


@blueprint.route("/<key>/identities", methods=["GET"])
@route("connection.manage")
@blueprint.arguments(IdentitySearch, location="query")
@blueprint.response(200, Identities)
def index(wanted: dict[str, Any], key: str) -> Any:
    """People with their ids and how many of their to-dos are held; `only` is unmapped or held."""
    with transaction() as session:
        connections.find(session, key)
        found = identities.everybody(
            session, key, words=wanted["q"], only=wanted["those"], limit=wanted["limit"], after=wanted["after"] or ""
        )
        return page_of([IdentityView().dump(row) for row in found.rows], found.after)


@blueprint.route("/<key>/identities", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(Ids)
@blueprint.response(200, Number)
def put(body: dict[str, Any], key: str) -> Response:
    """Say who is who, all or nothing; the open cases of whoever changes are sent again."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        entries = [(each["person"], each["id_type"], each["remote_id"]) for each in body["identities"]]
        return {"changed": identities.put_many(session, key, entries, by=current())}, 200, {}

    return once(work)


@blueprint.route("/<key>/identities/forget", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(Gone)
@blueprint.response(200, Number)
def forget(body: dict[str, Any], key: str) -> Response:
    """Forget an id of a person."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        identities.forget(session, key, body["person"], body["id_type"], by=current())
        return {"changed": 1}, 200, {}

    return once(work)


@blueprint.route("/<key>/identities/proposals", methods=["GET"])
@route("connection.manage")
@blueprint.response(200, Proposals)
def proposals(key: str) -> Any:
    """Who of the contacts that were fetched last is probably who: by number, mobile or e-mail."""
    with transaction() as session:
        connections.find(session, key)
        return shown({"items": [ProposalView().dump(each) for each in identities.proposals(session, key)]})


@blueprint.route("/<key>/identities/accept", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(Accept)
@blueprint.response(200, Number)
def accept(body: dict[str, Any], key: str) -> Response:
    """Take proposals into the map."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        connections.find(session, key)
        return {"changed": identities.accept(session, key, body["people"], by=current())}, 200, {}

    return once(work)


def described(session: Session, key: str) -> Any:
    """Return what was fetched last, compared with ours."""
    connections.find(session, key)
    row, found = session.get(OaDirectory, key), directory.compare(session, key)
    kept = {name: getattr(row, name, None) for name in ("wanted_at", "fetched_at", "applied_at", "failure", "nightly")}
    numbers = {"people": len(row.people), "departments": len(row.departments)} if row is not None else {"people": 0, "departments": 0}
    faults = [fault.as_json() for fault in found.faults]
    return DirectoryView().dump(
        {
            **kept,
            **numbers,
            "changes": found.changes,
            "left": found.left,
            "unplaced": found.unplaced,
            "doubles": found.doubles,
            "faults": faults,
        }
    )


@blueprint.route("/<key>/directory", methods=["GET"])
@route("connection.manage")
@blueprint.response(200, DirectoryView)
def show(key: str) -> Any:
    """The people and departments that were fetched last, and what applying them would change."""
    with transaction() as session:
        return shown(described(session, key))


@blueprint.route("/<key>/directory/fetch", methods=["POST"])
@route("connection.manage")
@blueprint.response(202, DirectoryView)
def fetch(key: str) -> Response:
    """Have them fetched by a worker; nothing of ours is changed."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        directory.want(session, key)
        return described(session, key), 202, {}

    return once(work)


@blueprint.route("/<key>/directory/apply", methods=["POST"])
@route("connection.manage")
@blueprint.response(200, Number)
def apply(key: str) -> Response:
    """Bring our organisation to what was fetched last, whole or not at all."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        connections.find(session, key)
        return {"changed": directory.apply(session, key, by=current()).changes}, 200, {}

    return once(work)


@blueprint.route("/<key>/directory/nightly", methods=["POST"])
@route("connection.manage")
@blueprint.arguments(Nightly)
@blueprint.response(200, DirectoryView)
def nightly(body: dict[str, Any], key: str) -> Response:
    """Say whether they are fetched and applied each night."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        connections.set_nightly(session, key, body["nightly"])
        return described(session, key), 200, {}

    return once(work)
