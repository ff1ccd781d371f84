"""What a drawing may ask about people, each answer with its reason in words ("why me").

Names that nobody has, a post or a department, are refused with `ExecutionFailed`; a question whose answer is nobody is answered with null or an empty list,
and the task that asked becomes an incident.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.language.values import failure
from engine.organisation.authority import find_rule, written
from engine.organisation.involved import deciders_of, performer_of

MAX_LEVEL = 50

_HEAD = text(
    """
    SELECT h.key FROM person p JOIN department d ON d.id = p.department_id LEFT JOIN department u ON u.id = d.parent_id
    JOIN person h ON h.id = CASE WHEN d.head_id = p.id AND :above THEN u.head_id ELSE d.head_id END
    WHERE p.key = :key AND h.active
    """
)
_SUPERIORS = text(
    """
    WITH RECURSIVE up AS (
      SELECT d.id, d.parent_id, d.head_id, d.active, ARRAY[d.id] AS way FROM person p JOIN department d ON d.id = p.department_id WHERE p.key = :key
      UNION ALL
      SELECT d.id, d.parent_id, d.head_id, d.active, way || d.id FROM up JOIN department d ON d.id = up.parent_id WHERE d.id <> ALL(way)
    )
    SELECT h.key FROM up JOIN person h ON h.id = up.head_id WHERE h.active AND up.active AND h.key <> :key ORDER BY cardinality(way)
    """
)
_PLACE = text(
    """
    SELECT d.key AS department, e.key AS entity FROM person p
    LEFT JOIN department d ON d.id = p.department_id LEFT JOIN legal_entity e ON e.id = d.legal_entity_id WHERE p.key = :key
    """
)
_HOLDERS = text(
    """
    SELECT o.name, CAST(:entity AS text) IS NULL OR EXISTS (SELECT 1 FROM legal_entity WHERE key = :entity) AS entity_known, ARRAY(
      SELECT DISTINCT p.key FROM post_holder h JOIN person p ON p.id = h.person_id JOIN legal_entity e ON e.id = h.legal_entity_id
      WHERE h.post_id = o.id AND h.ended_at IS NULL AND p.active AND (CAST(:entity AS text) IS NULL OR e.key = :entity) ORDER BY p.key) AS people
    FROM post o WHERE o.key = :post AND o.active
    """
)
_MEMBERS = text(
    """
    SELECT g.name, ARRAY(SELECT p.key FROM group_member m JOIN person p ON p.id = m.person_id WHERE m.group_id = g.id AND p.active ORDER BY p.key) AS people
    FROM "group" g WHERE g.key = :group AND g.active
    """
)
_ACTIVE = text("SELECT key FROM person WHERE key = :key AND active")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the organisation answers, and why; `here` says that everybody it names works here."""

    value: str | list[str] | None
    zh: str
    en: str
    here: bool = True


@dataclass(frozen=True, slots=True)
class Asker:
    """The case that asks: who began it, and what was decided in it so far."""

    session: Session
    initiator: str | None
    decisions: Any


def head_of_department(asker: Asker, person: str) -> Answer:
    found = asker.session.execute(_HEAD, {"key": person, "above": False}).scalar()
    zh, en = _person(asker, person)
    return Answer(found, f"{zh}所在部门的负责人", f"head of the department of {en}")


def manager(asker: Asker, person: str) -> Answer:
    found = asker.session.execute(_HEAD, {"key": person, "above": True}).scalar()
    zh, en = _person(asker, person)
    return Answer(found, f"{zh}的直接上级", f"direct superior of {en}")


def superior(asker: Asker, person: str, level: int) -> Answer:
    """Go up the departments; a head who is the person herself, stands there twice or has left is no level."""
    if not 1 <= level <= MAX_LEVEL:
        raise failure(f"superior 的级数须为 1 到 {MAX_LEVEL}", f"the level of a superior is from 1 to {MAX_LEVEL}")
    found = list(dict.fromkeys(asker.session.scalars(_SUPERIORS, {"key": person})))
    zh, en = _person(asker, person)
    value = found[level - 1] if level <= len(found) else None
    return Answer(value, f"{zh}的第 {level} 级上级", f"superior of {en}, level {level}")


def holders_of(asker: Asker, post: str, entity: str | None) -> Answer:
    row = asker.session.execute(_HOLDERS, {"post": post, "entity": entity}).one_or_none()
    if row is None:
        raise failure(f"没有岗位 {post}", f"there is no post {post}")
    if not row.entity_known:
        raise failure(f"没有法人 {entity}", f"there is no legal entity {entity}")
    zh, en = (f"法人 {entity} 的", f" in {entity}") if entity else ("", "")
    return Answer(list(row.people), f"{zh}岗位“{row.name}”的任职人", f"holds the post {row.name}{en}")


def members_of(asker: Asker, group: str) -> Answer:
    row = asker.session.execute(_MEMBERS, {"group": group}).one_or_none()
    if row is None:
        raise failure(f"没有组 {group}", f"there is no group {group}")
    return Answer(list(row.people), f"组“{row.name}”的成员", f"member of the group {row.name}")


def department_of(asker: Asker, person: str) -> Answer:
    row = asker.session.execute(_PLACE, {"key": person}).one_or_none()
    zh, en = _person(asker, person)
    return Answer(row.department if row else None, f"{zh}的部门", f"department of {en}", here=False)


def entity_of(asker: Asker, person: str) -> Answer:
    row = asker.session.execute(_PLACE, {"key": person}).one_or_none()
    zh, en = _person(asker, person)
    return Answer(row.entity if row else None, f"{zh}的法人", f"legal entity of {en}", here=False)


def approver_for(asker: Asker, amount: Decimal, currency: str, entity: str | None, department: str | None, expense: str | None) -> Answer:
    """Ask the authority matrix: a person's key, or the list of those who hold the post or are in the group that its rule names."""
    rule = find_rule(asker.session, Decimal(amount), currency, entity=entity, department=department, expense_class=expense)
    if rule is None:
        limit = written(abs(Decimal(amount)))
        raise failure(f"授权矩阵中没有人能审批 {currency} {limit}", f"the authority matrix names nobody for {currency} {limit}")
    zh, en = rule.words()
    if rule.approver_kind == "person":
        found = asker.session.execute(_ACTIVE, {"key": rule.approver}).scalar()
        return Answer(found, f"授权矩阵：{zh}", f"authority matrix: {en}")
    inner = holders_of(asker, rule.approver, entity) if rule.approver_kind == "post" else members_of(asker, rule.approver)
    return Answer(inner.value, f"授权矩阵：{zh}，{inner.zh}", f"authority matrix: {en}, {inner.en}")


def performer(asker: Asker, element: str) -> Answer:
    return Answer(performer_of(asker.decisions, element), f"办理过“{element}”的人", f"decided {element}", here=False)


def not_involved(asker: Asker, people: str | list[Any]) -> Answer:
    names = people.split(",") if isinstance(people, str) else people
    if not all(type(name) is str for name in names):
        raise failure("notInvolved 需要人员列表", "notInvolved takes a list of people")
    acted = {asker.initiator, *(name for names in deciders_of(asker.decisions).values() for name in names)}
    left = [name.strip() for name in names if name.strip() and name.strip() not in acted]
    return Answer(left, "未参与过本流程的人", "has not acted in this case so far", here=False)


def _person(asker: Asker, person: str) -> tuple[str, str]:
    return ("发起人", "the initiator") if person == asker.initiator else (f" {person} ", person)


QUESTIONS: dict[str, Callable[..., Answer]] = {
    "headOfDepartment": head_of_department,
    "manager": manager,
    "superior": superior,
    "holdersOf": holders_of,
    "membersOf": members_of,
    "departmentOf": department_of,
    "entityOf": entity_of,
    "approverFor": approver_for,
    "performerOf": performer,
    "notInvolved": not_involved,
}
