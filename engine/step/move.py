"""A step from lock to write: what the rooms above hold while they give their command."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.errors import UniqueViolation
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import definitions
from engine.database.prepared import Prepared
from engine.definitions import Definition
from engine.errors import DefinitionSuspended, Duplicate, InstanceEnded, InstanceSuspended, NotFound, StaleRevision
from engine.execution import Execution, Limits
from engine.history import GENESIS, Recorder
from engine.permissions import Actor
from engine.settings import read_settings
from engine.step import statement
from engine.step.asked import InlineOperations
from engine.step.automatic import MOST, Act, act, due_acts
from engine.step.case import Case
from engine.step.document import Document
from engine.step.gather import gather, picture
from engine.step.headline import evaluate_headline

JSON = dict[str, Any]


@cache
def _limits() -> Limits:
    """How much a step may do in this process."""
    settings = read_settings()
    return Limits(
        elements=settings.limit_elements,
        instances=settings.limit_instances,
        steps=settings.limit_steps,
        tokens=settings.limit_tokens,
        value=settings.limit_value,
        variables=settings.limit_variables,
    )


@cache
def _zone() -> ZoneInfo:
    """The zone of a new case's dates; a case keeps the one it was started with."""
    return ZoneInfo(read_settings().time_zone)


class Step:
    """One instance under lock. Give a command to `execution`, record what was commanded, then `write`."""

    def __init__(self, session: Session, definition: Definition, case: Case, *, new: bool) -> None:
        self.session = session
        self.definition = definition
        self.case = case
        self.was = case.status  #: before this step
        self.now = case.now
        self.new = new
        self.document = Document()
        self.recorder = Recorder(case.id, case.step_count + 1, case.now, case.event_count, case.event_hash)
        self.operations = InlineOperations(session, definition, case, case.now, self._before_operation)
        self.execution: Execution = None  # type: ignore[assignment]  # set by `begin` or `lock`
        self.written = not new
        self.todo: list[Act] = []  #: what is to happen by itself, in further steps of this transaction

    def write(self) -> None:
        """Record what the command led to, and what follows by itself; write everything in one statement; the caller commits."""
        gather(self)
        self._act()
        picture(self)
        state = self.execution.save()
        headline = evaluate_headline(self.definition.model, self.execution, self.case)
        case = self.case
        parameters = {
            "id": case.id, "state": state, "step": self.recorder.step, "count": self.recorder.count, "hash": self.recorder.hash, "version": case.oa_version,
            "status": case.status, "outcome": case.outcome, "title": headline.title, "now": self.now,
            "ended_at": self.now if case.over else None,
            "doc": self.document.as_json(self.recorder.events, headline.as_json()),
        }  # fmt: skip
        if self.new and not self.written:
            parameters |= {
                "definition": case.definition_id, "business_key": case.business_key, "legal_entity": case.legal_entity_id, "initiator": case.initiator,
                "subject_kind": case.subject_kind, "subject_id": case.subject_id, "parent": case.parent_id,
            }  # fmt: skip
        statement.writing(self.new and not self.written, self.document.parts(ended=case.over)).leave(self.session, parameters, refuse_taken)

    def _act(self) -> None:
        """Do what happens by itself, each as a step of its own in the record."""
        for _ in range(MOST):
            self.todo += due_acts(self)
            self.execution.overdue = []
            if not self.todo:
                return
            todo = self.todo.pop(0)
            if todo.task not in self.execution.memory.tasks:
                continue
            mark = self.document.mark()
            self.recorder.step += 1
            self.execution.next_step()
            act(self, todo)
            gather(self)
            self.document.reconcile(mark)
        self.todo.clear()

    def _before_operation(self) -> None:
        """Put a bare row of a new instance there, so that an operation's own rows may refer to it; the step's statement fills it."""
        if self.written:
            return
        case = self.case
        statement.PLACE.run(
            self.session,
            {
                "id": case.id, "definition": case.definition_id, "business_key": case.business_key, "legal_entity": case.legal_entity_id,
                "initiator": case.initiator, "subject_kind": case.subject_kind, "subject_id": case.subject_id, "parent": case.parent_id, "now": self.now,
                "hash": GENESIS,
            },
        )  # fmt: skip
        self.written = True


def begin(
    session: Session,
    key_or_id: str | UUID,
    *,
    by: Actor,
    variables: Mapping[str, Any],
    business_key: str | None = None,
    subject: tuple[str, UUID] | None = None,
    legal_entity_id: UUID | None = None,
    parent_id: UUID | None = None,
    at: str | None = None,
    event: Mapping[str, Any] | None = None,
) -> Step:
    """Start an instance of the newest version of a process, or of one definition, and run it to its first wait; the caller writes the step.

    `at` is the start event that has happened, and `event` what it was. Refuses with `NotFound` an unknown process, with `DefinitionSuspended` one that is
    suspended, with `Duplicate` a business key that is taken, with `InvalidVariables` values that cannot be kept.
    """
    wanted = {"id": key_or_id, "key": None} if isinstance(key_or_id, UUID) else {"id": None, "key": key_or_id}
    row = statement.BEGIN.run(session, {"business_key": business_key, **wanted}).fetchone()
    if row is None:
        raise NotFound(kind="process definition")
    if row.suspended:
        raise DefinitionSuspended(key=row.key)
    definition = definitions.get(session, row.id)
    model = definition.model
    now: datetime = row.now.astimezone(UTC)
    case = Case(
        id=uuid7(), definition_id=definition.id, business_key=row.business_key, legal_entity_id=legal_entity_id, status="running", outcome=None,
        initiator=by.key,
        title=None, subject_kind=subject[0] if subject else model.subject_kind, subject_id=subject[1] if subject else None, revision=0, step_count=0,
        event_count=0, event_hash=GENESIS, oa_version=0, state=b"", started_at=now, now=now, parent_id=parent_id,
    )  # fmt: skip
    step = Step(session, definition, case, new=True)
    step.recorder.record(
        "instance:started",
        actor=by.key,
        data={
            "definition": definition.key, "version": definition.version, "manifest": definition.manifest_hash, "files": dict(definition.hashes),
            "businessKey": case.business_key, "subjectKind": case.subject_kind, "subject": str(case.subject_id) if case.subject_id else None,
            "parent": str(parent_id) if parent_id else None, "initiator": by.key,
            "zone": _zone().key, **({"at": at, "event": dict(event or {})} if at is not None else {}),
        },
        personal={"by": {"name": by.name, "department": by.department}},
    )  # fmt: skip
    try:
        step.execution = Execution.start(
            definition.program, now, step.operations, variables, by.key, at=at, event=event, limits=_limits(), zone=_zone()
        )
    except UniqueViolation as error:  # the bare row of an instance that begins with an operation
        refuse_taken(error)
        raise
    return step


def refuse_taken(error: UniqueViolation) -> None:
    """Refuse with `Duplicate` a business key that is taken; any other key that is there twice is a fault of ours."""
    if "business_key" in str(error):
        raise Duplicate(kind="business key") from error


def lock(session: Session, instance_id: UUID, *, running: bool = True, expected_revision: int | None = None) -> Step:
    """Lock an instance and restore it.

    Refuses with `NotFound`, with `InstanceEnded` one that is over, with `InstanceSuspended`, with `StaleRevision` one that moved on.
    """
    return _restore(session, _fetch(session, statement.LOCK, {"id": instance_id}, "process instance"), running, expected_revision)


def peek(session: Session, instance_id: UUID) -> Step:
    """Restore an instance without locking it, to look at it only: it may be another the next moment. Refuses with `NotFound`."""
    return _restore(session, _fetch(session, statement.PEEK, {"id": instance_id}, "process instance"), False, None)


def lock_task(session: Session, task_id: UUID) -> Step:
    """Lock the instance of a user task and restore it; refuses as `lock` does, except that one that ended or is suspended is left to the caller."""
    return _restore(session, _fetch(session, statement.LOCK_TASK, {"task": task_id}, "user task"), False, None)


def _fetch(session: Session, prepared: Prepared, parameters: Mapping[str, Any], kind: str) -> Case:
    row = prepared.run(session, parameters).fetchone()
    if row is None:
        raise NotFound(kind=kind)
    values = row._asdict()
    values["now"] = row.now.astimezone(UTC)
    return Case(**values)


def _restore(session: Session, case: Case, running: bool, expected_revision: int | None) -> Step:
    if expected_revision is not None and case.revision != expected_revision:
        raise StaleRevision(expected=expected_revision, found=case.revision)
    if running and case.over:
        raise InstanceEnded(state=case.status)
    if running and case.status == "suspended":
        raise InstanceSuspended(instance=str(case.id))
    definition = definitions.get(session, case.definition_id)
    step = Step(session, definition, case, new=False)
    step.execution = Execution.restore(definition.program, case.now, step.operations, case.state, limits=_limits())
    return step
