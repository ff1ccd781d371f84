"""Cases that somebody got a copy of (抄送)."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.permissions import Actor
from engine.worklist.cases import FIELDS, JOINS
from engine.worklist.paging import MAX_PAGE, Page, cut, patterns, place

WORDS = """concat_ws(E'\\n', i.title, i.business_key, p.name, (SELECT string_agg(s ->> 'value', E'\\n') FROM jsonb_array_elements(i.summary) AS s))
  ILIKE ALL(CAST(:words AS text[]))"""


def copied(
    session: Session, actor: Actor, *, limit: int = 50, after: str | None = None, words: str | None = None, unread: bool = False
) -> Page:
    """Return the cases an actor has a copy of, the newest copy first, with who sent it and when she read it; with `unread` only those that are new to her."""
    limit = min(limit, MAX_PAGE)
    start = place(after, 2)
    values: dict[str, Any] = {"me": actor.key, "n": limit + 1}
    conditions = ["c.person = :me"]
    if unread:
        conditions.append("c.read_at IS NULL")
    if words and (found := patterns(words)):
        conditions.append(WORDS)
        values["words"] = found
    if start:
        conditions.append("(c.sent_at, c.instance_id) < (CAST(:sent AS timestamptz), CAST(:last AS uuid))")
        values |= {"sent": start[0], "last": start[1]}
    statement = f"""
        SELECT {FIELDS}, c.sent_at, c.read_at, c.sent_by, sp.name AS sent_by_name, sd.name AS sent_by_department
        FROM instance_copy c JOIN process_instance i ON i.id = c.instance_id {JOINS}
        LEFT JOIN person sp ON sp.key = c.sent_by LEFT JOIN department sd ON sd.id = sp.department_id
        WHERE {" AND ".join(conditions)} ORDER BY c.sent_at DESC, c.instance_id DESC LIMIT :n
    """
    return cut(list(session.execute(text(statement), values)), limit, ("sent_at", "id"))
