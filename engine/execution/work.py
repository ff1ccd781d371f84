"""What an operation does for an element: a local one now, and the record says what it answered; an outside one by a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import BpmnError
from engine.execution.done import Call, Done, Result

if TYPE_CHECKING:
    from engine.bpmn.model import EventDefinition
    from engine.execution.token import Token


def run_local(token: Token, operation: str, inputs: dict[str, Any]) -> Result:
    """Run a local operation for a token's element. An error that it answers with is noted before it is thrown on."""
    execution, element = token.workflow.execution, token.node.element
    try:
        result = execution.operations.run(element, operation, inputs)
    except BpmnError as error:
        evidence = {"error": error.error_code, "message": error.message}
        execution.done.append(Done(element.id, "operation", operation, inputs, Result(None, evidence)))
        raise
    execution.done.append(Done(element.id, "operation", operation, inputs, result))
    return result


def ask(token: Token, operation: str, inputs: dict[str, Any]) -> None:
    """Let a token wait until the job of an outside operation answers."""
    token.workflow.execution.calls.append(Call(token.id, token.node.element.id, operation, inputs))
    token.workflow.wait(token, call=1)


def carry(token: Token, definition: EventDefinition) -> bool:
    """Let an operation carry a thrown message; tells whether it is done, or waits for its job."""
    execution, operation = token.workflow.execution, definition.operation or ""
    inputs = {name: execution.give(token, value) for name, value in definition.inputs}
    if not execution.operations.is_local(operation):
        ask(token, operation, inputs)
        return False
    run_local(token, operation, inputs)
    return True
