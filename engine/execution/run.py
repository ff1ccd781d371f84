"""One step of one instance in memory: restore, command, run to the next wait, save."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.model import Listener
from engine.errors import BpmnError, ExecutionFailed, Refused, ShenpiError, TaskClosed
from engine.execution import state, throwing, undo, waiting
from engine.execution.approving import Approving
from engine.execution.done import Call, Done, Entered, Failure, Overdue, Thrown, Uncaught
from engine.execution.evaluating import Evaluating
from engine.execution.limits import DEFAULT, Limits
from engine.execution.memory import Change, Memory
from engine.execution.operations import Operations
from engine.execution.present import Present
from engine.execution.program import Program
from engine.execution.tasks import settled
from engine.execution.token import Token
from engine.execution.values import clean, tagged
from engine.execution.workflow import Workflow
from engine.language import Budget

ZONE = ZoneInfo("Asia/Shanghai")


class Execution(Evaluating, Present, Approving):
    """An instance in memory. After a command, `open_tasks`, `timers`, `calls`, `done`, `changes`, `path`, `failures` tell what happened."""

    def __init__(self, program: Program, now: datetime, operations: Operations, *, limits: Limits = DEFAULT, zone: ZoneInfo = ZONE) -> None:
        self.program = program
        self.now = now
        self.operations = operations
        self.limits = limits
        self.zone = zone
        self.budget = Budget(limits.steps)
        self.path: list[str] = []
        self.calls: list[Call] = []
        self.done: list[Done] = []
        self.entered: list[Entered] = []
        self.thrown: list[Thrown] = []
        self.uncaught: list[Uncaught] = []
        self.failures: list[Failure] = []
        self.outcome: str | None = None
        self.reasons: dict[str, str] = {}  #: why a token was taken away, where that is not an interruption: its id in hexadecimal -> reason
        self.overdue: list[Overdue] = []
        self.workflow = Workflow(program, self)
        #: tokens of timers, outside calls (but the one that the command answers) and subscriptions that were there before the command
        self.timers_before: dict[UUID, datetime] = {}
        self.calls_before: set[UUID] = set()
        self.subscriptions_before: set[tuple[UUID, str, str]] = set()
        self.paused_before: dict[UUID, str] = {}
        self.failed_before: set[UUID] = set()

    # --- life

    @classmethod
    def start(
        cls,
        program: Program,
        now: datetime,
        operations: Operations,
        variables: Mapping[str, Any],
        initiator: str | None,
        *,
        at: str | None = None,
        event: Mapping[str, Any] | None = None,
        limits: Limits = DEFAULT,
        zone: ZoneInfo = ZONE,
    ) -> Execution:
        """Begin a new instance at its none start, or at the start event `at` that has happened, and run it to its first wait.

        Of a parallel multiple start event, `event` (its kind and name) says which of its events it was; the others are waited for.

        Refuses with `Refused` a process that only events begin, with `InvalidVariables` values that cannot be kept.
        """
        execution = cls(program, now, operations, limits=limits, zone=zone)
        root = Token(execution.workflow, program.root, None)
        root._state = TaskState.STARTED
        execution.workflow.task_tree = root
        execution.memory = Memory(root, limits)
        root.data.update(dict.fromkeys(program.model.local))
        for name in sorted(variables):
            execution.memory.write(root, None, name, clean(variables[name], name))
        for name, value in program.model.initial:
            if name not in variables:
                execution.memory.write(root, None, name, execution.give(root, value))
        for node in program.root.begins if at is None else [program.nodes[at]]:
            if node.element.initiator:
                execution.memory.write(root, node.element.id, node.element.initiator, initiator)
        program.root.begin(root, at, event)
        execution.workflow.go()
        return execution

    @classmethod
    def restore(cls, program: Program, now: datetime, operations: Operations, raw: bytes, *, limits: Limits = DEFAULT) -> Execution:
        """Take up an instance from its saved state, in the time zone it was started in."""
        execution = cls(program, now, operations, limits=limits)
        memory = state.restore(execution.workflow, program, lambda identity: operations.program(identity), raw)
        execution.zone = ZoneInfo(memory["z"])
        execution.memory = Memory(
            execution.workflow.root,
            limits,
            memory["r"],
            memory["t"],
            memory.get("u", {}),
            set(memory.get("s", ())),
            size=len(raw),
            changed=False,
        )
        execution._look_back()
        return execution

    def _look_back(self) -> None:
        """Note what is waited for before a command."""
        self.timers_before = {timer.token: timer.due_at for timer in self.timers()}
        self.calls_before = self.pending_calls()
        self.subscriptions_before = self.subscriptions()
        self.paused_before = self.pauses()
        self.failed_before = {token.id for token in self.workflow.tasks.values() if token.failed}

    def save(self) -> bytes:
        """Return the state: what is there, nothing that is over."""
        undo.forget(self)
        kept = {"r": self.memory.rounds, "t": self.memory.tasks, "z": self.zone.key}
        if self.memory.undoable:
            kept["u"] = tagged(self.memory.undoable)
        if self.memory.stale:
            kept["s"] = sorted(self.memory.stale)
        return state.save(self.workflow, kept)

    memory: Memory

    # --- commands

    def next_step(self) -> None:
        """Begin a further step of the same transaction: what has happened so far is told already."""
        self.path, self.calls, self.done, self.entered, self.thrown, self.uncaught, self.failures = [], [], [], [], [], [], []
        self.memory.changes, self.overdue, self.reasons = [], [], {}
        self._look_back()

    def answer(self, token: UUID, value: Any) -> None:
        """Complete a service task with the answer of its job; where the drawing says that it means a BPMN error, throw that instead.

        Refuses with `TaskClosed` when nobody waits for it any more.
        """
        task = self._answered(token)
        self._store(task, clean(value))
        self.workflow.guard(task, lambda: self._look_for_errors(task, value))
        if task.failed or not task.alive():
            self.workflow.go()
        elif task.node.element.triggered:
            self.workflow.calls.pop(task.id, None)
            task.internal_data.pop("call", None)
            settled(task)
            self.workflow.go()
        else:
            self._finish(task, self.workflow.calls)

    def fail(self, token: UUID, code: str, message: str) -> bool:
        """Answer a service task with a BPMN error; False, and an incident, when the drawing catches none of that code. Refuses as `answer` does."""
        task = self._answered(token)
        caught = throwing.throw_error(self.workflow, task, code, message, of_activity=True)
        if not caught:
            self.workflow.hold(task, "bpmn-error", message or code)
        self.workflow.go()
        return caught

    def fire_timers(self, tokens: Iterable[UUID]) -> list[str]:
        """Let timers fire that are due at this step's `now`; returns their elements. Tokens that are gone or not due are passed over."""
        fired = []
        for token in tokens:
            task = self.workflow.waiting.get(token)
            for number, kept in list(task.waits.items()) if task is not None else []:
                if task is not None and task.id in self.workflow.waiting and "due" in kept and kept["due"] <= self.now:
                    fired.append(task.node.element.id)
                    self._happen(task, number, {})
        self.workflow.go()
        return fired

    def receive(self, token: UUID, payload: Mapping[str, Any]) -> None:
        """Give a message to the subscription that waits for it. Refuses with `TaskClosed` one that is gone."""
        task = self._waiting(self.workflow.waiting, token)
        number = next((number for number, kept in task.waits.items() if "keys" in kept), None)
        if number is None:
            raise TaskClosed(state="canceled")
        self._happen(task, number, clean(dict(payload)))
        self.workflow.go()

    def signal(self, name: str, payload: Mapping[str, Any]) -> int:
        """Give a signal to everything here that waits for it; returns how much that was."""
        reached = throwing.send_signal(self.workflow, name, clean(dict(payload)))
        self.workflow.go()
        return reached

    def resume(self, tokens: Iterable[UUID]) -> list[str]:
        """Let tokens go on from their save points; returns their elements. Tokens that are gone are passed over."""
        resumed = []
        for identity in tokens:
            token = self.workflow.paused.pop(identity, None)
            if token is not None:
                resumed.append(token.node.element.id)
                token._state = TaskState.READY
                if token.internal_data["pause"] == "before":
                    token.internal_data["pause"] = "passed"
                self.workflow.agenda.append(token)
        self.workflow.go()
        return resumed

    def retry(self, token: UUID) -> None:
        """Run an element again that failed in an earlier step. Refuses with `Refused` one that has not failed."""
        if token in self.workflow.people:  # nobody was found for it: it is made anew
            return
        task = self.workflow.tasks.get(token)
        if task is None or not task.failed:
            raise Refused(reason="the element has not failed")
        task.internal_data.pop("failed")
        if "person" in task.internal_data:
            self.workflow.wait(task)
        else:
            task._state = TaskState.READY
            self.workflow.agenda.append(task)
        self.workflow.go()

    def resolve(self, token: UUID, value: Any) -> None:
        """Pass over a failed element or an unanswered call with a value that a person gives for its result."""
        task = self.workflow.tasks.get(token)
        if task is None or not (task.failed or token in self.workflow.calls):
            raise TaskClosed(state="canceled")
        self.calls_before.discard(token)
        task.internal_data.pop("failed", None)
        task.internal_data["waived"] = 1
        if "flow" in task.internal_data:
            task.node.resolve(task)
        elif task.subscribed:
            self.workflow.guard(task, lambda: waiting.occur(task, {}))
            self.workflow.go()
            return
        else:
            self._store(task, clean(value))
        self._finish(task, self.workflow.calls)

    def cancel(self) -> None:
        """End everything that is open (withdrawal or termination)."""
        self.workflow.clear(self.workflow.root)
        self.workflow.touched.clear()
        self.workflow.completed = True

    # --- what the elements ask

    def resolve_text(self, text: str) -> Any:
        """Return the value of a text with `${...}` as the instance sees it; a text without is itself."""
        return self.value_of(text, self.workflow.root)

    def tell(self, token: Token, listeners: tuple[Listener, ...], event: str) -> None:
        """Run the operations that listen to an event of an element, in the order of the file; an outside one cannot be waited for here."""
        for listener in listeners:
            if listener.event == event:
                element = token.node.element
                if not self.operations.is_local(listener.operation):
                    raise ExecutionFailed(element=element.id, reason=f"{listener.operation} is an outside operation, and cannot listen")
                inputs = {name: self.give(token, value) for name, value in listener.inputs}
                result = self.operations.run(element, listener.operation, inputs)
                self.done.append(Done(element.id, "operation", listener.operation, inputs, result))

    def note_failure(self, token: Token, code: str, message: str, message_zh: str | None = None) -> None:
        self.failures.append(Failure(token.id, token.node.element.id, code, message, message_zh))

    def note_unassigned(self, token: UUID, error: ShenpiError) -> None:
        """Note that there is nobody for a user task; it waits, and its people are looked for again when somebody retries."""
        element, conflicts = self.element_of(token).id, tuple(error.facts.get("conflicts", ()))
        self.failures.append(Failure(token, element, error.code, error.say("en"), error.say("zh"), conflicts))

    def note_end(self, token: Token) -> None:
        """Keep the outcome that an end event of the process gives its case; one inside a sub-process or a called process gives it none."""
        if not token.prefix and token.node.element.parent is None:
            self.outcome = token.node.element.outcome or self.outcome

    # --- what is there after a command

    def hold(self, token: UUID, code: str, message: str) -> None:
        """Note that an element went wrong outside of the run."""
        self.workflow.hold(self.workflow.tasks[token], code, message)

    @property
    def changes(self) -> list[Change]:
        return self.memory.changes

    @property
    def finished(self) -> bool:
        """Tell whether nothing is left to do: our own check."""
        return bool(self.workflow.completed)

    # --- inside

    def _answered(self, token: UUID) -> Token:
        """Return the token of an outside call that has its answer; what it asks for after that is another call."""
        task = self._waiting(self.workflow.calls, token)
        self.calls_before.discard(token)
        return task

    def _happen(self, task: Token, number: str, variables: Mapping[str, Any]) -> None:
        self.workflow.guard(task, lambda: waiting.happen(task, number, variables))

    def _look_for_errors(self, task: Token, value: Any) -> None:
        """Throw the first error that an answer means, by the variables and what the answer itself names."""
        seen = ChainMap(value, task.variables()) if isinstance(value, dict) else task.variables()  # type: ignore[arg-type]
        for code, message, test in task.node.element.errors:
            if self.test(test, task, seen):
                raise BpmnError(self.text(code, task), self.text(message, task), element=task.node.element.id)

    def _store(self, task: Token, value: Any) -> None:
        element = task.node.element
        if element.result_variable:
            self.memory.set(task, element.id, element.result_variable, value)
