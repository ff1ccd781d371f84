"""Lists of tasks and cases, a page at a time. Pages are cut by key, never by number, so that page one thousand costs what page one does."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from engine.errors import Fault, InvalidContent
from engine.permissions import Actor, allows
from engine.substitutions import principals

MAX_PAGE = 200
FIELDS = """
t.id, t.instance_id, t.element, t.name, t.round, t.state, t.assignee, t.claimed, t.outcome, t.comment, t.decided_by, t.outcomes, t.revision, t.title,
t.amount, t.currency, t.due_at, t.priority, t.follow_up_at, t.reminded_at,
t.created_at, t.ended_at, t.due_key, i.business_key, i.summary, i.initiator, i.subject_kind, i.subject_id,
i.status, p.name AS initiator_name, d.name AS initiator_department
"""
JOINS = """
JOIN process_instance i ON i.id = t.instance_id LEFT JOIN person p ON p.key = i.initiator LEFT JOIN department d ON d.id = p.department_id
"""


SCOPED = """
JOIN process_instance xi ON xi.id = x.instance_id JOIN process_definition xf ON xf.id = xi.definition_id
LEFT JOIN person xp ON xp.key = xi.initiator LEFT JOIN department xd ON xd.id = xp.department_id
"""
MOST_PRINCIPALS = 20  #: whose tasks are listed beside one's own


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the mark after which the next page begins (None on the last)."""

    rows: list[Row[Any]]
    after: str | None


def mark(*values: Any) -> str:
    """Return an opaque mark of a place in a list."""
    return urlsafe_b64encode(orjson.dumps([value.isoformat() if isinstance(value, datetime) else str(value) for value in values])).decode()


def place(after: str | None, count: int) -> list[str] | None:
    """Read a mark; `InvalidContent` for one that is none of ours."""
    if not after:
        return None
    try:
        values = orjson.loads(urlsafe_b64decode(after.encode()))
        if not isinstance(values, list) or len(values) != count:
            raise ValueError(after)
        moments = [datetime.fromisoformat(value).astimezone(UTC).isoformat() for value in values[:-1]]
        return [*moments, str(UUID(values[-1]))]
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidContent([Fault("after-invalid", "翻页标记无效", "The paging mark is not valid", path="after")]) from error


WORDED = """AND EXISTS (SELECT 1 FROM user_task w JOIN process_instance wi ON wi.id = w.instance_id LEFT JOIN person wp ON wp.key = wi.initiator
  WHERE w.id = {id} AND (w.title ILIKE :words OR w.name ILIKE :words OR wi.business_key ILIKE :words OR wp.name ILIKE :words))"""


def like(words: str) -> str:
    """Return the pattern that finds these words as they are, anywhere in a text."""
    return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def my_tasks(session: Session, actor: Actor, *, limit: int = 50, after: str | None = None, words: str | None = None) -> Page:
    """Return the open tasks an actor may work on, her own and those of whom she stands in for, soonest due first, then oldest; with `words`, those whose
    title, task, number or initiator has them.

    One limited, key-bound select for each source (assigned, candidate, each group), then joined and cut: an OR over the sources would read them all.
    """
    limit = min(limit, MAX_PAGE)
    start = place(after, 3)
    bound = (
        "AND (x.due_key, x.created_at, x.{id}) > (CAST(:due AS timestamptz), CAST(:created AS timestamptz), CAST(:last AS uuid))"
        if start
        else ""
    )
    bound += f" {WORDED.format(id='x.{id}')}" if words else ""
    parts = [
        f"""(SELECT x.id, x.due_key, x.created_at FROM user_task x WHERE x.assignee = :me AND x.state = 'open' {bound.format(id="id")}
             ORDER BY x.due_key, x.created_at, x.id LIMIT :n)"""
    ]
    sources = [("u", actor.key), *(("g", group) for group in sorted(actor.groups))]
    parameters: dict[str, Any] = {"me": actor.key, "n": limit + 1}
    for number, (kind, name) in enumerate(sources):
        parameters |= {f"k{number}": kind, f"g{number}": name}
        parts.append(
            f"""(SELECT x.task_id, x.due_key, x.created_at FROM candidate x WHERE x.kind = :k{number} AND x.name = :g{number} {bound.format(id="task_id")}
                 ORDER BY x.due_key, x.created_at, x.task_id LIMIT :n)"""
        )
    lent, more = _lent(session, actor)
    parts += [f"({one} {bound.format(id='id')} ORDER BY x.due_key, x.created_at, x.id LIMIT :n)" for one in lent]
    parameters |= more
    if start:
        parameters |= {"due": start[0], "created": start[1], "last": start[2]}
    if words:
        parameters["words"] = like(words)
    mine = f"SELECT DISTINCT id, due_key, created_at FROM ({' UNION ALL '.join(parts)}) AS s ORDER BY due_key, created_at, id LIMIT :n"
    statement = f"SELECT {FIELDS} FROM ({mine}) AS m JOIN user_task t ON t.id = m.id {JOINS} ORDER BY t.due_key, t.created_at, t.id"
    return _page(list(session.execute(text(statement), parameters)), limit, ("due_key", "created_at", "id"))


def _lent(session: Session, actor: Actor, fields: str = "x.id, x.due_key, x.created_at") -> tuple[list[str], dict[str, Any]]:
    """Return a select for everybody an actor stands in for now, of the open tasks that are hers and within the scope, with its parameters."""
    parts, parameters = [], dict[str, Any]()
    for number, one in enumerate(principals(session, actor)[:MOST_PRINCIPALS]):
        scope = ""
        if one.definition_key is not None:
            scope += f" AND xf.key = :d{number}"
            parameters[f"d{number}"] = one.definition_key
        if one.departments is not None:
            scope += f" AND xd.key = ANY(:u{number})"
            parameters[f"u{number}"] = sorted(one.departments)
        if one.amount_limit is not None:
            scope += f" AND abs(xi.amount) <= :l{number} AND xi.currency = :c{number}"
            parameters |= {f"l{number}": one.amount_limit, f"c{number}": one.currency}
        parameters |= {f"p{number}": one.key, f"pg{number}": sorted(one.groups)}
        asked = f"(y.kind = 'u' AND y.name = :p{number}) OR (y.kind = 'g' AND y.name = ANY(:pg{number}))"
        for hers in (f"x.assignee = :p{number}", f"x.assignee IS NULL AND x.id IN (SELECT y.task_id FROM candidate y WHERE {asked})"):
            parts.append(f"SELECT {fields} FROM user_task x {SCOPED} WHERE x.state = 'open' AND {hers}{scope}")
    return parts, parameters


def count_my_tasks(session: Session, actor: Actor, at_most: int = 1000) -> int:
    """Return how many open tasks are an actor's, counted up to a limit."""
    lent, more = _lent(session, actor, "x.id")
    statement = text(
        f"""
        SELECT count(*) FROM (SELECT x.id FROM user_task x WHERE x.assignee = :me AND x.state = 'open'
          UNION SELECT c.task_id FROM candidate c WHERE (c.kind = 'u' AND c.name = :me) OR (c.kind = 'g' AND c.name = ANY(:groups))
          {" ".join(f"UNION {one}" for one in lent)} LIMIT :n) AS s
        """
    )
    return int(session.execute(statement, {"me": actor.key, "groups": list(actor.groups), "n": at_most} | more).scalar_one())


def my_decisions(session: Session, actor: Actor, *, limit: int = 50, after: str | None = None, words: str | None = None) -> Page:
    """Return the tasks an actor has decided, newest first; `words` as in `my_tasks`."""
    limit = min(limit, MAX_PAGE)
    start = place(after, 2)
    bound = "AND (t.ended_at, t.id) < (CAST(:ended AS timestamptz), CAST(:last AS uuid))" if start else ""
    bound += f" {WORDED.format(id='t.id')}" if words else ""
    statement = f"SELECT {FIELDS} FROM user_task t {JOINS} WHERE t.decided_by = :me {bound} ORDER BY t.ended_at DESC, t.id DESC LIMIT :n"
    parameters = {"me": actor.key, "n": limit + 1, **({"ended": start[0], "last": start[1]} if start else {})}
    if words:
        parameters["words"] = like(words)
    return _page(list(session.execute(text(statement), parameters)), limit, ("ended_at", "id"))


def one_task(session: Session, task_id: UUID) -> Row[Any] | None:
    """Return one task as lists show it, or None."""
    return session.execute(text(f"SELECT {FIELDS} FROM user_task t {JOINS} WHERE t.id = :id"), {"id": task_id}).one_or_none()


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
        SELECT i.id, i.business_key, i.title, i.status, i.outcome, i.amount, i.currency, i.initiator, i.started_at, i.ended_at,
               i.revision, i.subject_kind, i.subject_id, f.key AS definition_key, f.version, f.name AS definition_name, p.name AS initiator_name,
               d.name AS initiator_department,
               (SELECT string_agg(DISTINCT t.name, '、') FROM user_task t WHERE t.instance_id = i.id AND t.state = 'open') AS waiting_at
        FROM process_instance i JOIN process_definition f ON f.id = i.definition_id LEFT JOIN person p ON p.key = i.initiator
        LEFT JOIN department d ON d.id = p.department_id
        {"WHERE " + " AND ".join(conditions) if conditions else ""} ORDER BY i.started_at DESC, i.id DESC LIMIT :n
    """
    return _page(list(session.execute(text(statement), values | {"n": limit + 1})), limit, ("started_at", "id"))


def _page(rows: list[Row[Any]], limit: int, key: tuple[str, ...]) -> Page:
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, mark(*(getattr(rows[-1], name) for name in key)) if more and rows else None)
