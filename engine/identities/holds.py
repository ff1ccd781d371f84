"""To-dos that an office system cannot show: of whom, why, and since when. They can be done on our own page all the while."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_HOLDS = """
SELECT h.connection, c.name AS connection_name, h.key, h.instance_id, h.person, p.name AS person_name, h.message, h.since, i.business_key, i.title
FROM oa_hold h JOIN oa_connection c ON c.key = h.connection JOIN process_instance i ON i.id = h.instance_id LEFT JOIN person p ON p.key = h.person
WHERE {which} ORDER BY h.since, h.key LIMIT 200
"""
_OF_CASE = text(_HOLDS.format(which="h.instance_id = :case"))
_OF_CONNECTION = text(_HOLDS.format(which="h.connection = :connection"))


def holds_of_case(session: Session, case: UUID) -> list[Row[Any]]:
    """Return the to-dos of a case that are held, at all connections."""
    return list(session.execute(_OF_CASE, {"case": case}).all())


def holds_of_connection(session: Session, connection: str) -> list[Row[Any]]:
    """Return the to-dos that are held at a connection, the oldest first; 200 at most."""
    return list(session.execute(_OF_CONNECTION, {"connection": connection}).all())
