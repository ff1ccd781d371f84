"""Incidents for operators: what failed, in which case and since when; trying again, or passing over with a reason."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from api import problems
from api.pages import exceptions, unassigned
from api.pages.blanks import UNFILLED
from api.pages.listing import next_url, rows_only, text
from api.pages.offers import everybody
from api.pages.once import once, said
from api.pages.people import somebody
from api.security import current, needs
from engine import definitions, tasks
from engine import incidents as room
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.errors import Conflict, DutyConflict, Fault, InstanceEnded, InvalidContent, NotFound, Refused
from engine.permissions import allows
from models.runtime import Incident, Job

blueprint = Blueprint("incidents_page", __name__, url_prefix="/incidents")
PAGE = 30
NOBODY = "a user task without people is retried after the organisation is put right, or its case is withdrawn"
REASONS = {
    "the incident is resolved": Fault("refused", "这个异常已经有人处理了", "Somebody has dealt with this incident already"),
    "a reason is needed": Fault("refused", "请写明原因", "A reason is needed"),
    NOBODY: Fault(
        "refused",
        "待办找不到处理人：请先在“人员”里补好组织关系再重试，或由发起人撤回",
        "Nobody was found for the task: put the organisation right and retry, or have the case withdrawn",
    ),
}


@blueprint.get("")
@needs("incident.read")
def index() -> ResponseReturnValue:
    """Open incidents, newest first; with `state=resolved` those that were dealt with."""
    return page([], 200)


def page(faults: list[Fault], status: int, typed: UUID | None = None, refused: DutyConflict | None = None) -> ResponseReturnValue:
    """Render the list, with what was refused and the form that was typed into left open; `refused` is whom a rule keeps from the task she was named for."""
    done = request.args.get("state") == "resolved"
    after = text("after")
    statement = select(Incident).options(joinedload(Incident.instance)).order_by(Incident.id.desc()).limit(PAGE + 1)
    statement = statement.where(Incident.resolved_at.is_not(None) if done else Incident.resolved_at.is_(None))
    if after:
        try:
            statement = statement.where(Incident.id < UUID(after))
        except ValueError as error:
            raise InvalidContent([Fault("after-invalid", "翻页标记无效", "The paging mark is not valid", path="after")]) from error
    with transaction() as session:
        rows = session.scalars(statement).all()
        shown = described(session, rows[:PAGE], typed, refused)
        number, oldest = session.execute(select(func.count(), func.min(Incident.raised_at)).where(Incident.resolved_at.is_(None))).one()
        now = read_clock(session)
        people = everybody(session) if any(each["unassigned"] for each in shown) else []
    more = next_url("incidents_page.index", str(rows[PAGE - 1].id) if len(rows) > PAGE else None)
    template = "incidents_rows.html" if rows_only() else "incidents.html"
    return render_template(
        template, incidents=shown, number=number, oldest=oldest, now=now, done=done, more=more, faults=faults, typed_at=typed,
        typed=request.form if typed else UNFILLED, acting=allows(current(), "incident.resolve"), everybody=people, refused=refused,
    ), status  # fmt: skip


def described(
    session: Session, rows: Sequence[Incident], typed: UUID | None = None, refused: DutyConflict | None = None
) -> list[dict[str, Any]]:
    """Return incidents with their cases, how often each was tried, and what can be done where a user task has nobody; `refused` belongs to the one `typed`."""
    wanted = {row.job_id for row in rows if row.job_id}
    tried = session.scalars(select(Job).where(Job.id.in_(wanted))) if wanted else ()
    attempts = {job.id: job.attempts for job in tried}
    nobody = unassigned.shown(session, rows, typed, refused)
    elements = {row.id: definitions.get(session, row.instance.definition_id).model.elements.get(row.element or "") for row in rows}
    return [
        {
            "id": row.id, "kind": row.kind, "place": (element.name or element.id) if (element := elements[row.id]) else row.element or row.connection,
            "message": told(row), "raised_at": row.raised_at, "resolved_at": row.resolved_at, "resolved_by": row.resolved_by,
            "resolution": row.resolution, "reason": row.reason, "case_id": row.instance_id, "case_key": row.instance.business_key,
            "title": row.instance.title, "attempts": attempts.get(row.job_id) if row.job_id else None, "passable": row.kind != "delivery",
            "unassigned": nobody.get(row.id),
        }
        for row in rows
    ]  # fmt: skip


def told(row: Incident) -> str:
    """Return what went wrong, in the language of the page where it is known in both."""
    return row.message if problems.language() == "en" else row.message_zh or row.message


@blueprint.post("/<uuid:incident_id>/retry")
@needs("incident.resolve")
def retry(incident_id: UUID) -> ResponseReturnValue:
    """Try again what the incident stands for."""

    def work(session: Session) -> str:
        room.retry(session, incident_id, by=current())
        return back(session, incident_id)

    return answered(incident_id, work, _("已重新开始。再次失败会产生新的异常。"))


@blueprint.post("/<uuid:incident_id>/assign")
@needs("incident.resolve")
def assign(incident_id: UUID) -> ResponseReturnValue:
    """Name who is to do the user task for which there was nobody."""

    def work(session: Session) -> str:
        who = somebody(session, request.form.get("person", ""))
        tasks.assign(session, incident_id, by=current(), to=who, reason=request.form.get("reason", ""))
        return back(session, incident_id)

    return answered(incident_id, work, _("待办已交给指定的人，原因写进了流转记录。"))


@blueprint.post("/<uuid:incident_id>/exception")
@needs("duty.ask")
def ask_exception(incident_id: UUID) -> ResponseReturnValue:
    """Ask that somebody may do the user task although a rule of separation of duties keeps her from it."""

    def work(session: Session) -> str:
        row = session.get(Incident, incident_id)
        if row is None:
            raise NotFound(kind="incident")
        exceptions.ask(session, row.instance_id, row.element or "")
        return back(session, incident_id)

    return answered(incident_id, work, _("已申请例外，等第二个人批准。批准后在这里重试，待办就交给此人。"))


def back(session: Session, incident_id: UUID) -> str:
    """Return where the form stood: the page of the case, or the list."""
    row = session.get(Incident, incident_id)
    return url_for("case.show", instance_id=row.instance_id) if row and "at_case" in request.form else url_for("incidents_page.index")


@blueprint.post("/<uuid:incident_id>/resolve")
@needs("incident.resolve")
def resolve(incident_id: UUID) -> ResponseReturnValue:
    """Pass over it, with a reason and a value for the result."""

    def work(session: Session) -> str:
        room.resolve(session, incident_id, by=current(), reason=request.form.get("reason", "").strip(), value=result())
        return back(session, incident_id)

    return answered(incident_id, work, _("已跳过，流程继续往下走；原因写进了流转记录。"))


def result() -> Any:
    """Return the value that was typed for the result: JSON, or nothing."""
    raw = request.form.get("value", "").strip()
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError as error:
        raise InvalidContent([Fault("value-invalid", "结果值不是正确的 JSON", "The value is no JSON", path="value")]) from error


def answered(incident_id: UUID, work: Any, text: str) -> ResponseReturnValue:
    """Do it once; a refusal is the list with the reason, and what was typed."""
    try:
        return said(once(work), text)
    except InvalidContent as error:
        return page(error.faults, 422, incident_id)
    except InstanceEnded:
        return page(
            [Fault("instance-ended", "流程已经结束，不需要再处理", "The case is over; there is nothing left to do")], 409, incident_id
        )
    except DutyConflict as error:
        return page([], 409, incident_id, error)
    except (Refused, Conflict) as error:
        fault = REASONS.get(str(error.facts.get("reason", "")), Fault(error.code, error.say("zh"), error.say("en")))
        return page([fault], 409, incident_id)
