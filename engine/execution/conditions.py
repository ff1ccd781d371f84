"""Conditional events: looked at after every change in any scope; one fires when its condition becomes true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn import model
from engine.bpmn.model import EventDefinition
from engine.execution import waiting

if TYPE_CHECKING:
    from engine.execution.workflow import Workflow


def look(workflow: Workflow) -> None:
    """Let every conditional event fire whose condition was false and is true now, in the order they began to wait."""
    execution = workflow.execution
    written, execution.memory.names = execution.memory.names, {}
    if not workflow.waiting:
        return
    for token in sorted(workflow.waiting.values(), key=lambda one: one.serial):
        for number in list(token.waits):
            if number not in token.waits or "was" not in token.waits[number] or token.id not in workflow.waiting:
                continue
            definition = token.node.element.events[int(number)]
            assert definition.kind == model.CONDITIONAL
            if definition.variable is not None and not _concerned(definition, written):
                continue

            def see(token=token, number=number, definition=definition) -> None:  # type: ignore[no-untyped-def]
                was = token.waits[number]["was"]
                token.waits[number]["was"] = now = execution.look(definition.condition or "", token)
                if now and not was:
                    workflow.passed += 1
                    waiting.happen(token, number, {})

            workflow.guard(token, see)


def _concerned(definition: EventDefinition, written: dict[str, str]) -> bool:
    """Tell whether a condition that looks at one variable only was given a change to look at."""
    change = written.get(definition.variable or "")
    return change is not None and (not definition.changes or change in definition.changes)
