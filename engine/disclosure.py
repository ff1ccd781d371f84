"""What of a case a task may see and show: the variables that its form and its drawing declare, at the place where the task stands."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import definitions
from engine.bpmn.model import Element
from engine.errors import NotFound, NotPermitted
from engine.forms import data_of, schema_of, visible
from engine.permissions import Actor, allows, may_read_instance, may_work_on
from engine.step import Step, peek
from engine.substitutions import may_decide
from models.runtime import ProcessInstance, UserTask


def variables(session: Session, task_id: UUID, *, by: Actor) -> dict[str, Any]:
    """Return the variables that a task shows, as they are now.

    Refuses with `NotFound` a task of a case that is not the actor's to know, with `NotPermitted` one that was never asked of her, unless she began the case or
    may read all.
    """
    element, seen, _ = _look(session, task_id, by)
    return visible(element, seen)


def form(session: Session, task_id: UUID, *, by: Actor) -> dict[str, Any]:
    """Return the form of a task for whoever draws it: its `schema` (form-js), the `data` it shows, and whether it is `readonly` for this person.

    The schema is None for a task without a form. Refuses as `variables` does.
    """
    element, seen, mine = _look(session, task_id, by)
    return {"schema": schema_of(element), "data": data_of(visible(element, seen)), "readonly": not mine}


def element_of(session: Session, task_id: UUID) -> Element | None:
    """Return the element of the drawing that a task stands at; None when there is no such task."""
    row = session.execute(select(UserTask.instance_id, UserTask.element).filter_by(id=task_id)).one_or_none()
    return definitions.element_of(session, row.instance_id, row.element) if row is not None else None


def _seen(session: Session, task_id: UUID) -> Mapping[str, Any]:
    instance_id = session.execute(select(UserTask.instance_id).filter_by(id=task_id)).scalar()
    if instance_id is None:
        return {}
    step = peek(session, instance_id)
    token, _ = _open(step, task_id)
    return step.execution.variables_of(token) if token is not None else step.execution.memory.variables


def _look(session: Session, task_id: UUID, by: Actor) -> tuple[Element, Mapping[str, Any], bool]:
    """Return a task's element, the variables at its place, and whether it is open and the actor's to decide."""
    row = session.get(UserTask, task_id)
    if row is None or not may_read_instance(session, by, row.instance_id):
        raise NotFound(kind="user task")
    step = peek(session, row.instance_id)
    token, task = _open(step, task_id)
    mine = task is not None and (may_work_on(by, task) or may_decide(session, by, task_id))
    initiator = session.execute(select(ProcessInstance.initiator).filter_by(id=row.instance_id)).scalar()
    if not (mine or allows(by, "instance.read_all") or by.key in (row.assignee, row.decided_by, initiator)):
        raise NotPermitted(permission="instance.read_all")
    element = step.execution.element_of(token) if token is not None else definitions.element_of(session, row.instance_id, row.element)
    if element is None:
        raise NotFound(kind="user task")
    seen = step.execution.variables_of(token) if token is not None else step.execution.memory.variables
    return element, seen, mine and step.case.status == "running"


def _open(step: Step, task_id: UUID) -> tuple[UUID | None, Mapping[str, Any] | None]:
    """Return the token of an open task, and what the case knows of it."""
    task = step.execution.memory.tasks.get(str(task_id))
    return (UUID(task["token"]), task) if task is not None else (None, None)
