"""Everybody with her ids in one office system, for people to read."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_PEOPLE = """
SELECT * FROM (
  SELECT p.key, p.name, p.active, d.name AS department, coalesce((SELECT jsonb_object_agg(i.id_type, i.remote_id) FROM oa_identity i
           WHERE i.person_id = p.id AND i.connection = :connection), '{{}}') AS ids, h.held, h.since
  FROM person p LEFT JOIN department d ON d.id = p.department_id
  LEFT JOIN (SELECT person, count(*) AS held, min(since) AS since FROM oa_hold WHERE connection = :connection GROUP BY person) AS h ON h.person = p.key
) AS x WHERE (x.active OR x.ids <> '{{}}') AND x.key > :after AND {which} ORDER BY x.key LIMIT :limit
"""
_WORDS = """(:words = '' OR strpos(lower(x.key), lower(:words)) > 0 OR strpos(lower(x.name), lower(:words)) > 0
             OR strpos(lower(coalesce(x.department, '')), lower(:words)) > 0 OR strpos(lower(x.ids::text), lower(:words)) > 0)"""
ONLY = {"": "true", "unmapped": "x.ids = '{{}}'", "held": "x.held IS NOT NULL"}
_STATEMENTS = {name: text(_PEOPLE.format(which=f"{_WORDS} AND {condition.format()}")) for name, condition in ONLY.items()}
_COUNTS = text(
    """
    SELECT count(*) FILTER (WHERE p.active) AS people,
           count(*) FILTER (WHERE p.active AND NOT EXISTS (SELECT 1 FROM oa_identity i WHERE i.person_id = p.id AND i.connection = :connection)) AS unmapped,
           (SELECT count(*) FROM oa_hold WHERE connection = :connection) AS held,
           (SELECT min(since) FROM oa_hold WHERE connection = :connection) AS oldest
    FROM person p
    """
)
_OF_PERSON = text(
    """
    SELECT c.key AS connection, c.name, coalesce((SELECT jsonb_object_agg(i.id_type, i.remote_id) FROM oa_identity i JOIN person p ON p.id = i.person_id
             WHERE p.key = :person AND i.connection = c.key), '{}') AS ids,
           (SELECT count(*) FROM oa_hold h WHERE h.connection = c.key AND h.person = :person) AS held
    FROM oa_connection c WHERE c.active ORDER BY c.key
    """
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some people by their keys, and the mark after which the next come."""

    rows: list[Row[Any]]
    after: str | None


def everybody(session: Session, connection: str, *, words: str = "", only: str = "", limit: int, after: str = "") -> Page:
    """Return people with their ids in one office system and how many of their to-dos are held; `only` is unmapped or held."""
    values = {"connection": connection, "words": words, "after": after, "limit": limit + 1}
    rows = session.execute(_STATEMENTS.get(only, _STATEMENTS[""]), values).all()
    return Page(list(rows[:limit]), rows[limit - 1].key if len(rows) > limit else None)


def counts(session: Session, connection: str) -> Row[Any]:
    """Return how many people there are, how many without an id, and how many to-dos are held since when."""
    return session.execute(_COUNTS, {"connection": connection}).one()


def of_person(session: Session, person: str) -> list[Row[Any]]:
    """Return a person's ids in each active connection, and how many of her to-dos are held there."""
    return list(session.execute(_OF_PERSON, {"person": person}).all())
