"""Deciding a user task, alone or with signers who were added to it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from secrets import compare_digest
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine import attachments
from engine.errors import NotPermitted
from engine.execution import values as kept
from engine.forms import check_decision, files_in
from engine.history.events import stamp
from engine.permissions import Actor
from engine.step import Step
from engine.step.entries import close_decided, close_task
from engine.tasks.autograph import sign
from engine.tasks.held import JSON, Held, change, hold, picture
from engine.tasks.holding import give_back
from models.attachment import Attachment

AGAINST = ("reject", "return")


def complete(
    session: Session,
    task_id: UUID,
    *,
    by: Actor,
    outcome: str,
    comment: str = "",
    values: Mapping[str, Any] | None = None,
    files: Iterable[UUID] = (),
    signature: bytes | UUID | None = None,
    expected_revision: int | None = None,
    channel: str | None = None,
    nonce: str | None = None,
) -> Step:
    """Decide a user task and let its case go on to its next wait.

    Afterwards the task is closed, the decision stands in the history, `outcome`, `decisions.<element>` and the form's values are variables, and
    `files` (uploads of this person for this task) and the handwritten `signature` (a picture, or an upload) belong to it for good. The case waits on
    while somebody who was added has not signed; a signer who rejects or returns decides for all. A task that was delegated goes back to who delegated it, and
    the outcome is an opinion. Refuses with `TaskClosed` a task that is decided or gone, with `NotPermitted` somebody it is not addressed to, with
    `TaskAlreadyClaimed` when somebody else holds it, with `InvalidVariables` values outside the form or an unknown outcome, with `StaleRevision` a caller who
    saw an older task, with `Refused` one that waits for a signer.
    """
    held = hold(session, task_id, by, expected_revision)
    task, step = held.task, held.step
    if nonce is not None and not compare_digest(nonce.encode(errors="replace"), task["nonce"].encode()):
        raise NotPermitted(reason="nonce")
    if task.get("owner"):
        check_decision(replace(held.element, form=(), schema=None, writes=()), task, outcome, comment, values or {})
        opinion = attachments.attach(session, files, task_id=task_id, by=by)
        return give_back(held, comment, opinion=outcome, channel=channel, files=_named(opinion))
    signs = "for" in task
    element = replace(held.element, form=(), schema=None, writes=()) if signs else held.element
    accepted = check_decision(element, task, outcome, comment, values or {}, step.execution.variables_of(held.token))
    wanted = [*files_in(element, accepted), *files]
    attached = attachments.attach(session, wanted, task_id=task_id, by=by) if wanted else []
    autograph = sign(held, outcome, signature)
    decides = not signs or outcome in AGAINST
    concludes = outcome in AGAINST or not held.others
    excepted = held.require_duties(by, held.behalf)
    decision = {"outcome": outcome, "comment": comment, "by": by.key, "onBehalfOf": held.behalf, "at": stamp(step.now)}
    step.recorder.record(
        "task:completed",
        actor=by.key,
        on_behalf_of=held.behalf,
        element=held.element.id,
        data={"task": task["id"], "outcome": outcome, "round": task["round"], "channel": channel}
        | ({"files": _named(attached)} if attached else {})
        | ({"signature": _named([autograph])[0]} if autograph else {})
        | excepted
        | ({} if decides else {"decides": False})
        | ({} if concludes else {"concludes": False}),
        personal={"comment": comment, "values": kept.tagged(accepted), "by": picture(by)},
    )
    close_decided(step, task, decision)
    _go_on(held, decision, accepted, decides=decides, concludes=concludes)
    step.write()
    return step


def _named(attached: list[Attachment]) -> list[dict[str, str]]:
    return [{"id": str(one.id), "sha256": one.sha256} for one in attached]


def _go_on(held: Held, decision: JSON, accepted: Mapping[str, Any], *, decides: bool, concludes: bool) -> None:
    step, execution = held.step, held.step.execution
    if concludes:
        for other in held.others:
            close_task(step, other, "decided")
    if decides and concludes:
        execution.complete(held.token, decision, accepted)
    elif decides:
        execution.decide(held.token, decision, accepted)
        open_next(step, held.others, held.task)
    elif concludes:
        execution.conclude(held.token)
    else:
        open_next(step, held.others, held.task)


def open_next(step: Step, others: list[JSON], done: JSON) -> None:
    """Ask those who waited for a task that is decided, or whose signer was taken away: who signs after it, and the task itself once nobody is before it."""
    before = any(other.get("origin") == "add_before" for other in others)
    for other in others:
        waited = other.get("after") == done["id"] if "for" in other else not before
        if other.get("held") and waited:
            other["held"] = False
            change(step, other)
