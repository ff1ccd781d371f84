"""Substitution (代理): who stands in for whom while she is away, for a time and within a scope.

Both see the task; a decision of the substitute says on whose behalf it was. Where the substitute is away too, her own substitute may act, at most five people
far. Circles are refused when they are made. A substitution gives nobody what its person may not do herself, and ends when she leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from engine.chains import LONGEST_CHAIN, Edge, chains_from, circle_of
from engine.database.prepared import Prepared
from engine.database.transaction import read_clock
from engine.errors import CircularSubstitution, Fault, InvalidVariables, NotFound, NotPermitted, Refused
from engine.organisation.authority import CURRENCY, read_amount
from engine.permissions import Actor, allows, may_work_on
from models.identity import Department, Person
from models.repository import ProcessDefinition
from models.substitution import Substitution

MOST = 20  #: substitutions of one person that are not over
MAX_REASON = 500

_NOW = "coalesce(%(now)s::timestamptz, shenpi_now())"
_IN_FORCE = f"s.revoked_at IS NULL AND s.starts_at <= {_NOW} AND (s.ends_at IS NULL OR s.ends_at > {_NOW})"
#: from the substitute back to those she stands in for, each with the scopes on the way; nothing is looked at beside the index when there are none
_PRINCIPALS = Prepared(
    f"""
    WITH RECURSIVE held AS (
      SELECT s.person, ARRAY[s.substitute, s.person] AS way, ARRAY[s.id] AS ids FROM substitution s JOIN person p ON p.key = s.person AND p.active
      WHERE s.substitute = %(actor)s::text AND {_IN_FORCE}
      UNION ALL
      SELECT s.person, way || s.person, ids || s.id FROM held JOIN substitution s ON s.substitute = held.person JOIN person p ON p.key = s.person AND p.active
      WHERE cardinality(ids) < {LONGEST_CHAIN} AND s.person <> ALL(way) AND {_IN_FORCE}
    )
    SELECT held.person, held.way,
      ARRAY(SELECT g.key FROM person p JOIN group_member m ON m.person_id = p.id JOIN "group" g ON g.id = m.group_id WHERE p.key = held.person) AS groups,
      (SELECT jsonb_agg(jsonb_build_array(s.definition_key, s.amount_limit::text, s.currency, CASE WHEN s.department IS NOT NULL THEN ARRAY(
        WITH RECURSIVE below AS (
          SELECT d.id, d.key, 0 AS depth FROM department d WHERE d.key = s.department
          UNION ALL
          SELECT d.id, d.key, depth + 1 FROM below JOIN department d ON d.parent_id = below.id WHERE depth < 50
        ) SELECT key FROM below) END)) FROM substitution s WHERE s.id = ANY(held.ids)) AS scopes
    FROM held ORDER BY cardinality(held.ids), held.person
    """
)


_STAND_IN = Prepared(
    f"""SELECT s.substitute FROM substitution s JOIN person p ON p.key = s.substitute AND p.active
        WHERE s.person = %(person)s::text AND {_IN_FORCE} AND s.definition_key IS NULL AND s.department IS NULL AND s.amount_limit IS NULL
        ORDER BY s.starts_at, s.id LIMIT 1"""
)


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody for whom an actor may act now, and within what; None is no limit. Several entries of one person are several ways to her."""

    key: str
    groups: frozenset[str]
    definition_key: str | None
    departments: frozenset[str] | None  #: keys, those below included: the case's initiator must be in one of them
    amount_limit: Decimal | None  #: inclusive
    currency: str | None
    chain: tuple[str, ...]  #: from her to the actor

    def covers(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether a task is within the scope. A limit of amount covers only what has an amount, in its currency."""
        if self.definition_key is not None and facts.get("definition") != self.definition_key:
            return False
        if self.departments is not None and facts.get("department") not in self.departments:
            return False
        if self.amount_limit is None:
            return True
        try:
            amount = abs(Decimal(str(facts.get("amount"))))
        except InvalidOperation:
            return False
        return facts.get("currency") == self.currency and amount <= self.amount_limit

    def may_work_on(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether the task is hers to decide."""
        if facts.get("assignee") is not None:
            return bool(facts["assignee"] == self.key)
        return self.key in facts.get("users", ()) or not self.groups.isdisjoint(facts.get("groups", ()))


def principals(session: Session, actor: Actor, now: datetime | None = None) -> list[Principal]:
    """Return everybody for whom an actor may act at a time, or now, the nearest first, by one statement."""
    rows = _PRINCIPALS.run(session, {"actor": actor.key, "now": now}).fetchall()
    return [found for row in rows if (found := _principal(row)) is not None]


def acting_for(session: Session, actor: Actor, task_facts: Mapping[str, Any], now: datetime | None = None) -> str | None:
    """Return the person on whose behalf an actor may work on a task, or None: there is nobody, or the task is her own.

    `task_facts`: `assignee`, `users`, `groups`, `definition` (key), `amount`, `currency`, `department` (key, of the case's initiator).
    """
    own = Principal(actor.key, actor.groups, None, None, None, None, ())
    if own.may_work_on(task_facts):
        return None
    return next((one.key for one in principals(session, actor, now) if one.may_work_on(task_facts) and one.covers(task_facts)), None)


def stand_in(session: Session, person: str, now: datetime) -> str | None:
    """Return who stands in for a person at a time, the one named first; None when nobody does or she has left."""
    row = _STAND_IN.run(session, {"person": person, "now": now}).fetchone()
    return str(row.substitute) if row is not None else None


_FACTS = text(
    """
    SELECT t.assignee, i.amount, i.currency, f.key AS definition, d.key AS department,
      ARRAY(SELECT c.name FROM candidate c WHERE c.task_id = t.id AND c.kind = 'u') AS users,
      ARRAY(SELECT c.name FROM candidate c WHERE c.task_id = t.id AND c.kind = 'g') AS groups
    FROM user_task t JOIN process_instance i ON i.id = t.instance_id JOIN process_definition f ON f.id = i.definition_id
    LEFT JOIN person p ON p.key = i.initiator LEFT JOIN department d ON d.id = p.department_id WHERE t.id = :task AND t.state = 'open'
    """
)


def may_decide(session: Session, actor: Actor, task_id: UUID) -> bool:
    """Tell whether an open task is an actor's to decide now, as her own or for whom she stands in."""
    row = session.execute(_FACTS, {"task": task_id}).one_or_none()
    if row is None:
        return False
    facts = row._asdict()
    return may_work_on(actor, facts) or acting_for(session, actor, facts) is not None


def _principal(row: Any) -> Principal | None:
    return scope_of(row.person, row.scopes, frozenset(row.groups), tuple(reversed(row.way)))


def scope_of(person: str, scopes: Sequence[Any], groups: frozenset[str] = frozenset(), chain: tuple[str, ...] = ()) -> Principal | None:
    """Put the scopes of a chain together: definition, amount, currency, departments of each; None when nothing is within all of them."""
    definitions = {scope[0] for scope in scopes} - {None}
    limits = [Decimal(scope[1]) for scope in scopes if scope[1] is not None]
    currencies = {scope[2] for scope in scopes} - {None}
    departments = [frozenset(scope[3]) for scope in scopes if scope[3] is not None]
    within = frozenset.intersection(*departments) if departments else None
    if len(definitions) > 1 or len(currencies) > 1 or (within is not None and not within):
        return None
    return Principal(
        person, groups, next(iter(definitions), None), within, min(limits) if limits else None, next(iter(currencies), None), chain
    )  # fmt: skip


def add(
    session: Session,
    *,
    by: Actor,
    person: str,
    substitute: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    definition_key: str | None = None,
    department: str | None = None,
    amount_limit: Decimal | str | None = None,
    currency: str | None = None,
    reason: str,
) -> tuple[Substitution, list[tuple[str, ...]]]:
    """Let somebody stand in for a person; returns it with the chains that it begins because the substitute is away at that time too.

    Refuses with `NotPermitted` whoever speaks neither for herself nor as an administrator, with `InvalidVariables` every fault with its field, with
    `CircularSubstitution` one that would lead back to the person, with `Refused` the twenty-first of a person.
    """
    if person != by.key and not allows(by, "substitution.manage"):
        raise NotPermitted(permission="substitution.manage")
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('substitution'))"))  # or two could close a circle together
    now = read_clock(session)
    faults = list(_period(starts_at, ends_at, now))
    faults += _known(session, person=person, substitute=substitute, definition_key=definition_key, department=department)
    limit = read_amount(amount_limit, "amountLimit", faults)
    currency = (currency or "").strip().upper() or ("CNY" if limit is not None else None)
    if limit is not None and not CURRENCY.fullmatch(currency or ""):
        faults.append(Fault("currency-invalid", "币种是三个字母，如 CNY", "A currency has three letters, such as CNY", path="currency"))
    if not reason.strip():
        faults.append(Fault("reason-missing", "请填写原因", "A reason is needed", path="reason"))
    if faults:
        raise InvalidVariables(faults)
    others = _edges(session, starts_at, ends_at)
    new = Edge(person, substitute, starts_at, ends_at, definition_key)
    circle = circle_of(others, new)
    if circle is not None:
        raise CircularSubstitution(chain=" → ".join(circle))
    if _open(session, person, now) >= MOST:
        raise Refused(reason="the person has too many substitutions")
    row = Substitution(
        person=person, substitute=substitute, starts_at=starts_at, ends_at=ends_at, definition_key=definition_key, department=department,
        amount_limit=limit, currency=currency if limit is not None else None, reason=reason.strip()[:MAX_REASON], made_by=by.key, made_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row, chains_from(others, new)


def revoke(session: Session, substitution_id: UUID, *, by: Actor) -> Substitution:
    """End a substitution now. Refuses with `NotFound` one that is neither the person's own nor an administrator's to end, with `Refused` one that is over."""
    row = session.get(Substitution, substitution_id, with_for_update=True)
    if row is None or (row.person != by.key and not allows(by, "substitution.manage")):
        raise NotFound(kind="substitution")
    now = read_clock(session)
    if row.revoked_at is not None or (row.ends_at is not None and row.ends_at <= now):
        raise Refused(reason="the substitution is over")
    row.revoked_by, row.revoked_at = by.key, now
    session.flush()
    return row


def listed(
    session: Session, *, person: str | None = None, over: bool = False, limit: int = 50, after: UUID | None = None
) -> list[Substitution]:  # fmt: skip
    """Return substitutions that a person gave or takes, or with None everybody's, newest first; those that are over only if asked for."""
    now = read_clock(session)
    alive = Substitution.revoked_at.is_(None) & or_(Substitution.ends_at.is_(None), Substitution.ends_at > now)
    statement = select(Substitution).where(~alive if over else alive).order_by(Substitution.id.desc()).limit(limit)
    if person is not None:
        statement = statement.where(or_(Substitution.person == person, Substitution.substitute == person))
    if after is not None:
        statement = statement.where(Substitution.id < after)
    return list(session.scalars(statement))


def chains_of(session: Session, rows: Sequence[Substitution]) -> dict[UUID, list[tuple[str, ...]]]:
    """Return for each substitution the chains that it begins."""
    if not rows:
        return {}
    ends = [row.ends_at for row in rows if row.ends_at is not None]
    others = _edges(session, min(row.starts_at for row in rows), max(ends) if len(ends) == len(rows) else None)
    return {row.id: chains_from(others, Edge(row.person, row.substitute, row.starts_at, row.ends_at, row.definition_key)) for row in rows}


def _period(starts_at: datetime, ends_at: datetime | None, now: datetime) -> list[Fault]:
    if ends_at is None or ends_at > max(starts_at, now):
        return []
    zh, en = "结束时间须晚于开始时间和现在", "It must end after it begins, and after now"
    return [Fault("period-invalid", zh, en, path="endsAt")]


def _known(session: Session, *, person: str, substitute: str, definition_key: str | None, department: str | None) -> list[Fault]:
    here = set(session.scalars(select(Person.key).where(Person.key.in_([person, substitute]), Person.active)))
    faults = [
        Fault("person-unknown", "没有这个在职人员", "No such active person", path=path, found=key[:200])
        for path, key in (("person", person), ("substitute", substitute))
        if key not in here
    ]
    if person == substitute:
        faults.append(Fault("substitute-self", "不能代理自己", "Nobody stands in for herself", path="substitute"))
    if definition_key is not None and session.execute(select(ProcessDefinition.id).filter_by(key=definition_key).limit(1)).first() is None:
        faults.append(
            Fault("definition-unknown", "没有这个流程", "No such process", path="processDefinitionKey", found=definition_key[:200])
        )
    if department is not None and session.execute(select(Department.id).filter_by(key=department, active=True)).first() is None:
        faults.append(Fault("department-unknown", "没有这个部门", "No such department", path="department", found=department[:200]))
    return faults


def _edges(session: Session, starts_at: datetime, ends_at: datetime | None) -> list[Edge]:
    statement = select(Substitution).where(
        Substitution.revoked_at.is_(None), or_(Substitution.ends_at.is_(None), Substitution.ends_at > starts_at)
    )
    if ends_at is not None:
        statement = statement.where(Substitution.starts_at < ends_at)
    return [Edge(row.person, row.substitute, row.starts_at, row.ends_at, row.definition_key) for row in session.scalars(statement)]


def _open(session: Session, person: str, now: datetime) -> int:
    return session.execute(
        select(func.count()).where(
            Substitution.person == person,
            Substitution.revoked_at.is_(None),
            or_(Substitution.ends_at.is_(None), Substitution.ends_at > now),
        )
    ).scalar_one()
