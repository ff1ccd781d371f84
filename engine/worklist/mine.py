"""Open tasks: one's own, and those of people for whom one may act now.

One limited, key-bound select for each source (assigned, candidate, each group), then joined and cut: an OR over the sources would read them all. The sources
are a parameter, so that twenty groups are planned as fast as one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from engine.database.transaction import read_clock
from engine.permissions import Actor
from engine.substitutions import Principal, principals
from engine.worklist.paging import MAX_PAGE, Page, cut, place
from engine.worklist.rare import open_cases
from engine.worklist.rows import FIELDS, JOINS
from engine.worklist.wanted import CASE, Sort, Wanted

EVERYTHING = Wanted()
#: name of the key, its type, where it stands among candidates, and where in tasks; and whether the list runs down
Order = Sort | Literal["due, backwards"]
DUE = (("due_key", "timestamptz", "x.due_key", "w.due_key"), ("created_at", "timestamptz", "x.created_at", "w.created_at"))
KEYS: dict[Order, tuple[tuple[tuple[str, str, str, str], ...], bool]] = {
    "due": (DUE, False),
    "due, backwards": (DUE, True),
    "age": ((("created_at", "timestamptz", "x.created_at", "w.created_at"),), False),
    "amount": ((("amount_key", "numeric", "coalesce(x.amount, '-Infinity')", "coalesce(w.amount, '-Infinity')"),), True),
}
#: within the scope of a substitution
SCOPE = """(s.definition IS NULL OR wf.key = s.definition)
  AND (s.departments IS NULL OR EXISTS (SELECT 1 FROM department sd WHERE sd.id = wp.department_id AND sd.key = ANY(s.departments)))
  AND (s.most IS NULL OR (abs(wi.amount) <= s.most AND wi.currency = s.currency))"""
SOURCES = """jsonb_to_recordset(CAST(:sources AS jsonb)) AS s(
  kind text, name text, person text, rank int, definition text, departments text[], most numeric, currency text)"""
#: what is one's own is not on behalf of anybody
NOT_OWN = """NOT EXISTS (SELECT 1 FROM candidate o WHERE o.task_id = x.task_id
  AND ((o.kind = 'u' AND o.name = :me) OR (o.kind = 'g' AND o.name = ANY(CAST(:my_groups AS text[])))))"""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where open tasks are looked for: by assignee, by candidate, by group; of whom, and within what."""

    rows: list[dict[str, Any]]
    scoped: bool
    values: dict[str, Any]


def own(actor: Actor) -> Sources:
    """Return the sources of an actor's own tasks."""
    return Sources(list(_of(actor.key, actor.groups)), False, {})


def of_others(actor: Actor, found: Iterable[Principal]) -> Sources:
    """Return the sources of what an actor may do for others; nearer people come first."""
    rows: list[dict[str, Any]] = []
    for rank, one in enumerate(found):
        scope = {
            "person": one.key, "rank": rank, "definition": one.definition_key, "currency": one.currency,
            "departments": None if one.departments is None else sorted(one.departments),
            "most": None if one.amount_limit is None else str(one.amount_limit),
        }  # fmt: skip
        rows += [row | scope for row in _of(one.key, one.groups)]
    return Sources(rows, True, {"me": actor.key, "my_groups": sorted(actor.groups)})


def _of(key: str, groups: Iterable[str]) -> Iterable[dict[str, Any]]:
    yield {"kind": "a", "name": key}
    yield {"kind": "u", "name": key}
    for group in sorted(groups):
        yield {"kind": "g", "name": group}


def select(
    sources: Sources, wanted: Wanted, sort: Order, start: list[str] | None, limit: int, cases: list[UUID] | None = None
) -> tuple[str, dict[str, Any]]:
    """Return a statement for the first ids of a list, with the keys it is sorted by and on whose behalf each is, and its parameters.

    With `cases` it looks at the open tasks of these few only, and not through the sources.
    """
    keys, down = KEYS[sort]
    names = [key[0] for key in keys]
    way = " DESC" if down else ""
    order = ", ".join(f"{name}{way}" for name in [*names, "id"])
    parts = [_part(sources, wanted, sort, limit, start is not None, candidates, cases is not None) for candidates in (False, True)]
    statement = f"""SELECT DISTINCT ON ({", ".join([*names, "id"])}) id, {", ".join(names)}, person
        FROM ({" UNION ALL ".join(parts)}) AS u ORDER BY {order}, rank LIMIT {limit}"""
    values = wanted.values() | sources.values | {"sources": orjson.dumps(sources.rows).decode()}
    values |= {f"k{number}": value for number, value in enumerate(start or ())} | ({} if cases is None else {"cases": cases})
    return statement, values


def _part(sources: Sources, wanted: Wanted, sort: Order, limit: int, continued: bool, candidates: bool, few: bool) -> str:
    keys, down = KEYS[sort]
    at, identity = ("x", "x.task_id") if candidates else ("w", "w.id")
    columns = [(name, kind, of_candidate if candidates else of_task) for name, kind, of_candidate, of_task in keys]
    conditions, deep = wanted.conditions(at)
    joins = "candidate x" if candidates else "user_task w"
    if candidates and (deep or few or sources.scoped):
        joins += " JOIN user_task w ON w.id = x.task_id"
    if deep or sources.scoped:
        joins += f" {CASE}"
    conditions.insert(0, "x.kind = s.kind AND x.name = s.name" if candidates else "w.assignee = s.name AND w.state = 'open'")
    if sources.scoped:
        conditions += [SCOPE, *([NOT_OWN] if candidates else [])]
    if continued:
        bound = ", ".join(f"CAST(:k{number} AS {kind})" for number, (_, kind, _) in enumerate(columns))
        conditions.append(
            f"({', '.join(column for _, _, column in columns)}, {identity}) {'<' if down else '>'} ({bound}, CAST(:k{len(columns)} AS uuid))"
        )
    order = ", ".join(f"{column}{' DESC' if down else ''}" for column in [*(column for _, _, column in columns), identity])
    shown = f"{identity} AS id, {', '.join(f'{column} AS {name}' for name, _, column in columns)}"
    if few:
        conditions.append("w.instance_id = ANY(CAST(:cases AS uuid[])) AND w.state = 'open'")
        conditions.append(f"s.kind {'<>' if candidates else '='} 'a'")
        return f"SELECT {shown}, s.person, s.rank FROM {SOURCES} CROSS JOIN {joins} WHERE {' AND '.join(conditions)}"
    return f"""
        SELECT y.*, s.person, s.rank FROM {SOURCES}
        CROSS JOIN LATERAL (
          SELECT {shown} FROM {joins}
          WHERE {" AND ".join(conditions)} ORDER BY {order} LIMIT {limit}) AS y
        WHERE s.kind {"<>" if candidates else "="} 'a'"""


def my_tasks(
    session: Session, actor: Actor, *, limit: int = 50, after: str | None = None, wanted: Wanted = EVERYTHING, sort: Sort = "due"
) -> Page:
    """Return the open tasks an actor may work on: soonest due first and then oldest, or the largest amount first, or the oldest first."""
    return _page(session, own(actor), limit, after, wanted, sort)


def task_before(session: Session, actor: Actor, mark: str) -> Row[Any] | None:
    """Return the open task that stands before a mark in the list of what an actor may work on, soonest due first; None before the first."""
    return next(iter(_page(session, own(actor), 1, mark, EVERYTHING, "due, backwards").rows), None)


def on_behalf(
    session: Session, actor: Actor, *, limit: int = 50, after: str | None = None, wanted: Wanted = EVERYTHING, sort: Sort = "due"
) -> Page:
    """Return the open tasks of people for whom an actor may act now, within the scopes, without her own; each says `behalf`, the nearest of them."""
    found = principals(session, actor, read_clock(session))
    return _page(session, of_others(actor, found), limit, after, wanted, sort) if found else Page([], None)


def _page(session: Session, sources: Sources, limit: int, after: str | None, wanted: Wanted, sort: Order) -> Page:
    limit = min(limit, MAX_PAGE)
    keys, down = KEYS[sort]
    names = [key[0] for key in keys]
    cases = [wanted.case] if wanted.case else open_cases(session, wanted.words) if wanted.words else None
    listed, values = select(sources, wanted, sort, place(after, len(names) + 1, amounts=sort == "amount"), limit + 1, cases)
    way = " DESC" if down else ""
    key = f", m.{names[0]}" if sort == "amount" else ""
    statement = f"""SELECT {FIELDS}, m.person AS behalf, mp.name AS behalf_name{key} FROM ({listed}) AS m JOIN user_task t ON t.id = m.id {JOINS}
        LEFT JOIN person mp ON mp.key = m.person ORDER BY {", ".join(f"m.{name}{way}" for name in [*names, "id"])}"""
    return cut(list(session.execute(text(statement), values)), limit, (*names, "id"))
