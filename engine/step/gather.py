"""From what happened in memory to events and rows: variables, way, operations, jobs, timers, incidents, tasks, end, snapshot."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from uuid_utils.compat import uuid7

from engine import definitions, jobs
from engine.assignment import Assigned
from engine.correlation import place, shortened, spelled
from engine.errors import ShenpiError
from engine.execution import OpenTask, values
from engine.execution.done import Thrown
from engine.execution.timers import plus
from engine.history.events import stamp
from engine.settings import read_settings
from engine.step.automatic import Act, find_people
from engine.step.entries import add_candidates, close_task
from engine.step.failed import raise_incident
from engine.step.snapshot import make_snapshot

if TYPE_CHECKING:
    from engine.step.move import Step

RECORDED = ("round", "assignee", "users", "groups", "due", "priority", "followUp")
LOST_AFTER = timedelta(seconds=30)  #: until a continuation without a sign of life is enqueued again
NOBODY = Assigned(None, (), (), None, why={"zh": "未找到处理人", "en": "nobody found"})


def gather(step: Step) -> None:
    """Turn everything the command led to into events of the recorder and rows of the document, in the order a reader expects."""
    _operations(step)
    _changes(step)
    _path(step)
    _jobs(step)
    _timers(step)
    _continuations(step)
    _subscriptions(step)
    _tasks(step)
    _settle(step)
    _failures(step)
    _end(step)


def picture(step: Step) -> None:
    """Show office systems what has changed for people."""
    document = step.document
    seen = document.opened or document.passed or document.closed or document.changed or document.copies
    if seen or step.case.over or step.case.status != step.was:
        step.case.oa_version = max(int(step.now.timestamp() * 1000), step.case.oa_version + 1)
        document.snapshot = make_snapshot(step)


def _operations(step: Step) -> None:
    for entered in step.execution.entered:
        called = definitions.get(step.session, UUID(entered.identity))
        step.recorder.record(
            "call:entered",
            element=entered.element,
            data={"id": entered.identity, "definition": called.key, "version": called.version, "manifest": called.manifest_hash},
        )
    for done in step.execution.done:
        if "error" in done.result.evidence:
            step.recorder.record(
                "operation:failed",
                element=done.element,
                data={"operation": done.name, "error": done.result.evidence["error"]},
                personal={"inputs": values.tagged(done.inputs), "message": done.result.evidence["message"]},
            )
            continue
        if done.kind == "timer":
            step.recorder.record("timer:reckoned", element=done.element, data={"by": done.name, "due": stamp(done.result.value)})
            continue
        kind = "decision:evaluated" if done.kind == "decision" else "operation:completed"
        step.recorder.record(
            kind,
            element=done.element,
            data={done.kind: done.name, **({"rules": done.result.evidence["rules"]} if done.kind == "decision" else {})},
            personal={
                "inputs": values.tagged(done.inputs), "result": values.tagged(values.clean(done.result.value)),
                "evidence": values.tagged(values.clean(done.result.evidence)),
            },
        )  # fmt: skip


def _changes(step: Step) -> None:
    changes = step.execution.changes
    if changes:
        step.recorder.record(
            "variables:changed",
            data={"names": sorted({change.name for change in changes})},
            personal={
                "changes": [
                    {"element": c.element, "name": c.name, "old": values.tagged(c.old), "new": values.tagged(c.new)}
                    | ({"scope": c.scope} if c.scope is not None else {})
                    for c in changes
                ]
            },
        )


def _path(step: Step) -> None:
    if step.execution.path:
        step.recorder.record("path:taken", data={"path": step.execution.path})
    for uncaught in step.execution.uncaught:
        step.recorder.record(f"{uncaught.kind}:uncaught", element=uncaught.element, data={"code": uncaught.code})
    for thrown in step.execution.thrown:
        step.recorder.record(
            f"{thrown.kind}:thrown",
            element=thrown.element,
            data={"name": thrown.name},
            personal={"keys": values.tagged(thrown.keys), "payload": values.tagged(thrown.payload)},
        )
        _send(step, thrown)


def _send(step: Step, thrown: Thrown) -> None:
    """Let a job carry what was thrown to whoever waits for it; nothing outside this case is touched in its step."""
    identity = uuid7()
    row = {"id": identity, "name": shortened(thrown.name), "payload": values.dumps(thrown.payload).decode(), "sent_by": "system"}
    if thrown.kind == "signal":
        step.document.signals.append(row)
        step.document.wake.append(jobs.wake(jobs.SIGNAL, signal=identity))
    else:
        expires = plus(step.now, read_settings().message_ttl, step.execution.zone)
        step.document.messages.append({**row, "keys": spelled(thrown.keys), "expires": stamp(expires)})
        step.document.wake.append(jobs.wake(jobs.MESSAGE, message=identity))


def _jobs(step: Step) -> None:
    for call in step.execution.asked():
        identity = uuid7()
        inputs = values.dumps(call.inputs).decode()
        step.document.jobs.append(
            {"id": identity, "token": call.token, "element": call.element, "operation": call.operation, "inputs": inputs}
        )
        step.document.wake.append(jobs.wake(jobs.CALL, job=identity))
        step.recorder.record(
            "job:created", element=call.element, data={"job": str(identity), "operation": call.operation}, personal={"inputs": values.tagged(call.inputs)}
        )  # fmt: skip
    for token in step.execution.calls_before - step.execution.pending_calls():
        step.document.jobs_done.append({"token": token, "state": "canceled", "error": None})
        step.document.settled.append({"token": token})


def _timers(step: Step) -> None:
    timers = {timer.token: timer for timer in step.execution.timers()}
    before = step.execution.timers_before
    for token, timer in timers.items():
        if before.get(token) != timer.due_at:
            step.document.timers.append({"id": uuid7(), "token": token, "element": timer.element, "due": stamp(timer.due_at)})
            step.recorder.record("timer:created", element=timer.element, data={"due": stamp(timer.due_at)})
    step.document.timers_gone.extend(str(token) for token, due in before.items() if token not in timers or timers[token].due_at != due)


def _continuations(step: Step) -> None:
    """Let the tokens at a save point go on by a job; the timer's row makes the job again if it is lost."""
    paused = {one.token: one for one in step.execution.continuations()}
    before, sides = step.execution.paused_before, step.execution.pauses()
    for token, one in paused.items():
        if before.get(token) == sides[token]:
            continue
        if token not in before:  # one that has gone on from before its element to behind it has its row already
            step.document.timers.append({"id": uuid7(), "token": token, "element": one.element, "due": stamp(step.now + LOST_AFTER)})
        step.document.wake.append(jobs.wake(jobs.TIMERS, instance=step.case.id, token=token))
        step.recorder.record("task:paused", element=one.element, data={})
    step.document.timers_gone.extend(str(token) for token in before.keys() - paused.keys())


def _subscriptions(step: Step) -> None:
    """Keep what the case waits for where a message or signal finds it; a job looks whether a message waits already."""
    execution, before = step.execution, step.execution.subscriptions_before
    now = execution.subscriptions()
    if before == now:
        return
    waiting = {(m.token, "message", m.name): (m.element, spelled(m.keys)) for m in execution.messages()}
    waiting |= {(s.token, "signal", s.name): (s.element, {}) for s in execution.signals()}
    for token, kind, name in sorted(now - before):
        element, keys = waiting[token, kind, name]
        step.document.subscribed.append(
            {
                "token": token, "kind": kind, "name": shortened(name), "element": element, "business_key": step.case.business_key, "keys": keys,
                "correlation": place(step.case.business_key, keys) if kind == "message" else "",
            }
        )  # fmt: skip
    if any(kind == "message" for _, kind, _ in now - before):
        step.document.wake.append(jobs.wake(jobs.LOOK, instance=step.case.id))
    gone = [{"token": token, "kind": kind, "name": shortened(name)} for token, kind, name in sorted(before - now)]
    step.document.unsubscribed.extend(gone)


def _tasks(step: Step) -> None:
    tasks, reasons = step.execution.memory.tasks, step.execution.reasons
    present = {task.token.hex: task for task in step.execution.open_tasks()}
    for gone in [task for task in tasks.values() if task["token"] not in present]:
        reason = "withdrawn" if step.case.status == "withdrawn" else reasons.get(gone["token"], "interrupted")
        close_task(step, gone, reason)
        if gone.get("nobody"):
            step.document.settled.append({"token": gone["token"]})
    known = {task["token"] for task in tasks.values()}
    for token, task in present.items():
        if token not in known:
            _open(step, task)


def _open(step: Step, task: OpenTask) -> None:
    element = task.model
    execution = step.execution
    passing = None
    try:
        assigned, passing = find_people(step, element, task)
    except ShenpiError as error:
        execution.note_unassigned(task.token, error)
        assigned = NOBODY
    identity = str(uuid7())
    entry: dict[str, Any] = {
        "id": identity, "token": task.token.hex,
        "element": task.element, "name": element.name or task.element, "round": step.execution.memory.enter(task.element),
        "assignee": assigned.assignee, "claimed": False, "users": list(assigned.users), "groups": list(assigned.groups),
        "due": stamp(assigned.due) if assigned.due else None, "at": stamp(step.now), "nonce": secrets.token_urlsafe(12), "outcomes": list(element.outcomes),
    }  # fmt: skip
    if assigned.priority is not None:
        entry["priority"] = assigned.priority
    if assigned.follow_up is not None:
        entry["followUp"] = stamp(assigned.follow_up)
    if assigned is NOBODY:
        entry["nobody"] = True
    if task.asked is not None:
        entry["origin"] = "return"
    if task.added_by is not None:
        entry |= {"origin": "add_beside", "addedBy": task.added_by}
    step.execution.memory.tasks[identity] = entry
    step.document.opened.append(entry)
    add_candidates(step, entry)
    step.recorder.record(
        "task:created",
        element=task.element,
        data={name: entry[name] for name in RECORDED if name in entry} | {"task": identity, "why": assigned.why},
    )
    if passing is not None:
        step.todo.append(Act(identity, passing, told=element.policy.pass_reason if passing == "rule" else None))


def _settle(step: Step) -> None:
    """Nobody need look at what failed and is gone since: its branch was interrupted, the case put elsewhere, or ended."""
    if step.case.over:
        for incident in step.document.incidents:
            incident["gone"] = True
    else:
        step.document.settled.extend(
            {"token": token} for token in sorted(step.execution.failed_before - step.execution.workflow.tasks.keys())
        )


def _failures(step: Step) -> None:
    for failure in step.execution.failures:
        raise_incident(step, "element", failure)


def _end(step: Step) -> None:
    if step.case.status == "running" and step.execution.finished:
        step.case.status = "completed"
        step.case.outcome = step.execution.outcome
        step.recorder.record("instance:completed", data={"outcome": step.case.outcome})
