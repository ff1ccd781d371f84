"""Elements that hold others: the process, sub-processes, and the processes that call activities call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import model
from engine.errors import BudgetExceeded, Refused
from engine.execution import compensation, throwing, waiting
from engine.execution.done import Entered
from engine.execution.nodes import Node
from engine.execution.tasks import Activity
from engine.execution.token import Token
from engine.execution.values import clean

if TYPE_CHECKING:
    from engine.execution.program import Program


class Root(Node):
    """The process itself: the outermost scope of an instance, or of a called process."""

    is_root = True

    def __init__(self, program: Program) -> None:
        BpmnSpecMixin.__init__(self, program.spec, "process")
        self.element = model.Element(id=program.model.id, kind="process")
        self.program = program
        self.ways = []
        self.incoming = ()
        self.boundaries = []
        self.event_parts = []
        self.begins = []
        self.handler = None
        self.plain = True

    def begin(self, token: Token, at: str | None = None, event: Mapping[str, Any] | None = None) -> None:
        """Begin the process at its none start, or at the start event named. Refuses with `Refused` a process that only an event begins."""
        begins = [self.program.nodes[at]] if at is not None else self.begins
        if not begins:
            raise Refused(reason="the process begins only by an event")
        if not waiting.subscribe_event_parts(token):
            return
        if self.program.model.listeners:
            token.workflow.execution.tell(token, self.program.model.listeners, "start")
        for node in begins:
            if at is not None and node.element.parallel_multiple and event is not None:
                self._begin_with_one(token, node, event)
            elif at is None or node.element.kind == model.START:
                token.workflow.spawn(node, token)
            else:  # a receive task or an event behind a gateway that begins an instance: it has happened
                self._begin_behind(token, node)

    def _begin_with_one(self, scope: Token, node: Node, event: Mapping[str, Any]) -> None:
        """Begin at a parallel multiple start event: one of its events has happened, and nothing goes on before the others have."""
        workflow = scope.workflow
        token = Token(workflow, node, scope)
        kind = {"condition": model.CONDITIONAL}.get(event["kind"], event["kind"])
        of_kind = [number for number, one in enumerate(node.element.events) if one.kind == kind]
        number = next((number for number in of_kind if node.element.events[number].name == event.get("name")), of_kind[0])

        def wait() -> None:
            waiting.subscribe(token)
            waiting.happen(token, str(number), {})

        workflow.guard(token, wait)

    def _begin_behind(self, token: Token, node: Node) -> None:
        """Begin at an event behind an instantiating gateway, or at a receive task: it has happened. Of a parallel gateway the others are waited for."""
        gateway = next((one for one in self.begins_by_gateway() if any(way.target is node for way in one.ways)), None)
        workflow = token.workflow
        fired = Token(workflow, node, token)
        if gateway is not None:
            path = workflow.execution.path
            path.extend([gateway.element.id, next(way.flow for way in gateway.ways if way.target is node and way.flow is not None)])
            if gateway.element.all_events:
                for way in gateway.ways:
                    if way.target is not node:
                        workflow.spawn(way.target, token)
        workflow.guard(fired, fired.complete)

    def begins_by_gateway(self) -> list[Node]:
        """Return the event-based gateways that begin an instance."""
        return [node for node in self.program.nodes.values() if node.element.kind == model.EVENT_BASED and node.element.instantiate]

    def ended(self, scope: Token) -> None:
        """Nothing is left: the instance is over, or the call activity goes on."""
        workflow = scope.workflow
        if self.program.model.listeners:
            workflow.execution.tell(scope, self.program.model.listeners, "end")
        if scope.scope is None:
            workflow.clear(scope)
            workflow.completed = True
            scope._set_state(TaskState.COMPLETED)
            return
        caller = scope.scope
        called = caller.node.element.called
        assert called is not None
        execution = workflow.execution
        given: dict[str, Any] = {}
        for mapping in called.outputs:
            given.update(execution.map(mapping, scope))
        for name in sorted(given):
            owner = caller if called.local_outputs else caller.owner(name)
            execution.memory.write(owner, caller.node.element.id, name, given[name])
        caller.complete()


class SubProcess(Activity):
    """An embedded sub-process, or an event sub-process once it is begun."""

    def enter(self, token: Token) -> None:
        token.workflow.wait(token)
        self.open(token)

    def open(self, token: Token, start: Node | None = None) -> None:
        """Begin what is inside: at the none start, or with the start event that has happened."""
        workflow = token.workflow
        if not waiting.subscribe_event_parts(token):
            return
        if start is not None:
            fired = Token(workflow, start, token)
            workflow.guard(fired, fired.complete)
        else:
            for node in self.begins:
                workflow.spawn(node, token)
        if token.live == 0:
            workflow.touched[token.id] = token

    def ended(self, scope: Token) -> None:
        """Nothing is left inside; one that was there again only to be undone makes way for the next compensation."""
        runner = scope.internal_data.get("for")
        if "undone" not in scope.internal_data:
            scope.complete()
        elif runner is not None:
            scope.workflow.remove(scope)
            compensation.go_on(scope.workflow, runner)


class Transaction(SubProcess):
    """A sub-process that a cancel end event undoes."""


class Call(Activity):
    """A call activity: a process of its own inside the case, which sees only what is mapped in and gives back only what is mapped out."""

    def enter(self, token: Token) -> None:
        workflow, element = token.workflow, self.element
        execution = workflow.execution
        called = element.called
        assert called is not None
        depth = execution.limits.depth
        if sum(1 for _ in throwing.holders(token) if _.node.is_root) > depth:
            raise BudgetExceeded(element=element.id, reason=f"more than {depth} processes inside one another", limit="depth")
        version = execution.text(called.version, token) if called.version is not None else None
        key = execution.value_of(called.business_key, token) if called.business_key is not None else None
        identity, program = execution.operations.called(element, execution.text(called.key, token), called.binding, version)
        given: dict[str, Any] = {}
        for mapping in called.inputs:
            given.update(execution.map(mapping, token))
        workflow.wait(token)
        if called.id_variable is not None:  # what is called runs inside of this case, and has its id
            execution.memory.set(token, element.id, called.id_variable, execution.operations.known()["id"])
        for name, value in program.model.initial:
            if name not in given:
                given[name] = execution.give(token, value)
        root = Token(workflow, program.root, token)
        root.prefix = f"{token.prefix}{element.id}/"
        root.data = dict.fromkeys(program.model.local) | {name: clean(given[name]) for name in sorted(given)}
        workflow.wait(root, called=identity, **({"businessKey": str(key)} if key is not None else {}))
        execution.entered.append(Entered(element.id, identity))
        program.root.begin(root)
