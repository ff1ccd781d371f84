"""Signals: sent by a person or a program, or thrown by a case, to every case that waits for them and every process that begins with them.

Who waits is noted when the signal is sent; each case hears it in a step of its own, made by a job of its own, and one that is suspended when it is resumed.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import instances
from engine.correlation import shortened
from engine.database.transaction import read_clock
from engine.errors import DefinitionSuspended, InstanceSuspended
from engine.execution.values import dumps, loads, tagged
from engine.permissions import SYSTEM, Actor, load_actor, require
from engine.step import lock
from models.events import Signal, SignalTarget, StartEvent


def broadcast(session: Session, name: str, *, by: Actor, payload: Mapping[str, Any] | None = None) -> tuple[int, int]:
    """Send a signal to every case that waits for it and to every start event of it; returns how many cases and start events that are.

    Refuses with `NotPermitted`, with `InvalidVariables` what cannot be kept.
    """
    require(by, "message.send")
    row = Signal(
        id=uuid7(),
        name=shortened(name),
        payload=dumps(instances.accept(payload or {})).decode(),
        sent_by=by.key,
        sent_at=read_clock(session),
    )
    session.add(row)
    session.flush()
    return spread(session, row.id)


_TARGETS = text(
    """
    WITH s AS (SELECT id, name, instance_id FROM signal WHERE id = CAST(:signal AS uuid)),
    targets AS (INSERT INTO signal_target (signal_id, target_id, element)
      SELECT DISTINCT s.id, e.instance_id, '' FROM s JOIN event_subscription e ON e.kind = 'signal' AND e.name = s.name
      WHERE e.instance_id IS DISTINCT FROM s.instance_id
      UNION ALL
      SELECT s.id, b.definition_id, b.element FROM s JOIN start_event b ON b.kind = 'signal' AND b.name = s.name
      JOIN process_definition d ON d.id = b.definition_id AND d.suspended_at IS NULL
      ON CONFLICT DO NOTHING
      RETURNING target_id, element),
    woken AS (SELECT procrastinate_defer_jobs_v1(array_agg(
      ROW('work', 'signal', 0, NULL, NULL, jsonb_build_object('signal', CAST(:signal AS text), 'target', t.target_id, 'element', t.element), NULL)
        ::procrastinate_job_to_defer_v1)) FROM targets t HAVING count(*) > 0)
    SELECT (SELECT count(*) FROM targets WHERE element = ''), (SELECT count(*) FROM targets WHERE element <> ''), (SELECT count(*) FROM woken)
    """
)


def spread(session: Session, signal_id: UUID) -> tuple[int, int]:
    """Note who waits for a signal now, and make a job for each; returns how many cases and start events that are. The case that threw it has it already."""
    cases, starts, _ = session.execute(_TARGETS, {"signal": str(signal_id)}).one()
    if not cases + starts:
        session.execute(delete(Signal).where(Signal.id == signal_id))
    return cases, starts


def hear(session: Session, signal_id: UUID, target_id: UUID, element: str) -> UUID | None:
    """Give a signal to one case that waits for it, or begin a case with it; returns the case, None when nobody waits any more.

    Refuses with `InstanceSuspended` a case that hears it when it is resumed.
    """
    signal = session.get(Signal, signal_id)
    if signal is None:
        return None
    step = None
    if not element:
        step = lock(session, target_id, running=False)
        if step.case.status == "suspended":
            raise InstanceSuspended(instance=str(target_id))
    taken = delete(SignalTarget).where(
        SignalTarget.signal_id == signal_id, SignalTarget.target_id == target_id, SignalTarget.element == element
    )
    if session.execute(taken.returning(SignalTarget.element)).first() is None:
        return None
    payload = loads(signal.payload.encode())
    heard: UUID | None = None
    if step is None:
        heard = _begin_by_signal(session, signal, target_id, element, payload)
    elif step.case.status == "running":
        name = next((one.name for one in step.execution.signals() if shortened(one.name) == signal.name), None)
        if name is not None:
            step.recorder.record(
                "signal:received",
                actor=signal.sent_by,
                data={"name": name, "signal": str(signal.id)},
                personal={"payload": tagged(payload)},
            )
            step.execution.signal(name, payload)
            step.write()
            heard = target_id
    left = select(SignalTarget.signal_id).where(SignalTarget.signal_id == signal_id).exists()
    session.execute(delete(Signal).where(Signal.id == signal_id, ~left))
    return heard


def _begin_by_signal(session: Session, signal: Signal, definition_id: UUID, element: str, payload: Mapping[str, Any]) -> UUID | None:
    wanted = select(StartEvent.name).filter_by(definition_id=definition_id, element=element, kind="signal", name=signal.name)
    if session.execute(wanted).first() is None:
        return None  # a newer version has come
    event = {"kind": "signal", "name": signal.name, "signal": str(signal.id)}
    try:
        by = load_actor(session, signal.sent_by) or SYSTEM
        return instances.start(session, definition_id, by=by, variables=payload, at=element, event=event).case.id
    except DefinitionSuspended:
        return None


_LOST = text(
    """
    SELECT procrastinate_defer_jobs_v1(array_agg(
      ROW('work', 'signal', 0, NULL, NULL, jsonb_build_object('signal', t.signal_id, 'target', t.target_id, 'element', t.element), NULL)
        ::procrastinate_job_to_defer_v1))
    FROM signal_target t JOIN signal s ON s.id = t.signal_id LEFT JOIN process_instance i ON i.id = t.target_id
    WHERE s.sent_at < shenpi_now() - interval '1 minute' AND i.status IS DISTINCT FROM 'suspended'
      AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'signal' AND j.status IN ('todo', 'doing')
                      AND j.args ->> 'signal' = t.signal_id::text AND j.args ->> 'target' = t.target_id::text)
    HAVING count(*) > 0
    """
)


def wake_lost(session: Session) -> None:
    """Make a job for whoever has not heard a signal and has none: rows are the truth."""
    session.execute(_LOST)
