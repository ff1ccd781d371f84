"""Events that throw: one definition after another, until all are thrown or one has ended the scope they are thrown in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn import model
from engine.bpmn.order import LAST, in_order
from engine.execution import compensation, throwing
from engine.execution.nodes import Node
from engine.execution.tasks import write
from engine.execution.token import Token
from engine.execution.work import carry

if TYPE_CHECKING:
    from engine.bpmn.model import Element, EventDefinition
    from engine.execution.program import Program, Way


class Throw(Node):
    """An intermediate throw or an end event throws all that it names, in the order that `in_order` gives.

    Where it has several definitions, `threw` is the one that is thrown now or waited for: what was thrown before is not thrown again when that one is retried,
    and what comes after it follows when it is done or passed over. If the token is taken away meanwhile (what it threw has interrupted its scope, an error has
    left it, somebody has moved the case), the rest is not thrown.
    """

    def __init__(self, program: Program, element: Element) -> None:
        super().__init__(program, element)
        self.order = in_order(element.events)
        kinds = {definition.kind for definition in self.order}
        #: it is done when it has thrown, even if what it throws ends its own scope
        self.at_once = bool(kinds & {model.SIGNAL, model.ESCALATION}) and not kinds & set(LAST)

    def enter(self, token: Token) -> bool | None:
        return self._throw_from(token, token.internal_data.get("threw", 0))

    def _on_complete(self, token: Token) -> None:
        """What was waited for is done, or passed over: throw what is left, then go on."""
        threw = token.internal_data.get("threw")
        if threw is None or not token.alive() or self._throw_from(token, threw + 1):
            super()._on_complete(token)

    def _throw_from(self, token: Token, first: int) -> bool | None:
        """Throw what stands from a place on in the order. True: everything is thrown; None: the token waits, is held or gone."""
        for number in range(first, len(self.order)):
            if len(self.order) > 1:
                token.internal_data["threw"] = number
            if not self._throw(token, self.order[number]):
                return None
        return True

    def _throw(self, token: Token, definition: EventDefinition) -> bool:
        """Throw one definition; tells whether the next one may follow now."""
        if definition.kind == model.COMPENSATION:
            return self._compensate(token, definition)
        if definition.kind == model.ERROR:
            execution = token.workflow.execution
            throwing.end_by_error(token, execution.text(definition.name or "", token), execution.text(definition.message, token))
        elif definition.kind == model.CANCEL:
            throwing.undo(token)
        elif definition.kind == model.TERMINATE:
            throwing.terminate(token, definition)
        elif definition.operation:
            return carry(token, definition)
        else:
            if definition.script:
                write(token, definition.script)
            elif definition.script is None:
                self._tell(token, definition)
            return token.alive()
        return False

    def _tell(self, token: Token, definition: EventDefinition) -> None:
        """Throw what everybody may hear."""
        path = token.workflow.execution.path
        before = len(path)
        if self.at_once and "passed" not in token.internal_data:
            token.passed()
            token.internal_data["passed"] = 1
        throwing.throw(token, definition)
        if not token.alive() and "passed" not in token.internal_data:  # it has thrown, and what it threw came of it
            path.insert(before, token.prefix + self.element.id)

    def _compensate(self, token: Token, definition: EventDefinition) -> bool:
        scope = compensation.scope_of(token)
        if definition.waits:
            compensation.begin(token, scope, definition.activity)
            return False
        if any(one.kind == model.CANCEL for one in self.order):
            return True  # the cancel undoes that too
        # nobody waits for it: the token goes on, and another runs the queue in the scope that is compensated
        runner = Token(token.workflow, self, scope)
        runner.internal_data.update(ending=1, passed=1, alone=1)
        is_last = definition is self.order[-1]
        if is_last:
            token.workflow.guard(token, token.complete)
        compensation.begin(runner, scope, definition.activity)
        return not is_last

    def choose(self, token: Token) -> list[Way]:
        return [] if "alone" in token.internal_data else super().choose(token)


class End(Throw):
    """An end event uses its token up."""

    def leave(self, token: Token, taken: list[Way]) -> None:
        token.workflow.execution.note_end(token)
        super().leave(token, [])
