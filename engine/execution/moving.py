"""Moving a case by hand: back to an earlier user task, or by an administrator to any. What is open is cancelled, and a new token is placed.

Nothing finished is kept in the saved state, so nothing is undone: what was done stands in the history, and the case goes on from the new place.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.bpmn import model
from engine.errors import Refused
from engine.execution import waiting

if TYPE_CHECKING:
    from engine.execution.nodes import Node
    from engine.execution.token import Token
    from engine.execution.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token is to be put: in a scope that is there, inside sub-processes that are entered anew, at a user task."""

    scope: Token
    through: tuple[Node, ...]
    node: Node

    @property
    def first(self) -> Node:
        """The element that stands in the scope itself."""
        return self.through[0] if self.through else self.node


def whole(token: Token) -> Token:
    """Return the token of an activity: of an instance the body of its loop."""
    return token.scope if token.is_instance and token.scope is not None else token


def levels(token: Token) -> Iterator[tuple[Token, Token]]:
    """Yield what a token is in each scope around it, with that scope, from the inside out."""
    current = whole(token)
    while current.scope is not None:
        yield current, current.scope
        current = whole(current.scope)


def find(token: Token, target: str) -> tuple[Token, Place]:
    """Return what has to go in the nearest scope from which a user task can be reached, and the place there.

    Refuses with `Refused` an element that is no user task of the process the token is in, or is inside of a multi-instance, a call or an event sub-process.
    """
    for current, scope in levels(token):
        place = _place(scope, target)
        if place is not None:
            return current, place
    raise Refused(reason="there is no such step in this case")


def anywhere(root: Token, target: str) -> Place:
    """Return the place of any user task of the process, its sub-processes entered anew. Refuses as `find` does."""
    place = _place(root, target)
    if place is None:
        raise Refused(reason="there is no such step in this case")
    return place


def _place(scope: Token, target: str) -> Place | None:
    program = scope.node.program
    node = program.nodes.get(target)
    if node is None or node.element.kind != model.HUMAN or node.element.compensates:
        return None
    inside = None if scope.node.is_root else scope.node.element.id
    through: list[Node] = []
    parent = node.element.parent
    while parent is not None and parent != inside:
        through.insert(0, program.nodes[parent])
        parent = program.nodes[parent].element.parent
    if parent != inside:
        return None
    if any(one.element.loop is not None or one.element.by_event or one.element.compensates for one in through):
        raise Refused(reason="the step is inside of an activity that runs several times or by an event")
    return Place(scope, tuple(through), node)


def reached(start: Node, stops: Container[Node]) -> tuple[set[Node], set[str]]:
    """Return the elements and flows that a token can come to from an element, going on behind none of the stops."""
    nodes, flows, stack = {start}, set(), [start]
    while stack:
        node = stack.pop()
        for way in (way for one in (node, *node.boundaries) for way in one.ways):
            if way.flow is not None:
                flows.add(way.flow)
            if way.target not in nodes:
                nodes.add(way.target)
                if way.target not in stops:
                    stack.append(way.target)
    return nodes, flows


def ahead(place: Place) -> set[str]:
    """Return the user tasks that are to be taken again from a place on, those inside of what a token comes to as well."""
    nodes = {node.element.id for node in reached(place.first, ())[0]}
    found = set()
    for node in place.node.program.nodes.values():
        current: str | None = node.element.id
        while node.element.kind == model.HUMAN and current is not None:
            if current in nodes:
                found.add(node.element.id)
                break
            current = place.node.program.nodes[current].element.parent
    return found


def joins_ahead(node: Node) -> set[Node]:
    """Return the first joins that a token at an element comes to."""
    joins = {one for one in node.program.nodes.values() if one.is_join}
    return {one for one in reached(node, joins)[0] if one in joins and one is not node}


def back(current: Token, place: Place) -> list[Token]:
    """Return the tokens that a return from one token to a place takes away: its own first.

    A return to before a split cancels that whole block, one within a branch leaves the other branches alone. Refuses with `Refused` a place that does not lead
    here: a later step, or one in another branch; and one in a branch whose block is over.
    """
    others = [one for one in place.scope.children if one is not current and not one.subscribed and not one.node.element.by_event]
    ahead = joins_ahead(current.node)
    shared = {join for join in ahead for one in others if one.node is join or join in joins_ahead(one.node)}
    nodes, flows = reached(place.first, shared)
    if current.node not in nodes or (current.node is place.first and current.node.element.loop is None and not place.through):
        raise Refused(reason="the way does not lead from that step to here")
    gone = [current, *(one for one in others if _behind(one, nodes, flows))]
    require_joins(place, [one for one in others if one not in gone])
    return gone


def require_joins(place: Place, rest: list[Token]) -> None:
    """Refuse with `Refused` a place in one branch of a block whose other branches are over: where they are joined, the case would wait for ever."""
    starts = [(place.first, rest)] + [(node, []) for node in (*place.through[1:], place.node) if place.through]
    for start, others in starts:
        for join in (one for one in reached(start, ())[0] if one.is_join and one.element.kind == model.PARALLEL):
            flows = reached(start, {join})[1]
            for other in others:
                flow = other.internal_data.get("flow")
                flows |= {flow} if other.node is join and flow is not None else reached(other.node, {join})[1]
            comes = {way.flow for node in join.program.nodes.values() for way in node.ways if way.target is join}
            if join in reached(start, {join})[0] and not comes <= flows:
                raise Refused(reason="the branches that are joined there would wait for ever")


def _behind(token: Token, nodes: set[Node], flows: set[str]) -> bool:
    flow = token.internal_data.get("flow")
    return flow in flows if flow is not None else token.node in nodes


def put(workflow: Workflow, place: Place, gone: list[Token], reason: str) -> Token:
    """Take tokens away and begin anew at a place; returns the new token."""
    for token in gone:
        if token.alive():
            mark(workflow, token, reason)
            workflow.remove(token)
    holder = place.scope
    for node in place.through:
        inner = _enter(workflow, node, holder)
        if inner is None:
            raise Refused(reason="an event that is due at once keeps the sub-process from going on")
        holder = inner
    return workflow.spawn(place.node, holder)


def _enter(workflow: Workflow, node: Node, holder: Token) -> Token | None:
    """Be in a sub-process without having begun at its start."""
    token = workflow.spawn(node, holder)
    workflow.agenda.remove(token)
    waiting.subscribe_boundaries(token)
    if not token.alive():
        return None
    execution = workflow.execution
    token.data = dict.fromkeys(node.element.local)
    for name, value in node.element.inputs:
        token.data[name] = execution.give(token, value)
    workflow.wait(token)
    return token if waiting.subscribe_event_parts(token) else None


def mark(workflow: Workflow, token: Token, reason: str) -> None:
    """Note why the user tasks in a token are closed."""
    stack = [token]
    while stack:
        one = stack.pop()
        workflow.execution.reasons[one.id.hex] = reason
        stack.extend(one.children)
