"""What office systems told us, as administrators search it: who pressed what of which task, and why it was not applied."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_FOUND = """
SELECT m.id, m.connection, c.name AS connection_name, m.state, m.note, m.received_at, m.applied_at, m.dedupe_key, m.event ->> 'kind' AS kind,
  m.event ->> 'actor' AS actor, coalesce(m.event ->> 'idType', '') AS id_type, m.event ->> 'outcome' AS outcome, m.event ->> 'comment' AS comment,
  m.event ->> 'taskKey' AS task_key, p.key AS person, p.name AS person_name, t.id AS task_id, t.name AS task_name, t.element, i.id AS instance_id,
  i.business_key, i.title
FROM oa_message m JOIN oa_connection c ON c.key = m.connection
LEFT JOIN LATERAL (
  SELECT y.person_id FROM oa_identity y
  WHERE y.connection = m.connection AND y.remote_id = m.event ->> 'actor' AND y.id_type = coalesce(m.event ->> 'idType', '')) AS y ON true
LEFT JOIN person p ON p.id = y.person_id OR (y.person_id IS NULL AND coalesce(m.event ->> 'idType', '') = '' AND p.key = m.event ->> 'actor')
LEFT JOIN user_task t ON t.id = CASE WHEN m.event ->> 'taskKey' ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}'
  THEN CAST(left(m.event ->> 'taskKey', 36) AS uuid) END
LEFT JOIN process_instance i ON i.id = t.instance_id
WHERE {conditions} ORDER BY m.id DESC LIMIT :limit
"""
_CONDITIONS = {
    "connection": "m.connection = :connection",
    "state": "m.state = :state",
    "words": """(strpos(lower(coalesce(i.business_key, '')), lower(:words)) > 0 OR strpos(lower(coalesce(p.name, '')), lower(:words)) > 0
                 OR strpos(lower(coalesce(m.event ->> 'actor', '')), lower(:words)) > 0 OR strpos(lower(coalesce(m.note, '')), lower(:words)) > 0
                 OR strpos(lower(m.dedupe_key), lower(:words)) > 0)""",
    "after": "m.id < :after",
}
STATES = ("received", "applied", "ignored")
_COUNTS = text(
    """SELECT count(*) AS day, count(*) FILTER (WHERE state = 'ignored') AS ignored, count(*) FILTER (WHERE state = 'received') AS waiting
       FROM oa_message WHERE received_at > now() - interval '24 hours'"""
)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of messages, newest first, and the id after which the next begins."""

    rows: list[Row[Any]]
    after: UUID | None


def search(session: Session, *, connection: str = "", state: str = "", words: str = "", limit: int, after: UUID | None = None) -> Found:
    """Return what came in, newest first; `words` are looked for in case number, person, id, note and key."""
    given = {"connection": connection, "state": state, "words": words, "after": after}
    asked = {name: value for name, value in given.items() if value}
    conditions = " AND ".join([_CONDITIONS[name] for name in asked] or ["true"])
    rows = session.execute(text(_FOUND.format(conditions=conditions)), {**asked, "limit": limit + 1}).all()
    return Found(list(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def counts(session: Session) -> Row[Any]:
    """Return how many came in the last day, how many of them were ignored and how many wait."""
    return session.execute(_COUNTS).one()
