"""Incidents in the rows and the record of a step: raised where something went wrong, resolved when a person has dealt with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from uuid_utils.compat import uuid7

from engine.execution import values
from engine.execution.done import Failure
from engine.permissions import Actor
from models.runtime import Incident

if TYPE_CHECKING:
    from engine.step.move import Step


def raise_incident(step: Step, kind: str, failure: Failure, *, job: UUID | None = None) -> None:
    """Note that a person must look: a row for the operator's list and an event for the record.

    Where the step itself has interrupted what failed, nobody need look any more: the row is settled already.
    """
    gone = failure.token not in step.execution.workflow.tasks
    identity, conflicts = uuid7(), list(failure.conflicts)
    row = {"id": identity, "kind": kind, "token": failure.token, "job": job, "element": failure.element, "message": failure.message}
    step.document.incidents.append(row | {"messageZh": failure.message_zh, "conflicts": conflicts or None, "gone": gone})
    step.recorder.record(
        "incident:raised",
        element=failure.element,
        data={"incident": str(identity), "kind": kind, "code": failure.code} | ({"conflicts": conflicts} if conflicts else {}),
        personal={"message": failure.message} | ({"messageZh": failure.message_zh} if failure.message_zh else {}),
    )


def record_resolved(step: Step, incident: Incident, by: Actor, resolution: str, reason: str, value: Any = None) -> None:
    """Note that a person has dealt with an incident, how and why."""
    incident.resolved_at, incident.resolved_by, incident.resolution, incident.reason = step.now, by.key, resolution, reason
    step.recorder.record(
        "incident:resolved",
        actor=by.key,
        element=incident.element,
        data={"incident": str(incident.id), "kind": incident.kind, "resolution": resolution},
        personal={"reason": reason, "value": values.tagged(values.clean(value)), "by": {"name": by.name, "department": by.department}},
    )
