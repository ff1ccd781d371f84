"""The record of one case for people: its events with their bytes, who the people are, the drawing it ran on; and the check of its chain."""

from base64 import b64encode
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import definitions
from engine.errors import Fault, NotFound
from engine.history.chain import COLUMNS, Check, Row, verify
from engine.permissions import Actor, may_read_content
from engine.reexecution import Outcome, rerun
from models.history import HistoryEvent
from models.identity import Department, Person
from models.runtime import ProcessInstance

MAX_EVENTS = 20_000
TAIL = "tail-differs"


def record_of(session: Session, instance_id: UUID, *, by: Actor) -> dict[str, Any]:
    """Return everything a replay needs, the exact bytes of each event in base64; `NotFound` for an unknown case.

    Comments and values stand beside the bytes: whoever may not read all of the case gets only those of her own acts, the others are `withheld`.
    """
    instance = session.get(ProcessInstance, instance_id)
    if instance is None:
        raise NotFound(kind="process instance")
    events = session.scalars(select(HistoryEvent).filter_by(instance_id=instance_id).order_by(HistoryEvent.number).limit(MAX_EVENTS)).all()
    whole = may_read_content(session, by, instance_id)
    keys = {event.actor for event in events if event.actor} | {instance.initiator}
    return {
        "bpmn": definitions.bpmn_of(session, instance.definition_id).decode(),
        "instance": {
            "id": str(instance.id), "businessKey": instance.business_key, "title": instance.title, "status": instance.status, "outcome": instance.outcome,
            "definitionKey": instance.definition.key, "version": instance.definition.version, "events": instance.event_count,
            "lastHash": instance.event_hash.hex(),
        },
        "people": people(session, {key for key in keys if key}),
        "events": [_event(event, withheld=not (whole or event.actor == by.key)) for event in events],
    }  # fmt: skip


def people(session: Session, keys: set[str]) -> dict[str, dict[str, str | None]]:
    """Return name and department of people by key."""
    statement = (
        select(Person.key, Person.name, Department.name)
        .outerjoin(Department, Department.id == Person.department_id)
        .where(Person.key.in_(keys))
    )
    return {key: {"name": name, "department": department} for key, name, department in session.execute(statement)}


def _event(event: HistoryEvent, *, withheld: bool) -> dict[str, Any]:
    personal, salt = (None, None) if withheld else (event.personal, event.salt)
    return {
        "number": event.number,
        "step": event.step,
        "type": event.type,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "element": event.element,
        "body": b64encode(event.body).decode(),
        "hash": event.hash.hex(),
        "personal": b64encode(personal).decode() if personal is not None else None,
        "salt": b64encode(salt).decode() if salt is not None else None,
        "withheld": withheld and event.personal is not None,
    }


def verify_instance(session: Session, instance_id: UUID) -> Check:
    """Check one case's chain against its bytes, and its end against the instance's own count and hash."""
    ends = {str(instance_id): session.execute(_END, {"id": instance_id}).one_or_none()}
    rows = session.execute(text(f"SELECT {COLUMNS} FROM history_event WHERE instance_id = :id ORDER BY number"), {"id": instance_id})
    check = verify(Row(*row) for row in rows)
    compare_ends(check, ends)
    return check


# Locked, or a step between the two reads would look like a cut tail.
_END = text("SELECT event_count, event_hash FROM process_instance WHERE id = :id FOR SHARE")


def compare_ends(check: Check, ends: dict[str, Any]) -> None:
    """Add a fault for each chain that ends elsewhere than its instance says: a cut tail."""
    for instance, row in ends.items():
        count, digest = check.ends.get(instance, (0, bytes(32)))
        if row is not None and (row.event_count, bytes(row.event_hash)) != (count, digest):
            check.faults.append(tail_fault(instance, row.event_count, count))


def tail_fault(instance: str, expected: int, found: int) -> Fault:
    """Return the fault of a chain whose end is not the one its instance names."""
    return Fault(
        TAIL,
        "记录末尾与实例不符",
        "The chain does not end where its instance says",
        path=instance,
        expected=str(expected),
        found=str(found),
    )


def rerun_instance(session: Session, instance_id: UUID) -> Outcome:
    """Run a case again from its record alone and compare; `NotFound` for an unknown case."""
    instance = session.get(ProcessInstance, instance_id)
    if instance is None:
        raise NotFound(kind="process instance")
    definition = definitions.get(session, instance.definition_id)
    rows = session.execute(text(f"SELECT {COLUMNS} FROM history_event WHERE instance_id = :id ORDER BY number"), {"id": instance_id})
    return rerun([Row(*row) for row in rows], definition, lambda identity: definitions.get(session, UUID(identity)))


def verify_all(session: Session) -> Check:
    """Check every chain of the installation, row by row from the server, and every chain's end."""
    connection = session.connection().execution_options(stream_results=True, yield_per=5000)
    rows = connection.execute(text(f"SELECT {COLUMNS} FROM history_event ORDER BY instance_id, number"))
    check = verify(rows)  # type: ignore[arg-type]
    ends = {str(row.id): row for row in session.execute(text("SELECT id, event_count, event_hash FROM process_instance"))}
    suspects = Check(ends=check.ends)
    compare_ends(suspects, ends)
    for suspect in suspects.faults:  # it may only have moved on since its events were read
        check.faults.extend(fault for fault in verify_instance(session, UUID(suspect.path)).faults if fault.code == TAIL)
    return check
