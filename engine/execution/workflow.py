"""The library's workflow with our index and our loop."""

from collections.abc import Callable

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import BudgetExceeded
from engine.execution.index import Indexed
from engine.execution.pruning import prune

MAX_ELEMENTS = 20_000  #: elements one step may pass; more is an endless loop in the drawing
PRUNE_AFTER = 300  #: elements


class Workflow(Indexed, BpmnWorkflow):  # type: ignore[misc]
    """One instance in memory, for one step."""

    def ready(self) -> list[Task]:
        """Return what can run without a person and is not held by an incident."""
        return [
            task for task in self._tasks.unfinished(TaskState.READY) if not task.task_spec.manual and "failed" not in task.internal_data
        ]

    def go(self, run: Callable[[Task], None]) -> None:
        """Run everything that can run until only people, jobs, timers or incidents are left; refuses an endless loop with `BudgetExceeded`."""
        passed = since = 0
        while ready := self.ready():
            for task in ready:
                if task._state != TaskState.READY:
                    continue
                passed += 1
                if passed > MAX_ELEMENTS:
                    raise BudgetExceeded(element=task.task_spec.bpmn_id or "", reason=f"more than {MAX_ELEMENTS} elements in one step")
                run(task)
            since += len(ready)
            if since > PRUNE_AFTER:  # what a long loop has left behind would slow down the rest of it
                prune(self)
                since = 0
