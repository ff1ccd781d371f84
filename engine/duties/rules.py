"""The company's rules: made and ended by administrators, never changed; and the people whom two groups should not share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import definitions
from engine.bpmn.model import HUMAN
from engine.database.transaction import read_clock
from engine.duties.violations import forget
from engine.errors import Fault, InvalidVariables, NotFound
from models.duties import DUTY_KINDS, DutyRule
from models.identity import Group

MAX_REASON = 500
#: place -> how callers write it
PLACES = {
    "definition_key": "processDefinitionKey", "element": "element", "other_element": "otherElement", "group": "group", "other_group": "otherGroup",
}  # fmt: skip
#: kind -> the places it needs, and those it may have
NEEDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "initiator": ((), ("definition_key",)),
    "elements": (("definition_key", "element", "other_element"), ()),
    "group-task": (("group", "definition_key"), ("element",)),
    "groups": (("group", "other_group"), ()),
}

_CONFLICTS = text(
    """
    SELECT r.id, r.reason, p.key, p.name, g.name AS "group", o.name AS other_group FROM duty_rule r JOIN "group" g ON g.key = r."group"
    JOIN "group" o ON o.key = r.other_group JOIN group_member a ON a.group_id = g.id JOIN group_member b ON b.group_id = o.id AND b.person_id = a.person_id
    JOIN person p ON p.id = a.person_id AND p.active WHERE r.ended_at IS NULL AND r.kind = 'groups' ORDER BY p.key, r.id LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class GroupConflict:
    """Somebody who is in two groups that no one person should be in."""

    rule: UUID
    reason: str
    person: str
    name: str
    group: str
    other_group: str


def rules(session: Session, *, ended: bool = False, limit: int = 500) -> list[DutyRule]:
    """Return the rules that hold, or those that do not hold any more, newest first."""
    over = DutyRule.ended_at.is_not(None) if ended else DutyRule.ended_at.is_(None)
    return list(session.scalars(select(DutyRule).where(over).order_by(DutyRule.id.desc()).limit(limit)))


def add(session: Session, values: Mapping[str, Any], *, by: str) -> DutyRule:
    """Make a rule; it binds from the next act on. Refuses with `InvalidVariables`, every fault with its field, what could never bind anybody."""
    given = {name: str(values.get(name) or "").strip() for name in (*PLACES, "kind", "reason")}
    faults: list[Fault] = []
    kind = given["kind"]
    if kind not in DUTY_KINDS:
        raise InvalidVariables([Fault("kind-unknown", "没有这种规则", "No such kind of rule", path="kind", found=kind[:100])])
    needed, possible = NEEDS[kind]
    faults += [Fault("field-required", "请填写", "This is needed", path=PLACES[name]) for name in needed if not given[name]]
    kept = {name: given[name] or None for name in (*needed, *possible)}
    if not given["reason"]:
        faults.append(Fault("reason-missing", "请写明依据", "A reason is needed", path="reason"))
    faults += _unknown(session, kept)
    for one, other in (("element", "other_element"), ("group", "other_group")):
        if kept.get(one) and kept.get(one) == kept.get(other):
            faults.append(Fault("two-needed", "两处必须不同", "The two must be different", path=PLACES[other]))
    if faults:
        raise InvalidVariables(faults)
    row = DutyRule(kind=kind, **kept, reason=given["reason"][:MAX_REASON], made_by=by, made_at=read_clock(session))
    session.add(row)
    session.flush()
    forget(session)
    return row


def _unknown(session: Session, kept: Mapping[str, str | None]) -> list[Fault]:
    """Find groups, a process and its user tasks that are not there."""
    faults = []
    for name in ("group", "other_group"):
        key = kept.get(name)
        if key and session.execute(select(Group.id).filter_by(key=key)).first() is None:
            faults.append(Fault("group-unknown", "没有这个组", "No such group", path=PLACES[name], found=key[:100]))
    if kept.get("definition_key"):
        try:
            model = definitions.latest(session, str(kept["definition_key"])).model
        except NotFound:
            return [*faults, Fault("definition-unknown", "没有这个流程", "No such process", path=PLACES["definition_key"])]
        tasks = {element.id for element in model.of_kind(HUMAN)}
        for name in ("element", "other_element"):
            if kept.get(name) and kept[name] not in tasks:
                faults.append(
                    Fault(
                        "element-unknown",
                        "流程中没有这个用户任务",
                        "The process has no such user task",
                        path=PLACES[name],
                        found=kept[name],
                    )
                )
    return faults


def end(session: Session, rule_id: UUID, *, by: str) -> DutyRule:
    """Let a rule bind nobody any more; refuses with `NotFound` one that is not there or has ended."""
    row = session.get(DutyRule, rule_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise NotFound(kind="duty rule")
    row.ended_by, row.ended_at = by, read_clock(session)
    session.flush()
    forget(session)
    return row


def conflicts(session: Session, limit: int = 500) -> list[GroupConflict]:
    """Return the active people who are in two groups that the company keeps apart."""
    rows = session.execute(_CONFLICTS, {"limit": limit})
    return [GroupConflict(row.id, row.reason, row.key, row.name, row.group, row.other_group) for row in rows]
