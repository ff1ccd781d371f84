"""Attachments: files brought for a decision, listed and given back as they were."""

from typing import Any
from uuid import UUID

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import fields
from sqlalchemy.orm import Session

from api import problems
from api.downloads import download
from api.idempotency import once
from api.rest.conventions import Camel, multipart, page_of, route
from api.security import current
from engine import attachments as room
from engine.database import transaction
from engine.permissions import require_instance
from models.attachment import Attachment

blueprint = Blueprint("attachments", __name__, url_prefix="", description="Attachments")


class AttachmentView(Camel):
    id = fields.UUID()
    name = fields.String()
    media_type = fields.String()
    size = fields.Integer()
    sha256 = fields.String()
    uploaded_by = fields.String()
    at = fields.AwareDateTime()
    user_task_id = fields.UUID(attribute="task_id", allow_none=True)
    process_instance_id = fields.UUID(attribute="instance_id", allow_none=True)
    attached_at = fields.AwareDateTime(allow_none=True)


class Attachments(Camel):
    items = fields.List(fields.Nested(AttachmentView))
    after = fields.String(allow_none=True)


def as_json(row: Attachment) -> Any:
    return AttachmentView().dump(row)


@blueprint.route("/user-tasks/<uuid:task_id>/attachments", methods=["POST"])
@route("task.work", files=True)
@blueprint.doc(requestBody=multipart("file"))
@blueprint.response(201, AttachmentView)
def store(task_id: UUID) -> Response:
    """Bring one file for the decision of a task. It belongs to nothing until the decision names its id, and is forgotten after a week."""
    file = request.files.get("file")
    if file is None:
        return problems.problem(415, "unsupported-media-type", "Send the file as multipart/form-data under the name file")
    content = file.stream.read()
    file.stream.seek(0)

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        made = room.store(session, by=current(), task_id=task_id, name=file.filename or "", content=content)
        return as_json(made), 201, {"Location": f"/api/v1/attachments/{made.id}"}

    return once(work)


@blueprint.route("/process-instances/<uuid:instance_id>/attachments", methods=["GET"])
@route("instance.read")
@blueprint.response(200, Attachments)
def index(instance_id: UUID) -> Response:
    """What was attached to the decisions and the start of a case, oldest first; the first 500."""
    with transaction() as session:
        require_instance(session, current(), instance_id)
        return page_of([as_json(row) for row in room.of_instance(session, instance_id)], None)


@blueprint.route("/attachments/<uuid:attachment_id>", methods=["GET"])
@route("instance.read")
def read(attachment_id: UUID) -> Response:
    """The bytes as they were uploaded; always a download, never shown as a page of ours."""
    with transaction() as session:
        found, content = room.read(session, attachment_id, by=current())
        name, media_type = found.name, found.media_type
    return download(content, media_type, name)
