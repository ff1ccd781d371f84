"""Departments and their heads."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api import organisation
from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, page_of, route
from engine.database import transaction
from engine.keys import LONGEST
from models.identity import Department

blueprint = Blueprint("departments", __name__, url_prefix="/departments", description="Departments")


class DepartmentView(Camel):
    key = fields.String()
    name = fields.String()
    legal_entity = fields.String(attribute="legal_entity.key")
    head = fields.String(attribute="head.key", allow_none=True)


class Departments(Camel):
    items = fields.List(fields.Nested(DepartmentView))
    after = fields.String(allow_none=True)


class NewDepartment(Strict):
    key = fields.String(required=True, validate=validate.Length(1, LONGEST))
    name = fields.String(required=True, validate=validate.Length(1, 200))
    legal_entity = fields.String(required=True, validate=validate.Length(1, 100))
    parent = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))
    head = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))


class NewHead(Strict):
    head = fields.String(required=True, allow_none=True, validate=validate.Length(1, 100))


@blueprint.route("", methods=["GET"])
@route("people.read")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Departments)
def index(paging: dict[str, Any]) -> Any:
    """Departments by key."""
    statement = select(Department).options(joinedload(Department.head), joinedload(Department.legal_entity)).order_by(Department.key)
    if paging["after"]:
        statement = statement.where(Department.key > paging["after"])
    with transaction() as session:
        rows = session.scalars(statement.limit(paging["limit"] + 1)).all()
        page = rows[: paging["limit"]]
        return page_of([shown(row) for row in page], page[-1].key if len(rows) > paging["limit"] else None)


@blueprint.route("", methods=["POST"])
@route("people.manage")
@blueprint.arguments(NewDepartment)
@blueprint.response(201, DepartmentView)
def add(body: dict[str, Any]) -> Response:
    """Make a department of a legal entity, with a head or without."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        row = organisation.add_department(
            session, body["key"], body["name"], entity=body["legal_entity"], parent=body["parent"] or None, head=body["head"] or None
        )
        return shown(row), 201, {}

    return once(work)


@blueprint.route("/<string:key>/head", methods=["POST"])
@route("people.manage")
@blueprint.arguments(NewHead)
@blueprint.response(200, DepartmentView)
def change_head(body: dict[str, Any], key: str) -> Response:
    """Give a department another head, or none with null; tasks that are open stay with whom they were given to."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        return shown(organisation.set_head(session, key, body["head"])), 200, {}

    return once(work)


def shown(row: Department) -> dict[str, Any]:
    found: dict[str, Any] = DepartmentView().dump(row)
    return {**found, "head": found.get("head")}
