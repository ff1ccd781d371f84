"""What the page of one task shows: open, its subject, form and what one may do; closed, who decided, where the case is and what comes next."""

from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from api.pages import document, exceptions, filling, timeline
from api.pages.archive import as_findings
from api.pages.offers import offered, signing
from api.pages.people import choices
from api.security import current
from engine import attachments, definitions, disclosure, tasks, worklist
from engine.bpmn.model import Element
from engine.database.transaction import read_clock
from engine.errors import DutyConflict
from engine.replay import people
from engine.step import peek
from engine.substitutions import may_decide
from models.archive import ArchiveItem
from models.invoice import Invoice
from models.runtime import ProcessInstance, UserTask

OPEN = ("open", "held")


def opened(session: Session, row: Row[Any], found: filling.Filling | None = None, refused: DutyConflict | None = None) -> dict[str, Any]:
    """Return what the page of an open task shows."""
    element = element_of(session, row)
    step = peek(session, row.instance_id)
    now = read_clock(session)
    instance = session.get_one(ProcessInstance, row.instance_id)
    mine = row.state == "open" and instance.status == "running" and may_decide(session, current(), row.id)
    behalf = tasks.behalf_of(step, row.id, by=current()) if mine else None
    ahead = timeline.ahead(step)
    return {
        "now": now,
        "mine": mine,
        "behalf": people(session, {behalf}).get(behalf) if behalf else None,
        "refused": refused is not None,
        "exceptions": exceptions.shown(step, row, mine=mine, refused=refused),
        "assignee": people(session, {row.assignee}).get(row.assignee) if row.assignee else None,
        "fields": element.form if element else (),
        "signature": element.policy.signature if element and not row.owner else None,
        "filling": form_of(session, row, element, found) if mine else {},
        "beside": filling.kept_of(session, found.beside) if found is not None else [],
        "attached": attached(session, row.instance_id),
        "about": about(session, row),
        "entries": timeline.story(session, row.instance_id, now, brief=True) + ahead,
        "last": mine and not ahead and row.owner is None and is_alone(session, row),
        "verbs": offered(step, row.id, mine=mine),
        "signing": signing(session, row.id) if row.state == "held" else None,
        "people": choices(session, "", but=current().key) if mine else [],
        "following": after_this(session, row) if mine else None,
        "previous": before_this(session, row) if mine else None,
        "withdrawable": instance.initiator == current().key and instance.status == "running",
        "held": timeline.last(session, row.instance_id, "instance:suspended") if instance.status == "suspended" else None,
    }


def is_alone(session: Session, row: Row[Any]) -> bool:
    """Tell whether a case waits for nobody but at this task, and for no signer who was added."""
    return session.execute(select(UserTask.id).where(UserTask.instance_id == row.instance_id, UserTask.state.in_(OPEN)).limit(2)).all() == [
        (row.id,)
    ]


def about(session: Session, row: Row[Any]) -> dict[str, Any]:
    """Return the subject of the case: an invoice, an archive item, or nothing but its summary."""
    if row.subject_kind == "invoice" and (invoice := session.get(Invoice, row.subject_id)) is not None:
        return {"invoice": document.view(session, invoice)}
    if row.subject_kind == "archive_item" and (item := session.get(ArchiveItem, row.subject_id)) is not None:
        found = session.get(Invoice, item.source_id) if item.source_kind == "invoice" else None
        return {
            "item": {"id": item.id, "title": item.title, "checks": as_findings(item.checks)},
            "documents": item.request.get("documents", []),
            "source_id": found.id if found else None,
        }
    return {}


def element_of(session: Session, row: Row[Any]) -> Element | None:
    """Return the element of the drawing that this task stands at."""
    return definitions.element_of(session, row.instance_id, row.element)


def form_of(session: Session, row: Row[Any], element: Element | None, found: filling.Filling | None) -> dict[str, Any]:
    """Return what the page needs to show a form of form-js, with the variables that the task declares; nothing for any other task."""
    if element is None or element.schema is None:
        return {}
    variables = disclosure.variables(session, row.id, by=current())
    return filling.shown(session, element, variables, found, url_for("tasks.form", task_id=row.id))


def attached(session: Session, instance_id: UUID) -> list[dict[str, Any]]:
    """Return what was attached to a case, with who did it."""
    rows = attachments.of_instance(session, instance_id)
    names = people(session, {each.uploaded_by for each in rows}) if rows else {}
    return [
        {"id": each.id, "name": each.name, "size": each.size, "at": each.at, "by": each.uploaded_by, "who": names.get(each.uploaded_by)}
        for each in rows
    ]


def closed(session: Session, row: Row[Any]) -> dict[str, Any]:
    """Return what the page of a closed task shows: who decided, where the case is now, and the next task."""
    now = read_clock(session)
    instance = session.get_one(ProcessInstance, row.instance_id)
    reason = session.execute(select(UserTask.reason).filter_by(id=row.id)).scalar()
    following = timeline.waiting(session, row.instance_id, {}, now)
    return {
        "now": now,
        "reason": reason,
        "decider": people(session, {row.decided_by}).get(row.decided_by) if row.decided_by else None,
        "behalf": people(session, {row.on_behalf_of}).get(row.on_behalf_of) if row.on_behalf_of else None,
        "case": {"id": instance.id, "key": instance.business_key, "status": instance.status, "outcome": instance.outcome, "ended_at": instance.ended_at},
        "waiting": following,
        "following": next_task(session, row.id),
        "own_decision": row.decided_by == current().key and instance.status == "running" and tasks.may_take_back(session, row.id, by=current()),
        "mine_again": session.execute(
            select(UserTask.id).filter_by(instance_id=row.instance_id, state="open", assignee=current().key).limit(1)
        ).scalar(),
    }  # fmt: skip


def after_this(session: Session, row: Row[Any]) -> Row[Any] | None:
    """Return the task that stands behind this one in my list, or None."""
    here = worklist.mark(row.due_key, row.created_at, row.id)
    return next(iter(worklist.my_tasks(session, current(), limit=1, after=here).rows), None)


def before_this(session: Session, row: Row[Any]) -> Row[Any] | None:
    """Return the task that stands before this one in my list, or None."""
    return worklist.task_before(session, current(), worklist.mark(row.due_key, row.created_at, row.id))


def next_task(session: Session, but: UUID) -> Row[Any] | None:
    """Return my most urgent task other than this one, or None."""
    return next((row for row in worklist.my_tasks(session, current(), limit=2).rows if row.id != but), None)
