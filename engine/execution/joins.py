"""Joins that count each arrival once.

The library leaves the arrivals of a finished round in the tree as CANCELLED with a completed parent and counts them again in the next round, so a
parallel join inside a rework loop fires early. Here an arrival that was used is removed when the join fires.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.defaults import ParallelGateway
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


class ParallelJoin(ParallelGateway):  # type: ignore[misc]
    """A parallel gateway: fires when each incoming flow has brought a token, and uses those tokens up."""

    def _run_hook(self, my_task: Task) -> Any:
        result = super()._run_hook(my_task)
        spent = [
            task
            for task in my_task.workflow.tasks.values()
            if task.task_spec is self
            and task is not my_task
            and not task._children
            and task._state & TaskState.FINISHED_MASK
            and not is_descendant(task, my_task)
        ]
        for task in spent:
            my_task.workflow._remove_task(task.id)
        return result


class EndJoin(_EndJoin):  # type: ignore[misc]
    """The library's last node: waits until nothing else is open, asked of the index instead of the tree."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        return all(task is my_task or task.task_spec.name == "End" for task in my_task.workflow.tasks.unfinished())


def is_descendant(task: Task, ancestor: Task) -> bool:
    """Tell whether `ancestor` stands above `task`; without recursion, so that no depth is too deep."""
    tasks = task.workflow.tasks
    parent = tasks.get(task._parent)
    while parent is not None:
        if parent is ancestor:
            return True
        parent = tasks.get(parent._parent)
    return False
