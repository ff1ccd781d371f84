"""Who came in, or tried to by an office system, as administrators look for it; forgotten after a time."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

#: she came in; the office system vouched for somebody nobody knows here, or for somebody who may not come in; the attempt came to no end
RESULTS = ("in", "unknown", "barred", "unfinished")
PASSWORD = "-"  #: instead of a connection: by password

_SIGN_INS = """
SELECT * FROM (
  SELECT s.id, s.at, s.connection, c.name AS connection_name, s.id_type, s.remote_id, coalesce(p.key, k.key) AS person, coalesce(p.name, k.name) AS person_name,
    CASE WHEN s.person_id IS NOT NULL THEN 'in' WHEN s.remote_id IS NULL THEN 'unfinished' WHEN k.key IS NOT NULL THEN 'barred' ELSE 'unknown' END AS result
  FROM sign_in s LEFT JOIN oa_connection c ON c.key = s.connection LEFT JOIN person p ON p.id = s.person_id
  LEFT JOIN LATERAL (
    SELECT q.key, q.name FROM person q WHERE s.person_id IS NULL AND (s.id_type = 'work_number' AND q.key = s.remote_id OR q.id = (
      SELECT y.person_id FROM oa_identity y WHERE y.connection = s.connection AND y.id_type = s.id_type AND y.remote_id = s.remote_id))
    LIMIT 1) AS k ON true
  WHERE {rows}) AS f
WHERE {found} ORDER BY f.id DESC LIMIT :limit
"""
_ROWS = {
    "connection": f"s.connection IS NOT DISTINCT FROM nullif(:connection, '{PASSWORD}')",
    "after": "s.id < :after",
}
_FOUND = {
    "result": "f.result = :result",
    "words": """(strpos(lower(coalesce(f.person_name, '')), lower(:words)) > 0 OR strpos(lower(coalesce(f.person, '')), lower(:words)) > 0
                 OR strpos(lower(coalesce(f.remote_id, '')), lower(:words)) > 0)""",
}
_COUNTS = text(
    """SELECT count(*) AS day, count(*) FILTER (WHERE person_id IS NULL) AS turned_away FROM sign_in WHERE at > now() - interval '24 hours'"""
)
_FORGET = text(
    "DELETE FROM sign_in WHERE id IN (SELECT id FROM sign_in ORDER BY id LIMIT 2000) AND at < now() - make_interval(days => :days)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of them, newest first, and the id after which the next begins."""

    rows: list[Row[Any]]
    after: UUID | None


def search(session: Session, *, connection: str = "", result: str = "", words: str = "", limit: int, after: UUID | None = None) -> Found:
    """Return who came in or was turned away, newest first; `connection` may be `-`, which is by password. `words` are looked for in name, key and id."""
    given = {"connection": connection, "result": result, "words": words, "after": after}
    asked = {name: value for name, value in given.items() if value}
    rows, found = (" AND ".join([part[name] for name in asked if name in part] or ["true"]) for part in (_ROWS, _FOUND))
    seen = session.execute(text(_SIGN_INS.format(rows=rows, found=found)), {**asked, "limit": limit + 1}).all()
    return Found(list(seen[:limit]), seen[limit - 1].id if len(seen) > limit else None)


def counts(session: Session) -> Row[Any]:
    """Return how many came in or tried to in the last day, and how many of them were turned away."""
    return session.execute(_COUNTS).one()


def forget(session: Session, days: int) -> None:
    """Delete those that are older than is wanted, some at a time; a day's are kept in any case, for an attempt is good once."""
    session.execute(_FORGET, {"days": max(1, days)})
