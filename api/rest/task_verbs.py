"""What approvers do with a user task besides deciding it alone: return, take back, delegate, signers, urge; and several decisions at once."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api.problems import describe
from api.rest.conventions import Camel, Strict, expected_revision, route, shown
from api.rest.tasks import act, known
from api.security import current
from engine import tasks as room
from engine.database import transaction
from engine.errors import ShenpiError
from engine.step import Step, peek

blueprint = Blueprint("task_verbs", __name__, url_prefix="/user-tasks", description="User tasks: return, take back, delegate, sign, urge")

MOST = 100  #: decisions in one request


class Said(Strict):
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class Return(Strict):
    to = fields.String(required=True, validate=validate.Length(1, 200))
    comment = fields.String(load_default="", validate=validate.Length(max=2000))
    straight_back = fields.Boolean(load_default=False)


class Handed(Said):
    to = fields.String(required=True, validate=validate.Length(1, 200))


class Opinion(Strict):
    comment = fields.String(load_default="", validate=validate.Length(max=2000))


class Signer(Said):
    who = fields.String(required=True, validate=validate.Length(1, 200))
    place = fields.String(required=True, validate=validate.OneOf(["before", "after", "beside"]))


class Decision(Strict):
    id = fields.UUID(required=True)
    outcome = fields.String(required=True, validate=validate.Length(1, 50))
    comment = fields.String(load_default="", validate=validate.Length(max=2000))
    values = fields.Dict(keys=fields.String(), load_default=dict)


class Decisions(Strict):
    decisions = fields.List(fields.Nested(Decision), required=True, validate=validate.Length(1, MOST))


class StepBack(Camel):
    element = fields.String()
    name = fields.String()


class StepsBack(Camel):
    items = fields.List(fields.Nested(StepBack))


@blueprint.route("/<uuid:task_id>/return", methods=["POST"])
@route("task.work")
@blueprint.arguments(Return)
@blueprint.response(200)
def return_to(body: dict[str, Any], task_id: UUID) -> Response:
    """Return the case to an earlier step of its own (退回). With `straightBack`, whoever is asked there leads straight back to the caller."""
    return act(
        task_id,
        lambda session: room.return_to(
            session, task_id, by=current(), to=body["to"], comment=body["comment"], straight_back=body["straight_back"],
            expected_revision=expected_revision(), channel="api",
        ),
    )  # fmt: skip


@blueprint.route("/<uuid:task_id>/steps-back", methods=["GET"])
@route("task.work")
@blueprint.response(200, StepsBack)
def steps_back(task_id: UUID) -> Response:
    """The earlier steps that the task may be returned to, in the order of the drawing."""
    with transaction() as session:
        found = room.steps_back(peek(session, known(session, task_id).instance_id), task_id, by=current())
    return shown({"items": [{"element": element, "name": name} for element, name in found]})


@blueprint.route("/<uuid:task_id>/take-back", methods=["POST"])
@route("task.work")
@blueprint.arguments(Said)
@blueprint.response(200)
def take_back(body: dict[str, Any], task_id: UUID) -> Response:
    """Take back one's own decision while nothing has come of it (拿回). Once somebody acted on what it led to, the answer is 409."""
    return act(task_id, lambda session: room.take_back(session, task_id, by=current(), reason=body["reason"]))


@blueprint.route("/<uuid:task_id>/delegate", methods=["POST"])
@route("task.work")
@blueprint.arguments(Handed)
@blueprint.response(200)
def delegate(body: dict[str, Any], task_id: UUID) -> Response:
    """Ask somebody for an opinion (委派); the task comes back with it."""
    return act(
        task_id,
        lambda session: room.delegate(
            session, task_id, by=current(), to=body["to"], reason=body["reason"], expected_revision=expected_revision()
        ),
    )


@blueprint.route("/<uuid:task_id>/resolve", methods=["POST"])
@route("task.work")
@blueprint.arguments(Opinion)
@blueprint.response(200)
def resolve(body: dict[str, Any], task_id: UUID) -> Response:
    """Give a delegated task back with an opinion."""
    return act(
        task_id,
        lambda session: room.resolve(session, task_id, by=current(), comment=body["comment"], expected_revision=expected_revision()),
    )


@blueprint.route("/<uuid:task_id>/signers", methods=["POST"])
@route("task.work")
@blueprint.arguments(Signer)
@blueprint.response(200)
def add_signer(body: dict[str, Any], task_id: UUID) -> Response:
    """Ask one more person to sign before, after or beside the task (加签)."""
    return act(
        task_id,
        lambda session: room.add_signer(
            session,
            task_id,
            by=current(),
            who=body["who"],
            place=body["place"],
            reason=body["reason"],
            expected_revision=expected_revision(),
        ),
    )


@blueprint.route("/<uuid:task_id>/remove-signer", methods=["POST"])
@route("task.work")
@blueprint.arguments(Said)
@blueprint.response(200)
def remove_signer(body: dict[str, Any], task_id: UUID) -> Response:
    """Take back the request to a signer, whose own task this is (减签). Who added her may, and who holds the task she was added to."""
    return act(task_id, lambda session: room.remove_signer(session, task_id, by=current(), reason=body["reason"]))


@blueprint.route("/<uuid:task_id>/urge", methods=["POST"])
@route("task.work")
@blueprint.arguments(Said)
@blueprint.response(200)
def urge(body: dict[str, Any], task_id: UUID) -> Response:
    """Urge the people of an open task (催办). Too soon after the last time, the answer is 429 with `Retry-After`."""
    return act(task_id, lambda session: room.urge(session, task_id, by=current(), reason=body["reason"]))


@blueprint.route("/complete", methods=["POST"])
@route("task.work")
@blueprint.arguments(Decisions)
@blueprint.response(200)
def complete(body: dict[str, Any]) -> Response:
    """Decide several tasks, each in a transaction of its own; the answer has one result for each, in the same order.

    One that is refused does not keep the others from counting. The request as a whole may be repeated: what is decided already is answered as closed.
    """
    results = [decided(one) for one in body["decisions"]]
    return shown({"items": results})


def decided(one: dict[str, Any]) -> dict[str, Any]:
    """Decide one of several; a refusal is its result."""
    identity = str(one["id"])

    def work(session: Session) -> Step:
        return room.complete(
            session, one["id"], by=current(), outcome=one["outcome"], comment=one["comment"], values=one["values"], channel="api"
        )

    try:
        with transaction() as session:
            step = work(session)
    except ShenpiError as error:
        return {"id": identity, "ok": False, "problem": describe(error)}
    return {"id": identity, "ok": True, "processInstanceId": str(step.case.id), "status": step.case.status}
