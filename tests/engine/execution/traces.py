"""A case that is run twice at the same time: in memory, and saved and loaded around every command. Both must agree in everything that can be seen."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.errors import NotFound
from engine.execution import Execution
from engine.execution.done import Result
from engine.execution.program import Program, build

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


@lru_cache(maxsize=64)
def program_of(xml: bytes) -> Program:
    return build(xml.hex(), read_process(processes(parse(xml, "test.bpmn"))[0], "test.bpmn"))


class Stub:
    """What the rooms above answer: local operations and decisions by name, all others are outside; called processes by their key and version."""

    def __init__(self, called: Mapping[str, bytes] | None = None, **functions: Callable[..., Any]) -> None:
        self.functions = functions
        self.processes = dict(called or {})

    def known(self) -> dict[str, str]:
        return {"id": "00000000-0000-7000-8000-000000000001", "businessKey": "FP-1"}

    def is_local(self, operation: str) -> bool:
        return operation in self.functions

    def run(self, element: Any, operation: str, inputs: dict[str, Any]) -> Result:
        return Result(self.functions[operation](**inputs))

    def decide(self, element: Any, decision: str, variables: Mapping[str, Any], zone: Any) -> Result:
        return Result(self.functions[decision](variables))

    def called(self, element: Any, key: str, binding: str, version: str | None) -> tuple[str, Program]:
        identity = f"{key}:{version}" if version else key
        if identity not in self.processes:
            raise NotFound(kind="process definition")
        return identity, self.program(identity)

    def program(self, identity: str) -> Program:
        return program_of(self.processes[identity])


class Side:
    """One of the two runs."""

    def __init__(self, saves: bool, program: Program, operations: Stub, variables: Mapping[str, Any], at: str | None) -> None:
        self.saves = saves
        self.program = program
        self.operations = operations
        self.execution = Execution.start(program, NOW, operations, variables, "li.na", at=at)
        self.seen: dict[str, int] = {}
        self.step: dict[str, Any] = {}
        self.asked: dict[str, UUID] = {}
        self.held: dict[str, UUID] = {}
        self.note()

    LISTS = ("path", "changes", "calls", "failures", "thrown")

    def note(self) -> None:
        """Keep what happened in this step only."""
        for name in self.LISTS:
            everything = getattr(self.execution, name)
            self.step[name] = list(everything[self.seen.get(name, 0) :])
            self.seen[name] = len(everything)
        self.asked |= {call.element: call.token for call in self.step["calls"]}
        self.held |= {failure.element: failure.token for failure in self.step["failures"]}

    def act(self, now: datetime, command: Callable[[Execution], Any]) -> Any:
        if self.saves:
            self.execution = Execution.restore(self.program, now, self.operations, self.execution.save())
            self.seen = {}
        self.execution.now = now
        try:
            return command(self.execution)
        finally:
            self.note()

    def token(self, kind: str, element: str, nth: int = 0) -> UUID:
        return [one.token for one in getattr(self.execution, kind)() if one.element == element][nth]

    def picture(self) -> dict[str, Any]:
        """Return everything that can be seen, without the tokens' own names."""
        run = self.execution
        return {
            "path": self.step["path"],
            "changes": [(change.element, change.name, change.old, change.new, change.scope) for change in self.step["changes"]],
            "calls": [(call.element, call.operation, call.inputs) for call in self.step["calls"]],
            "failures": [(failure.element, failure.code, failure.message) for failure in self.step["failures"]],
            "thrown": [(one.kind, one.element, one.name, one.keys, one.payload) for one in self.step["thrown"]],
            "open": sorted(one.element for one in run.open_tasks()),
            "timers": sorted((one.element, one.due_at) for one in run.timers()),
            "messages": sorted((one.element, one.name, sorted(one.keys.items(), key=str)) for one in run.messages()),
            "signals": sorted((one.element, one.name) for one in run.signals()),
            "continuations": len(run.continuations()),
            "finished": run.finished,
            "variables": run.memory.variables,
        }


class Case:
    """One drawing, played. Each command is given to both runs, and what they show is compared."""

    def __init__(
        self,
        xml: bytes,
        variables: Mapping[str, Any] | None = None,
        operations: Stub | None = None,
        at: str | None = None,
    ) -> None:
        self.now = NOW
        program = program_of(xml)
        self.sides = [Side(saves, program, operations or Stub(), variables or {}, at) for saves in (False, True)]
        self.path: list[str] = []  #: elements and flows, those of called processes by their own ids
        self.prefixed: list[str] = []  #: the same, with the way of calls before them
        self.failed: list[tuple[str, str]] = []
        self.messages: list[str] = []  #: of what failed
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.thrown: list[tuple[str, str]] = []
        self.changes: list[tuple[str | None, str, Any, Any]] = []
        self.compare()

    def compare(self) -> None:
        memory, saved = (side.picture() for side in self.sides)
        assert memory == saved
        self.prefixed += memory["path"]
        self.path += [name.rpartition("/")[2] for name in memory["path"]]
        self.failed += [(element, code) for element, code, _ in memory["failures"]]
        self.messages += [message for _, _, message in memory["failures"]]
        self.calls += memory["calls"]
        self.thrown += [(kind, name) for kind, _, name, _, _ in memory["thrown"]]
        self.changes += [change[:4] for change in memory["changes"]]
        for side in self.sides:
            reloaded = Execution.restore(side.program, self.now, side.operations, side.execution.save())
            assert reloaded.finished == side.execution.finished

    def each(self, command: Callable[[Side, Execution], Any]) -> Any:
        answers, errors = [], []
        for side in self.sides:
            try:
                answers.append(side.act(self.now, lambda run, side=side: command(side, run)))
            except Exception as error:
                errors.append(error)
        if errors:
            assert len(errors) == len(self.sides), errors
            raise errors[0]
        self.compare()
        return answers[0]

    # --- commands

    def decide(self, *elements: str, outcome: str = "approve", nth: int = 0, **values: Any) -> None:
        """Complete user tasks, one step each."""
        for element in elements:
            self.decide_one(element, {"outcome": outcome, "comment": "", "by": "wang.fang"}, nth, values)

    def decide_one(self, element: str, decision: dict[str, Any], nth: int, values: dict[str, Any]) -> None:
        self.each(lambda side, run: run.complete(side.token("open_tasks", element, nth), decision, values))

    def fire(self, *elements: str, **span: int) -> None:
        """Move the clock and fire the timers of some elements, or all that are due."""
        self.now += timedelta(**(span or {"days": 1}))
        self.each(
            lambda side, run: run.fire_timers([one.token for one in run.timers() if not elements or one.element in elements]),
        )

    def send(self, element: str, nth: int = 0, **payload: Any) -> None:
        """Bring a message to the element that waits for it."""
        self.each(lambda side, run: run.receive(side.token("messages", element, nth), payload))

    def signal(self, name: str, **payload: Any) -> int:
        reached: int = self.each(lambda side, run: run.signal(name, payload))
        return reached

    def answer(self, element: str, value: Any = None) -> None:
        self.each(lambda side, run: run.answer(side.asked[element], value))

    def fail(self, element: str, code: str, message: str = "") -> None:
        self.each(lambda side, run: run.fail(side.asked[element], code, message))

    def resume(self) -> None:
        self.each(lambda side, run: run.resume([getattr(one, "token", one) for one in run.continuations()]))

    def retry(self, element: str) -> None:
        self.each(lambda side, run: run.retry(side.held[element]))

    def resolve(self, element: str, value: Any = None) -> None:
        self.each(lambda side, run: run.resolve(side.held[element], value))

    # --- what is there

    @property
    def run(self) -> Execution:
        return self.sides[1].execution

    @property
    def elements(self) -> set[str]:
        known = set(self.run.program.model.elements)
        for xml in self.run.operations.processes.values():
            known |= set(program_of(xml).model.elements)
        return known

    @property
    def trace(self) -> str:
        """The elements that were completed, in their order."""
        return " ".join(name for name in self.path if name in self.elements)

    @property
    def flows(self) -> list[str]:
        return [name for name in self.path if name not in self.elements]

    def times(self, element: str) -> int:
        return self.path.count(element)

    @property
    def open(self) -> str:
        return " ".join(sorted(one.element for one in self.run.open_tasks()))

    @property
    def waiting(self) -> str:
        """The elements that wait for a timer, message or signal."""
        found = [*self.run.timers(), *self.run.messages(), *self.run.signals()]
        return " ".join(sorted({one.element for one in found}))

    @property
    def finished(self) -> bool:
        return self.run.finished

    @property
    def outcome(self) -> str | None:
        return self.run.outcome

    @property
    def variables(self) -> dict[str, Any]:
        return self.run.memory.variables
