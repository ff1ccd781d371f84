"""The commands of a case, given again step by step."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from engine.errors import Fault
from engine.execution import Execution
from engine.execution.values import untagged
from engine.history.chain import Row
from engine.reexecution.answers import Answers, Pinned
from engine.reexecution.comparing import pairs
from engine.reexecution.recorded import Recorded, by_type, changes

#: events that begin a step without moving a token
QUIET = (
    "task:claimed",
    "task:unclaimed",
    "task:transferred",
    "task:reminded",
    "task:delegated",
    "task:resolved",
    "task:escalated",
    "task:urged",
    "comment:added",
    "instance:copied",
    "instance:revoked",
    "job:failed",
    "oa:delivered",
    "oa:refused",
    "oa:unknown",
    "archive:sealed",
    "personal:erased",
    "instance:suspended",
    "instance:resumed",
)


@dataclass(slots=True)
class Outcome:
    """How far the record was run again, and where it came out differently."""

    steps: int = 0
    faults: list[Fault] = field(default_factory=list)


class Rerun:
    """One case being run again."""

    def __init__(self, definition: Pinned, called_definition: Callable[[str], Pinned]) -> None:
        self.program = definition.program
        self.definition = definition
        self.called_definition = called_definition
        self.state: bytes | None = None
        self.tasks: dict[str, UUID] = {}
        self.jobs: dict[str, UUID] = {}
        self.held: dict[str, UUID] = {}
        self.decided: dict[str, UUID] = {}  #: user tasks that are decided and may be taken back
        self.known: dict[str, str] = {}  #: what the case is known by
        self.outcome = Outcome()

    def step(self, number: int, events: list[Recorded]) -> None:
        """Give the command of one recorded step and compare what it leads to."""
        first = events[0]
        if first.type in QUIET or (first.type.startswith("task:signer_") and not self._moves(first)):
            return
        self.outcome.steps += 1
        if first.type == "instance:started":
            self.known = {"id": first.instance, "businessKey": first.data["businessKey"]}
        answers = Answers(events, self.definition, self.called_definition, first.at, self.known)
        if first.type == "instance:started":
            inputs = {c["name"]: untagged(c["new"]) for c in changes(events) if c["element"] is None}
            zone = ZoneInfo(first.data["zone"])
            execution = Execution.start(
                self.program,
                first.at,
                answers,
                inputs,
                first.data["initiator"],
                at=first.data.get("at"),
                event=first.data.get("event"),
                zone=zone,
            )
        else:
            assert self.state is not None
            execution = Execution.restore(self.program, first.at, answers, self.state)
            self._command(execution, first, events)
        self._compare(number, execution, events, first)
        self.state = execution.save()

    def _command(self, execution: Execution, first: Recorded, events: list[Recorded]) -> None:
        match first.type:
            case "task:completed":
                self._decide(execution, first, events)
            case "task:passed":
                token = self._close(first)
                execution.complete(token, untagged(first.personal["decision"]), {})
            case "task:returned":
                back = first.data["straightBack"]
                execution.return_to(self._close(first), first.data["to"], straight_back=back, who=first.data["by"])
            case "task:taken_back":
                execution.take_back(self.decided[first.data["task"]], first.data["by"])
            case "task:signer_added":
                execution.add_instance(self.tasks[first.data["task"]], first.data["signer"], first.data["by"])
            case "task:signer_removed":
                token = self._close(first)
                if first.data["instance"]:
                    execution.remove_instance(token)
                else:
                    execution.conclude(token)
            case "instance:jumped":
                execution.jump(first.data["to"])
            case "message:received":
                waiting = [m.token for m in execution.messages() if m.element == first.element and m.name == first.data["name"]]
                execution.receive(waiting[first.data.get("nth", 0)], untagged(first.personal["payload"]))
            case "signal:received":
                execution.signal(first.data["name"], untagged(first.personal["payload"]))
            case "task:continued":
                paused = [c.token for c in execution.continuations() if c.element == first.element]
                execution.resume([paused[first.data.get("nth", 0)]])
            case "job:errored":
                execution.fail(self.jobs.pop(first.data["job"]), first.data["error"], first.personal["message"])
            case "job:completed":
                execution.answer(self.jobs.pop(first.data["job"]), untagged(first.personal["result"]))
            case "timer:fired":
                due = [timer.token for timer in execution.timers() if timer.element == first.element]
                execution.fire_timers([due[first.data.get("nth", 0)]])
            case "incident:resolved":
                self._resolve(execution, first, events)
            case "instance:withdrawn" | "instance:terminated":
                execution.cancel()
            case other:
                raise ValueError(f"a step begins with {other}")

    def _moves(self, first: Recorded) -> bool:
        """Note who signs at a place in the drawing; tells whether the case moved by it."""
        if first.type == "task:signer_added":
            if "new" in first.data:
                self.tasks[first.data["new"]] = self.tasks[first.data["task"]]
            return bool(first.data.get("instance", False))
        if first.data["instance"] or first.data["concludes"]:
            return True
        self.tasks.pop(first.data["task"])
        return False

    def _close(self, first: Recorded) -> UUID:
        """Return the place of a task that is decided now."""
        token = self.decided[first.data["task"]] = self.tasks.pop(first.data["task"])
        return token

    def _decide(self, execution: Execution, first: Recorded, events: list[Recorded]) -> None:
        token = self._close(first)
        concludes = first.data.get("concludes", True)
        if not first.data.get("decides", True):
            if concludes:
                execution.conclude(token)
            return
        decision = untagged(next(c["new"] for c in changes(events) if c["name"] == f"decisions.{first.element}"))
        values = {name: untagged(value) for name, value in first.personal["values"].items()}
        if concludes:
            execution.complete(token, decision, values)
        else:
            execution.decide(token, decision, values)

    def _resolve(self, execution: Execution, first: Recorded, events: list[Recorded]) -> None:
        token = self.held.pop(first.data["incident"], None)
        if first.data["kind"] == "element" and first.data["resolution"] == "retried":
            for anew in (event for event in events if event.type == "task:canceled" and event.data["reason"] == "reassigned"):
                self.tasks.pop(anew.data["task"], None)  # its people are looked for again; others at the element are as they were
        if token is None:  # of a job, a delivery or a user task without people: nothing in memory failed
            if first.data["kind"] == "job" and first.data["resolution"] == "resolved":
                waiting = [t for t in execution.pending_calls() if execution.element_of(t).id == first.element]
                execution.resolve(waiting[0], untagged(first.personal.get("value")))
        elif first.data["resolution"] == "retried":
            execution.retry(token)
        else:
            execution.resolve(token, untagged(first.personal.get("value")))

    def _compare(self, number: int, execution: Execution, events: list[Recorded], first: Recorded) -> None:
        kinds = by_type(events)
        known = set(self.tasks.values())
        opened = [task for task in execution.open_tasks() if task.token not in known]
        ended = first.type not in ("instance:withdrawn", "instance:terminated")
        for name, expected, found in pairs(execution, kinds, opened, ended=ended):
            if expected != found:
                self.outcome.faults.append(
                    Fault("rerun-differs", f"第 {number} 步重新执行结果不同：{name}", f"Step {number} comes out differently: {name}",
                          path=f"step {number}", expected=str(expected)[:500], found=str(found)[:500])
                )  # fmt: skip
        self.tasks |= {event.data["task"]: task.token for event, task in zip(kinds["task:created"], opened, strict=False)}
        self.jobs |= {event.data["job"]: call.token for event, call in zip(kinds["job:created"], execution.asked(), strict=False)}
        failed = list(execution.failures)
        for event in kinds["incident:raised"]:
            failure = next((one for one in failed if one.element == event.element), None)
            if failure is not None:  # none: of a job, or of a user task without people
                failed.remove(failure)
                self.held[event.data["incident"]] = failure.token
        for event in kinds["task:canceled"]:
            self.tasks.pop(event.data["task"], None)
        for task_id, token in list(self.tasks.items()):
            if token not in {task.token for task in execution.open_tasks()}:
                self.tasks.pop(task_id)


def rerun(rows: list[Row], definition: Pinned, called_definition: Callable[[str], Pinned]) -> Outcome:
    """Run a case again from its rows, in order; differences are collected, not raised. An erased payload makes its step a difference."""
    steps: dict[int, list[Recorded]] = defaultdict(list)
    for row in rows:
        steps[row.step].append(Recorded.read(row))
    again = Rerun(definition, called_definition)
    for number in sorted(steps):
        try:
            again.step(number, steps[number])
        except Exception as error:
            again.outcome.faults.append(
                Fault("rerun-failed", f"第 {number} 步无法重新执行", f"Step {number} cannot be run again: {error!r}", path=f"step {number}")
            )
            break
    return again.outcome
