"""Who is to do a user task: its expressions evaluated when the task is made, with the reason kept for the record ("why me").

Besides variables, expressions may ask the organisation (`engine.organisation.questions`). An assignee that is a list of one is she; of several, they are
candidates. Nobody found is an error on the element, not a task that nobody sees; a drawing that names nobody at all, as files from elsewhere do, asks the
administrators.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.bpmn.model import Assignment, Element
from engine.errors import BpmnError, ExecutionFailed, NobodyFound
from engine.execution.timers import due_at
from engine.language import Budget, compile_template
from engine.organisation.questions import QUESTIONS, Asker

LONGEST_KEY = 200

#: whether anybody who works here is among the candidates: a task that nobody sees would wait for ever
_REACHABLE = text(
    """
    SELECT EXISTS (SELECT 1 FROM person WHERE key = ANY(:users) AND active) OR EXISTS (
      SELECT 1 FROM group_member m JOIN "group" g ON g.id = m.group_id JOIN person p ON p.id = m.person_id WHERE g.key = ANY(:groups) AND g.active AND p.active)
    """
)
ADMINISTRATORS = text(
    "SELECT DISTINCT p.key FROM person p JOIN role_grant r ON r.person_id = p.id WHERE r.role = 'administrator' AND p.active ORDER BY p.key LIMIT 50"
)
_KNOWN = text("SELECT EXISTS (SELECT 1 FROM person WHERE key = :key AND active)")


REMEMBERED = 30.0  #: seconds
_seen: WeakKeyDictionary[Any, dict[str, float]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Assigned:
    """The answer: one assignee, or candidates; when it is due (UTC); and why."""

    assignee: str | None
    users: tuple[str, ...]
    groups: tuple[str, ...]
    due: datetime | None
    priority: int | None = None  #: Camunda's scale, 0 to 100
    follow_up: datetime | None = None  #: UTC
    why: dict[str, str] = field(default_factory=dict)  #: in words, Chinese and English, with the expression as drawn


def assign(
    session: Session, element: Element, variables: Mapping[str, Any], now: datetime, zone: ZoneInfo, *, initiator: str | None = None
) -> Assigned:
    """Evaluate the assignment of a user task. Refuses with `ExecutionFailed` on the element when nobody is found or a value is no name."""
    wanted = element.assignment
    asked = Asked(session, variables, initiator)

    def value(source: str | None) -> Any:
        if source is None:
            return None
        try:
            return compile_template(source).evaluate(asked, now=now, budget=Budget())
        except ExecutionFailed as error:  # the language does not know where its texts stand
            if isinstance(error, BpmnError):
                raise
            raise type(error)(**{**error.facts, "element": element.id}) from error

    assignee = value(wanted.assignee)
    users = tuple(_names(value(wanted.candidate_users), element))
    groups = tuple(_names(value(wanted.candidate_groups), element))
    if isinstance(assignee, list):
        named = tuple(_names(assignee, element))
        assignee, users = (named[0], users) if len(named) == 1 else (None, (*named, *users))
    if assignee is not None and not isinstance(assignee, str):
        raise ExecutionFailed(element=element.id, reason=f"the assignee {assignee!r} is no person's key")
    if any(len(name) > LONGEST_KEY for name in (assignee or "", *users, *groups)):
        raise ExecutionFailed(element=element.id, reason=f"a person's key has at most {LONGEST_KEY} characters")
    if assignee and assignee not in asked.here and not is_here(session, assignee):
        raise NobodyFound(element=element.id, found=f"{assignee} 不是在职人员", reason=f"{assignee} is nobody who works here")
    if not (wanted.assignee or wanted.candidate_users or wanted.candidate_groups):
        users = tuple(session.scalars(ADMINISTRATORS))
    if not assignee and not users and not groups:
        source = wanted.assignee or wanted.candidate_users or wanted.candidate_groups or "the drawing"
        raise NobodyFound(element=element.id, found=f"按 {source} 找不到人", reason=f"nobody found by {source}")
    if not assignee and not _reachable(session, users, groups):
        names = ", ".join((*users, *groups))
        raise NobodyFound(element=element.id, found=f"{names} 中没有在职人员", reason=f"nobody is among {names}")
    return Assigned(
        assignee or None,
        users,
        groups,
        _due(value(wanted.due_date), now, element, zone),
        _priority(value(wanted.priority), element),
        _due(value(wanted.follow_up_date), now, element, zone),
        reason(wanted, asked.reasons),
    )


def is_here(session: Session, person: str) -> bool:
    """Tell whether somebody works here now."""
    return bool(session.execute(_KNOWN, {"key": person}).scalar())


def _reachable(session: Session, users: tuple[str, ...], groups: tuple[str, ...]) -> bool:
    """Tell whether anybody is among the candidates. Who was there a moment ago is not asked for again: organisations change by the day."""
    seen = _seen.setdefault(session.get_bind(), {})
    now = monotonic()
    if any(now - seen.get(name, -REMEMBERED) < REMEMBERED for name in (*users, *groups)):
        return True
    found = bool(session.execute(_REACHABLE, {"users": list(users), "groups": list(groups)}).scalar())
    if found and len(users) + len(groups) == 1:
        seen[(*users, *groups)[0]] = now
    return found


def _priority(value: Any, element: Element) -> int | None:
    if value is None or value == "":
        return None
    text = str(value).strip()
    if not text.lstrip("-").isdecimal() or len(text) > 9:
        raise ExecutionFailed(element=element.id, reason=f"the priority {text[:50]!r} is no whole number")
    return int(text)


#: expressions that people know by a name
KNOWN = {
    "headOfDepartment(initiator)": ("发起人所在部门的负责人", "head of the initiator's department"),
    "manager(initiator)": ("发起人的直接上级", "direct superior of the initiator"),
    "initiator": ("发起人", "initiator"),
}


def reason(wanted: Assignment, told: Collection[tuple[str, str]] = ()) -> dict[str, str]:
    """Return why these people are asked, in words and as drawn; `told` is what the organisation said to each question, Chinese and English."""
    if not (wanted.assignee or wanted.candidate_users or wanted.candidate_groups):
        return {"zh": "图中没有指定处理人，由管理员处理", "en": "the drawing names nobody: administrators", "expression": ""}
    said = ("；".join(zh for zh, _ in told), "; ".join(en for _, en in told)) if told else None
    if wanted.assignee:
        drawn = "{" not in wanted.assignee
        plain = ("图中指定", "named in the drawing") if drawn else (f"按表达式 {wanted.assignee}", f"by the expression {wanted.assignee}")
        zh, en = KNOWN.get(wanted.assignee.strip("${} "), said or plain)
        return {"zh": zh, "en": en, "expression": wanted.assignee}
    names = ", ".join(filter(None, (wanted.candidate_groups, wanted.candidate_users)))
    zh, en = said or (names, names)
    return {"zh": f"候选：{zh}", "en": f"candidates: {en}", "expression": names}


def _due(value: Any, now: datetime, element: Element, zone: ZoneInfo) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, timedelta) or (isinstance(value, str) and value.startswith("P")):
        return due_at("duration", value, now, element.id, zone)
    return due_at("date", value, now, element.id, zone)


def _names(value: Any, element: Element) -> Iterable[str]:
    if value is None:
        return []
    items = value if isinstance(value, list | tuple | set) else str(value).split(",")
    names = [item.strip() for item in items if isinstance(item, str) and item.strip()]
    if len(names) != len(list(items)):
        raise ExecutionFailed(element=element.id, reason=f"{value!r} is no list of names")
    return names


class Asked(dict[str, Any]):
    """The variables of a case that can also be asked about the organisation; only assignments get this."""

    def __init__(self, session: Session, variables: Mapping[str, Any], initiator: str | None) -> None:
        super().__init__(variables)
        self.asker = Asker(session, initiator, variables.get("decisions"))
        self.here: set[str] = set()  #: whom the organisation named: they need not be looked for again
        self.reasons: dict[tuple[str, str], None] = {}  #: in the order of the questions, each once

    def ask(self, function: str, *arguments: Any) -> str | list[str] | None:
        """Answer a question: a key, a list of keys, or None when there is nobody. Refuses with `ExecutionFailed` a text that can be no key."""
        for text_ in (argument for argument in arguments if isinstance(argument, str)):
            if not text_.isprintable() or len(text_) > LONGEST_KEY * (1 + LONGEST_KEY * (function == "notInvolved")):
                raise ExecutionFailed(element="", reason=f"{text_[:50]!r} is no key")
        answer = QUESTIONS[function](self.asker, *arguments)
        self.reasons[answer.zh, answer.en] = None
        if answer.here and answer.value:
            self.here.update([answer.value] if isinstance(answer.value, str) else answer.value)
        return answer.value
