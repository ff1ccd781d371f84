"""Drawings that stand behind the README's table of BPMN: deployed and played to their end, or refused; and those of each kind of event at each place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from drawings import (
    END,
    START,
    boundary,
    catch,
    compensated,
    definition,
    end,
    event_sub,
    flow,
    human,
    node,
    path,
    start,
    sub,
    task,
    throw,
    whole,
)

from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.dmn import map_result
from engine.dmn import read as read_decisions
from engine.examination import Examination, examine
from engine.execution import Execution, Program, Result, WaitingTimer
from engine.execution.done import WaitingMessage
from engine.execution.program import build

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
HANDLED = {"isForCompensation": "true"}
VENDORS = ("camunda", "operaton", "flowable", "activiti")
ADDRESSES = {
    "operaton": "http://operaton.org/schema/1.0/bpmn",
    "flowable": "http://flowable.org/bpmn",
    "activiti": "http://activiti.org/bpmn",
    "spiffworkflow": "http://spiffworkflow.org/bpmn/schema/1.0/core",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
}
KINDS = (
    "none", "message", "timer", "signal", "conditional", "error", "escalation", "compensation", "link", "cancel", "terminate", "multiple",
    "parallel multiple",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawing. With `code` it is refused, else it runs to its end and completes the elements in `done`, begun at `at`."""

    xml: bytes
    done: tuple[str, ...] = ("x",)
    code: str | None = None
    at: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    delegates: Mapping[str, str] = field(default_factory=dict)

    def examined(self) -> Examination:
        return examine({"x.bpmn": self.xml, **self.files}, self.delegates)


def runs(*parts: str, done: str = "x", roots: str = "", spoken: str = "", **options: Any) -> Drawn:
    """Return a drawing that runs; `roots` stand beside its process, and `spoken` is a vendor whose prefix it may use."""
    head = {f"xmlns:{spoken}": ADDRESSES[spoken]} if spoken in ADDRESSES else {}
    xml = whole(*parts, **head).replace(b"<process", roots.encode() + b"<process", 1)
    return Drawn(xml, tuple(done.split()), **options)


def refused(code: str, *parts: str, **options: Any) -> Drawn:
    return runs(*parts, code=code, **options)


def around(part: str, *more: str) -> tuple[str, ...]:
    """Return parts of a process in which `x` stands between a start and an end."""
    return (START, part, END, path("start", "x", "end"), *more)


# --- playing


class Stub:
    """What the rooms above answer: every operation is outside, decisions are those of the files."""

    def __init__(self, drawn: Drawn, found: Examination) -> None:
        self.drawn, self.found = drawn, found

    def known(self) -> dict[str, str]:
        return {"id": "00000000-0000-7000-8000-000000000001", "businessKey": "FP-1"}

    def is_local(self, operation: str) -> bool:
        return operation.startswith("local.")

    def run(self, element: Any, operation: str, inputs: dict[str, Any]) -> Result:
        return Result(None)

    def decide(self, element: Any, decision: str, variables: Mapping[str, Any], zone: Any) -> Result:
        table = next(found[decision] for name, content in self.drawn.files.items() if decision in (found := read_decisions(content, name)))
        verdict = table.decide(variables, now=NOW)
        return Result(map_result(verdict.results, element.map_result), {"rules": list(verdict.rules)})

    def called(self, element: Any, key: str, binding: str, version: str | None) -> tuple[str, Program]:
        return key, self.program(key)

    def program(self, identity: str) -> Program:
        """Return a process of the files, made of the XML that was accepted."""
        root = parse(self.found.normalised["x.bpmn"].encode(), "x.bpmn")
        process = next(one for one in processes(root) if one.get("id") == identity)
        return build(identity, read_process(process, "x.bpmn"))


def play(drawn: Drawn, found: Examination) -> Execution:
    """Run what was accepted: everything that is waited for happens once, then people work, then what is waited for happens again."""
    stub = Stub(drawn, found)
    run = Execution.start(stub.program("p"), NOW, stub, {"n": 5, "people": ["a", "b"], "more": False}, "li.na", at=drawn.at)  # type: ignore[arg-type]
    happened: set[tuple[type, str]] = set()
    while not run.finished and not run.failures and happen(run, happened):
        pass
    return run


def happen(run: Execution, happened: set[tuple[type, str]]) -> bool:
    """Let the next thing happen that the run waits for; False when there is none."""
    waiting = [*run.timers(), *run.messages(), *run.signals()]
    fresh = [one for one in waiting if (type(one), one.element) not in happened]
    if paused := run.continuations():
        run.resume([one.token for one in paused])
    elif fresh:
        happened.add((type(fresh[0]), fresh[0].element))
        occur(run, fresh[0])
    elif calls := run.pending_calls():
        run.answer(next(iter(calls)), None)
    elif tasks := run.open_tasks():
        run.complete(tasks[0].token, {"outcome": "approve", "comment": "", "by": "wang.fang"}, {})
    elif waiting:
        occur(run, waiting[0])
    else:
        return False
    return True


def occur(run: Execution, waited: Any) -> None:
    if isinstance(waited, WaitingTimer):
        run.now = max(run.now, waited.due_at) + timedelta(seconds=1)
        run.fire_timers([waited.token])
    elif isinstance(waited, WaitingMessage):
        run.receive(waited.token, {})
    else:
        run.signal(waited.name, {})


# --- events at their positions


def what(kind: str) -> str:
    """Return the definitions of an event of one kind."""
    if kind in ("multiple", "parallel multiple"):
        return definition("message", "m") + definition("signal", "s")
    names = {"conditional": "${n > 3}", "timer": "PT1H", "compensation": None}
    return definition("compensate" if kind == "compensation" else kind, names.get(kind, "e"))


def event(tag: str, kind: str, identity: str = "x", **attributes: str) -> str:
    more = {"parallelMultiple": "true"} if kind == "parallel multiple" else {}
    return node(tag, identity, what(kind), **attributes, **more)


def at_start(kind: str) -> Drawn:
    return runs(event("startEvent", kind), END, path("x", "end"), at=None if kind == "none" else "x")


def part(kind: str, interrupting: bool) -> Drawn:
    """An event sub-process that is begun by this kind of event."""
    begin = event("startEvent", kind, isInterrupting="true" if interrupting else "false")
    handler = event_sub("h", begin, task("b"), path("x", "b"))
    if kind == "compensation":  # it undoes the sub-process it stands in
        undone = sub("s", start("s0"), task("t"), path("s0", "t"), handler)
        return runs(START, undone, throw("undo", "compensate"), END, path("start", "s", "undo", "end"), done="x b h")
    stop = end("stop", kind, "e") if kind in ("error", "escalation") else end("stop")
    return runs(START, human("a"), stop, path("start", "a", "stop"), handler, done="x b h")


def on_boundary(kind: str, interrupting: bool) -> Drawn:
    more = {} if interrupting else {"cancelActivity": "false"}
    attached = event("boundaryEvent", kind, attachedToRef="a", **more)
    if kind == "compensation":
        parts = (task("a"), attached, compensated("a", "undo", "x").partition("</boundaryEvent>")[2], task("undo", **HANDLED))
        return runs(START, *parts, throw("t", "compensate"), END, path("start", "a", "t", "end"), done="undo")
    stop = end("stop", kind, "e") if kind in ("error", "escalation", "cancel") else end("stop")
    host = sub("a", human("i"), stop, path("i", "stop"), kind="transaction" if kind == "cancel" else "subProcess")
    return runs(START, host, attached, task("b"), END, path("start", "a", "end"), path("x", "b"), done="x b")


def caught(kind: str) -> Drawn:
    if kind == "link":
        return runs(START, throw("o", "link", "e"), event("intermediateCatchEvent", kind), END, path("start", "o"), path("x", "end"))
    return runs(*around(event("intermediateCatchEvent", kind)))


def thrown(kind: str) -> Drawn:
    if kind == "link":
        return runs(START, event("intermediateThrowEvent", kind), catch("i", "link", "e"), END, path("start", "x"), path("i", "end"))
    return runs(*around(event("intermediateThrowEvent", kind)))


def ended(kind: str) -> Drawn:
    last = event("endEvent", kind)
    if kind == "cancel":
        inside = sub("t", task("a"), last, path("a", "x"), kind="transaction")
        return runs(START, inside, boundary("b", "t", "cancel"), END, path("start", "t", "end"), flow("b", "end"))
    return runs(START, last, path("start", "x"))


#: what the README calls the places of events -> the drawings of one kind of event there
PLACES: dict[str, Callable[[str], list[Drawn]]] = {
    "`startEvent`": lambda kind: [at_start(kind)],
    "`startEvent` of an event sub-process": lambda kind: [part(kind, True), part(kind, False)],
    "`startEvent` of an event sub-process, interrupting": lambda kind: [part(kind, True)],
    "`startEvent` of an event sub-process, not interrupting": lambda kind: [part(kind, False)],
    "`intermediateCatchEvent`": lambda kind: [caught(kind)],
    "`boundaryEvent`": lambda kind: [on_boundary(kind, True), on_boundary(kind, False)],
    "`boundaryEvent`, interrupting": lambda kind: [on_boundary(kind, True)],
    "`boundaryEvent`, not interrupting": lambda kind: [on_boundary(kind, False)],
    "`intermediateThrowEvent`": lambda kind: [thrown(kind)],
    "`endEvent`": lambda kind: [ended(kind)],
}
