"""A definition made ready to run: the library's specification, built once a process from our model and shared by all threads.

The specification is built by us and not by the library's parser, so nothing in a file reaches the library unchecked. It is never changed by a run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from engine.bpmn import model
from engine.execution.events import Boundary, Catch, Start
from engine.execution.gateways import EventBased, Exclusive, Inclusive, Parallel
from engine.execution.nodes import Node
from engine.execution.scopes import Call, Root, SubProcess, Transaction
from engine.execution.tasks import Activity, Human, Operation, Receive, Script, Send
from engine.execution.throws import End, Throw

if TYPE_CHECKING:
    from engine.execution.token import Token

CACHE_SIZE = 256

KINDS: dict[str, type[Node]] = {
    model.START: Start, model.END: End, model.CATCH: Catch, model.THROW: Throw, model.BOUNDARY: Boundary,
    model.HUMAN: Human, model.SCRIPT: Script, model.SERVICE: Operation, model.RULE: Operation, model.SEND: Send, model.RECEIVE: Receive,
    model.TASK: Activity, model.MANUAL: Activity, model.SUB: SubProcess, model.TRANSACTION: Transaction, model.CALL: Call,
    model.EXCLUSIVE: Exclusive, model.PARALLEL: Parallel, model.INCLUSIVE: Inclusive, model.COMPLEX: Inclusive, model.EVENT_BASED: EventBased,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """A sequence flow as a token sees it; a link has no flow."""

    flow: str | None
    target: Node
    condition: str | None = None
    is_default: bool = False
    listeners: tuple[model.Listener, ...] = ()
    skip: str | None = None

    def is_open(self, token: Token, variables: Mapping[str, Any]) -> bool:
        """Tell whether a token may take it."""
        execution = token.workflow.execution
        if self.skip is not None and execution.skips(self.skip, token):
            return True
        return self.condition is None or execution.test(self.condition, token, variables)


class Program:
    """What runs: the model and the library's specification of it. `hash` is that of the normalised XML."""

    def __init__(self, key: str, process: model.ProcessModel) -> None:
        self.hash = key
        self.model = process
        self.spec = BpmnProcessSpec(name=process.id)
        self.nodes: dict[str, Node] = {}
        self.compensates = any(
            definition.kind in (model.COMPENSATION, model.CANCEL) for e in process.elements.values() for definition in e.events
        )
        self.root = Root(self)
        self._upstream: dict[tuple[str, str], frozenset[str]] = {}
        for element in process.elements.values():
            self.nodes[element.id] = _class_of(element)(self, element)
        self._connect()
        self._nest()

    def _connect(self) -> None:
        links = {
            (element.parent, definition.name): self.nodes[element.id]
            for element in self.model.of_kind(model.CATCH)
            for definition in element.events
            if definition.kind == model.LINK
        }
        incoming: dict[str, list[str]] = {}
        for flow in self.model.flows.values():
            source, target = self.nodes[flow.source], self.nodes[flow.target]
            is_default = flow.id == source.element.default_flow
            source.ways.append(Way(flow.id, target, None if is_default else flow.condition, is_default, flow.listeners, flow.skip))
            incoming.setdefault(flow.target, []).append(flow.id)
        for identity, flows in incoming.items():
            self.nodes[identity].incoming = tuple(flows)
        for node in self.nodes.values():
            element = node.element
            link = element.event(model.LINK)
            if element.kind == model.THROW and link is not None:
                node.ways = [Way(None, links[element.parent, link.name])]
            if element.kind == model.BOUNDARY and element.attached_to is not None:
                host = self.nodes[element.attached_to]
                if element.event(model.COMPENSATION) is not None and element.handler is not None:
                    host.handler = self.nodes[element.handler]
                else:
                    host.boundaries.append(node)

    def _nest(self) -> None:
        """Say of each scope where its tokens begin, and which event sub-processes wait in it."""
        inside: dict[str | None, list[Node]] = {}
        for node in self.nodes.values():
            inside.setdefault(node.element.parent, []).append(node)
        for parent, nodes in inside.items():
            scope = self.nodes[parent] if parent is not None else self.root
            starts = [node for node in nodes if node.element.kind == model.START]
            scope.begins = [node for node in starts if not node.element.events] if starts else [node for node in nodes if _begins(node)]
            scope.event_parts = [
                (node, start)
                for node in nodes
                if node.element.by_event
                for start in inside.get(node.element.id, [])
                if start.element.kind == model.START
            ]

    def upstream(self, gateway: Node, start: Node) -> frozenset[str]:
        """Return the flows into a gateway that a token at an element can still come by, without passing the gateway itself."""
        key = (gateway.element.id, start.element.id)
        found = self._upstream.get(key)
        if found is None:
            flows: set[str] = set()
            seen, stack = {start.element.id}, [start]
            while stack:
                node = stack.pop()
                ways = [way for one in (node, *node.boundaries) for way in one.ways]
                for way in ways:
                    if way.target is gateway:
                        if way.flow is not None:
                            flows.add(way.flow)
                    elif way.target.element.id not in seen:
                        seen.add(way.target.element.id)
                        stack.append(way.target)
            found = self._upstream[key] = frozenset(flows)
        return found


def _class_of(element: model.Element) -> type[Node]:
    if element.kind in (model.SERVICE, model.RULE, model.SEND) and element.script is not None and not element.operation:
        return Script  # an expression of the drawing instead of an operation
    if element.kind == model.SEND and element.operation:
        return Operation
    if element.kind not in KINDS:
        raise ValueError(f"{element.kind} was not refused at deployment")
    return KINDS[element.kind]


def _begins(node: Node) -> bool:
    """Tell whether a token begins here in a scope without a start event."""
    element = node.element
    event_only = element.kind == model.BOUNDARY or element.by_event or element.compensates
    return not node.incoming and not event_only and element.event(model.LINK) is None


_programs: OrderedDict[str, Program] = OrderedDict()
_lock = Lock()


def load_program(key: str, read: Callable[[], model.ProcessModel]) -> Program:
    """Return the program with this key, built from `read()` at its first use in this process; the least used ones are forgotten."""
    with _lock:
        program = _programs.get(key)
        if program is not None:
            _programs.move_to_end(key)
            return program
    built = build(key, read())
    with _lock:
        program = _programs.setdefault(key, built)
        while len(_programs) > CACHE_SIZE:
            _programs.popitem(last=False)
        return program


def build(key: str, process: model.ProcessModel) -> Program:
    """Build the library's specification of a checked model."""
    return Program(key, process)
