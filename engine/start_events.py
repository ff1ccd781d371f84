"""Events that begin cases: the messages, signals, times and conditions at the beginning of the newest version of each process.

Rows are made when a version is deployed and replace those of the version before, so that a time belongs to the newest version only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from engine import calendars, cron, jobs
from engine.bpmn import model
from engine.bpmn.model import Element, EventDefinition, ProcessModel, TimerDefinition
from engine.errors import ExecutionFailed, Fault, InvalidDefinition, NotFound, ShenpiError
from engine.execution import Execution, timers
from engine.execution.done import Done
from engine.history.events import stamp
from engine.language import Budget, compile_expression, compile_template
from engine.settings import read_settings
from models.events import StartEvent
from models.repository import ProcessDefinition

KINDS = frozenset({model.MESSAGE, model.SIGNAL, model.TIMER, model.CONDITIONAL})
MOMENTS = {"first", "until"}  #: of what is kept of a cycle
MISSED = 10_000  #: times of a cycle that are passed over one by one; beyond, it begins anew


@dataclass(slots=True)
class Reckoning:
    """What the reckoning of a timer needs to know when no case is there yet."""

    now: datetime
    zone: ZoneInfo
    session: Session
    done: list[Done] = field(default_factory=list)

    @property
    def operations(self) -> "Reckoning":
        return self

    def next_by_cron(self, cycle: str, after: datetime, element: str) -> datetime:
        try:
            return cron.next_time(cycle, after, self.zone)
        except ValueError as error:
            raise ExecutionFailed(element=element, reason=f"{cycle!r}: {error}") from error


def replace(session: Session, definition: ProcessDefinition, process: ProcessModel, now: datetime) -> None:
    """Let the start events of a new version take the place of the older ones'.

    Refuses with `InvalidDefinition` a name or a time that cannot be known without a case.
    """
    session.execute(delete(StartEvent).where(StartEvent.key == process.id))
    reckoning = Reckoning(now, ZoneInfo(read_settings().time_zone), session)
    for element in beginnings(process):
        for number, event in enumerate(element.events):
            if event.kind not in KINDS:
                continue
            row = StartEvent(definition_id=definition.id, element=element.id, number=number, key=process.id, kind=event.kind)
            try:
                _describe(row, element, event, reckoning)
            except ShenpiError as error:
                zh, en = f"开始事件无法确定：{error.say('zh')}", f"A start event cannot be known without a case: {error}"
                raise InvalidDefinition([Fault("start-event-unknown", zh, en, line=element.line, element=element.id)]) from error
            session.add(row)
            if row.kind == model.MESSAGE:
                wake(session, row.name)
    session.flush()


def beginnings(process: ProcessModel) -> Iterator[Element]:
    """Return what begins a case when it happens: start events, receive tasks, and the events behind a gateway."""
    for element in process.inside(None):
        if element.kind == model.START or (element.kind == model.RECEIVE and element.instantiate):
            yield element
        elif element.kind == model.EVENT_BASED and element.instantiate:
            yield from (process.elements[flow.target] for flow in process.outgoing(element.id))


def _describe(row: StartEvent, element: Element, event: EventDefinition, reckoning: Reckoning) -> None:
    if event.kind == model.CONDITIONAL:
        row.condition = event.condition
    elif event.kind == model.TIMER:
        assert event.timer is not None
        kept = _first(event.timer, element.id, reckoning)
        row.due_at = row.look_at = kept.pop("due")
        row.repeats = _as_json(kept) or None
    else:
        row.name = str(_value(event.name or element.id, reckoning))


def _value(source: str, reckoning: Reckoning) -> Any:
    return compile_template(source).evaluate({}, now=reckoning.now, budget=Budget())


def _first(timer: TimerDefinition, element: str, reckoning: Reckoning) -> dict[str, Any]:
    value = _value(timer.text, reckoning)
    if timer.kind == "cycle":
        return timers.cycle(cast(Execution, reckoning), str(value), timer, element)
    if timer.kind == "duration" and timer.calendar:
        try:
            return {"due": calendars.due(calendars.load(reckoning.session, timer.calendar), reckoning.now, str(value), reckoning.zone)}
        except (ValueError, NotFound) as error:
            raise ExecutionFailed(element=element, reason=str(error)) from error
    return {"due": timers.due_at(timer.kind, value, reckoning.now, element, reckoning.zone)}


def go_on(session: Session, row: StartEvent, now: datetime) -> None:
    """Set a timer that fired to its next time, or to none. Times that have passed meanwhile are left out: one case for them all is enough."""
    assert row.due_at is not None
    reckoning = cast(Execution, Reckoning(now, ZoneInfo(read_settings().time_zone), session))
    kept: dict[str, Any] = {**(row.repeats or {}), "due": row.due_at.astimezone(UTC)}
    kept |= {name: datetime.fromisoformat(kept[name]).astimezone(UTC) for name in MOMENTS & kept.keys()}
    if "cron" in kept:
        kept["due"] = max(kept["due"], now)
    row.due_at = row.look_at = None
    following = timers.following(reckoning, kept)
    if following is None:
        return
    left = following["left"]
    missed = 0
    while following["due"] <= now:
        missed += 1
        kept |= {**following, "left": None}
        if missed > MISSED:
            kept |= {"first": now, "n": 0}
        following = timers.following(reckoning, kept)
        if following is None:
            return
    kept |= following
    row.due_at = row.look_at = kept.pop("due")
    row.repeats = _as_json(kept | {"left": left})


def _as_json(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: stamp(value) if name in MOMENTS else value for name, value in kept.items()}


def find(session: Session, kind: str, name: str) -> Sequence[Any]:
    """Return the start events of a message or signal: definition, element, process key. Those of suspended processes begin nothing."""
    wanted = (
        select(StartEvent.definition_id, StartEvent.element, StartEvent.key)
        .join(ProcessDefinition, ProcessDefinition.id == StartEvent.definition_id)
        .where(StartEvent.kind == kind, StartEvent.name == name, ProcessDefinition.suspended_at.is_(None))
        .order_by(StartEvent.key, StartEvent.element)
    )
    return session.execute(wanted).all()


def conditions(session: Session, key: str | None) -> list[StartEvent]:
    """Return the conditional start events of all processes that are not suspended, or of one."""
    wanted = select(StartEvent).join(ProcessDefinition, ProcessDefinition.id == StartEvent.definition_id)
    wanted = wanted.where(StartEvent.kind == model.CONDITIONAL, ProcessDefinition.suspended_at.is_(None))
    if key is not None:
        wanted = wanted.where(StartEvent.key == key)
    return list(session.scalars(wanted.order_by(StartEvent.key, StartEvent.element)))


def wake(session: Session, name: str | None = None, key: str | None = None) -> None:
    """Let a job look for messages that wait for a name, or for the message start events of a process."""
    if name is not None:
        jobs.enqueue(session, jobs.LOOK, jobs.arguments(name=name))
    for row in session.scalars(select(StartEvent.name).where(StartEvent.key == key, StartEvent.kind == model.MESSAGE)) if key else ():
        wake(session, row)


# A timer's row stays until the case it begins is there; until then it is only put off, so that a lost job is made again.
_DUE = text(
    """
    UPDATE start_event SET look_at = shenpi_now() + interval '30 seconds'
    WHERE (definition_id, element, number) IN (
      SELECT s.definition_id, s.element, s.number FROM start_event s JOIN process_definition d ON d.id = s.definition_id AND d.suspended_at IS NULL
      WHERE s.look_at <= shenpi_now() ORDER BY s.look_at LIMIT :batch FOR UPDATE OF s SKIP LOCKED)
    RETURNING definition_id, element, number
    """
)


def enqueue_due(session: Session, batch: int) -> int:
    """Make a job of every start timer that is due; returns how many."""
    rows = session.execute(_DUE, {"batch": batch}).all()
    for row in rows:
        jobs.enqueue(session, jobs.STARTS, jobs.arguments(definition=row.definition_id, element=row.element, number=row.number))
    return len(rows)


def take_due(session: Session, definition_id: UUID, element: str, number: int, now: datetime) -> StartEvent | None:
    """Lock a start timer; None when it is not due, or gone with its version."""
    row = session.get(StartEvent, (definition_id, element, number), with_for_update=True)
    return row if row is not None and row.due_at is not None and row.due_at <= now else None


def is_true(row: StartEvent, variables: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether variables make a condition true; one that cannot be evaluated with them is not."""
    try:
        return compile_expression(row.condition or "").test(variables, now=now, budget=Budget())
    except ShenpiError:
        return False
