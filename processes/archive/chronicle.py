"""The histories of the cases behind an item, read from the database as the rows that a chain check takes."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine import definitions
from engine.bpmn.model import Element
from engine.history.chain import COLUMNS, Row
from models.runtime import ProcessInstance

_EVENTS = text(f"SELECT {COLUMNS} FROM history_event WHERE instance_id = :id ORDER BY number")


def events_of(session: Session, instance_id: UUID) -> list[Row]:
    """Return every event of a case in order, with its exact bytes."""
    return [_plain(Row(*row)) for row in session.execute(_EVENTS, {"id": instance_id})]


def _plain(row: Row) -> Row:
    """Return a row whose bytes are Python's own, whatever the driver gave."""
    return row._replace(
        body=bytes(row.body),
        hash=bytes(row.hash),
        personal=None if row.personal is None else bytes(row.personal),
        salt=None if row.salt is None else bytes(row.salt),
    )


def elements_of(session: Session, instance_id: UUID) -> list[Element]:
    """Return the elements of the drawing that a case runs on."""
    definition_id = session.get_one(ProcessInstance, instance_id).definition_id
    return list(definitions.get(session, definition_id).model.elements.values())


def element_names(elements: Iterable[Element]) -> dict[str, str]:
    """Return the names in the drawing by element."""
    return {element.id: element.name or element.id for element in elements}


def field_labels(elements: Iterable[Element]) -> dict[str, str]:
    """Return the labels of all form fields by name."""
    found: dict[str, str] = {}
    for element in elements:
        found |= {field.name: field.label or field.name for field in element.form}
        found |= {one.key: one.label for one in element.schema.top() if one.key} if element.schema is not None else {}
    return found
