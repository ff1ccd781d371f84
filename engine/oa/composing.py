"""A stored snapshot made ready to be shown: the header as it is now, groups replaced by the people in them, substitutes, links and buttons added."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from engine.oa.contract import Action, CcView, InstanceSnapshot, Item, Links, TaskView

#: who stands in for a person in the case that is shown
StandIns = Callable[[str], list[str]]
LABELS = {"approve": "同意", "reject": "驳回", "return": "退回", "resubmit": "重新提交", "recheck": "重新检测"}


def complete(
    row: Any, snapshot: dict[str, Any], instance_id: UUID, version: int, public_url: str, stand_ins: StandIns = lambda _: []
) -> InstanceSnapshot:
    """Return a stored snapshot with the header as it is now, with groups replaced by the people in them, and with a view for each substitute of theirs."""
    members: dict[str, list[str]] = row.members or {}
    here = f"{public_url}/cases/{instance_id}"
    return InstanceSnapshot(
        instance_key=str(instance_id),
        version=version,
        definition_key=snapshot["definitionKey"],
        title=row.title or row.business_key,
        applicant=snapshot["applicant"] or "",
        status=snapshot["status"],
        started_at=moment(snapshot["startedAt"]),
        definition_name=row.definition_name or "",
        applicant_name=row.applicant_name or "",
        business_key=row.business_key,
        department=row.department_name,
        amount=row.amount,
        currency=row.currency,
        summary=tuple(Item(item["label"], item["value"]) for item in row.summary),
        links=Links(here, here),
        ended_at=optional(snapshot["endedAt"]),
        tasks=tuple(view for task in snapshot["tasks"] for view in _views(task, members, public_url, stand_ins)),
        ccs=tuple(CcView(f"{instance_id}:{copy['person']}", copy["person"], moment(copy["at"])) for copy in snapshot.get("copies", ())),
    )


def moment(text: str) -> datetime:
    """Read a time as snapshots keep it."""
    return datetime.fromisoformat(text)


def optional(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@cache
def actions_of(outcomes: tuple[str, ...]) -> tuple[Action, ...]:
    """Return the buttons of a task: every outcome but approval asks for a reason."""
    return tuple(Action(outcome, LABELS.get(outcome, outcome), needs_reason=outcome != "approve") for outcome in outcomes)


def asked(task: dict[str, Any], members: dict[str, list[str]]) -> list[str]:
    """Return whom a task is addressed to: an unassigned one stands in the list of everybody who may take it."""
    if task["assignee"] is not None:
        return [task["assignee"]]
    return sorted({*task["users"], *(member for group in task["groups"] for member in members.get(group, []))})


def _views(task: dict[str, Any], members: dict[str, list[str]], public_url: str, stand_ins: StandIns) -> Iterator[TaskView]:
    """Give one view a person; of a substitute it names for whom she stands in."""
    people: dict[str, str | None] = dict.fromkeys(asked(task, members))
    for person in list(people):
        for substitute in stand_ins(person):
            people.setdefault(substitute, person)
    decider = task.get("decided_by")
    if decider:
        people[decider] = task.get("on_behalf_of")
    here = f"{public_url}/tasks/{task['id']}"
    for person, behalf in people.items():
        status = task["status"]
        if status in ("approved", "rejected") and decider != person:
            status = "closed"
        yield TaskView(
            task_key=f"{task['id']}:{person}", node_key=task["element"], node_name=task["name"], assignee=person, status=status,
            created_at=moment(task["at"]), nonce=task["nonce"], round=task["round"], reason=task.get("reason"), outcome=task.get("outcome"),
            comment=task.get("comment"), ended_at=optional(task.get("endedAt")), due_at=optional(task["due"]),
            actions=actions_of(tuple(task["outcomes"])), origin="proxy" if behalf else task.get("origin", "normal"), on_behalf_of=behalf,
            links=Links(here, here),
        )  # fmt: skip
