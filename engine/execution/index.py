"""Finding tasks without walking the whole tree.

Every task of the library registers itself in `workflow.tasks`. Here that dictionary also notes which tasks may be unfinished; states only move
forward, so a task found finished is forgotten.
"""

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.util.task import BpmnTaskFilter
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

UNFINISHED: int = TaskState.NOT_FINISHED_MASK


class TaskIndex(dict[Any, Task]):
    """All tasks by id, and beside them those that may be unfinished, in the order they came."""

    __slots__ = ("open",)

    def __init__(self, items: dict[Any, Task] | tuple[()] = ()) -> None:
        super().__init__(items)
        self.open: dict[Any, Task] = dict(self)

    def __setitem__(self, key: Any, task: Task) -> None:
        dict.__setitem__(self, key, task)
        self.open[key] = task

    def pop(self, key: Any, *default: Any) -> Any:
        self.open.pop(key, None)
        return dict.pop(self, key, *default)

    def restore(self, task: Task) -> None:
        """Register a task that comes from a saved state."""
        dict.__setitem__(self, task.id, task)
        if task._state & UNFINISHED:
            self.open[task.id] = task

    def unfinished(self, mask: int = UNFINISHED) -> list[Task]:
        """Return the unfinished tasks whose state is in `mask`, and forget the finished ones."""
        found, gone = [], []
        for key, task in self.open.items():
            state = task._state
            if not state & UNFINISHED:
                gone.append(key)
            elif state & mask:
                found.append(task)
        for key in gone:
            del self.open[key]
        return found


class Walk(Iterator[Task]):
    """Depth-first over a tree with a stack of its own, so that no depth is too deep."""

    def __init__(self, first: Task, end_at: str | None, task_filter: Any) -> None:
        self.stack = [first]
        self.end_at = end_at
        self.filter = task_filter

    def __next__(self) -> Task:
        stack = self.stack
        while stack:
            task = stack.pop()
            if task.task_spec.name != self.end_at:
                tasks = task.workflow.tasks
                stack.extend(tasks[child] for child in reversed(task._children))
            if self.filter.matches(task):
                return task
        raise StopIteration


class Indexed:
    """What a workflow needs to answer from the index: mixed into the library's classes."""

    _tasks: TaskIndex
    completed: bool
    last_task: Task | None
    task_tree: Task

    @property
    def tasks(self) -> TaskIndex:
        return self._tasks

    @tasks.setter
    def tasks(self, value: dict[Any, Task]) -> None:
        self._tasks = TaskIndex(value)

    def get_tasks_iterator(
        self, first_task: Task | None = None, end_at_spec: str | None = None, task_filter: Any = None, **wanted: Any
    ) -> Iterator[Task]:
        """Answer a search for unfinished tasks from the index, and any other by walking."""
        wanted.pop("skip_subprocesses", None)
        if (
            task_filter is None
            and first_task is None
            and end_at_spec is None
            and set(wanted) == {"state"}
            and not wanted["state"] & ~UNFINISHED
        ):
            return iter(self._tasks.unfinished(wanted["state"]))
        return Walk(first_task or self.task_tree, end_at_spec, task_filter or BpmnTaskFilter(**wanted))

    def update_waiting_tasks(self) -> None:
        """Look again at joins that wait; timers are looked at once a step by the loop."""
        for task in self._tasks.unfinished(TaskState.WAITING):
            task.task_spec._update(task)

    def is_completed(self) -> bool:
        """Tell whether nothing is left to do; the library's own answer stops at a depth of 1000."""
        if not self.completed and not self._tasks.unfinished():
            self.completed = True
        return self.completed
