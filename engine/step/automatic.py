"""What happens to a user task by itself, with its reason in the record: it is passed, reminded of, escalated, handed to a deputy, refused.

Each such act is a step of its own in the same transaction, so that the record can be run again command by command.
"""

from __future__ import annotations

import secrets
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text

from engine.assignment import ADMINISTRATORS, Asked, Assigned, assign, is_here
from engine.bpmn.model import Element
from engine.duties import Violation, violations
from engine.duties.violations import rules_of, unexcepted
from engine.errors import NobodyAllowed, NobodyFound, ShenpiError
from engine.execution import OpenTask, values
from engine.execution.done import Overdue
from engine.history.events import stamp
from engine.language import Budget, compile_template
from engine.organisation.involved import deciders_of
from engine.permissions import SYSTEM
from engine.step.entries import close_decided, close_task, row_of
from engine.substitutions import stand_in

if TYPE_CHECKING:
    from engine.step.move import Step

_GROUPS = text(
    'SELECT g.key FROM group_member m JOIN "group" g ON g.id = m.group_id JOIN person p ON p.id = m.person_id WHERE p.key = :key'
)
MOST = 100  #: acts in one transaction; a drawing that passes itself round and round waits for a person then

REASONS = {
    "same-person": ("同一人此前已同意，自动通过", "the same person has approved before"),
    "initiator": ("审批人即发起人，自动通过", "the approver is the initiator"),
    "nobody": ("未找到审批人，自动通过", "nobody found to approve"),
    "rule": ("按规则自动通过", "passed by rule"),
    "timeout-pass": ("超时自动通过", "passed because time ran out"),
    "timeout-refuse": ("超时自动驳回", "refused because time ran out"),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do by itself: pass or refuse a task, or hand it to somebody."""

    task: str
    kind: str  #: a reason to pass or refuse, or remind, escalate, deputy
    element: str | None = None  #: the timer that ran out
    told: str | None = None  #: the drawing's own words for a rule


def find_people(step: Step, element: Element, task: OpenTask) -> tuple[Assigned, str | None]:
    """Return who is to do a new task, and the reason to pass it by itself, if there is one. Refuses with `ShenpiError` when nobody is found and none may do."""
    variables = step.execution.seen_from(task.token)
    policy = element.policy
    if task.asked is not None and is_here(step.session, task.asked) and not broken(step, element, task.token, task.asked):
        why = {"zh": "退回后直接交回退回人", "en": "straight back to who returned it", "expression": ""}
        return Assigned(task.asked, (), (), None, why=why), None
    try:
        assigned = assign(step.session, element, variables, step.now, step.execution.zone, initiator=step.case.initiator)
    except ShenpiError:
        if policy.nobody is None:
            raise
        return _nobody(step, element, task.token, variables)
    if assigned.assignee is not None and assigned.assignee == step.case.initiator and policy.self_approval != "decide":
        if policy.self_approval == "skip":
            return assigned, None if task.again else "initiator"
        assigned = _above(step, assigned, policy.self_approval, variables)
    if kept := broken(step, element, task.token, assigned.assignee):
        if policy.nobody is None:
            raise _forbidden(element, kept)
        return _nobody(step, element, task.token, variables)
    if not task.again and policy.pass_when is not None and _value(step, policy.pass_when, variables) is True:
        return assigned, "rule"
    stale = {*step.execution.memory.stale, element.id}
    if policy.same_person == "skip" and not task.again and assigned.assignee in _approvers(variables, stale):
        return assigned, "same-person"
    return assigned, None


def _forbidden(element: Element, kept: list[Violation]) -> NobodyAllowed:
    return NobodyAllowed(
        element=element.id,
        found="；".join(f"{one.person} 不能办理“{element.name or element.id}”：{one.zh}" for one in kept),
        reason="; ".join(f"{one.person} must not work on {element.id}: {one.en}" for one in kept),
        conflicts=[{"rule": one.rule, "person": one.person, "element": one.element, "zh": one.zh, "en": one.en} for one in kept],
    )


def broken(step: Step, element: Element, token: UUID, person: str | None) -> list[Violation]:
    """Return the rules that keep somebody from a task because of what she did before in this case or does elsewhere, and that no exception sets aside."""
    if person is None:
        return []
    groups = frozenset(step.session.scalars(_GROUPS, {"key": person})) if rules_of(step.session) else frozenset()
    found = violations(
        step.session, definition_key=step.definition.key, element=element, person=person, initiator=step.case.initiator,
        deciders=deciders_of(step.execution.variables_of(token).get("decisions")), groups=groups,
    )  # fmt: skip
    return unexcepted(step.session, step.case.id, element, found)


def _nobody(step: Step, element: Element, token: UUID, variables: Mapping[str, Any]) -> tuple[Assigned, str | None]:
    policy = element.policy
    why = {"zh": "未找到处理人", "en": "nobody found", "expression": policy.nobody or ""}
    if policy.nobody == "skip":
        return Assigned(None, (), (), None, why=why), "nobody"
    if policy.nobody == "administrator":
        why |= {"zh": "未找到处理人，交管理员", "en": "nobody found: administrators"}
        return Assigned(None, tuple(step.session.scalars(ADMINISTRATORS)), (), None, why=why), None
    deputy = _value(step, policy.nobody or "", variables)
    if not isinstance(deputy, str) or not deputy:
        raise NobodyFound(element=element.id, found="图中指定的代理人也不在", reason=f"nor is the deputy named by {policy.nobody}")
    if kept := broken(step, element, token, deputy):
        raise _forbidden(element, kept)
    why |= {"zh": "未找到处理人，交指定代理人", "en": "nobody found: the deputy named"}
    return Assigned(deputy, (), (), None, why=why), None


def _above(step: Step, assigned: Assigned, choice: str, variables: Mapping[str, Any]) -> Assigned:
    """Ask the initiator's superior, or the head of her department if that is somebody else; she decides herself when there is nobody above her."""
    asked, person = Asked(step.session, variables, step.case.initiator), assigned.assignee or ""
    head = asked.ask("headOfDepartment", person) if choice == "head" else None
    found = head if head not in (None, person) else asked.ask("manager", person)
    if not isinstance(found, str) or found == person:
        return assigned
    why = {"zh": "发起人不审批自己的申请，交上级", "en": "the initiator does not approve her own: her superior"}
    return Assigned(found, (), (), assigned.due, assigned.priority, assigned.follow_up, assigned.why | why)


def _approvers(variables: Mapping[str, Any], stale: Container[str]) -> set[str]:
    """Return who approved in this case, at steps whose decisions still count; who did so for somebody else did not do so herself."""
    decisions = variables.get("decisions")
    found = []
    for value in (value for name, value in decisions.items() if name not in stale) if isinstance(decisions, dict) else ():
        found.extend(value if isinstance(value, list) else [value])
    return {one["by"] for one in found if isinstance(one, dict) and one.get("outcome") == "approve" and not one.get("onBehalfOf")}


def _value(step: Step, source: str, variables: Mapping[str, Any]) -> Any:
    return compile_template(source).evaluate(Asked(step.session, variables, step.case.initiator), now=step.now, budget=Budget())


def due_acts(step: Step) -> list[Act]:
    """Return what timers of this step make happen to tasks by themselves."""
    return [Act(task["id"], overdue.action, overdue.element) for overdue in step.execution.overdue for task in _tasks_of(step, overdue)]


def _tasks_of(step: Step, overdue: Overdue) -> list[dict[str, Any]]:
    inside = step.execution.inside(overdue.token)
    decides = overdue.action in ("pass", "refuse")  # for everybody, also while a signer is waited for
    tasks = [task for task in step.execution.memory.tasks.values() if task["token"] in inside and "for" not in task]
    return [task for task in tasks if decides or not task.get("held")]


def act(step: Step, todo: Act) -> bool:
    """Do one thing by itself, as a command of a further step; False when the task is gone meanwhile."""
    task = step.execution.memory.tasks.get(todo.task)
    if task is None:
        return False
    kind = {"pass": "timeout-pass", "refuse": "timeout-refuse"}.get(todo.kind, todo.kind)
    if kind in REASONS:
        _decide(step, task, kind, todo)
    else:
        _hand(step, task, kind, todo)
    return True


def _decide(step: Step, task: dict[str, Any], kind: str, todo: Act) -> None:
    zh, en = REASONS[kind]
    zh, en = (f"{zh}：{todo.told}", f"{en}: {todo.told}") if todo.told else (zh, en)
    outcomes = task["outcomes"]
    wanted = "reject" if kind == "timeout-refuse" else "approve"
    outcome = wanted if wanted in outcomes else outcomes[0]
    decision = {
        "outcome": outcome,
        "comment": zh,
        "by": SYSTEM.key,
        "onBehalfOf": task.get("owner") or task["assignee"],
        "at": stamp(step.now),
    }
    step.recorder.record(
        "task:passed",
        actor=SYSTEM.key,
        element=task["element"],
        data={"task": task["id"], "outcome": outcome, "round": task["round"], "reason": kind, "zh": zh, "en": en, "timer": todo.element},
        personal={"decision": values.tagged(decision)},
    )
    close_decided(step, task, decision)
    for other in [one for one in step.execution.memory.tasks.values() if one["token"] == task["token"]]:
        close_task(step, other, "decided")
    step.execution.complete(UUID(task["token"]), decision, {})


def _hand(step: Step, task: dict[str, Any], kind: str, todo: Act) -> None:
    """Remind of a task, or hand it to the superior or the deputy of who has it; where there is nobody else, remind."""
    person = task["assignee"]
    target = None
    if kind == "escalate" and person is not None:
        found = Asked(step.session, {}, step.case.initiator).ask("manager", person)
        target = found if isinstance(found, str) else None
    elif kind == "deputy":
        target = _deputy(step, task)
    if target is not None and broken(step, step.execution.element_of(UUID(task["token"])), UUID(task["token"]), target):
        target = None
    event, data = "task:reminded", {"task": task["id"], "timer": todo.element}
    if target is not None and target != person:
        task.update(assignee=target, claimed=False, nonce=secrets.token_urlsafe(12), origin="transfer")
        event, data = "task:escalated", data | {"from": person, "to": target, "assignee": target, "by": kind}
        step.document.dropped.append(task["id"])
    step.document.changed.append(row_of(task) | {"reminded_at": stamp(step.now)})
    step.recorder.record(event, actor=SYSTEM.key, element=task["element"], data=data)


def _deputy(step: Step, task: dict[str, Any]) -> str | None:
    """Return who stands in for whom the task is with, else the deputy that the drawing names."""
    if task["assignee"] is not None and (found := stand_in(step.session, task["assignee"], step.now)) is not None:
        return found
    policy = step.execution.element_of(UUID(task["token"])).policy
    if policy.nobody in (None, "skip", "administrator"):
        return None
    named = _value(step, policy.nobody or "", step.execution.variables_of(UUID(task["token"])))
    return named if isinstance(named, str) else None
