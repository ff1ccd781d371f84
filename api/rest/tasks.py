"""User tasks: list mine, show, claim, unclaim, complete, transfer."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from flask import Response
from flask_smorest import Blueprint
from marshmallow import ValidationError, fields, validate
from sqlalchemy import Row
from sqlalchemy.orm import Session

from api.idempotency import once
from api.rest.conventions import Camel, Paging, Strict, etag, expected_revision, page_of, route, shown
from api.rest.instances import moved
from api.security import current
from engine import disclosure, signatures, worklist
from engine import tasks as room
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import NotFound
from engine.execution.values import tagged
from engine.permissions import require_instance
from engine.settings import read_settings
from engine.step import Step

blueprint = Blueprint("tasks", __name__, url_prefix="/user-tasks", description="User tasks")


class Task(Camel):
    id = fields.UUID()
    process_instance_id = fields.UUID(attribute="instance_id")
    business_key = fields.String()
    element = fields.String()
    name = fields.String(allow_none=True)
    round = fields.Integer()
    state = fields.String()
    assignee = fields.String(allow_none=True)
    outcomes = fields.List(fields.String())
    outcome = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    amount = fields.Decimal(as_string=True, allow_none=True)
    currency = fields.String(allow_none=True)
    due_date = fields.AwareDateTime(attribute="due_at", allow_none=True)
    priority = fields.Integer()
    follow_up_date = fields.AwareDateTime(attribute="follow_up_at", allow_none=True)
    created_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    on_behalf_of = fields.String(attribute="behalf", allow_none=True)
    revision = fields.Integer()


class Tasks(Camel):
    items = fields.List(fields.Nested(Task))
    after = fields.String(allow_none=True)


class Complete(Strict):
    outcome = fields.String(required=True, validate=validate.Length(1, 50))
    comment = fields.String(load_default="", validate=validate.Length(max=2000))
    values = fields.Dict(keys=fields.String(), load_default=dict)
    attachments = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=100))
    signature = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 2 * signatures.MOST_BYTES))


class FormView(Camel):
    schema = fields.Dict(allow_none=True)
    data = fields.Dict()
    readonly = fields.Boolean()


class Transfer(Strict):
    to = fields.String(required=True, validate=validate.Length(1, 200))
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


def amount(value: Decimal) -> None:
    """Refuse what no column of amounts holds."""
    if abs(value) >= Decimal(10) ** 17:
        raise ValidationError("not an amount")


class Asked(Paging):
    state = fields.String(load_default="open", validate=validate.OneOf(["open", "completed"]))
    behalf = fields.Boolean(load_default=False)
    sort = fields.String(load_default="due", validate=validate.OneOf(worklist.SORTS))
    words = fields.String(load_default=None, validate=validate.Length(max=100))
    department = fields.String(load_default=None, validate=validate.Length(max=64))
    process_definition_key = fields.String(load_default=None, validate=validate.Length(max=255))
    process_instance_id = fields.UUID(load_default=None)
    amount_from = fields.Decimal(places=6, load_default=None, validate=amount)
    amount_to = fields.Decimal(places=6, load_default=None, validate=amount)
    due = fields.String(load_default=None, validate=validate.OneOf(worklist.PERIODS))
    returned = fields.Boolean(load_default=False)


class Counts(Camel):
    open = fields.Integer(attribute="mine")
    overdue = fields.Integer()
    behalf = fields.Integer()
    unread_copies = fields.Integer(attribute="unread")


@blueprint.route("", methods=["GET"])
@route("task.work")
@blueprint.arguments(Asked, location="query")
@blueprint.response(200, Tasks)
def index(asked: dict[str, Any]) -> Any:
    """My open tasks, soonest due first (`sort`: `due`, `amount`, `age`); with `behalf` those of people for whom I may act now; with `state=completed` what I
    have decided, newest first. Filters: `words`, the initiator's `department`, `processDefinitionKey`, `processInstanceId`,
    `amountFrom`, `amountTo`, `due`, `returned`."""
    with transaction() as session:
        zone = ZoneInfo(read_settings().time_zone)
        due_from, due_until = worklist.due_within(asked["due"], read_clock(session), zone) if asked["due"] else (None, None)
        wanted = worklist.Wanted(
            words=asked["words"], department=asked["department"], definition=asked["process_definition_key"],
            case=asked["process_instance_id"], least=_amount(asked["amount_from"]), most=_amount(asked["amount_to"]), returned=asked["returned"],
            due_from=due_from, due_until=due_until,
        )  # fmt: skip
        where = {"limit": asked["limit"], "after": asked["after"], "wanted": wanted}
        if asked["state"] == "completed":
            page = worklist.my_decisions(session, current(), **where)
        elif asked["behalf"]:
            page = worklist.on_behalf(session, current(), **where, sort=asked["sort"])
        else:
            page = worklist.my_tasks(session, current(), **where, sort=asked["sort"])
        return page_of(Task(many=True).dump(page.rows), page.after)


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


@blueprint.route("/counts", methods=["GET"])
@route("task.work")
@blueprint.response(200, Counts)
def counts() -> Any:
    """How long my lists are, each counted up to 1000."""
    with transaction() as session:
        return shown(Counts().dump(worklist.count(session, current())))


@blueprint.route("/<uuid:task_id>", methods=["GET"])
@route("task.work")
@blueprint.response(200, Task)
def show(task_id: UUID) -> Response:
    """One task; the ETag is its revision."""
    with transaction() as session:
        row = known(session, task_id)
        return Response(orjson.dumps(Task().dump(row)), headers=etag(row.revision), mimetype="application/json")


def known(session: Session, task_id: UUID) -> Row[Any]:
    """Return a task of a case that is the caller's to know; `NotFound` otherwise."""
    row = worklist.one_task(session, task_id)
    if row is None:
        raise NotFound(kind="user task")
    require_instance(session, current(), row.instance_id)
    return row


def act(task_id: UUID, verb: Callable[[Session], Step]) -> Response:
    """Do one thing to a task in one transaction and answer where its case stands."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        return moved(verb(session)), 200, {}

    return once(work)


@blueprint.route("/<uuid:task_id>/complete", methods=["POST"])
@route("task.work")
@blueprint.arguments(Complete)
@blueprint.response(200)
def complete(body: dict[str, Any], task_id: UUID) -> Response:
    """Decide a task. A task that somebody else decided meanwhile answers 409 with who and when; a stale If-Match answers 412.

    The values must fit the task's form; `attachments` are ids of files that were brought for this task, besides those that file fields name.
    `signature` is the handwritten signature where the drawing asks for one: a PNG in base64, or the id of one that was brought as an attachment.
    """
    return act(
        task_id,
        lambda session: room.complete(
            session, task_id, by=current(), outcome=body["outcome"], comment=body["comment"], values=body["values"], files=body["attachments"],
            signature=signature_in(body["signature"]), expected_revision=expected_revision(), channel="api",
        ),
    )  # fmt: skip


def signature_in(given: str | None) -> bytes | UUID | None:
    """Return a signature as it was sent: the id of an upload, or the picture itself. Refuses with `InvalidVariables` what is neither."""
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        return signatures.decode(given)


@blueprint.route("/<uuid:task_id>/form", methods=["GET"])
@route("task.work")
@blueprint.response(200, FormView)
def form(task_id: UUID) -> Response:
    """The form of a task as form-js draws it, of the version its case runs on, and the variables it shows; the schema is null for a task without a form."""
    with transaction() as session:
        return shown(disclosure.form(session, task_id, by=current()))


@blueprint.route("/<uuid:task_id>/variables", methods=["GET"])
@route("task.work")
def variables(task_id: UUID) -> Response:
    """The variables that a task shows: those of its form and those it declares. Amounts, dates and the like carry their type: `{"$d": "1.20"}` is a decimal."""
    with transaction() as session:
        return shown(tagged(disclosure.variables(session, task_id, by=current())))


@blueprint.route("/<uuid:task_id>/claim", methods=["POST"])
@route("task.work")
@blueprint.response(200)
def claim(task_id: UUID) -> Response:
    """Take a task from one's candidates' list for oneself."""
    return act(task_id, lambda session: room.claim(session, task_id, by=current(), expected_revision=expected_revision()))


@blueprint.route("/<uuid:task_id>/unclaim", methods=["POST"])
@route("task.work")
@blueprint.response(200)
def unclaim(task_id: UUID) -> Response:
    """Give a claimed task back to its candidates."""
    return act(task_id, lambda session: room.unclaim(session, task_id, by=current(), expected_revision=expected_revision()))


@blueprint.route("/<uuid:task_id>/transfer", methods=["POST"])
@route("task.work")
@blueprint.arguments(Transfer)
@blueprint.response(200)
def transfer(body: dict[str, Any], task_id: UUID) -> Response:
    """Hand a task to somebody else for good."""
    return act(
        task_id,
        lambda session: room.transfer(
            session, task_id, by=current(), to=body["to"], reason=body["reason"], expected_revision=expected_revision()
        ),
    )
