"""Cutting finished history out of the tree, so that a step costs the same after two years as on the first day.

Kept: the root, the last task, what is unfinished and its parents, the ancestors that look at their children again (boundary splits) with those children,
and arrivals that a join has not used yet with their parents. Everything else goes, and its children join the nearest ancestor kept, in tree order.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs.control import EventSplit
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.execution.index import Indexed


def prune(workflow: Indexed) -> None:
    """Remove every task that nothing will look at again; the workflow goes on as before."""
    keep = _kept(workflow)
    tasks = workflow.tasks
    if len(keep) == len(tasks):
        return
    order, stack = [], [workflow.task_tree]
    while stack:
        task = stack.pop()
        order.append(task)
        stack.extend(tasks[child] for child in reversed(task._children))
    nearest: dict[Any, Task] = {}
    for task in order:
        nearest[task.id] = task if task.id in keep else nearest[task._parent]
        if task.id in keep:
            task._children = []
    for task in order:
        if task.id not in keep:
            tasks.pop(task.id)
        elif task._parent is not None:
            parent = nearest[task._parent]
            task._parent = parent.id
            parent._children.append(task.id)


def _kept(workflow: Indexed) -> set[Any]:
    tasks = workflow.tasks
    unfinished = tasks.unfinished()
    keep = {workflow.task_tree.id}
    if workflow.last_task is not None and workflow.last_task.id in tasks:
        keep.add(workflow.last_task.id)
    for task in unfinished:
        keep.add(task.id)
        if task._parent is not None:
            keep.add(task._parent)
    keep |= _watchers(unfinished, tasks)
    if not workflow.completed:
        for task in tasks.values():
            waits_at_join = isinstance(task.task_spec, UnstructuredJoin) and task._state & TaskState.FINISHED_MASK
            if waits_at_join and task._state != TaskState.COMPLETED and not task._children:
                keep |= {task.id, task._parent}
    return keep


def _watchers(unfinished: list[Task], tasks: Any) -> set[Any]:
    """Return the ancestors of unfinished tasks that look at their children again, with those children."""
    found: set[Any] = set()
    seen: set[Any] = set()
    for task in unfinished:
        parent = tasks.get(task._parent)
        while parent is not None and parent.id not in seen:
            seen.add(parent.id)
            if isinstance(parent.task_spec, EventSplit):
                found.add(parent.id)
                found.update(parent._children)
            parent = tasks.get(parent._parent)
    return found
