"""Waiting for events: what a token subscribed to, and what follows when it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn import model
from engine.bpmn.model import EventDefinition
from engine.execution import compensation, timers
from engine.execution.done import Overdue
from engine.execution.token import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.execution.nodes import Node

#: what can be waited for; errors, escalations, compensation and cancel are looked for when they are thrown
WAITABLE = {model.TIMER, model.MESSAGE, model.SIGNAL, model.CONDITIONAL}


def subscribe(token: Token) -> bool:
    """Begin to wait for the events of a token's element; tells whether one of them is there already (a condition that is true)."""
    waits: dict[str, dict[str, Any]] = {}
    execution = token.workflow.execution
    there: list[int] = []
    for number, definition in enumerate(token.node.element.events):
        if definition.kind in WAITABLE:
            waits[str(number)] = _begin(token, definition)
            if definition.kind == model.CONDITIONAL and waits[str(number)]["was"]:
                there.append(number)
    token.workflow.wait(token, waits=waits)
    execution.memory.changed = execution.memory.changed or bool(there)
    if not there:
        return False
    if token.node.element.parallel_multiple:
        token.internal_data["seen"] = there
        return len(there) == len(token.node.element.events)
    return True


def _begin(token: Token, definition: EventDefinition) -> dict[str, Any]:
    execution = token.workflow.execution
    if definition.kind == model.TIMER:
        assert definition.timer is not None
        return timers.begin(execution, token, definition.timer)
    if definition.kind == model.CONDITIONAL:
        return {"was": execution.look(definition.condition or "", token)}
    info: dict[str, Any] = {"name": execution.text(definition.name or "", token)}
    if definition.kind == model.MESSAGE:
        info["keys"] = {name: execution.value(source, token) for name, source in definition.keys}
    return info


def subscribe_part(scope: Token, node: Node) -> None:
    """Let a boundary event, an event sub-process or a branch of an event gateway wait inside the scope it belongs to."""
    if not any(definition.kind in WAITABLE for definition in node.element.events):
        return
    token = Token(scope.workflow, node, scope, subscribed=True)
    scope.workflow.guard(token, lambda: run_part(token))


def run_part(token: Token) -> None:
    """Begin to wait; what is there already happens at once."""
    if subscribe(token):
        occur(token, {})


def subscribe_boundaries(token: Token) -> None:
    """Let the boundary events of an activity wait, once."""
    for node in token.node.boundaries:
        if not token.alive():
            return
        if not any(child.node is node for child in token.inner.values()):
            subscribe_part(token, node)


def subscribe_choices(token: Token) -> None:
    """Let every branch of an event-based gateway wait."""
    for way in token.node.ways:
        if token.alive():
            subscribe_part(token, way.target)


def subscribe_event_parts(scope: Token) -> bool:
    """Let the event sub-processes of a scope wait; tells whether what the scope does may begin, which one that is due at once may prevent."""
    for part, start in scope.node.event_parts:
        if scope.alive():
            subscribe_part(scope, start)
            if start.element.interrupting and any(child.node is part for child in scope.inner.values()):
                return False
    return scope.alive()


def happen(token: Token, number: str, variables: Mapping[str, Any]) -> None:
    """One of the events that a token waits for happened; of a parallel multiple event all must."""
    if token.node.element.parallel_multiple:
        seen = token.internal_data.setdefault("seen", [])
        if int(number) not in seen:
            seen.append(int(number))
        token.waits.pop(number, None)
        if len(seen) < len(token.node.element.events):
            take(token, variables)
            return
    occur(token, variables, number)


def take(token: Token, variables: Mapping[str, Any]) -> None:
    """Write what an event brought, as seen from where it is caught."""
    execution = token.workflow.execution
    for name in sorted(variables):
        execution.memory.set(token, token.node.element.id, name, variables[name])


def occur(token: Token, variables: Mapping[str, Any], number: str | None = None) -> None:
    """Everything is there: the token goes on, or what it stands for begins."""
    if not token.subscribed:
        take(token, variables)
        token.internal_data.pop("waits", None)
        token.workflow.waiting.pop(token.id, None)
        token.workflow.guard(token, token.complete)
        return
    host = token.scope
    assert host is not None
    take(token, variables)
    node = token.node
    if "choice" in host.internal_data:
        _choose(host, node)
    elif node.element.kind == model.BOUNDARY:
        _renew(token, number)
        fire_boundary(host, node)
    else:
        _renew(token, number)
        begin_part(host, node)


def _renew(token: Token, number: str | None) -> None:
    """After an event that interrupts nothing, wait on: a message or signal for the next one, a cycle for its next time, a date for nothing."""
    if token.node.element.interrupting:
        return
    token.internal_data.pop("seen", None)
    execution = token.workflow.execution
    if token.node.element.parallel_multiple:
        waits = {str(index): _begin(token, definition) for index, definition in enumerate(token.node.element.events)}
        token.internal_data["waits"] = waits
        return
    if number is not None and "due" in token.waits[number]:
        following = timers.following(execution, token.waits[number])
        if following is None:
            del token.waits[number]
        else:
            token.waits[number].update(following)
    if not token.waits:
        token.workflow.remove(token)


def fire_boundary(host: Token, node: Node) -> None:
    """A boundary event goes on beside its activity, or instead of it."""
    workflow, around = host.workflow, host.scope
    assert around is not None
    runner = host.internal_data.get("for")
    if node.element.timeout is not None:
        workflow.execution.overdue.append(Overdue(host.id, node.element.id, node.element.timeout))
    if node.element.interrupting:
        workflow.remove(host)
    fired = Token(workflow, node, around)
    workflow.guard(fired, fired.complete)
    if node.element.interrupting and runner is not None:  # it was compensating, and did so in its own way
        compensation.go_on(workflow, runner)


def begin_part(scope: Token, start: Node) -> Token:
    """Begin the event sub-process of a start event beside what runs in its scope, or instead of it."""
    workflow = scope.workflow
    part = next(part for part, first in scope.node.event_parts if first is start)
    if start.element.interrupting:
        workflow.clear(scope)
    holder = Token(workflow, part, scope)
    holder.data = dict.fromkeys(part.element.local)
    workflow.wait(holder)
    part.open(holder, start)
    return holder


def _choose(gateway: Token, node: Node) -> None:
    """The first event decides: the gateway is passed, and its event has happened."""
    workflow, scope = gateway.workflow, gateway.scope
    assert scope is not None
    way = next(way for way in gateway.node.ways if way.target is node)
    gateway.passed()
    gateway.took(way)
    workflow.remove(gateway)
    fired = Token(workflow, node, scope)
    workflow.guard(fired, fired.complete)
