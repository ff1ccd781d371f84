"""The nodes that ask something of us: operations and decisions."""

from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.task import Task

from engine.bpmn.model import Element


class OperationTask(BpmnSpecMixin):  # type: ignore[misc]
    """A service or business rule task. A local operation runs now; an outside one leaves the task STARTED until its job answers."""

    def __init__(self, wf_spec: Any, name: str, element: Element, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.element = element

    def _run_hook(self, my_task: Task) -> bool | None:
        finished: bool = my_task.workflow.script_engine.operate(my_task, self.element)
        return True if finished else None


class Script(BpmnSpecMixin):  # type: ignore[misc]
    """A script task: our own language on the instance's variables."""

    def __init__(self, wf_spec: Any, name: str, script: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.script = script

    def _run_hook(self, my_task: Task) -> bool:
        my_task.workflow.script_engine.execute(my_task, self.script)
        return True
