"""Handovers that are due: people who are no longer active and of whom something is still asked."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

_LEAVERS = text(
    """
    SELECT p.key, p.name, d.name AS department, count(*) AS tasks, min(x.since) AS since FROM person p
    JOIN (SELECT assignee AS person, created_at AS since FROM user_task WHERE state IN ('open', 'held') AND assignee IS NOT NULL
          UNION ALL SELECT owner, created_at FROM user_task WHERE owner IS NOT NULL AND ended_at IS NULL
          UNION ALL SELECT c.name, t.created_at FROM candidate c JOIN user_task t ON t.id = c.task_id AND t.state = 'open' WHERE c.kind = 'u') AS x
      ON x.person = p.key
    LEFT JOIN department d ON d.id = p.department_id WHERE NOT p.active GROUP BY p.key, p.name, d.name ORDER BY min(x.since) LIMIT 100
    """
)


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who left, and how much is still asked of her."""

    key: str
    name: str
    department: str | None
    tasks: int


def leavers(session: Session) -> list[Leaver]:
    """Return whose tasks somebody must take over, the longest waiting first."""
    return [Leaver(row.key, row.name, row.department, row.tasks) for row in session.execute(_LEAVERS)]
