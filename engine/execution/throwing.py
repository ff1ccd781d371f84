"""What events do when they are thrown: find who catches them, from the inside out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.bpmn import model
from engine.bpmn.model import EventDefinition
from engine.execution import compensation, waiting
from engine.execution.done import Thrown, Uncaught
from engine.execution.values import clean

if TYPE_CHECKING:
    from engine.execution.nodes import Node
    from engine.execution.token import Token
    from engine.execution.workflow import Workflow


def holders(token: Token) -> Iterator[Token]:
    """Return the scopes around a token, from the inside out."""
    scope = token.scope
    while scope is not None:
        yield scope
        scope = scope.scope


def throw(token: Token, definition: EventDefinition) -> None:
    """Throw a message, a signal or an escalation; nothing has to be waited for. Of a link there is nothing to throw."""
    execution = token.workflow.execution
    if definition.kind == model.ESCALATION:
        throw_escalation(token, execution.text(definition.name or "", token))
    elif definition.kind in (model.SIGNAL, model.MESSAGE):
        name = execution.text(definition.name or "", token)
        payload: dict[str, Any] = {}
        for mapping in definition.payload:
            payload.update(execution.map(mapping, token))
        payload = {key: clean(payload[key], key) for key in sorted(payload)}
        keys = {key: execution.value(source, token) for key, source in definition.keys}
        if not definition.inside:
            execution.thrown.append(Thrown(definition.kind, token.node.element.id, name, keys, payload))
        if definition.kind == model.SIGNAL:
            send_signal(token.workflow, name, payload, inside=definition.inside)


def send_signal(workflow: Workflow, name: str, payload: dict[str, Any], *, inside: bool = False) -> int:
    """Let everything in this instance happen that waits for a signal now; returns how much that was. One from `inside` is another than one for everybody."""
    reached = 0
    for token in sorted(workflow.waiting.values(), key=lambda one: one.serial):
        for number, kept in list(token.waits.items()):
            if "keys" in kept or "name" not in kept:
                continue
            definition = token.node.element.events[int(number)]
            if (
                definition.kind == model.SIGNAL
                and definition.inside is inside
                and kept["name"] == name
                and token.alive()
                and token.id in workflow.waiting
            ):
                reached += 1
                workflow.guard(token, lambda token=token, number=number: waiting.happen(token, number, payload))
    return reached


def throw_error(workflow: Workflow, token: Token, code: str, message: str, *, of_activity: bool) -> bool:
    """Give an error to the nearest handler of its code, or the nearest that takes any; False when there is none, and nothing is changed."""
    found = _handler(token, model.ERROR, code, of_activity)
    if found is None:
        return False
    host, node, definition = found
    variables = {}
    if definition.code_variable:
        variables[definition.code_variable] = code
    if definition.message_variable:
        variables[definition.message_variable] = message
    _catch(host, node, variables)
    return True


def throw_escalation(token: Token, code: str) -> None:
    """Give an escalation to the nearest handler; without one it changes nothing and stands in the record."""
    found = _handler(token, model.ESCALATION, code, False)
    if found is None:
        token.workflow.execution.uncaught.append(Uncaught(token.node.element.id, model.ESCALATION, code))
        return
    host, node, definition = found
    _catch(host, node, {definition.code_variable: code} if definition.code_variable else {})


def _handler(token: Token, kind: str, code: str, of_activity: bool) -> tuple[Token, Node, EventDefinition] | None:
    """Find who catches: at each level the event sub-processes of the scope, then the boundary of the activity that holds it."""
    inside = token
    if of_activity:
        own = None if token.is_instance else _matching(token.node.boundaries, kind, code)
        if own is not None:
            return token, *own
    for scope in holders(token):
        if not scope.is_body and not inside.node.element.by_event:
            own = _matching([start for _, start in scope.node.event_parts], kind, code)
            if own is not None:
                return scope, *own
        if not scope.is_instance and not scope.node.is_root:
            own = _matching(scope.node.boundaries, kind, code)
            if own is not None:
                return scope, *own
        inside = scope
    return None


def _matching(nodes: list[Node], kind: str, code: str) -> tuple[Node, EventDefinition] | None:
    """Return the one that names this code, else one that takes any."""
    caught = [(node, definition) for node in nodes for definition in node.element.events if definition.kind == kind]
    for node, definition in caught:
        if definition.name == code and code:
            return node, definition
    return next(((node, definition) for node, definition in caught if not definition.name), None)


def _catch(host: Token, node: Node, variables: dict[str, Any]) -> None:
    execution = host.workflow.execution
    around = host.scope if node.element.kind == model.BOUNDARY and host.scope is not None else host
    for name in sorted(variables):
        execution.memory.set(around, node.element.id, name, variables[name])
    if node.element.kind == model.BOUNDARY:
        waiting.fire_boundary(host, node)
    else:
        waiting.begin_part(host, node)


def end_by_error(token: Token, code: str, message: str) -> None:
    """An error end event: everything else in its scope stops, and whoever catches the error goes on.

    One that stands in the process itself cannot be caught: it ends the process, and the record says so. Where a drawing could have caught it and does not,
    it is an incident.
    """
    workflow, scope = token.workflow, token.scope
    assert scope is not None
    caught = _handler(token, model.ERROR, code, False) is not None
    if not caught and scope.scope is not None:
        workflow.hold(token, "error-not-caught", f"nothing catches the error {code}", f"没有捕获错误 {code}")
        return
    token.passed()
    if caught:
        throw_error(workflow, token, code, message, of_activity=False)
        if token.alive():
            workflow.remove(token)
        return
    workflow.execution.uncaught.append(Uncaught(token.node.element.id, model.ERROR, code))
    workflow.clear(scope)
    workflow.execution.outcome = "error"


def terminate(token: Token, definition: EventDefinition) -> None:
    """A terminate end event: everything in its scope stops, or everything in the case."""
    workflow, scope = token.workflow, token.scope
    assert scope is not None
    token.passed()
    workflow.execution.note_end(token)
    workflow.clear(workflow.root if definition.everything else scope)


def undo(token: Token) -> None:
    """A cancel end event: everything in its transaction stops, what was done is compensated, then the cancel boundary goes on."""
    workflow = token.workflow
    transaction = next(holder for holder in holders(token) if holder.node.element.kind == model.TRANSACTION and not holder.is_body)
    token.passed()
    compensation.give_back(workflow, transaction)
    workflow.clear(transaction, keep=token if token.scope is transaction else None)
    runner = token
    if not runner.alive():
        raise ValueError("a cancel end event stands directly in its transaction")
    workflow.wait(runner, cancel=1, passed=1)
    compensation.begin(runner, transaction, None)
