"""One task: what it is about, what was found and decided before, and the decision. After it is closed: who decided what, and what comes next."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from api.pages import filling, unsent
from api.pages.blanks import UNFILLED
from api.pages.once import once
from api.pages.task_shown import OPEN, closed, element_of, next_task, opened
from api.rest.tasks import known
from api.security import current, needs
from engine import drafts, signatures, tasks, worklist
from engine.database import transaction
from engine.errors import Conflict, DutyConflict, Fault, InvalidVariables, NotFound, Refused, ShenpiError, TaskAlreadyClaimed, TaskClosed
from engine.replay import people
from engine.step import Step
from models.history import HistoryEvent

blueprint = Blueprint("task", __name__, url_prefix="/tasks")

PHRASES = {
    "approve": (_l("同意"), _l("情况属实，同意")),
    "reject": (_l("不符合报销规定"), _l("重复报销")),
    "return": (_l("请补充合同"), _l("请更换发票"), _l("发票信息有误，请核对")),
}
EFFECTS = {
    "reject": _l("驳回后，本次审批结束，发起人会看到您的意见；发票可以改正后重新提交。"),
    "return": _l("退回后，发起人修改并重新提交，从检查开始再走一遍。"),
}


@blueprint.get("/<uuid:task_id>")
@needs("task.work")
def show(task_id: UUID) -> ResponseReturnValue:
    """The task while it is open, what became of it afterwards; with `draft`, filled in as one left it."""
    with transaction() as session:
        row = known(session, task_id)
        begun = drafts.load(session, task_id, by=current()) if row.state == "open" else None
    if begun is None or "draft" not in request.args:
        return page(task_id, draft=begun)
    texts = {f"field.{name}": str(value) for name, value in begun.values.items() if isinstance(value, str | int | Decimal)}
    return page(task_id, typed=MultiDict({"comment": begun.comment, **texts}), found=filling.Filling(begun.values))


@blueprint.post("/<uuid:task_id>/decide")
@needs("task.work")
def decide(task_id: UUID) -> ResponseReturnValue:
    """Decide the task; what was typed stays when it cannot be decided so."""
    outcome = request.form.get("outcome", "")
    comment = request.form.get(f"comment_{outcome}", "").strip() or request.form.get("comment", "").strip()

    with transaction() as session:
        element = element_of(session, known(session, task_id))
    found: filling.Filling | None = None
    try:
        found = filling.read(element, task_id)
        signature = signatures.decode(request.form["signature"]) if request.form.get("signature") else None
    except InvalidVariables as error:
        return page(task_id, typed=request.form, faults=error.faults, status=422)
    except TaskClosed as error:
        return page(task_id, typed=request.form, faults=[told(error)], status=409)
    if found.more:
        return page(task_id, typed=request.form, found=found)

    def work(session: Session) -> Step:
        return tasks.complete(
            session,
            task_id,
            by=current(),
            outcome=outcome,
            comment=comment,
            values=found.values,
            files=found.beside,
            signature=signature,
            channel="page",
        )

    return act(task_id, work, url_for("task.show", task_id=task_id), found)


@blueprint.post("/<uuid:task_id>/draft/discard")
@needs("task.work")
def discard(task_id: UUID) -> ResponseReturnValue:
    """Throw away what one has begun."""

    def work(session: Session) -> str:
        known(session, task_id)
        drafts.discard(session, task_id, by=current())
        return url_for("task.show", task_id=task_id)

    return once(work)


@blueprint.post("/<uuid:task_id>/claim")
@needs("task.work")
def claim(task_id: UUID) -> ResponseReturnValue:
    """Take the task for oneself."""
    return act(task_id, lambda session: tasks.claim(session, task_id, by=current()), url_for("task.show", task_id=task_id))


@blueprint.post("/<uuid:task_id>/unclaim")
@needs("task.work")
def unclaim(task_id: UUID) -> ResponseReturnValue:
    """Give the task back to its candidates."""
    return act(task_id, lambda session: tasks.unclaim(session, task_id, by=current()), url_for("task.show", task_id=task_id))


@blueprint.post("/<uuid:task_id>/transfer")
@needs("task.work")
def transfer(task_id: UUID) -> ResponseReturnValue:
    """Hand the task to somebody else for good."""
    to, reason = request.form.get("to", "").strip(), request.form.get("reason", "").strip()

    def work(session: Session) -> Step:
        if not to:
            raise InvalidVariables([Fault("person-missing", "请选择要转给谁", "Choose whom to transfer to", path="to")])
        return tasks.transfer(session, task_id, by=current(), to=to, reason=reason)

    return act(task_id, work, url_for("task.transferred", task_id=task_id))


@blueprint.get("/<uuid:task_id>/transferred")
@needs("task.work")
def transferred(task_id: UUID) -> ResponseReturnValue:
    """Say that the task went to somebody else, and lead to the next one. She who handed it over need not know the case any longer."""
    with transaction() as session:
        row = worklist.one_task(session, task_id)
        if row is None or not handed_over(session, row.instance_id):
            raise NotFound(kind="user task")
        following = next_task(session, task_id)
        assignee = people(session, {row.assignee}).get(row.assignee) if row.assignee else None
    return render_template("task_transferred.html", assignee=assignee, following=following)


def handed_over(session: Session, instance_id: UUID) -> bool:
    """Tell whether the caller has handed a task of this case to somebody."""
    events = select(HistoryEvent.number).filter_by(instance_id=instance_id, type="task:transferred", actor=current().key)
    return session.execute(events.limit(1)).scalar() is not None


def act(task_id: UUID, verb: Callable[[Session], object], target: str, found: filling.Filling | None = None) -> ResponseReturnValue:
    """Do one thing to the task, once; every refusal becomes the page as it is now, with the reason and with what was typed."""

    def work(session: Session) -> str:
        known(session, task_id)
        verb(session)
        return target

    try:
        return once(work)
    except InvalidVariables as error:
        return page(task_id, typed=request.form, faults=error.faults, found=found, status=422)
    except NotFound as error:
        if error.facts.get("kind") != "person":
            raise
        return page(
            task_id,
            typed=request.form,
            faults=[Fault("person-unknown", "没有这个人，或已停用", "Nobody like that, or no longer active")],
            status=422,
        )
    except DutyConflict as error:
        return page(task_id, typed=request.form, refused=error, found=found, status=409)
    except (Conflict, Refused) as error:
        return page(task_id, typed=request.form, faults=[told(error)], found=found, status=409)


def told(error: ShenpiError) -> Fault:
    """Return a refusal as one line for people, who know one another by name."""
    if isinstance(error, TaskAlreadyClaimed):
        with transaction() as session:
            holder = people(session, {error.facts["assignee"]}).get(error.facts["assignee"])
        error = TaskAlreadyClaimed(**{**error.facts, "assignee": holder["name"] if holder else error.facts["assignee"]})
    if isinstance(error, Refused) and error.facts.get("reason") == "the task is already with this person":
        return Fault(error.code, "待办已经在此人手中", "The task is already with this person")
    return Fault(error.code, error.say("zh"), error.say("en"))


def page(
    task_id: UUID,
    *,
    typed: MultiDict[str, str] | None = None,
    faults: list[Fault] | None = None,
    found: filling.Filling | None = None,
    draft: drafts.Begun | None = None,
    refused: DutyConflict | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Render the task as it is now, with what was filled in so far: in its form, or to be copied where it is not the caller's to decide any longer."""
    with transaction() as session:
        row = known(session, task_id)
        posted = request.method == "POST"
        lost = unsent.of_task(element_of(session, row)) if posted else []
        shown = opened(session, row, found, refused) if row.state in OPEN else closed(session, row)
        if row.state in OPEN:
            return render_template(
                "task.html",
                task=row,
                typed=typed or UNFILLED,
                verb=(request.endpoint or "").rpartition(".")[2] if posted else "",
                lost=lost,
                faults=faults or [],
                draft=draft,
                phrases=PHRASES,
                effects=EFFECTS,
                **shown,
            ), status
    return render_template("task_closed.html", task=row, lost=lost, late=bool(faults) or refused is not None, **shown), status
