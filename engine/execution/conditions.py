"""Conditional events: looked at after every change in any scope; one fires when its condition becomes true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn import model
from engine.execution import waiting

if TYPE_CHECKING:
    from engine.execution.workflow import Workflow


def look(workflow: Workflow) -> None:
    """Let every conditional event fire whose condition was false and is true now, in the order they began to wait."""
    if not workflow.waiting:
        return
    execution = workflow.execution
    for token in sorted(workflow.waiting.values(), key=lambda one: one.serial):
        for number in list(token.waits):
            if number not in token.waits or "was" not in token.waits[number] or token.id not in workflow.waiting:
                continue
            definition = token.node.element.events[int(number)]
            assert definition.kind == model.CONDITIONAL

            def see(token=token, number=number, definition=definition) -> None:  # type: ignore[no-untyped-def]
                was = token.waits[number]["was"]
                token.waits[number]["was"] = now = execution.test(definition.condition or "", token.variables())
                if now and not was:
                    workflow.passed += 1
                    waiting.happen(token, number, {})

            workflow.guard(token, see)
