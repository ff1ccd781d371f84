"""Work due later, in our own table: BPMN timers, retries of jobs and of deliveries. One clock, moved ahead only in development.

procrastinate is never given a job for the future: under a lock it would hold back a later ready one, and its poll is slow. Any number of workers may call
`enqueue_due`; a row that one of them holds is skipped by the others.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import instances, jobs, start_events
from engine.database.transaction import read_clock
from engine.errors import DefinitionSuspended, InstanceEnded, InstanceSuspended, NotFound, Refused
from engine.history.events import stamp
from engine.permissions import SYSTEM
from engine.step import lock
from models.runtime import Timer

BATCH = 200

_TAKE_DUE = text(
    """
    DELETE FROM timer WHERE id IN (
      SELECT t.id FROM timer t JOIN process_instance i ON i.id = t.instance_id AND i.status <> 'suspended'
      WHERE t.due_at <= shenpi_now() AND t.kind <> 'event' ORDER BY t.due_at LIMIT :batch FOR UPDATE OF t SKIP LOCKED)
    RETURNING kind, instance_id, target
    """
)
# A BPMN timer's row goes with the step that fires it; until then it is only put off, so that a lost job is made again.
_DUE_EVENTS = text(
    """
    UPDATE timer SET due_at = shenpi_now() + interval '30 seconds'
    WHERE id IN (
      SELECT t.id FROM timer t JOIN process_instance i ON i.id = t.instance_id AND i.status <> 'suspended'
      WHERE t.due_at <= shenpi_now() AND t.kind = 'event' ORDER BY t.due_at LIMIT :batch FOR UPDATE OF t SKIP LOCKED)
    RETURNING instance_id, token
    """
)


def enqueue_due(session: Session) -> int:
    """Make a job of everything that is due; returns how many. What is due for a suspended case or process waits until it is resumed."""
    events = session.execute(_DUE_EVENTS, {"batch": BATCH}).all()
    for event in events:
        jobs.enqueue(session, jobs.TIMERS, f'{{"instance":"{event.instance_id}","token":"{event.token}"}}')
    others = session.execute(_TAKE_DUE, {"batch": BATCH}).all()
    for other in others:
        jobs.enqueue(session, jobs.CALL, f'{{"job":"{other.target}"}}')
    return len(events) + len(others) + start_events.enqueue_due(session, BATCH)


def fire(session: Session, instance_id: UUID, token: UUID) -> None:
    """Let a BPMN timer fire in a step of its own; nothing happens when it is gone, not due, or its case is over or suspended."""
    try:
        step = lock(session, instance_id)
    except InstanceSuspended:
        return
    except (InstanceEnded, NotFound):
        session.execute(delete(Timer).where(Timer.instance_id == instance_id, Timer.token == token))
        return
    paused = {one.token: one.element for one in step.execution.continuations()}
    if token in paused:
        step.recorder.record("task:continued", actor=SYSTEM.key, element=paused[token], data={"nth": _place(paused, token)})
        step.execution.resume([token])
        step.write()
        return
    waiting = {timer.token: timer for timer in step.execution.timers()}
    timer = waiting.get(token)
    if timer is None or timer.due_at > step.now:
        return
    elements = {one.token: one.element for one in waiting.values()}
    step.recorder.record("timer:fired", actor=SYSTEM.key, element=timer.element, data={"nth": _place(elements, token)})
    step.execution.fire_timers([token])
    step.write()


def _place(elements: dict[UUID, str], token: UUID) -> int:
    """Return the place of a token among those at the same element: several instances of one element may wait at once."""
    return [one for one, element in elements.items() if element == elements[token]].index(token)


def begin(session: Session, definition_id: UUID, element: str, number: int) -> UUID | None:
    """Begin a case with a start timer that is due, and set the timer to its next time; None when it is not due, gone, or its process is suspended."""
    now = read_clock(session)
    row = start_events.take_due(session, definition_id, element, number, now)
    if row is None:
        return None
    try:
        with session.begin_nested():
            event = {"kind": "timer", "due": stamp(row.due_at) if row.due_at else None}
            step = instances.start(session, definition_id, by=SYSTEM, at=element, event=event)
    except DefinitionSuspended:
        return None
    start_events.go_on(session, row, now)
    session.flush()
    return step.case.id


def put_off(session: Session, kind: str, instance_id: UUID, target: str, seconds: float) -> None:
    """Keep the retry of a job for later: kind `retry` with the job's id."""
    due = read_clock(session) + timedelta(seconds=seconds)
    session.execute(insert(Timer).values(id=uuid7(), kind=kind, instance_id=instance_id, target=target, due_at=due))


def advance_clock(session: Session, span: timedelta, *, development: bool) -> datetime:
    """Move the product's clock ahead; returns the new time. Refused outside development, and never back: recorded times only grow."""
    if not development:
        raise Refused(reason="the clock can be moved only in development")
    if span <= timedelta(0):
        raise Refused(reason="the clock only goes forward")
    session.execute(text("UPDATE clock SET ahead_seconds = ahead_seconds + :seconds"), {"seconds": int(span.total_seconds())})
    return read_clock(session)
