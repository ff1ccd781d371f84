"""What people do with a whole case: revoke what passed, copy, comment; and what takes two administrators."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, page_of, route, shown
from api.rest.instances import InstanceRow, moved
from api.security import current
from engine import copies, instances, interventions, tasks, worklist
from engine.database import transaction
from engine.permissions import require_instance
from models.approvals import Intervention as InterventionRow

blueprint = Blueprint("case_verbs", __name__, description="Process instances: revoke, copy, comment, intervene")


class Reason(Strict):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class To(Strict):
    to = fields.List(fields.String(validate=validate.Length(1, 200)), required=True, validate=validate.Length(1, 100))


class Comment(Strict):
    text = fields.String(required=True, validate=validate.Length(1, 2000))
    to = fields.List(fields.String(validate=validate.Length(1, 200)), load_default=list, validate=validate.Length(max=100))


class Ask(Reason):
    kind = fields.String(required=True, validate=validate.OneOf(["jump", "terminate"]))
    element = fields.String(load_default=None, validate=validate.Length(1, 200))


class Copy(Camel):
    person = fields.String()
    sent_by = fields.String(allow_none=True)
    sent_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class Copies(Camel):
    items = fields.List(fields.Nested(Copy))


class CopiesOfMine(Paging):
    words = fields.String(load_default=None, validate=validate.Length(max=100))
    unread = fields.Boolean(load_default=False)


class CopiedCase(InstanceRow):
    sent_by = fields.String(allow_none=True)
    sent_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class CopiedCases(Camel):
    items = fields.List(fields.Nested(CopiedCase))
    after = fields.String(allow_none=True)


class Intervention(Camel):
    id = fields.UUID()
    process_instance_id = fields.UUID(attribute="instance_id")
    kind = fields.String()
    element = fields.String(allow_none=True)
    reason = fields.String()
    state = fields.String()
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()
    decided_by = fields.String(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)


class Interventions(Camel):
    items = fields.List(fields.Nested(Intervention))


@blueprint.route("/process-instances/<uuid:instance_id>/revoke", methods=["POST"])
@route("instance.withdraw")
@blueprint.arguments(Reason)
@blueprint.response(200)
def revoke(body: dict[str, Any], instance_id: UUID) -> Response:
    """Take back one's own case that has passed, until it is archived (撤销): its filing ends, the approval is never opened again."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        require_instance(session, current(), instance_id)
        return moved(instances.revoke(session, instance_id, by=current(), reason=body["reason"])), 200, {}

    return once(work)


@blueprint.route("/copies", methods=["GET"])
@route("instance.read")
@blueprint.arguments(CopiesOfMine, location="query")
@blueprint.response(200, CopiedCases)
def copied(asked: dict[str, Any]) -> Any:
    """The cases that I got a copy of, the newest copy first, with when I read it; `unread`: only those that are new to me."""
    with transaction() as session:
        page = worklist.copied(session, current(), limit=asked["limit"], after=asked["after"], words=asked["words"], unread=asked["unread"])
        return page_of(CopiedCase(many=True).dump(page.rows), page.after)


@blueprint.route("/process-instances/<uuid:instance_id>/copies", methods=["POST"])
@route("task.work")
@blueprint.arguments(To)
@blueprint.response(201)
def copy(body: dict[str, Any], instance_id: UUID) -> Response:
    """Give people, or everybody in a group, a copy of a case (抄送)."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        return moved(copies.send_by_hand(session, instance_id, by=current(), to=body["to"])), 201, {}

    return once(work)


@blueprint.route("/process-instances/<uuid:instance_id>/copies", methods=["GET"])
@route("instance.read")
@blueprint.response(200, Copies)
def list_copies(instance_id: UUID) -> Response:
    """Who has a copy of the case, and when she read it; at most 500."""
    with transaction() as session:
        require_instance(session, current(), instance_id)
        return shown({"items": Copy(many=True).dump(copies.of_case(session, instance_id))})


@blueprint.route("/process-instances/<uuid:instance_id>/read", methods=["POST"])
@route("instance.read")
@blueprint.response(200)
def read(instance_id: UUID) -> Response:
    """Note that the caller has read her copy."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        require_instance(session, current(), instance_id)
        return {"new": copies.mark_read(session, instance_id, by=current())}, 200, {}

    return once(work)


@blueprint.route("/process-instances/<uuid:instance_id>/comments", methods=["POST"])
@route("task.work")
@blueprint.arguments(Comment)
@blueprint.response(201)
def comment(body: dict[str, Any], instance_id: UUID) -> Response:
    """Say something about a running case without deciding; it stands in the history."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        return moved(tasks.comment(session, instance_id, by=current(), said=body["text"], to=tuple(body["to"]))), 201, {}

    return once(work)


@blueprint.route("/process-instances/<uuid:instance_id>/interventions", methods=["POST"])
@route("instance.intervene")
@blueprint.arguments(Ask)
@blueprint.response(201, Intervention)
def ask(body: dict[str, Any], instance_id: UUID) -> Response:
    """Ask for a jump to a user task (跳转) or the end of the case (终止). Nothing happens until a second person confirms it."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        require_instance(session, current(), instance_id)
        row = interventions.ask(session, instance_id, by=current(), **body)
        return Intervention().dump(row), 201, {}

    return once(work)


@blueprint.route("/interventions", methods=["GET"])
@route("instance.intervene")
@blueprint.response(200, Interventions)
def index() -> Response:
    """What is asked for and waits for a second person, oldest first; at most 200."""
    with transaction() as session:
        return shown({"items": Intervention(many=True).dump(interventions.waiting(session, current()))})


@blueprint.route("/interventions/<uuid:intervention_id>/confirm", methods=["POST"])
@route("instance.confirm")
@blueprint.response(200)
def confirm(intervention_id: UUID) -> Response:
    """Do what somebody else asked for. Who asked is answered 409."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        return moved(interventions.confirm(session, intervention_id, by=current())), 200, {}

    return once(work)


@blueprint.route("/interventions/<uuid:intervention_id>/decline", methods=["POST"])
@route("instance.intervene")
@blueprint.response(200, Intervention)
def decline(intervention_id: UUID) -> Response:
    """Do not do what was asked for."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        row: InterventionRow = interventions.decline(session, intervention_id, by=current())
        return Intervention().dump(row), 200, {}

    return once(work)
