"""What somebody has decided."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.permissions import Actor
from engine.worklist.mine import EVERYTHING
from engine.worklist.paging import MAX_PAGE, Page, cut, place
from engine.worklist.rows import FIELDS, JOINS
from engine.worklist.wanted import CASE, Wanted


def my_decisions(session: Session, actor: Actor, *, limit: int = 50, after: str | None = None, wanted: Wanted = EVERYTHING) -> Page:
    """Return the tasks an actor has decided, newest first."""
    limit = min(limit, MAX_PAGE)
    start = place(after, 2)
    conditions, deep = wanted.conditions("w")
    if start:
        conditions.append("(w.ended_at, w.id) < (CAST(:ended AS timestamptz), CAST(:last AS uuid))")
    listed = f"""SELECT w.id, w.ended_at FROM user_task w {CASE if deep else ""}
        WHERE {" AND ".join(["w.decided_by = :me", *conditions])} ORDER BY w.ended_at DESC, w.id DESC LIMIT :n"""
    statement = f"""SELECT {FIELDS}, t.on_behalf_of AS behalf, mp.name AS behalf_name FROM ({listed}) AS m JOIN user_task t ON t.id = m.id {JOINS}
        LEFT JOIN person mp ON mp.key = t.on_behalf_of ORDER BY m.ended_at DESC, m.id DESC"""
    values: dict[str, Any] = wanted.values() | {"me": actor.key, "n": limit + 1}
    if start:
        values |= {"ended": start[0], "last": start[1]}
    return cut(list(session.execute(text(statement), values)), limit, ("ended_at", "id"))
