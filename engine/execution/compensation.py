"""Compensation: what was done is undone in reverse order of completion.

A scope remembers each completed activity that has a handler (or holds such); a throwing event becomes the runner of a queue of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.bpmn import model
from engine.execution import waiting
from engine.execution.token import Token

if TYPE_CHECKING:
    from engine.execution.workflow import Workflow


def remember(token: Token) -> None:
    """Note a completed activity in its scope, if it can be compensated."""
    node = token.node
    if not node.program.compensates or not node.is_activity or token.is_body:
        return
    inner = token.internal_data.get("completed")
    undoes_itself = any(start.element.event(model.COMPENSATION) for _, start in node.event_parts)
    if node.handler is None and not inner and not undoes_itself:
        return
    scope = next(one for one in _outward(token) if not one.is_body)
    record: dict[str, Any] = {"e": node.element.id}
    if token.data:
        record["d"] = dict(token.data)
    if inner:
        record["in"] = inner
    scope.internal_data.setdefault("completed", []).append(record)


def _outward(token: Token) -> list[Token]:
    found, scope = [], token.scope
    while scope is not None:
        found.append(scope)
        scope = scope.scope
    return found


def scope_of(token: Token) -> Token:
    """Return the scope whose activities a throwing event compensates: its own, or the one around its event sub-process."""
    scope = token.scope
    assert scope is not None
    while scope.node.element.by_event and scope.scope is not None:
        scope = scope.scope
    return scope


def begin(runner: Token, scope: Token, activity: str | None) -> None:
    """Let a token undo what a scope has completed, or one activity of it; it goes on when everything is undone."""
    records = scope.internal_data.get("completed", [])
    chosen = [record | {"p": place} for place, record in enumerate(records) if activity is None or record["e"] == activity]
    rest = [record for record in records if activity is not None and record["e"] != activity]
    if rest:
        scope.internal_data["completed"] = rest
    else:
        scope.internal_data.pop("completed", None)
    runner.workflow.wait(runner, queue=chosen, at=scope.id.hex)
    _next(runner.workflow, runner)


def go_on(workflow: Workflow, runner: str) -> None:
    """A handler is done: its runner takes the next, or is done itself."""
    token = workflow.tasks.get(UUID(runner))
    if token is not None:
        _next(workflow, token)


def _next(workflow: Workflow, runner: Token) -> None:
    queue = runner.internal_data["queue"]
    scope = workflow.tasks.get(UUID(runner.internal_data["at"]))
    while queue and scope is not None:
        record = runner.internal_data["now"] = queue.pop()
        node = scope.node.program.nodes[record["e"]]
        if node.handler is not None:
            handler = workflow.spawn(node.handler, scope)
            handler.data = dict(record.get("d", {}))
            handler.internal_data["for"] = runner.id.hex
            return
        part = next((start for _, start in node.event_parts if start.element.event(model.COMPENSATION)), None)
        # the sub-process as it was when it ended: its names, and what it had completed
        again = Token(workflow, node, scope)
        again.data = dict(record.get("d", {}))
        workflow.wait(again, **{"for": runner.id.hex})
        if record.get("in"):
            again.internal_data["completed"] = record["in"]
        if part is not None:
            workflow.wait(again, undone=1)
            waiting.begin_part(again, part)
        else:
            begin(again, again, None)
        return
    _end(workflow, runner)


def give_back(workflow: Workflow, scope: Token) -> None:
    """Note again what compensations that are under way in a scope have not undone yet: what is being undone now counts as not undone."""
    for runner in list(workflow.tasks.values()):
        if runner.internal_data.get("at") == scope.id.hex and "queue" in runner.internal_data:
            records = scope.internal_data.setdefault("completed", [])
            for record in _left(workflow, runner):
                records.insert(record.pop("p", len(records)), record)


def _left(workflow: Workflow, runner: Token) -> list[dict[str, Any]]:
    internal = runner.internal_data
    left = list(internal["queue"])
    if "now" in internal:
        inside = next(
            (one for one in workflow.tasks.values() if one.internal_data.get("for") == runner.id.hex and "queue" in one.internal_data), None
        )
        left.append(internal["now"] | ({"in": _left(workflow, inside)} if inside is not None else {}))
    internal["queue"] = []
    return [dict(record) for record in left]


def _end(workflow: Workflow, runner: Token) -> None:
    internal = runner.internal_data
    for name in ("queue", "at", "now"):
        internal.pop(name, None)
    if "cancel" in internal:
        transaction = next(one for one in _outward(runner) if one.node.element.kind == model.TRANSACTION and not one.is_body)
        host = next(one for one in (transaction, *_outward(transaction)) if not one.is_instance)
        boundary = next((node for node in host.node.boundaries if node.element.event(model.CANCEL)), None)
        if boundary is None:
            said = "the transaction was undone, and nothing says how to go on"
            workflow.hold(runner, "cancel-not-caught", said, "事务已撤销，图中没有说明之后怎么走")
        else:
            waiting.fire_boundary(host, boundary)
        return
    if "for" in internal:  # a sub-process that was there again only to be undone
        waiter = internal["for"]
        workflow.remove(runner)
        go_on(workflow, waiter)
        return
    workflow.guard(runner, runner.complete)
