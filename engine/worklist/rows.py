"""What lists show of a task."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

FIELDS = """
t.id, t.instance_id, t.element, t.name, t.round, t.state, t.assignee, t.claimed, t.outcome, t.comment, t.decided_by, t.on_behalf_of, t.outcomes, t.revision,
t.title, t.amount, t.currency, t.due_at, t.priority, t.follow_up_at, t.reminded_at, t.urged_at, t.owner, t.origin,
t.created_at, t.ended_at, t.due_key, i.definition_id, i.business_key, i.summary, i.initiator, i.subject_kind, i.subject_id,
i.status, p.name AS initiator_name, d.name AS initiator_department, f.key AS definition_key, f.name AS definition_name
"""
JOINS = """
JOIN process_instance i ON i.id = t.instance_id JOIN process_definition f ON f.id = i.definition_id
LEFT JOIN person p ON p.key = i.initiator LEFT JOIN department d ON d.id = p.department_id
"""


def one_task(session: Session, task_id: UUID) -> Row[Any] | None:
    """Return one task as lists show it, or None."""
    return session.execute(text(f"SELECT {FIELDS} FROM user_task t {JOINS} WHERE t.id = :id"), {"id": task_id}).one_or_none()
