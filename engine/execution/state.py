"""The saved state: the tokens that are there, one row each, with the variables. No specification, no script text, nothing that is over.

Rows stand in the order the tokens came, a scope before what is in it: id, row of the scope, element, waiting or held, subscribed, what is kept, variables.
The version names the codec; states of each release are kept in tests.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.util.task import TaskState

from engine.execution import values
from engine.execution.program import Program
from engine.execution.token import Token
from engine.execution.workflow import Workflow

VERSION = 1


def save(workflow: Workflow, memory: dict[str, Any]) -> bytes:
    """Return the state of a workflow together with what the execution remembers (rounds, tasks)."""
    position: dict[UUID | None, int] = {None: -1}
    rows: list[tuple[Any, ...]] = []
    for token in workflow.tasks.values():
        position[token.id] = len(rows)
        rows.append(
            (
                token.id.hex,
                position[token._parent],
                None if token.node.is_root else token.node.bpmn_id,
                1 if token._state == TaskState.READY else 0,
                1 if token.subscribed else 0,
                token.internal_data or None,
                token.data or None,
            )
        )
    # what is remembered is text and numbers only, and holds ids that would send the variables the codec's slow way
    head = orjson.dumps({"v": VERSION, "done": workflow.completed, "memory": memory})
    return b'%s,"rows":%s}' % (head[:-1], values.dumps(rows))


def restore(workflow: Workflow, program: Program, programs: Callable[[str], Program], raw: bytes) -> dict[str, Any]:
    """Fill an empty workflow from a saved state; returns what the execution remembered."""
    saved: dict[str, Any] = values.loads(raw)
    if saved["v"] != VERSION:
        raise ValueError(f"saved state of codec version {saved['v']}")
    tokens: list[Token] = []
    for identity, around, element, ready, subscribed, internal, data in saved["rows"]:
        scope = tokens[around] if around >= 0 else None
        if element is not None and scope is not None:
            node = scope.node.program.nodes[element]
        else:
            node = programs(internal["called"]).root if scope is not None else program.root
        token = Token(workflow, node, scope, identity=UUID(identity), subscribed=bool(subscribed))
        if node.is_root and scope is not None:
            token.prefix = f"{scope.prefix}{scope.node.element.id}/"
        token.internal_data = internal or {}
        token.data = data or {}
        if not ready:
            token._state = TaskState.STARTED
            workflow.register(token)
        elif not token.failed:
            workflow.agenda.append(token)
        elif "flow" in token.internal_data:
            workflow.rejoin(token)
        tokens.append(token)
    workflow.task_tree = tokens[0]
    workflow.completed = saved["done"]
    memory: dict[str, Any] = saved["memory"]
    return memory
