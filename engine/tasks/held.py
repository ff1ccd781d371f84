"""One open task under lock, in the hands of somebody who may work on it."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine.bpmn.model import Element
from engine.duties import Violation, unexcepted, violations
from engine.duties import require as require_duties
from engine.errors import InstanceSuspended, NotFound, NotPermitted, Refused, StaleRevision, TaskAlreadyClaimed
from engine.execution import touch
from engine.history.events import stamp
from engine.instances import picture
from engine.organisation.involved import deciders_of
from engine.permissions import Actor, load_actor, may_read_instance, may_work_on, require
from engine.step import Step, lock_task
from engine.step.entries import add_candidates, row_of
from engine.step.headline import evaluate_headline
from engine.substitutions import acting_for
from engine.tasks.late import explain_closed
from models.runtime import UserTask

JSON = dict[str, Any]
__all__ = ["JSON", "Held", "barred", "behalf_of", "change", "held_by", "hold", "picture", "remind", "require_known", "somebody"]


@dataclass(frozen=True, slots=True)
class Held:
    """A task, the step that may move its case, and the person who acts."""

    step: Step
    task: JSON
    by: Actor
    behalf: str | None = None  #: the person she stands in for

    @property
    def token(self) -> UUID:
        """Where it stands in the case."""
        return UUID(self.task["token"])

    @property
    def element(self) -> Element:
        """What was drawn for it."""
        return self.step.execution.element_of(self.token)

    @property
    def others(self) -> list[JSON]:
        """The other tasks at the same place: the task that this one was added to, and further signers."""
        tasks = self.step.execution.memory.tasks.values()
        return [task for task in tasks if task["token"] == self.task["token"] and task is not self.task]

    @property
    def deciders(self) -> dict[str, tuple[str, ...]]:
        """Who decided which step of the case."""
        return deciders_of(self.step.execution.variables_of(self.token).get("decisions"))

    def require_duties(self, person: Actor, on_behalf_of: str | None = None) -> JSON:
        """Refuse with `DutyConflict` somebody who must not do this; return for the record the rules that an approved exception sets aside, if any."""
        found = require_duties(self.step.session, instance=self.step.case.id, **self._duties(person, on_behalf_of))
        return {"exceptions": [one.rule for one in found]} if found else {}

    def barred(self) -> list[Violation]:
        """Return what keeps the actor from deciding this and is set aside by no approved exception."""
        found = violations(self.step.session, **self._duties(self.by, self.behalf))
        return unexcepted(self.step.session, self.step.case.id, self.element, found)

    def _duties(self, person: Actor, on_behalf_of: str | None) -> dict[str, Any]:
        return {
            "definition_key": self.step.definition.key, "element": self.element, "person": person.key, "initiator": self.step.case.initiator,
            "deciders": self.deciders, "groups": person.groups, "on_behalf_of": on_behalf_of,
        }  # fmt: skip

    def touch(self) -> None:
        """Somebody acts on the task: the decision that led to it can no longer be taken back."""
        touch(self.step.execution, self.token)


def hold(session: Session, task_id: UUID, by: Actor, expected_revision: int | None, *, waiting: bool = False) -> Held:
    """Lock the case of a task that is open and this actor's to work on. Refuses as `held_by` does."""
    require(by, "task.work")
    return held_by(lock_task(session, task_id), task_id, by, expected_revision, waiting=waiting)


def held_by(step: Step, task_id: UUID, by: Actor, expected_revision: int | None = None, *, waiting: bool = False) -> Held:
    """Return a task of a case, as it stands in a step, in the hands of somebody who may work on it.

    Refuses with `NotFound` a task of a case that is not hers to know, with `TaskClosed` one that is decided or gone, with `InstanceSuspended`, with
    `TaskAlreadyClaimed` one that somebody else holds, with `NotPermitted` one that is not addressed to her, with `StaleRevision` a caller who saw an older
    task, and with `Refused` one that waits for a signer, unless `waiting`.
    """
    session = step.session
    task = step.execution.memory.tasks.get(str(task_id))
    own = task is not None and may_work_on(by, task)
    behalf = stands_in_for(step, by, task) if task is not None and not own else None
    if not (own or behalf):
        require_known(session, by, step)
    if task is None:
        raise explain_closed(session, task_id)
    if step.case.status == "suspended" and (own or behalf):
        raise InstanceSuspended(instance=str(step.case.id))
    if not (own or behalf):
        listed = by.key in task["users"] or not by.groups.isdisjoint(task["groups"])
        raise TaskAlreadyClaimed(task=str(task_id), assignee=task["assignee"]) if listed else NotPermitted(permission="task.work")
    if expected_revision is not None:
        revision = session.execute(select(UserTask.revision).where(UserTask.id == task_id)).scalar_one()
        if revision != expected_revision:
            raise StaleRevision(expected=expected_revision, found=revision)
    if task.get("held") and not waiting:
        raise Refused(reason="the task waits for a signer who was added")
    return Held(step, task, by, behalf)


_DEPARTMENT = text("SELECT d.key FROM person p JOIN department d ON d.id = p.department_id WHERE p.key = :key")


def stands_in_for(step: Step, by: Actor, task: JSON) -> str | None:
    """Return the person on whose behalf somebody may work on a task that is not her own, or None."""
    headline = evaluate_headline(step.definition.model, step.execution, step.case)
    facts = {name: task[name] for name in ("assignee", "users", "groups")} | {
        "definition": step.definition.key, "amount": headline.amount, "currency": headline.currency,
        "department": step.session.execute(_DEPARTMENT, {"key": step.case.initiator}).scalar(),
    }  # fmt: skip
    return acting_for(step.session, by, facts, step.now)


def behalf_of(step: Step, task_id: UUID, *, by: Actor) -> str | None:
    """Return for whom somebody would decide a task if it is not her own; it only looks. Refuses as `held_by` does."""
    return held_by(step, task_id, by, waiting=True).behalf


def barred(step: Step, task_id: UUID, *, by: Actor) -> list[Violation]:
    """Return the rules that keep somebody from deciding a task of hers and that no approved exception sets aside; an opinion is kept by none.

    It only looks: a case that was peeked at will do. Refuses as `held_by` does.
    """
    held = held_by(step, task_id, by, waiting=True)
    return [] if held.task.get("owner") else held.barred()


def require_known(session: Session, by: Actor, step: Step) -> None:
    """Refuse with `NotFound` somebody who may not even know of the case: why she cannot decide would tell her."""
    if not may_read_instance(session, by, step.case.id):
        raise NotFound(kind="user task")


def somebody(session: Session, key: str) -> Actor:
    """Return an active person; refuses with `NotFound` anybody else."""
    found = load_actor(session, key)
    if found is None:
        raise NotFound(kind="person")
    return found


def change(step: Step, task: JSON, *, listed: bool = False, **more: Any) -> None:
    """Write a task's row anew after its entry was changed: who has it, and whether it waits. An older picture in an office system no longer counts.

    `listed` says that the rows of its candidates are right already.
    """
    task["nonce"] = secrets.token_urlsafe(12)
    step.document.changed.append(row_of(task) | more)
    if listed:
        return
    step.document.dropped.append(task["id"])
    if not task.get("held"):
        add_candidates(step, task, again=True)


def remind(step: Step, task: JSON, **more: Any) -> None:
    """Write when people were reminded of a task; nothing else of it changes."""
    step.document.changed.append(row_of(task) | {name: stamp(at) for name, at in more.items()})
