"""Events: begin, end, throw, catch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn import model
from engine.execution import compensation, throwing, waiting
from engine.execution.nodes import Node
from engine.execution.tasks import write
from engine.execution.token import Token

if TYPE_CHECKING:
    from engine.bpmn.model import EventDefinition
    from engine.execution.program import Way


class Start(Node):
    """A start event passes; the one that an event began has happened already."""


class Boundary(Node):
    """A boundary event waits inside its activity, and goes on around it."""


class Catch(Node):
    """An intermediate event waits."""

    def enter(self, token: Token) -> bool | None:
        if not any(definition.kind in waiting.WAITABLE for definition in self.element.events):
            return True  # the other end of a link
        return True if waiting.subscribe(token) else None


class Throw(Node):
    """An intermediate throw or an end event: throws what it names, in the order of the file."""

    def enter(self, token: Token) -> bool | None:
        definitions = self.element.events
        if not definitions:
            return True
        if self.element.kind == model.END and self._ends(token, definitions):
            return None
        undo = self.element.event(model.COMPENSATION)
        if undo is None and any(definition.kind in (model.SIGNAL, model.ESCALATION) for definition in definitions):
            token.passed()  # it is done when it has thrown, even if what it throws ends its own scope
            token.internal_data["passed"] = 1
        throwing.throw(token, definitions)
        if not token.alive():  # its own signal or escalation ended its scope
            return None
        if undo is not None:
            self._compensate(token, undo)
            return None
        for one in definitions:
            if one.kind == model.MESSAGE and one.script:
                write(token, one.script)
        carried = next((one for one in definitions if one.kind == model.MESSAGE and one.operation), None)
        return True if carried is None or throwing.send(token, carried) else None

    def choose(self, token: Token) -> list[Way]:
        return [] if "alone" in token.internal_data else super().choose(token)

    def _compensate(self, token: Token, definition: EventDefinition) -> None:
        scope = compensation.scope_of(token)
        if definition.waits:
            compensation.begin(token, scope, definition.activity)
            return
        # nobody waits for it: the token goes on, and another runs the queue
        runner = Token(token.workflow, self, token.scope)
        runner.internal_data.update(ending=1, passed=1, alone=1)
        token.workflow.guard(token, token.complete)
        compensation.begin(runner, scope, definition.activity)

    def _ends(self, token: Token, definitions: tuple[EventDefinition, ...]) -> bool:
        """Do what only an end event can; tells whether the token is dealt with."""
        last = next((one for one in definitions if one.kind in (model.TERMINATE, model.ERROR, model.CANCEL)), None)
        if last is None:
            return False
        throwing.throw(token, tuple(one for one in definitions if one is not last))
        if not token.alive():  # what it threw has ended its scope
            return True
        if last.kind == model.TERMINATE:
            self._terminate(token, last)
        elif last.kind == model.CANCEL:
            throwing.undo(token)
        else:
            execution = token.workflow.execution
            throwing.end_by_error(token, execution.text(last.name or "", token), execution.text(last.message, token))
        return True

    def _terminate(self, token: Token, definition: EventDefinition) -> None:
        workflow, scope = token.workflow, token.scope
        assert scope is not None
        execution = workflow.execution
        token.passed()
        execution.note_end(token)
        workflow.clear(workflow.root if definition.everything else scope)


class End(Throw):
    """An end event uses its token up."""

    def leave(self, token: Token, taken: list[Way]) -> None:
        token.workflow.execution.note_end(token)
        super().leave(token, [])
