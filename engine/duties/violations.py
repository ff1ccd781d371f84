"""What would be broken if somebody worked on a user task: the drawing's own rules and the company's."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.model import Element
from engine.errors import DutyConflict
from models.duties import DutyOverride, DutyRule

REMEMBERED = 3.0  #: seconds for which another process's new rule is not seen yet
INITIATOR = "initiator"
DRAWN = "notBy:"

_kept: WeakKeyDictionary[Any, tuple[float, tuple["Rule", ...]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the company, as `models.duties.DutyRule` says it."""

    id: str
    kind: str
    definition_key: str | None
    element: str | None
    other_element: str | None
    group: str | None
    other_group: str | None


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a person would break by working on an element, in words."""

    rule: str
    person: str
    element: str
    zh: str
    en: str


def violations(
    session: Session,
    *,
    definition_key: str,
    element: Element,
    person: str,
    initiator: str | None,
    deciders: Mapping[str, Collection[str]],
    groups: Collection[str],
    on_behalf_of: str | None = None,
) -> list[Violation]:
    """Return what would be broken if a person worked on a user task; an empty list means that she may.

    `deciders` are those who decided each element so far (`engine.organisation.involved.deciders_of`), `groups` those of the person. With `on_behalf_of` the
    duties of that person bind her too. The rules are read once in a few seconds; without rules nothing else is asked of the database.
    """
    people = [person] if on_behalf_of is None else [person, on_behalf_of]
    found = list(_drawn(element, people, initiator, deciders))
    for rule in rules_of(session):
        if rule.definition_key in (None, definition_key):
            found.extend(_company(rule, element, people, initiator, deciders, groups))
    return found


def require(
    session: Session,
    *,
    instance: UUID,
    definition_key: str,
    element: Element,
    person: str,
    initiator: str | None,
    deciders: Mapping[str, Collection[str]],
    groups: Collection[str],
    on_behalf_of: str | None = None,
) -> list[Violation]:
    """Return the rules that are broken by approved exceptions, for the record; refuse with `DutyConflict` when one is broken without."""
    found = violations(
        session, definition_key=definition_key, element=element, person=person, initiator=initiator, deciders=deciders, groups=groups,
        on_behalf_of=on_behalf_of,
    )  # fmt: skip
    for one in unexcepted(session, instance, element, found):
        raise DutyConflict(rule=one.rule, person=one.person, element=one.element, zh=one.zh, en=one.en)
    return found


def unexcepted(session: Session, instance: UUID, element: Element, found: list[Violation]) -> list[Violation]:
    """Return what of this no approved exception allows in a case."""
    if not found:
        return []
    statement = select(DutyOverride.rule, DutyOverride.person).where(
        DutyOverride.instance_id == instance, DutyOverride.element == element.id, DutyOverride.state == "approved"
    )
    allowed = {(row.rule, row.person) for row in session.execute(statement)}
    return [one for one in found if (one.rule, one.person) not in allowed]


def rules_of(session: Session) -> tuple[Rule, ...]:
    """Return the company's rules that are looked at when somebody acts, as they were at most a few seconds ago."""
    bind = session.get_bind()
    kept = _kept.get(bind)
    if kept is not None and monotonic() - kept[0] < REMEMBERED:
        return kept[1]
    statement = select(DutyRule).where(DutyRule.ended_at.is_(None), DutyRule.kind != "groups").order_by(DutyRule.id)
    found = tuple(
        Rule(str(row.id), row.kind, row.definition_key, row.element, row.other_element, row.group, row.other_group)
        for row in session.scalars(statement)
    )
    _kept[bind] = (monotonic(), found)
    return found


def forget(session: Session) -> None:
    """Read the rules anew at the next act."""
    _kept.pop(session.get_bind(), None)


def _drawn(element: Element, people: list[str], initiator: str | None, deciders: Mapping[str, Collection[str]]) -> Iterator[Violation]:
    for name in element.not_by:
        for person in people:
            if name == INITIATOR and person == initiator:
                yield Violation(f"{DRAWN}{name}", person, element.id, "发起人不能办理", "the initiator must not do it")
            elif person in deciders.get(name, ()):
                yield Violation(f"{DRAWN}{name}", person, element.id, f"已办理过“{name}”", f"she decided {name} already")


def _company(
    rule: Rule, element: Element, people: list[str], initiator: str | None, deciders: Mapping[str, Collection[str]], groups: Collection[str]
) -> Iterator[Violation]:
    if rule.kind == "initiator" and "approve" in element.outcomes:  # what is only completed or taken back by her is no approval
        for person in people:
            if person == initiator:
                yield Violation(rule.id, person, element.id, "发起人不能审批自己的流程", "nobody approves what she began")
    elif rule.kind == "elements" and element.id in (rule.element, rule.other_element):
        other = (rule.other_element if element.id == rule.element else rule.element) or ""
        for person in people:
            if person in deciders.get(other, ()):
                yield Violation(rule.id, person, element.id, f"已办理过“{other}”", f"she decided {other} already")
    elif rule.kind == "group-task" and rule.group in groups and rule.element in (None, element.id):
        zh, en = f"组 {rule.group} 的成员不办理此事", f"members of {rule.group} do not do this"
        yield Violation(rule.id, people[0], element.id, zh, en)
