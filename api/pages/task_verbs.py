"""What an approver does with a task besides deciding it alone: exceptions, returns, delegation, further signers, taking a decision back."""

from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from api.pages import exceptions
from api.pages.people import somebody
from api.pages.task import act
from api.rest.tasks import known
from api.security import current, needs
from engine import tasks

blueprint = Blueprint("task_sheet", __name__, url_prefix="/tasks")


@blueprint.post("/<uuid:task_id>/return")
@needs("task.work")
def return_to(task_id: UUID) -> ResponseReturnValue:
    """Return the case to an earlier step."""
    to, comment, straight = request.form.get("step", ""), request.form.get("comment", "").strip(), "straight" in request.form
    return act(
        task_id,
        lambda session: tasks.return_to(session, task_id, by=current(), to=to, comment=comment, straight_back=straight, channel="page"),
        url_for("task.show", task_id=task_id),
    )


@blueprint.post("/<uuid:task_id>/delegate")
@needs("task.work")
def delegate(task_id: UUID) -> ResponseReturnValue:
    """Ask somebody for an opinion; the task comes back."""
    reason = request.form.get("reason", "").strip()
    return act(
        task_id,
        lambda session: tasks.delegate(session, task_id, by=current(), to=somebody(session, request.form.get("person", "")), reason=reason),
        url_for("task.show", task_id=task_id),
    )


@blueprint.post("/<uuid:task_id>/signers")
@needs("task.work")
def add_signer(task_id: UUID) -> ResponseReturnValue:
    """Ask one more person to sign."""
    place, reason = request.form.get("place", ""), request.form.get("reason", "").strip()
    return act(
        task_id,
        lambda session: tasks.add_signer(
            session, task_id, by=current(), who=somebody(session, request.form.get("person", "")), place=place, reason=reason
        ),
        url_for("task.show", task_id=task_id),
    )


@blueprint.post("/<uuid:task_id>/remove-signer/<uuid:signer_task>")
@needs("task.work")
def remove_signer(task_id: UUID, signer_task: UUID) -> ResponseReturnValue:
    """Take back the request to a signer."""
    return act(task_id, lambda session: tasks.remove_signer(session, signer_task, by=current()), url_for("task.show", task_id=task_id))


@blueprint.post("/<uuid:task_id>/take-back")
@needs("task.work")
def take_back(task_id: UUID) -> ResponseReturnValue:
    """Take one's own decision back while nothing has come of it."""
    reason = request.form.get("reason", "").strip()
    return act(
        task_id,
        lambda session: tasks.take_back(session, task_id, by=current(), reason=reason),
        url_for("task.show", task_id=task_id),
    )


@blueprint.post("/<uuid:task_id>/exception")
@needs("duty.ask")
def ask_exception(task_id: UUID) -> ResponseReturnValue:
    """Ask for what a rule of separation of duties forbids here; nothing is allowed until a second person approves it."""

    def verb(session: Session) -> None:
        row = known(session, task_id)
        exceptions.ask(session, row.instance_id, row.element)

    return act(task_id, verb, url_for("task.show", task_id=task_id))
