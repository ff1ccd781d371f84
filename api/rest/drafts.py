"""What one has begun to fill in at a task."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate

from api.rest.conventions import Camel, Strict, route, shown
from api.rest.tasks import known
from api.security import current
from engine import drafts as room
from engine.database import transaction
from engine.errors import NotFound
from engine.execution import values

blueprint = Blueprint("drafts", __name__, url_prefix="/user-tasks", description="Drafts")


class DraftBody(Strict):
    values = fields.Dict(keys=fields.String(), load_default=dict)
    comment = fields.String(load_default="", validate=validate.Length(max=2000))


class DraftView(Camel):
    values = fields.Dict()
    comment = fields.String()
    at = fields.AwareDateTime()


def as_json(begun: room.Begun) -> Any:
    return DraftView().dump({"values": values.tagged(begun.values), "comment": begun.comment, "at": begun.at})


@blueprint.route("/<uuid:task_id>/draft", methods=["GET"])
@route("task.work")
@blueprint.response(200, DraftView)
def show(task_id: UUID) -> Response:
    """What the caller has begun at an open task; nobody else's."""
    with transaction() as session:
        known(session, task_id)
        begun = room.load(session, task_id, by=current())
        if begun is None:
            raise NotFound(kind="draft")
        return shown(as_json(begun))


@blueprint.route("/<uuid:task_id>/draft", methods=["PUT"])
@route("task.work")
@blueprint.arguments(DraftBody)
@blueprint.response(200, DraftView)
def save(body: dict[str, Any], task_id: UUID) -> Response:
    """Keep what was typed so far, unchecked, in place of what was kept before; it goes when the task closes."""
    with transaction() as session:
        return shown(as_json(room.save(session, task_id, by=current(), values=body["values"], comment=body["comment"])))


@blueprint.route("/<uuid:task_id>/draft", methods=["DELETE"])
@route("task.work")
@blueprint.response(204)
def discard(task_id: UUID) -> Response:
    """Forget what the caller has begun."""
    with transaction() as session:
        known(session, task_id)
        room.discard(session, task_id, by=current())
    return Response(status=204)
