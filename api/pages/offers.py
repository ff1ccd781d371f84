"""What a task's page offers besides deciding: the steps it may be returned to, who may be asked, who has been."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from api.security import current
from engine import tasks
from engine.errors import ShenpiError
from engine.replay import people
from engine.step import Step
from models.identity import Department, Person
from models.runtime import UserTask

MOST_PEOPLE = 500  #: offered while typing a name


def offered(step: Step, task_id: UUID, *, mine: bool) -> dict[str, Any]:
    """Return what the caller may do with an open task of a case besides deciding it."""
    session = step.session
    if not mine:
        return {"steps": [], "signers": [], "everybody": [], "signs": False, "hands": False}
    row = session.execute(select(UserTask.parent_id, UserTask.owner, UserTask.instance_id, UserTask.element).filter_by(id=task_id)).one()
    try:
        steps: list[tuple[str, str]] = tasks.steps_back(step, task_id, by=current())
    except ShenpiError:
        steps = []
    added = session.execute(
        select(UserTask.id, UserTask.assignee, UserTask.origin).where(UserTask.parent_id == task_id, UserTask.state.in_(("open", "held")))
    ).all()
    names = people(session, {one.assignee for one in added if one.assignee})
    policy = tasks.policy_of(step, task_id)
    return {
        "steps": steps,
        "signers": [{"id": one.id, "who": names.get(one.assignee or ""), "place": one.origin.removeprefix("add_")} for one in added],
        "everybody": everybody(session),
        "signs": policy.signers and row.owner is None and row.parent_id is None,
        "hands": policy.transfers and row.owner is None,
        "owner": people(session, {row.owner}).get(row.owner) if row.owner else None,
    }


def everybody(session: Session) -> list[Row[Any]]:
    """Return the active people but oneself, as many as are offered while a name is typed."""
    statement = select(Person.key, Person.name, Department.name.label("department")).outerjoin(
        Department, Department.id == Person.department_id
    )
    return list(session.execute(statement.where(Person.active, Person.key != current().key).order_by(Person.key).limit(MOST_PEOPLE)))


def signing(session: Session, task_id: UUID) -> str:
    """Return the names of those whom a task waits for before it may be decided."""
    waiting = select(UserTask.assignee).filter_by(parent_id=task_id, state="open", origin="add_before")
    keys = {key for key in session.scalars(waiting) if key}
    return "、".join(str(one["name"]) for one in people(session, keys).values())
