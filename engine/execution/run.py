"""One step of one instance in memory: restore, command, run to the next wait, save."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.model import END, RULE, START, Element
from engine.errors import ExecutionFailed, Refused, ShenpiError, TaskClosed
from engine.execution import patches, pruning, state
from engine.execution.memory import Change, Memory
from engine.execution.program import Program, surrounded
from engine.execution.values import clean
from engine.execution.workflow import Workflow
from engine.language import Budget, compile_expression, compile_script, compile_template

assert patches.ORIGINALS  # imported for its effect on the library


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user task that waits for a person."""

    token: UUID
    element: str


@dataclass(frozen=True, slots=True)
class WaitingTimer:
    """A timer that waits for its time (UTC)."""

    token: UUID
    element: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """An outside operation that a service task asked for in this step."""

    token: UUID
    element: str
    operation: str
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """An element that went wrong in this step; it is held until somebody retries it."""

    token: UUID
    element: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """What an inline operation or decision gave, and the evidence for the record (strings, integers, lists, objects)."""

    value: Any
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """An operation or decision that ran inline in this step."""

    element: str
    kind: str  #: operation or decision
    name: str
    inputs: dict[str, Any]
    result: Result


class Operations(Protocol):
    """What the execution asks of the rooms above it. A re-execution answers from the record instead."""

    def is_local(self, operation: str) -> bool:
        """Tell whether an operation runs inside the step."""

    def run(self, element: Element, operation: str, inputs: dict[str, Any]) -> Result:
        """Run a local operation."""

    def decide(self, element: Element, decision: str, variables: Mapping[str, Any]) -> Result:
        """Evaluate a decision table."""


class Execution:
    """An instance in memory. After a command, `open_tasks`, `timers`, `calls`, `done`, `changes`, `path`, `failures` tell what happened."""

    def __init__(self, program: Program, now: datetime, operations: Operations) -> None:
        self.program = program
        self.now = now
        self.operations = operations
        self.memory = Memory()
        self.budget = Budget()
        self.path: list[str] = []
        self.calls: list[Call] = []
        self.done: list[Done] = []
        self.failures: list[Failure] = []
        self.outcome: str | None = None
        self.workflow = Workflow(program.spec, script_engine=self, deserializing=True)
        #: tokens of timers and outside calls that were there before the command
        self.timers_before: set[UUID] = set()
        self.calls_before: set[UUID] = set()

    # --- life

    @classmethod
    def start(
        cls, program: Program, now: datetime, operations: Operations, variables: Mapping[str, Any], initiator: str | None
    ) -> "Execution":
        """Begin a new instance and run it to its first wait."""
        execution = cls(program, now, operations)
        execution.workflow = Workflow(program.spec, script_engine=execution)
        for name in sorted(variables):
            execution.memory.set(None, name, clean(variables[name], name))
        for element in program.model.of_kind(START):
            if element.initiator:
                execution.memory.set(element.id, element.initiator, initiator)
        execution._go()
        return execution

    @classmethod
    def restore(cls, program: Program, now: datetime, operations: Operations, raw: bytes) -> "Execution":
        """Take up an instance from its saved state."""
        execution = cls(program, now, operations)
        memory = state.restore(execution.workflow, raw)
        execution.memory = Memory(memory["x"], memory["r"], memory["t"])
        execution.timers_before = {timer.token for timer in execution.timers()}
        execution.calls_before = execution.pending_calls()
        return execution

    def save(self) -> bytes:
        """Return the state after pruning what is finished."""
        pruning.prune(self.workflow)
        return state.save(self.workflow, {"x": self.memory.variables, "r": self.memory.rounds, "t": self.memory.tasks})

    # --- commands

    def complete(self, token: UUID, decision: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Complete a user task: its values, its decision and `outcome` become variables, and the instance goes on.

        Refuses with `TaskClosed` a token that is not open any more.
        """
        task = self._open(token, TaskState.READY)
        element: str = task.task_spec.bpmn_id
        for name in sorted(values):  # the record sorts its keys, and a re-execution must write in the same order
            self.memory.set(element, name, clean(values[name], name))
        self.memory.set_member(element, "decisions", element, clean(dict(decision)))
        self.memory.set(element, "outcome", decision["outcome"])
        self._run(task)
        self._go()

    def answer(self, token: UUID, value: Any) -> None:
        """Complete a service task with the answer of its job. Refuses with `TaskClosed` when nobody waits for it any more."""
        task = self._open(token, TaskState.STARTED)
        element = task.task_spec.element
        self._store(element, clean(value))
        task.complete()
        self._trace(task)
        self._go()

    def fire_timers(self, tokens: Iterable[UUID]) -> list[str]:
        """Let timers fire that are due at this step's `now`; returns their elements. Tokens that are gone or not due are passed over."""
        fired = []
        for token in tokens:
            task = self.workflow.tasks.get(token)
            due = task.internal_data.get("due") if task is not None and task._state == TaskState.WAITING else None
            if task is not None and due is not None and due <= self.now:
                task.internal_data["fired"] = True
                fired.append(task.task_spec.bpmn_id)
                task.task_spec._update(task)
        self._go()
        return fired

    def retry(self, token: UUID) -> None:
        """Run an element again that failed in an earlier step."""
        task = self._failed(token)
        task.internal_data.pop("failed")
        if task._state == TaskState.WAITING:
            task.task_spec._update(task)
        self._go()

    def resolve(self, token: UUID, value: Any) -> None:
        """Pass over a failed element or an unanswered call with a value that a person gives for its result."""
        task = self.workflow.tasks.get(token)
        if task is None or not task._state & (TaskState.READY | TaskState.STARTED | TaskState.WAITING):
            raise TaskClosed(state="canceled")
        task.internal_data.pop("failed", None)
        element = self.program.model.elements[task.task_spec.bpmn_id]
        if element.result_variable:
            self._store(element, clean(value))
        if element.timer is not None:
            task.internal_data["fired"] = True
            task.task_spec._update(task)
        else:
            task.complete()
            self._trace(task)
        self._go()

    def cancel(self) -> None:
        """End everything that is open (withdrawal or termination)."""
        for task in self.workflow.tasks.unfinished():
            task.cancel()
        self.workflow.completed = True

    # --- what the library asks (it calls the workflow's `script_engine`)

    def evaluate(self, task: Task, text: str, external_context: Any = None) -> bool:
        """Return whether a flow's condition is true."""
        return bool(compile_expression(text).evaluate(self.memory.variables, now=self.now, budget=self.budget))

    def execute(self, task: Task, script: str) -> None:
        """Run a script on the instance's variables; all of its writes count or none."""
        written = compile_script(script).run(self.memory.variables, now=self.now, budget=self.budget)
        for name, value in written.items():
            self.memory.set(task.task_spec.bpmn_id, name, value)

    def resolve_text(self, text: str) -> Any:
        """Return the value of a text with `${...}`; a text without is itself."""
        return compile_template(text).evaluate(self.memory.variables, now=self.now, budget=self.budget)

    def operate(self, task: Task, element: Element) -> bool:
        """Run a local operation or decision now, or ask for an outside one; tells whether the element is finished."""
        inputs = {name: self.resolve_text(text) for name, text in element.inputs}
        if element.kind == RULE and element.decision_ref:
            result = self.operations.decide(element, element.decision_ref, {**self.memory.variables, **inputs})
            self.done.append(Done(element.id, "decision", element.decision_ref, inputs, result))
        elif self.operations.is_local(element.operation or ""):
            result = self.operations.run(element, element.operation or "", inputs)
            self.done.append(Done(element.id, "operation", element.operation or "", inputs, result))
        else:
            self.calls.append(Call(task.id, element.id, element.operation or "", inputs))
            return False
        self._store(element, clean(result.value))
        return True

    # --- what is there after a command

    def open_tasks(self) -> list[OpenTask]:
        """Return the user tasks that wait for a person."""
        ready = self.workflow.tasks.unfinished(TaskState.READY)
        return [OpenTask(task.id, task.task_spec.bpmn_id) for task in ready if task.task_spec.manual]

    def timers(self) -> list[WaitingTimer]:
        """Return the timers that wait."""
        waiting = self.workflow.event_manager.tasks.values()
        return [
            WaitingTimer(task.id, task.task_spec.bpmn_id, task.internal_data["due"])
            for task in waiting
            if task._state == TaskState.WAITING and "due" in task.internal_data
        ]

    def pending_calls(self) -> set[UUID]:
        """Return the tokens of outside operations that are not answered."""
        return {task.id for task in self.workflow.tasks.unfinished(TaskState.STARTED)}

    @property
    def changes(self) -> list[Change]:
        return self.memory.changes

    @property
    def finished(self) -> bool:
        """Tell whether nothing is left to do; our own check, the library's stops at a depth of 1000."""
        return bool(self.workflow.is_completed())

    # --- inside

    def _go(self) -> None:
        self.workflow.go(self._run)

    def _run(self, task: Task) -> None:
        try:
            task.run()
        except ShenpiError as error:
            self._hold(task, error.code, str(error))
        except SpiffWorkflowException as error:
            self._hold(task, ExecutionFailed.code, str(error))
        else:
            if task._state == TaskState.COMPLETED:
                self._trace(task)

    def _hold(self, task: Task, code: str, message: str) -> None:
        """Keep a failed element where it is: the other branches go on, and a person will look."""
        task._set_state(TaskState.READY)
        self.workflow.tasks.open[task.id] = task
        self.fail(task, code, message)

    def fail(self, task: Task, code: str, message: str) -> None:
        """Note that an element went wrong in this step."""
        task.internal_data["failed"] = code
        self.failures.append(Failure(task.id, task.task_spec.bpmn_id or task.task_spec.name, code, message))

    def _trace(self, task: Task) -> None:
        """Note the element passed and the flows its token took."""
        element = task.task_spec.bpmn_id
        if element is None:
            return
        self.path.append(element)
        model = self.program.model.elements[element]
        if model.kind == END:
            self.outcome = model.outcome or self.outcome
        for child in task.children:
            if not child._state & TaskState.PREDICTED_MASK:
                target = child.task_spec.bpmn_id or surrounded(child.task_spec)
                flow = self.program.flows.get((element, target)) if target else None
                if flow is not None:
                    self.path.append(flow)

    def _store(self, element: Element, value: Any) -> None:
        if element.result_variable:
            self.memory.set(element.id, element.result_variable, value)

    def _open(self, token: UUID, wanted: int) -> Task:
        task = self.workflow.tasks.get(token)
        if task is None or task._state != wanted:
            raise TaskClosed(state="canceled")
        return task

    def _failed(self, token: UUID) -> Task:
        task = self.workflow.tasks.get(token)
        if task is None or "failed" not in task.internal_data:
            raise Refused(reason="the element has not failed")
        return task
