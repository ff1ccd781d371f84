"""Substitutions that begin or end, told to office systems: what waits for whom they concern is shown once more, with who stands in for her now.

What office systems were told stands in the row of the substitution, so that a change is found however it came: made, revoked, by time, while no worker ran.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine import jobs
from engine.chains import LONGEST_CHAIN

BATCH = 100

_TELL = text(
    """
    UPDATE substitution s SET told = x.told FROM (
      SELECT id, told AS before, CASE WHEN coalesce(least(ends_at, revoked_at), 'infinity') <= shenpi_now() THEN 'over' ELSE 'begun' END AS told
      FROM substitution WHERE told = 'nothing' AND (starts_at <= shenpi_now() OR revoked_at IS NOT NULL)
        OR told = 'begun' AND least(ends_at, revoked_at) <= shenpi_now()
      ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED) AS x
    WHERE s.id = x.id RETURNING s.id, s.told = 'begun' OR x.before = 'begun' OR least(s.ends_at, s.revoked_at) > s.starts_at AS counted
    """
)
# Of her and of everybody for whom she stands in herself; tasks of other definitions are none of its business.
_CASES = text(
    f"""
    WITH RECURSIVE asked AS (
      SELECT s.person, s.definition_key, 1 AS depth FROM substitution s WHERE s.id = :id
      UNION
      SELECT s.person, asked.definition_key, depth + 1 FROM asked JOIN substitution s ON s.substitute = asked.person AND s.told = 'begun'
      WHERE depth < {LONGEST_CHAIN}
    ), mine AS (
      SELECT t.instance_id FROM asked JOIN user_task t ON t.assignee = asked.person AND t.state = 'open'
      UNION
      SELECT t.instance_id FROM asked JOIN candidate c ON c.kind = 'u' AND c.name = asked.person JOIN user_task t ON t.id = c.task_id AND t.state = 'open'
      UNION
      SELECT t.instance_id FROM asked JOIN person p ON p.key = asked.person JOIN group_member m ON m.person_id = p.id JOIN "group" g ON g.id = m.group_id
      JOIN candidate c ON c.kind = 'g' AND c.name = g.key JOIN user_task t ON t.id = c.task_id AND t.state = 'open'
    )
    SELECT i.id FROM mine JOIN process_instance i ON i.id = mine.instance_id JOIN process_definition d ON d.id = i.definition_id
    WHERE d.key = coalesce((SELECT definition_key FROM substitution WHERE id = :id), d.key) ORDER BY i.id
    """
)


def enqueue_changed(session: Session) -> int:
    """Make a job of each substitution that has begun or ended since office systems were told; returns how many.

    One that began and ended since is told as well: a step in between may have shown it. One that was over before it began concerns nobody.
    """
    found = [row.id for row in session.execute(_TELL, {"batch": BATCH}) if row.counted]
    for identity in found:
        jobs.enqueue(session, jobs.RENEW, jobs.arguments(substitution=identity))
    return len(found)


def cases_of(session: Session, substitution_id: UUID) -> list[UUID]:
    """Return the cases in which something waits for whom a substitution concerns."""
    return list(session.scalars(_CASES, {"id": substitution_id}))
