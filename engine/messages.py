"""Messages, from outside or thrown by a case, to the one case that waits for them or begins with them.

A message that nobody waits for is kept until its time to live is over. A message that finds nobody and a subscription that finds no message each leave a
job that looks again after their commit, so that of two that come at the same time at least one sees the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import isodate
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import instances, jobs, start_events
from engine.correlation import MAX_KEYS, places, shortened, spelled
from engine.database.transaction import read_clock
from engine.errors import DefinitionSuspended, Fault, InvalidContent, Refused, SeveralMatch
from engine.execution.values import clean, dumps, loads, tagged
from engine.permissions import SYSTEM, Actor, load_actor, require
from engine.settings import read_settings
from engine.step import Step, lock, peek
from models.events import Message
from models.runtime import ProcessInstance

LONGEST_KEPT = timedelta(days=366)
MOST = 1_000  #: cases whose variables are compared with the keys of one message
TRIES = 10  #: looks for a subscription, of which others take one after the other away


@dataclass(frozen=True, slots=True)
class Correlated:
    """What became of a message: the cases that have it, and whether it began them. A message without cases waits, or has expired."""

    message_id: UUID
    state: str
    instances: tuple[UUID, ...] = ()
    started: bool = False


def correlate(
    session: Session,
    name: str,
    *,
    by: Actor,
    business_key: str | None = None,
    keys: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
    ttl: str | None = None,
    sender_key: str | None = None,
    all: bool = False,
) -> Correlated:
    """Give a message to the one case that waits for it, or begin a case with it, or keep it for its time to live.

    Who waits matches the name and the business key, or all correlation keys it asks for; if it asks for none, its variables match all that are given. With
    `all`, everybody who matches gets it. The payload becomes variables. A sender's message with the same `sender_key` is taken once; its first result is
    returned. Refuses with `NotPermitted`, with `SeveralMatch` more than one, with `InvalidContent` what cannot be kept, and with `Refused` a message without
    time to live that nobody waits for.
    """
    require(by, "message.send")
    if len(keys or {}) > MAX_KEYS:
        zh, en = f"关联键最多 {MAX_KEYS} 个", f"There may be {MAX_KEYS} correlation keys at most"
        raise InvalidContent([Fault("keys-too-many", zh, en, path="correlationKeys")])
    accepted, now = instances.accept(payload or {}), read_clock(session)
    until = now + _span(ttl if ttl is not None else read_settings().message_ttl)
    row = Message(
        id=uuid7(), name=shortened(name), business_key=business_key, keys=spelled(clean(dict(keys or {}), "keys")), payload=dumps(accepted).decode(),
        sent_by=by.key, sender_key=sender_key, state="waiting", received_at=now, expires_at=until,
    )  # fmt: skip
    identity, row = row.id, _keep(session, row)
    if row.id != identity:
        return Correlated(row.id, row.state, (row.instance_id,) if row.instance_id and row.state == "correlated" else ())
    found = _deliver(session, row, by, all=all)
    if not found.instances and row.instance_id is None:
        if until <= now:
            raise Refused(reason="nobody waits for this message")
        jobs.enqueue(session, jobs.MESSAGE, jobs.arguments(message=row.id))
    session.flush()
    return found


def _span(text: str) -> timedelta:
    """Read a time to live, an ISO 8601 duration of at most a year."""
    try:
        found = isodate.parse_duration(text)
        span = found if isinstance(found, timedelta) else found.totimedelta(start=datetime(2026, 1, 1))  # noqa: DTZ001  # any month is as good
    except (isodate.ISO8601Error, ValueError, TypeError, OverflowError) as error:
        zh, en = "有效期须为 ISO 8601 时长", "The time to live is an ISO 8601 duration"
        raise InvalidContent([Fault("ttl-invalid", zh, en, path="timeToLive")]) from error
    if not timedelta(0) <= span <= LONGEST_KEPT:
        zh, en = "有效期最长一年", "The time to live is a year at most"
        raise InvalidContent([Fault("ttl-invalid", zh, en, path="timeToLive")])
    return span


def _keep(session: Session, row: Message) -> Message:
    """Keep a message, and return it; or the earlier one that its sender has given the same key."""
    names = ("id", "name", "business_key", "keys", "payload", "sent_by", "sender_key", "state", "received_at", "expires_at")
    stored = session.execute(
        insert(Message)
        .values({name: getattr(row, name) for name in names})
        .on_conflict_do_nothing(index_elements=["sent_by", "sender_key"], index_where=Message.sender_key.is_not(None))
        .returning(Message.id)
    ).scalar()
    wanted = select(Message).filter_by(id=stored) if stored else select(Message).filter_by(sent_by=row.sent_by, sender_key=row.sender_key)
    return session.scalars(wanted).one()


# --- to cases

#: subscriptions that a message matches; those of suspended cases too, which keep it until they are resumed
_MATCHING = """
SELECT s.instance_id, s.token, i.status, s.keys = '{}' AS keyless FROM event_subscription s JOIN process_instance i ON i.id = s.instance_id
WHERE s.kind = 'message' AND s.name = :name AND (CAST(:business_key AS text) IS NULL OR s.business_key = :business_key)
"""
_PLACED = text(f"{_MATCHING} AND s.correlation = ANY(CAST(:places AS text[])) ORDER BY s.instance_id, s.token")
_NAMED = text(f"{_MATCHING} AND s.keys = '{{}}' ORDER BY s.instance_id, s.token LIMIT :most")


def _matching(session: Session, row: Message) -> list[Any]:
    """Return who waits for a message. Where a drawing names no keys, those of the message are compared with the variables of the case, as Camunda does."""
    wanted = places(row.business_key, row.keys)
    given = {"name": row.name, "business_key": row.business_key}
    found = list(session.execute(_PLACED, {**given, "places": wanted})) if wanted else []
    if row.business_key is None:
        found += session.execute(_NAMED, {**given, "most": MOST}).all()
    return [one for one in found if not one.keyless or not row.keys or _has(peek(session, one.instance_id), one.token, row.keys)]


def _has(step: Step, token: UUID, keys: Mapping[str, str]) -> bool:
    """Tell whether all keys of a message are variables of a case, as seen from where it waits."""
    if not any(one.token == token for one in step.execution.messages()):
        return False
    seen = step.execution.variables_of(token)
    return all(name in seen and spelled({name: seen[name]})[name] == value for name, value in keys.items())


def _deliver(session: Session, row: Message, by: Actor, *, all: bool = False) -> Correlated:
    """Give a message to who waits for it now, else to a start event; otherwise it stays as it is."""
    for _ in range(TRIES):
        waiting = _matching(session, row)
        if not waiting:
            return _begin(session, row, by, all=all)
        if len(waiting) > 1 and not all:
            raise SeveralMatch(name=row.name, found=len(waiting))
        reached = [one.instance_id for one in waiting if one.status != "suspended" and _give(session, row, by, one.instance_id, one.token)]
        held = {one.instance_id for one in waiting if one.status == "suspended"}
        if reached:
            for instance_id in held:
                _hold(session, row, instance_id)
            return _settle(session, row, tuple(reached), started=False)
        if held:
            row.instance_id = next(iter(held))
            session.flush()
            return Correlated(row.id, row.state)
    return Correlated(row.id, row.state)


def _give(session: Session, row: Message, by: Actor, instance_id: UUID, token: UUID) -> bool:
    """Give a message to one subscription in a step of its case; False when it has gone since, or its case was suspended."""
    step = lock(session, instance_id, running=False)
    if step.case.status != "running":
        return False
    found = next((one for one in step.execution.messages() if one.token == token and shortened(one.name) == row.name), None)
    if found is None or (not found.keys and row.keys and not _has(step, token, row.keys)):
        return False
    alike = [one.token for one in step.execution.messages() if (one.element, one.name) == (found.element, found.name)]
    payload = loads((row.payload or "{}").encode())
    step.recorder.record(
        "message:received",
        actor=by.key,
        element=found.element,
        data={"name": found.name, "message": str(row.id), "nth": alike.index(token)},
        personal={"payload": tagged(payload)},
    )
    step.execution.receive(token, payload)
    step.write()
    return True


def _hold(session: Session, row: Message, instance_id: UUID) -> None:
    """Keep a copy of a message for a suspended case."""
    session.add(
        Message(
            id=uuid7(),
            name=row.name,
            business_key=row.business_key,
            keys=row.keys,
            payload=row.payload,
            sent_by=row.sent_by,
            state="waiting",
            received_at=row.received_at,
            expires_at=row.expires_at,
            instance_id=instance_id,
        )
    )


def _settle(session: Session, row: Message, found: tuple[UUID, ...], *, started: bool) -> Correlated:
    """Note who has a message; its payload now stands in their history."""
    row.state, row.instance_id, row.payload, row.note, row.settled_at = "correlated", found[0], None, None, read_clock(session)
    session.flush()
    return Correlated(row.id, row.state, found, started)


def _begin(session: Session, row: Message, by: Actor, *, all: bool) -> Correlated:
    """Begin a case with a message nobody waits for; one whose business key a case has already is meant for that case."""
    found = start_events.find(session, "message", row.name)
    taken = row.business_key is not None and session.execute(select(ProcessInstance.id).filter_by(business_key=row.business_key)).first()
    if not found or taken:
        return Correlated(row.id, row.state)
    if len(found) > 1 and not all:
        raise SeveralMatch(name=row.name, found=len(found))
    payload = loads((row.payload or "{}").encode())
    event = {"kind": "message", "name": row.name, "message": str(row.id)}
    begun = [
        instances.start(
            session, start.definition_id, by=by, variables=payload, business_key=row.business_key, at=start.element, event=event
        )
        for start in found
    ]
    return _settle(session, row, tuple(step.case.id for step in begun), started=True)


# --- what jobs do


def deliver(session: Session, message_id: UUID) -> Correlated | None:
    """Look again for who waits for a kept message; None when it does not wait any more. That several match is noted for an operator."""
    row = session.get(Message, message_id, with_for_update=True)
    if row is None or row.state != "waiting" or (row.instance_id is None and row.expires_at <= read_clock(session)):
        return None
    row.instance_id = None
    try:
        with session.begin_nested():
            return _deliver(session, row, load_actor(session, row.sent_by) or SYSTEM)
    except (SeveralMatch, DefinitionSuspended) as error:
        session.refresh(row)
        row.note = f"{error.code}: {error}"
        session.flush()
        return Correlated(row.id, row.state)


_WAITING = """
SELECT m.id FROM event_subscription s
JOIN message m ON m.state = 'waiting' AND m.name = s.name AND (m.business_key IS NULL OR m.business_key = s.business_key)
  AND (s.keys = '{}' OR m.keys @> s.keys)
WHERE s.instance_id = :instance AND s.kind = 'message' ORDER BY m.received_at, m.id
"""


def look(session: Session, *, instance: UUID | None = None, name: str | None = None) -> list[UUID]:
    """Return the messages that may be meant for a case, or that wait under a name, oldest first."""
    if instance is not None:
        found = session.execute(text(_WAITING), {"instance": instance}).scalars().all()
    else:
        found = session.scalars(
            select(Message.id).filter_by(name=shortened(name or ""), state="waiting").order_by(Message.received_at, Message.id)
        ).all()
    return list(dict.fromkeys(found))


def expire(session: Session) -> int:
    """End the waiting of messages whose time to live is over, and forget what they held; returns how many."""
    now = read_clock(session)
    ended = session.execute(
        update(Message)
        .where(Message.state == "waiting", Message.instance_id.is_(None), Message.expires_at <= now)
        .values(state="expired", payload=None, settled_at=now)
        .returning(Message.id)
    ).all()
    return len(ended)
