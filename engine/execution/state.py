"""The saved state: what is unfinished, one row a task, with the variables. No specification, no script text, nothing finished that nobody asks again.

Rows are in tree order, parents first: id, row of the parent, node name, state, triggered, internal data. The version names the codec; states of each
release are kept in tests.
"""

from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.execution import values
from engine.execution.index import TaskIndex
from engine.execution.workflow import Workflow

VERSION = 1


def save(workflow: Workflow, memory: dict[str, Any]) -> bytes:
    """Return the state of a workflow together with what the execution remembers (variables, rounds)."""
    rows: list[tuple[Any, ...]] = []
    position: dict[Any, int] = {}
    tasks = workflow.tasks
    stack = [workflow.task_tree]
    while stack:
        task = stack.pop()
        position[task.id] = len(rows)
        rows.append(
            (
                task.id.hex,
                position.get(task._parent, -1),
                task.task_spec.name,
                task._state,
                1 if task.triggered else 0,
                task.internal_data or None,
            )
        )
        stack.extend(tasks[child] for child in reversed(task._children))
    last = position.get(workflow.last_task.id) if workflow.last_task is not None else None
    return values.dumps({"v": VERSION, "rows": rows, "last": last, "done": workflow.completed, "memory": memory})


def restore(workflow: Workflow, raw: bytes) -> dict[str, Any]:
    """Fill an empty workflow from a saved state; returns what the execution remembered."""
    saved: dict[str, Any] = values.loads(raw)
    if saved["v"] != VERSION:
        raise ValueError(f"saved state of codec version {saved['v']}")
    index = TaskIndex()
    rows: list[Task] = []
    for row in saved["rows"]:
        task = _task(workflow, row, rows)
        index.restore(task)
        rows.append(task)
        if task._state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            workflow.event_manager.add_task(task)
    workflow._tasks = index
    workflow.task_tree = rows[0]
    workflow.last_task = rows[saved["last"]] if saved["last"] is not None else None
    workflow.completed = saved["done"]
    memory: dict[str, Any] = saved["memory"]
    return memory


def _task(workflow: Workflow, row: list[Any], rows: list[Task]) -> Task:
    """Build a task without the library's constructor, which would register and number it anew."""
    identity, parent_row, name, state, triggered, internal = row
    parent = rows[parent_row] if parent_row >= 0 else None
    task = Task.__new__(Task)
    task.id = UUID(identity)
    task.workflow = workflow
    task._parent = parent.id if parent is not None else None
    task._children = []
    task._state = state
    task.triggered = bool(triggered)
    task.task_spec = workflow.spec.task_specs[name]
    task.thread_id = 0
    task.data = {}
    task.internal_data = internal or {}
    task.last_state_change = 0.0
    if parent is not None:
        parent._children.append(task.id)
    return task
