"""Who stands in for many people at once (代理), at any time: what an office system is shown, where a task stands in the list of everybody who may press it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.chains import LONGEST_CHAIN
from engine.database.prepared import Prepared
from engine.substitutions import Principal, scope_of

# Everybody who ever stood in for these people, and for those who did: few rows a person.
_STANDING = Prepared(
    f"""
    WITH RECURSIVE away AS (
      SELECT s.id, s.substitute, 1 AS depth FROM substitution s WHERE s.person = ANY(%(people)s)
      UNION
      SELECT s.id, s.substitute, depth + 1 FROM away JOIN substitution s ON s.person = away.substitute WHERE depth < {LONGEST_CHAIN}
    )
    SELECT s.person, s.substitute, s.starts_at, least(s.ends_at, s.revoked_at) AS ends_at,
      jsonb_build_array(s.definition_key, s.amount_limit::text, s.currency, CASE WHEN s.department IS NOT NULL THEN ARRAY(
        WITH RECURSIVE below AS (
          SELECT d.id, d.key, 0 AS depth FROM department d WHERE d.key = s.department
          UNION ALL
          SELECT d.id, d.key, depth + 1 FROM below JOIN department d ON d.parent_id = below.id WHERE depth < 50
        ) SELECT key FROM below) END) AS scope
    FROM substitution s JOIN person p ON p.key = s.person AND p.active JOIN person q ON q.key = s.substitute AND q.active
    WHERE s.id IN (SELECT id FROM away) ORDER BY s.starts_at, s.id
    """
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One person stands in for another from one time to another, within a scope."""

    substitute: str
    starts_at: datetime
    ends_at: datetime | None
    scope: Principal


class Proxies:
    """The substitutions of some people. What is found is what `engine.substitutions.acting_for` lets them do."""

    def __init__(self, standing: Mapping[str, list[Standing]] | None = None) -> None:
        self._standing = standing or {}

    def of(self, person: str, facts: Mapping[str, Any], at: datetime) -> list[str]:
        """Return who stands in for a person at a time in a case with these facts (`definition`, `department`, `amount`, `currency`), the nearest first."""
        return list(dict.fromkeys(self._followed((person,), facts, at))) if self._standing else []

    def _followed(self, way: tuple[str, ...], facts: Mapping[str, Any], at: datetime) -> Iterator[str]:
        here = [
            one.substitute
            for one in self._standing.get(way[-1], ())
            if one.starts_at <= at and (one.ends_at is None or at < one.ends_at) and one.substitute not in way and one.scope.covers(facts)
        ]
        yield from here
        if len(way) < LONGEST_CHAIN:
            for substitute in here:
                yield from self._followed((*way, substitute), facts, at)


def read(session: Session, people: Collection[str]) -> Proxies:
    """Read the substitutions of some people, by one statement."""
    standing: dict[str, list[Standing]] = {}
    for row in _STANDING.run(session, {"people": list(people)}).fetchall():
        scope = scope_of(row.person, [row.scope])
        if scope is not None:
            standing.setdefault(row.person, []).append(Standing(row.substitute, row.starts_at, row.ends_at, scope))
    return Proxies(standing)
