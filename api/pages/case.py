"""One case: its documents, the way it went and where it is, its whole history, what office systems were told, what was filed."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from api.pages import document, incidents, timeline, waiting
from api.pages.blanks import UNFILLED
from api.pages.offers import everybody
from api.pages.task_shown import attached
from api.pages.way import way_of
from api.security import current, needs
from engine import copies, definitions, instances, interventions
from engine.bpmn.model import HUMAN
from engine.database import transaction
from engine.database.transaction import read_clock
from engine.deliveries import deliveries_of
from engine.errors import NotFound
from engine.identities import holds_of_case
from engine.permissions import allows, require_instance
from engine.replay import people
from engine.step import peek
from models.archive import ArchiveItem
from models.invoice import Invoice
from models.oa import OaConnection
from models.runtime import Incident, ProcessInstance, UserTask

blueprint = Blueprint("case", __name__, url_prefix="/cases")
MOST_INCIDENTS = 20  #: shown above a case; the list has them all


@blueprint.get("/<uuid:instance_id>")
@needs("instance.read")
def show(instance_id: UUID) -> ResponseReturnValue:
    """The case, one tab of it."""
    return page(instance_id, request.args.get("tab", ""))


def page(instance_id: UUID, tab: str = "", *, typed: MultiDict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    """Render the case as it is now; `typed` is what was filled into the form of a `verb` that was refused."""
    tab = tab if tab in PANELS else "flow"
    with transaction() as session:
        row = known(session, instance_id)
        copies.mark_read(session, instance_id, by=current())
        case = headline(session, row)
        shown = PANELS[tab](session, row)
        acting = allows(current(), "incident.resolve")
        named = everybody(session) if acting and any(one["unassigned"] for one in case["incidents"]) else []
    return render_template("case.html", case=case, tab=tab, typed=typed or UNFILLED, everybody=named, acting=acting, **shown), status


def known(session: Session, instance_id: UUID) -> ProcessInstance:
    """Return a case that is the caller's to know; `NotFound` otherwise."""
    require_instance(session, current(), instance_id)
    row = session.get(ProcessInstance, instance_id)
    if row is None:
        raise NotFound(kind="process instance")
    return row


def headline(session: Session, row: ProcessInstance) -> dict[str, Any]:
    """Return what stands above every tab."""
    mine = select(UserTask.id).filter_by(instance_id=row.id, state="open", assignee=current().key).limit(1)
    return {
        "id": row.id, "key": row.business_key, "title": row.title, "status": row.status, "outcome": row.outcome, "amount": row.amount,
        "currency": row.currency, "started_at": row.started_at, "ended_at": row.ended_at, "definition": row.definition.name or row.definition.key,
        "definition_id": row.definition_id, "version": row.definition.version, "own": row.initiator == current().key,
        "initiator": people(session, {row.initiator}).get(row.initiator) if row.initiator else None, "initiator_key": row.initiator,
        "task": session.execute(mine).scalar(), "subject_kind": row.subject_kind,
        "incidents": incidents.described(session, session.scalars(
            select(Incident).filter_by(instance_id=row.id).where(Incident.resolved_at.is_(None)).order_by(Incident.id).limit(MOST_INCIDENTS)).all()),
        "held": timeline.last(session, row.id, "instance:suspended") if row.status == "suspended" else None,
        **verbs(session, row),
    }  # fmt: skip


def verbs(session: Session, row: ProcessInstance) -> dict[str, Any]:
    """Return what the caller can do with the case beyond its tasks."""
    model = definitions.get(session, row.definition_id).model
    running = row.status in ("running", "suspended")
    own, passed = row.initiator == current().key, row.status == "completed" and row.outcome in (None, "approve")
    asked = interventions.waiting(session, current(), row.id) if allows(current(), "instance.intervene") else []
    names = people(session, {one.asked_by for one in asked})
    return {
        "withdrawable": own and row.status == "running" and model.withdraw != "never",
        "revocable": own and passed and model.revoke == "initiator" and instances.is_revocable(session, row.id),
        "steps": [(one.id, one.name or one.id) for one in model.of_kind(HUMAN)] if running and allows(current(), "instance.intervene") else [],
        "asked": [
            {"id": one.id, "kind": one.kind, "reason": one.reason, "at": one.asked_at, "who": names.get(one.asked_by), "mine": one.asked_by == current().key,
             "step": (model.elements[one.element].name or one.element) if one.element in model.elements else None}
            for one in asked
        ],
        "urgeable": session.execute(select(UserTask.id, UserTask.name).filter_by(instance_id=row.id, state="open").limit(20)).all()
        if row.status == "running" else [],
    }  # fmt: skip


def flow(session: Session, row: ProcessInstance) -> dict[str, Any]:
    """What is waited for, the time line, and the drawing with the way taken."""
    now, way = read_clock(session), way_of(session, row.id)
    way = replace(way, current=" ".join(filter(None, (way.current, *waiting.stands(session, row.id)))))
    entries = timeline.story(session, row.id, now, brief=True) + timeline.ahead(peek(session, row.id))
    sent = copies.of_case(session, row.id)
    names = people(session, {one.person for one in sent})
    copied = [{"who": names.get(one.person) or {"name": one.person}, "sent_at": one.sent_at, "read_at": one.read_at} for one in sent]
    return {"entries": entries, "way": way, "waits": waiting.waits(session, row.id), "now": now, "copied": copied}


def documents(session: Session, row: ProcessInstance) -> dict[str, Any]:
    """The subject of the case, or its summary where it has none that we can show."""
    found = None
    if row.subject_kind == "invoice" and row.subject_id:
        found = session.get(Invoice, row.subject_id)
    elif row.subject_kind == "archive_item" and row.subject_id:
        item = session.get(ArchiveItem, row.subject_id)
        found = session.get(Invoice, item.source_id) if item is not None and item.source_kind == "invoice" else None
    return {"invoice": document.view(session, found) if found else None, "summary": row.summary, "attached": attached(session, row.id)}


def history(session: Session, row: ProcessInstance) -> dict[str, Any]:
    """Every event, in words."""
    return {
        "entries": timeline.story(session, row.id, read_clock(session), brief=False),
        "events": row.event_count,
        "hash": row.event_hash.hex(),
    }


def oa(session: Session, row: ProcessInstance) -> dict[str, Any]:
    """What each office system was sent, newest first."""
    names = {row.key: row.name for row in session.execute(select(OaConnection.key, OaConnection.name))}
    sent = [
        {
            "name": names.get(each.connection, each.connection), "connection": each.connection, "state": each.state, "attempts": each.attempts,
            "error": each.last_error,
            "created_at": each.created_at, "delivered_at": each.delivered_at, "version": each.version,
            "remote": (each.receipt or {}).get("remoteId") or (each.receipt or {}).get("remote_id"),
        }
        for each in deliveries_of(session, row.id)
    ]  # fmt: skip
    return {"deliveries": sent[::-1], "connections": names, "holds": holds_of_case(session, row.id)}


def archive(session: Session, row: ProcessInstance) -> dict[str, Any]:
    """The archive item made of the case, or that a filing works on."""
    statement = select(ArchiveItem).where(or_(ArchiveItem.source_instance_id == row.id, ArchiveItem.filing_instance_id == row.id))
    item = session.scalars(statement).first()
    if item is None:
        return {"item": None}
    filing = session.get(ProcessInstance, item.filing_instance_id) if item.filing_instance_id else None
    return {
        "item": {
            "id": item.id, "title": item.title, "state": item.state, "code": item.code, "retention": item.retention, "keep_until": item.keep_until,
            "filing": {"id": filing.id, "key": filing.business_key, "status": filing.status, "outcome": filing.outcome} if filing else None,
            "source_id": item.source_instance_id,
        }
    }  # fmt: skip


PANELS = {"flow": flow, "documents": documents, "history": history, "oa": oa, "archive": archive}


@blueprint.get("/<uuid:instance_id>/bpmn.xml")
@needs("instance.read")
def bpmn(instance_id: UUID) -> Response:
    """The drawing the case runs on."""
    with transaction() as session:
        content = definitions.bpmn_of(session, known(session, instance_id).definition_id)
    return Response(
        content, mimetype="application/xml", headers={"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "sandbox"}
    )


@blueprint.get("/<uuid:instance_id>/replay")
@needs("history.read")
def replay(instance_id: UUID) -> ResponseReturnValue:
    """The case step by step; the browser checks every record itself."""
    with transaction() as session:
        row = known(session, instance_id)
        shown = {"business_key": row.business_key, "title": row.title or ""}
    recording, back = f"/api/v1/process-instances/{instance_id}/history", url_for("case.show", instance_id=instance_id)
    proof = f"/api/v1/process-instances/{instance_id}/verification" if allows(current(), "history.verify") else None
    return render_template(
        "replay.html",
        instance=shown,
        recording_url=recording,
        verification_url=proof,
        back_url=back,
        attachments_url="/api/v1/attachments/",
    )
