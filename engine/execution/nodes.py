"""What every element does: it is entered, it ends, it is left by its flows. What is special to a kind stands in its own class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import model
from engine.errors import ExecutionFailed
from engine.execution import compensation, loops, waiting

if TYPE_CHECKING:
    from engine.execution.program import Program, Way
    from engine.execution.token import Token


class Node(BpmnSpecMixin):  # type: ignore[misc]
    """One element of a definition. It is built once and shared by all threads; nothing of an instance is ever kept in it."""

    is_root = False
    is_join = False  #: its tokens remember the flow that brought them
    is_activity = False

    def __init__(self, program: Program, element: model.Element) -> None:
        super().__init__(program.spec, f"bpmn:{element.id}")
        self.bpmn_id, self.bpmn_name = element.id, element.name
        self.element = element
        self.program = program
        self.ways: list[Way] = []  #: the flows that leave it, in the order of the file
        self.incoming: tuple[str, ...] = ()
        self.boundaries: list[Node] = []
        self.event_parts: list[tuple[Node, Node]] = []  #: event sub-processes in it, each with its start event
        self.begins: list[Node] = []  #: of a scope: where its tokens begin
        self.handler: Node | None = None  #: the activity that compensates it
        self.plain = not (
            element.loop
            or element.inputs
            or element.outputs
            or element.local
            or element.async_before
            or element.async_after
            or element.listeners
            or element.skip
        )

    # --- what the library calls

    def _run(self, token: Token) -> bool | None:
        """Enter the element. True: it is done; None: it waits (the library then marks it STARTED)."""
        internal = token.internal_data
        if internal:
            if "ending" in internal:
                return True
            if internal.get("pause") == "after":
                return True
            if "loop" in internal:
                loops.again(token)
                return None
        if token.subscribed:  # it could not begin to wait, and somebody has put that right
            waiting.run_part(token)
            return None
        element = self.element
        if self.plain and not self.boundaries:
            return self.enter(token)
        if internal.get("pause") != "passed" and self._is_paused(token, "async_before"):
            token.workflow.wait(token, pause="before")
            return None
        if element.skip is not None and (element.loop is None or token.is_instance) and token.workflow.execution.skips(element.skip, token):
            internal["skipped"] = 1
            return True
        if not token.is_instance and self.boundaries:
            waiting.subscribe_boundaries(token)
            if not token.alive():  # a condition on its boundary is true already
                return None
        if element.loop is not None and not token.is_instance:
            return loops.begin(token, element.loop)
        for name in element.local:
            token.data.setdefault(name, None)
        if element.inputs:
            execution = token.workflow.execution
            for name, value in element.inputs:
                token.data[name] = execution.give(token, value)
        if element.listeners:
            token.workflow.execution.tell(token, element.listeners, "start")
        return self.enter(token)

    def _on_complete(self, token: Token) -> None:
        if token.alive():  # a terminate or error end may have taken it out already
            self.finish(token)

    def _on_cancel(self, token: Token) -> None:
        token.workflow.remove(token)

    # --- what kinds of elements replace

    def enter(self, token: Token) -> bool | None:
        """Do what the element does. True: done; None: it waits."""
        return True

    def ended(self, scope: Token) -> None:
        """Nothing is left in the scope that this token holds."""
        scope.complete()

    def gather(self, scope: Token, token: Token) -> bool:
        """Of a gateway: fire if nothing more can arrive; tells whether it did."""
        return False

    def open(self, token: Token, start: Node | None = None) -> None:
        """Of a scope: begin what is inside, with the start event that has happened or else at its none start."""
        raise TypeError(f"{self.element.id} holds nothing")

    def resolve(self, token: Token) -> None:
        """Of a join: fire with what has arrived."""

    # --- the end of an element

    def finish(self, token: Token) -> None:
        """The element has done its work: hand out its results, then leave by its flows."""
        element, workflow = self.element, token.workflow
        token._state = TaskState.READY
        token.internal_data["ending"] = 1  # what goes wrong from here on is tried again from here on
        # a person or the drawing passed over it: what cannot be reckoned is left out
        waived = "waived" in token.internal_data or "skipped" in token.internal_data
        resumed = token.internal_data.get("pause") == "after"  # its results were handed out before it paused
        if element.listeners and not token.is_body and not waived and not resumed:
            workflow.execution.tell(token, element.listeners, "complete")
            workflow.execution.tell(token, element.listeners, "end")
        if element.outputs and not token.is_body and not waived and not resumed:
            execution = workflow.execution
            outside = token.scope if token.scope is not None else token
            for name, value in element.outputs:
                execution.memory.set(outside, element.id, name, execution.give(token, value))
        if not resumed and self._is_paused(token, "async_after"):
            self._pause_behind(token)
            return
        if token.is_instance:
            loops.instance_ended(token)
            return
        self.leave(token, self.choose(token))

    def _is_paused(self, token: Token, where: str) -> bool:
        """Tell whether there is a save point: of an instance of a loop, that of its loop."""
        return bool(getattr(self.element.loop if token.is_instance else self.element, where))

    def _pause_behind(self, token: Token) -> None:
        """Stand at the save point behind the element: it is done, and nothing on its boundary waits any more."""
        for child in token.children:
            token.workflow.remove(child)
        token.workflow.touched.pop(token.id, None)  # it has ended, and must not do so again
        if "passed" not in token.internal_data:
            token.passed()
        del token.internal_data["ending"]
        token.workflow.wait(token, pause="after", passed=1)

    def choose(self, token: Token) -> list[Way]:
        """Return the flows to take: those without a condition, those whose condition is true, or the default.

        Refuses with `ExecutionFailed` when there are flows and none may be taken.
        """
        ways = self.ways
        if not ways or (len(ways) == 1 and ways[0].condition is None):
            return ways
        variables = token.variables()
        taken = [way for way in ways if not way.is_default and way.is_open(token, variables)]
        if not taken:
            taken = [way for way in ways if way.is_default]
        if not taken:
            raise ExecutionFailed(element=self.element.id, reason="no outgoing flow has a true condition, and none is the default")
        return taken

    def leave(self, token: Token, taken: list[Way]) -> None:
        """Take the token away and put one on each flow taken."""
        workflow, scope = token.workflow, token.scope
        assert scope is not None
        workflow.require_room(self.element.id, len(taken) - 1)
        runner = token.internal_data.get("for")
        for way in taken:
            if way.listeners:
                workflow.execution.tell(token, way.listeners, "take")
        if "passed" not in token.internal_data:
            token.passed()
        compensation.remember(token)
        workflow.remove(token, TaskState.COMPLETED)
        for way in taken:
            token.took(way)
            workflow.spawn(way.target, scope, way.flow)
        if runner is not None:
            compensation.go_on(workflow, runner)
