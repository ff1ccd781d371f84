"""Tasks: what people, scripts, operations and messages do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import model
from engine.bpmn.policies import END, FLOW, INITIATOR, initiators_task
from engine.dmn import SPREAD
from engine.execution import moving, throwing, waiting
from engine.execution.done import Done
from engine.execution.nodes import Node
from engine.execution.values import clean
from engine.execution.work import ask, run_local

if TYPE_CHECKING:
    from engine.execution.program import Way
    from engine.execution.token import Token


class Activity(Node):
    """A task without a meaning of its own (task, manual task): it passes, as in Camunda."""

    is_activity = True


class Human(Activity):
    """A user task waits for a person."""

    def enter(self, token: Token) -> None:
        if self.element.listeners:
            token.workflow.execution.tell(token, self.element.listeners, "create")
        token.workflow.wait(token, person=1)

    def choose(self, token: Token) -> list[Way]:
        return [] if self._turns(token) else super().choose(token)

    def leave(self, token: Token, taken: list[Way]) -> None:
        """Go on as drawn, unless the node's policy for a rejection or a return that leads straight back says otherwise."""
        workflow = token.workflow
        if not self._turns(token):
            super().leave(token, taken)
            return
        if "passed" not in token.internal_data:
            token.passed()
        if decided(token) != "reject":
            scope = token.scope
            assert scope is not None
            element, who = token.internal_data["back"]
            workflow.remove(token, TaskState.COMPLETED)
            workflow.spawn(self.program.nodes[element], scope).internal_data["asked"] = who
            return
        target = self.element.policy.on_reject
        if target == END:
            moving.mark(workflow, workflow.root, "rejected")
            workflow.clear(workflow.root)
            workflow.execution.outcome = "reject"
            return
        if target == INITIATOR:
            target = initiators_task(self.program.model.elements) or ""
        current, place = moving.find(token, target)
        workflow.execution.put(place, moving.back(current, place), "rejected")

    def _turns(self, token: Token) -> bool:
        """Tell whether it goes elsewhere than its flows lead."""
        outcome = decided(token)
        if outcome == "reject":
            return self.element.policy.on_reject != FLOW
        return "back" in token.internal_data and outcome != "return"


def decided(token: Token) -> str | None:
    """Return the outcome of a user task, of a multi-instance that of all its decisions together."""
    loop = token.internal_data.get("loop")
    found: str | None = loop.get("outcome") if loop is not None else token.internal_data.get("decided")
    return found


def write(token: Token, script: str) -> None:
    """Run a script as seen from a token and write what it assigns."""
    execution = token.workflow.execution
    written = execution.run_script(script, token)
    owner = token if token.data or token.scope is None else token.scope
    for name, value in written.items():
        execution.memory.set(owner, token.node.element.id, name, value)


def settled(token: Token) -> bool | None:
    """An activity has done its work. True: it is done; None: it waits to be triggered."""
    if not token.node.element.triggered:
        return True
    token.workflow.wait(token, waits={"0": {"name": token.node.element.id, "keys": {}}})
    return None


class Script(Activity):
    """A script task: our own language on the variables seen from here; all of its writes count or none."""

    def enter(self, token: Token) -> bool | None:
        write(token, self.element.script or "")
        return settled(token)


class Operation(Activity):
    """A service, business rule or send task. A local operation runs now; an outside one waits until its job answers."""

    def enter(self, token: Token) -> bool | None:
        execution, element = token.workflow.execution, self.element
        inputs = {name: token.data[name] for name, _ in element.inputs}
        if element.kind == model.RULE and element.decision_ref:
            variables = {**token.variables()}
            decision = execution.text(element.decision_ref, token)
            within = next((scope.internal_data["called"] for scope in throwing.holders(token) if "called" in scope.internal_data), None)
            if within is None:
                result = execution.operations.decide(element, decision, variables, execution.zone)
            else:
                result = execution.operations.decide_within(within, element, decision, variables, execution.zone)
            execution.done.append(Done(element.id, "decision", decision, inputs, result))
            if element.map_result in SPREAD:
                self.spread(token, decision, result.value)
                return settled(token)
        elif execution.operations.is_local(element.operation or ""):
            result = run_local(token, element.operation or "", inputs)
        else:
            ask(token, element.operation or "", inputs)
            return None
        self.store(token, result.value)
        return settled(token)

    def spread(self, token: Token, decision: str, results: list[dict[str, object]]) -> None:
        """Keep each output of the one result under its own name; several results under the name of their decision, as Flowable does."""
        kept: dict[str, object] = {decision: results} if len(results) > 1 else dict(*results)
        for name in sorted(kept):
            token.workflow.execution.memory.set(token, self.element.id, name, clean(kept[name]))

    def store(self, token: Token, value: object) -> None:
        """Keep the answer in the result variable."""
        if self.element.result_variable:
            token.workflow.execution.memory.set(token, self.element.id, self.element.result_variable, clean(value))


class Send(Activity):
    """A send task without an operation throws its message."""

    def enter(self, token: Token) -> bool:
        for definition in self.element.events:
            throwing.throw(token, definition)
        return True


class Receive(Activity):
    """A receive task waits for its message."""

    def enter(self, token: Token) -> bool | None:
        return True if waiting.subscribe(token) else None
