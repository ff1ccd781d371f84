"""Conditions that begin cases: looked at when somebody gives the variables."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine import instances, start_events
from engine.database.transaction import read_clock
from engine.errors import NotFound
from engine.permissions import Actor, require


def evaluate(
    session: Session, variables: Mapping[str, Any], *, by: Actor, key: str | None = None, business_key: str | None = None
) -> list[UUID]:
    """Begin a case, with these variables, at every conditional start event whose condition they make true; returns the cases.

    Refuses with `NotPermitted`, with `NotFound` a process without a conditional start event, with `InvalidVariables`, with `Duplicate` a business key that is
    taken.
    """
    require(by, "instance.start")
    given = instances.accept(variables)
    found = start_events.conditions(session, key)
    if key is not None and not found:
        raise NotFound(kind="process definition")
    begun = []
    for row in found:
        if start_events.is_true(row, given, read_clock(session)):
            event = {"kind": "conditional", "name": row.element}
            step = instances.start(
                session, row.definition_id, by=by, variables=given, business_key=business_key, at=row.element, event=event
            )
            begun.append(step.case.id)
    return begun
