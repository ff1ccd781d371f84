"""What office systems told us."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from api.rest.conventions import Camel, Paging, page_of, place_of, route
from engine import received
from engine.database import transaction

blueprint = Blueprint("oa_messages", __name__, url_prefix="/oa-messages", description="What office systems told us")


class OaMessageView(Camel):
    id = fields.UUID()
    connection = fields.String()
    kind = fields.String()
    state = fields.String()
    note = fields.String(allow_none=True)
    actor = fields.String(allow_none=True)
    id_type = fields.String()
    person = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    comment = fields.String(allow_none=True)
    task_key = fields.String(allow_none=True)
    task_id = fields.UUID(allow_none=True)
    process_instance_id = fields.UUID(attribute="instance_id", allow_none=True)
    business_key = fields.String(allow_none=True)
    received_at = fields.AwareDateTime()
    applied_at = fields.AwareDateTime(allow_none=True)


class OaMessages(Camel):
    items = fields.List(fields.Nested(OaMessageView))
    after = fields.String(allow_none=True)


class OaMessageSearch(Paging):
    connection = fields.String(load_default="", validate=validate.Length(max=100))
    state = fields.String(load_default="", validate=validate.OneOf(("", *received.STATES)))
    q = fields.String(load_default="", validate=validate.Length(max=100))


@blueprint.route("", methods=["GET"])
@route("connection.manage")
@blueprint.arguments(OaMessageSearch, location="query")
@blueprint.response(200, OaMessages)
def index(wanted: dict[str, Any]) -> Any:
    """What came in, newest first: who pressed what of which task, and why it was ignored."""
    with transaction() as session:
        found = received.search(
            session, connection=wanted["connection"], state=wanted["state"], words=wanted["q"], limit=wanted["limit"],
            after=place_of(wanted["after"]),
        )  # fmt: skip
        return page_of([OaMessageView().dump(row) for row in found.rows], str(found.after) if found.after else None)
