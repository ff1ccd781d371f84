"""Who came in, by which door, and who was turned away."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from api.rest.conventions import Camel, Paging, page_of, place_of, route
from engine import sign_ins as room
from engine.database import transaction

blueprint = Blueprint("sign_ins", __name__, url_prefix="/sign-ins", description="Who came in, and who was turned away")


class SignInView(Camel):
    id = fields.UUID()
    at = fields.AwareDateTime()
    connection = fields.String(allow_none=True, metadata={"description": "the office system that signed somebody in; null: by password"})
    person = fields.String(allow_none=True)
    id_type = fields.String(allow_none=True)
    remote_id = fields.String(allow_none=True, metadata={"description": "by which id there somebody was vouched for"})
    result = fields.String(
        metadata={
            "description": "in; unknown or barred (locked, or no longer here), who was not let in; unfinished: refused, cancelled or not answered"
        }
    )


class SignIns(Camel):
    items = fields.List(fields.Nested(SignInView))
    after = fields.String(allow_none=True)


class SignInSearch(Paging):
    connection = fields.String(
        load_default="", validate=validate.Length(max=100), metadata={"description": "a connection; - is by password"}
    )
    result = fields.String(load_default="", validate=validate.OneOf(("", *room.RESULTS)))
    q = fields.String(load_default="", validate=validate.Length(max=100))


@blueprint.route("", methods=["GET"])
@route("people.manage")
@blueprint.arguments(SignInSearch, location="query")
@blueprint.response(200, SignIns)
def index(wanted: dict[str, Any]) -> Any:
    """Sign-ins, newest first."""
    with transaction() as session:
        found = room.search(
            session, connection=wanted["connection"], result=wanted["result"], words=wanted["q"], limit=wanted["limit"],
            after=place_of(wanted["after"]),
        )  # fmt: skip
        return page_of([SignInView().dump(row) for row in found.rows], str(found.after) if found.after else None)
