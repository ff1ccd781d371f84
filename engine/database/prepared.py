"""Statements translated once: psycopg would parse the placeholders of a long text again at each execution."""

import re
from collections.abc import Mapping
from typing import Any

from psycopg import Connection, Cursor, RawCursor
from psycopg.rows import namedtuple_row
from sqlalchemy.orm import Session

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Prepared:
    """A text with `%(name)s` placeholders, kept with the server's own `$1`; psycopg lets the server prepare it after some uses."""

    def __init__(self, text: str) -> None:
        self.names = list(dict.fromkeys(PLACEHOLDER.findall(text)))
        self.sql = PLACEHOLDER.sub(lambda found: f"${self.names.index(found[1]) + 1}", text).encode()

    def run(self, session: Session, parameters: Mapping[str, Any]) -> Cursor[Any]:
        """Execute on the connection of the session's transaction: a step's two statements do not pay for the ORM."""
        connection: Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
        cursor: Cursor[Any] = RawCursor(connection, row_factory=namedtuple_row)
        return cursor.execute(self.sql, [parameters[name] for name in self.names])
