"""Lists of cases, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.permissions import Actor, allows
from engine.worklist.paging import MAX_PAGE, Page, cut, like, place

FIELDS = """
i.id, i.business_key, i.title, i.status, i.outcome, i.amount, i.currency, i.initiator, i.started_at, i.ended_at,
i.revision, i.subject_kind, i.subject_id, f.key AS definition_key, f.version, f.name AS definition_name, p.name AS initiator_name,
d.name AS initiator_department,
(SELECT string_agg(DISTINCT t.name, '、') FROM user_task t WHERE t.instance_id = i.id AND t.state = 'open') AS waiting_at
"""
JOINS = """
JOIN process_definition f ON f.id = i.definition_id LEFT JOIN person p ON p.key = i.initiator LEFT JOIN department d ON d.id = p.department_id
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for among cases; empty means everything. Times are UTC."""

    initiator: str | None = None
    person: str | None = None
    status: str | None = None
    outcome: str | None = None
    definition: str | None = None
    business_key: str | None = None
    words: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    least: str | None = None
    most: str | None = None
    subject_kind: str | None = None


CONDITIONS = {
    "initiator": "i.initiator = :initiator",
    "person": "(i.initiator = :person OR EXISTS (SELECT 1 FROM user_task t WHERE t.instance_id = i.id AND (t.decided_by = :person OR t.assignee = :person)))",
    "status": "i.status = :status",
    "outcome": "i.outcome = :outcome",
    "definition": "f.key = :definition",
    "business_key": "i.business_key = :business_key",
    "words": "(i.title ILIKE :words OR i.business_key ILIKE :words)",
    "since": "i.started_at >= :since",
    "until": "i.started_at < :until",
    "least": "i.amount >= CAST(:least AS numeric)",
    "most": "i.amount <= CAST(:most AS numeric)",
    "subject_kind": "i.subject_kind = :subject_kind",
}


def cases(session: Session, actor: Actor, wanted: Filter, *, limit: int = 50, after: str | None = None) -> Page:
    """Return cases, newest first. Whoever may not read all gets her own only, whatever the filter says."""
    limit = min(limit, MAX_PAGE)
    start = place(after, 2)
    values = {name: getattr(wanted, name) for name in CONDITIONS if getattr(wanted, name) not in (None, "")}
    conditions = [CONDITIONS[name] for name in values]
    if "words" in values:
        values["words"] = like(str(values["words"]))
    if not allows(actor, "instance.read_all"):
        conditions.append("i.initiator = :own")
        values["own"] = actor.key
    if start:
        conditions.append("(i.started_at, i.id) < (CAST(:started AS timestamptz), CAST(:last AS uuid))")
        values |= {"started": start[0], "last": start[1]}
    statement = f"""
        SELECT {FIELDS} FROM process_instance i {JOINS}
        {"WHERE " + " AND ".join(conditions) if conditions else ""} ORDER BY i.started_at DESC, i.id DESC LIMIT :n
    """
    return cut(list(session.execute(text(statement), values | {"n": limit + 1})), limit, ("started_at", "id"))
