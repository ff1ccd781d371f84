"""What is done with a whole case: taking it back, holding it, commenting, copying, urging, and what two administrators do together."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from api import problems
from api.pages import case
from api.pages.once import once, said
from api.pages.people import somebody
from api.security import current, needs
from engine import copies, instances, interventions, suspension, tasks
from engine.errors import Conflict, InstanceEnded, InstanceSuspended, InvalidVariables, NotFound, NotPermitted, Refused
from engine.permissions import Actor, require_instance
from models.identity import Group

blueprint = Blueprint("case_sheet", __name__, url_prefix="/cases")
MOST_COPIES = 100  #: at once


@blueprint.post("/<uuid:instance_id>/withdraw")
@needs("instance.withdraw")
def withdraw(instance_id: UUID) -> ResponseReturnValue:
    """Take one's own case back."""
    return act(instance_id, instances.withdraw, _("已撤回。所有人的待办已关闭，流转记录保留。"))


@blueprint.post("/<uuid:instance_id>/suspend")
@needs("instance.suspend")
def suspend(instance_id: UUID) -> ResponseReturnValue:
    """Hold a case."""
    return act(instance_id, suspension.suspend, _("已挂起。"))


@blueprint.post("/<uuid:instance_id>/resume")
@needs("instance.suspend")
def resume(instance_id: UUID) -> ResponseReturnValue:
    """Let a case go on that was held."""
    return act(instance_id, suspension.resume, _("已恢复。"))


@blueprint.post("/<uuid:instance_id>/revoke")
@needs("instance.withdraw")
def revoke(instance_id: UUID) -> ResponseReturnValue:
    """Take back what has passed, until it is archived."""
    return act(instance_id, instances.revoke, _("已撤销。归档已停止，流转记录保留。"))


@blueprint.post("/<uuid:instance_id>/copy")
@needs("task.work")
def copy(instance_id: UUID) -> ResponseReturnValue:
    """Give people a copy: by name or key, or everybody in a group."""

    def room(session: Session, identity: UUID, *, by: Actor, reason: str) -> Any:
        named = [name for name in re.split(r"[,，、;；\s]+", reason) if name][:MOST_COPIES]
        groups = set(session.scalars(select(Group.key).where(Group.key.in_(named))))
        return copies.send_by_hand(session, identity, by=by, to=[name if name in groups else somebody(session, name) for name in named])

    return act(instance_id, room, _("已抄送。"), field="to")


@blueprint.post("/<uuid:instance_id>/comment")
@needs("task.work")
def comment(instance_id: UUID) -> ResponseReturnValue:
    """Say something without deciding."""

    def room(session: Session, identity: UUID, *, by: Actor, reason: str) -> Any:
        return tasks.comment(session, identity, by=by, said=reason)

    return act(instance_id, room, _("已评论。"))


@blueprint.post("/<uuid:instance_id>/urge/<uuid:task_id>")
@needs("task.work")
def urge(instance_id: UUID, task_id: UUID) -> ResponseReturnValue:
    """Urge the people of one open task."""

    def room(session: Session, identity: UUID, *, by: Actor, reason: str) -> Any:
        return tasks.urge(session, task_id, by=by, reason=reason)

    return act(instance_id, room, _("已催办。"))


@blueprint.post("/<uuid:instance_id>/intervene")
@needs("instance.intervene")
def intervene(instance_id: UUID) -> ResponseReturnValue:
    """Ask for a jump or the end of a case; a second person does it."""
    kind, element = request.form.get("kind", ""), request.form.get("element") or None

    def room(session: Session, identity: UUID, *, by: Actor, reason: str) -> Any:
        return interventions.ask(session, identity, by=by, kind=kind, element=element, reason=reason)

    return act(instance_id, room, _("已提出，等另一位管理员执行；在此之前没有改变任何内容。"))


@blueprint.post("/<uuid:instance_id>/interventions/<uuid:intervention_id>/confirm")
@needs("instance.confirm")
def confirm(instance_id: UUID, intervention_id: UUID) -> ResponseReturnValue:
    """Do what somebody else asked for."""
    return settle(instance_id, lambda session: interventions.confirm(session, intervention_id, by=current()), _("已执行，流转记录保留。"))


@blueprint.post("/<uuid:instance_id>/interventions/<uuid:intervention_id>/decline")
@needs("instance.intervene")
def decline(instance_id: UUID, intervention_id: UUID) -> ResponseReturnValue:
    """Do not do what was asked for."""
    return settle(
        instance_id, lambda session: interventions.decline(session, intervention_id, by=current()), _("已拒绝，没有改变任何内容。")
    )


def settle(instance_id: UUID, room: Callable[[Session], Any], done: str) -> ResponseReturnValue:
    """Answer a request of somebody else once, and lead back to the case; a refusal is told there."""
    target = url_for("case.show", instance_id=instance_id)

    def work(session: Session) -> str:
        require_instance(session, current(), instance_id)
        room(session)
        return target

    return telling(instance_id, work, done)


def act(instance_id: UUID, room: Callable[..., Any], done: str, *, field: str = "reason") -> ResponseReturnValue:
    """Do something with a whole case once, for a reason, and lead back to it; a refusal is told there."""
    target = url_for("case.show", instance_id=instance_id)
    reason = request.form.get(field, "").strip()
    if not reason:
        return refused(instance_id, _("请写明原因，没有改变任何内容。"), 422)

    def work(session: Session) -> str:
        require_instance(session, current(), instance_id)
        room(session, instance_id, by=current(), reason=reason)
        return target

    return telling(instance_id, work, done)


def telling(instance_id: UUID, work: Callable[[Session], str], done: str) -> ResponseReturnValue:
    """Work once and say that it is done, or why it is not."""
    try:
        return said(once(work), done)
    except InstanceEnded:
        return refused(instance_id, _("流程已经结束，没有改变任何内容。"))
    except InstanceSuspended:
        return refused(instance_id, _("流程已经挂起，没有改变任何内容。"))
    except NotPermitted:
        raise
    except Refused as error:
        held = error.facts.get("reason") != "the process instance is not suspended"
        return refused(instance_id, error.say(problems.language()) if held else _("流程没有挂起，没有改变任何内容。"))
    except InvalidVariables as error:
        return refused(instance_id, " ".join(fault.en if problems.language() == "en" else fault.zh for fault in error.faults), 422)
    except NotFound as error:
        if error.facts.get("kind") != "person":
            raise
        return refused(instance_id, _("没有这个人，或已停用，没有改变任何内容。"), 422)
    except Conflict:
        return refused(instance_id, _("另一个请求抢先完成，没有改变任何内容，请看清现状后再试。"))


def refused(instance_id: UUID, why: str, status: int = 409) -> ResponseReturnValue:
    """Show the case as it is now, with the reason, and the form as it was filled in."""
    flash(why, "warning")
    verb = (request.endpoint or "").rpartition(".")[2]
    return case.page(instance_id, typed=MultiDict({**request.form.to_dict(), "verb": verb}), status=status)
