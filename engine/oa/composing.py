"""A stored snapshot made ready to be shown: the header as it is now, groups replaced by the people in them, links and buttons added."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from engine.oa.contract import Action, CcView, InstanceSnapshot, Item, Links, TaskView

LABELS = {"approve": "同意", "reject": "驳回", "return": "退回", "resubmit": "重新提交", "recheck": "重新检测"}


def complete(row: Any, snapshot: dict[str, Any], instance_id: UUID, version: int, public_url: str) -> InstanceSnapshot:
    """Return a stored snapshot with the header as it is now, and with groups replaced by the people in them."""
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
        tasks=tuple(view for task in snapshot["tasks"] for view in _views(task, members, public_url)),
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


def _views(task: dict[str, Any], members: dict[str, list[str]], public_url: str) -> Iterator[TaskView]:
    """Give one view a person: an unassigned task stands in the list of everybody who may take it."""
    if task["assignee"] is not None:
        people = [task["assignee"]]
    else:
        people = sorted({*task["users"], *(member for group in task["groups"] for member in members.get(group, []))})
    if task.get("decided_by") and task["decided_by"] not in people:
        people.append(task["decided_by"])
    here = f"{public_url}/tasks/{task['id']}"
    for person in people:
        status = task["status"]
        if status in ("approved", "rejected") and task.get("decided_by") != person:
            status = "closed"
        yield TaskView(
            task_key=f"{task['id']}:{person}", node_key=task["element"], node_name=task["name"], assignee=person, status=status,
            created_at=moment(task["at"]), nonce=task["nonce"], round=task["round"], reason=task.get("reason"), outcome=task.get("outcome"),
            comment=task.get("comment"), ended_at=optional(task.get("endedAt")), due_at=optional(task["due"]),
            actions=actions_of(tuple(task["outcomes"])), origin=task.get("origin", "normal"), links=Links(here, here), form=task.get("form", False),
        )  # fmt: skip
