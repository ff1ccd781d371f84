"""Hostile drawings, expressions, scripts and values. Each ends in a clear refusal within its budget; the process that met it goes on executing.

Widened from the reference, section 5. What a drawing says is looked at in the child, as at a deployment; what deploys is run.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from drawings import (
    END,
    HEAD,
    START,
    association,
    boundary,
    catch,
    compensated,
    end,
    event_start,
    event_sub,
    extension,
    flow,
    gateway,
    human,
    instances,
    loop,
    mapped,
    node,
    path,
    script,
    service,
    sub,
    task,
    throw,
    whole,
)
from drawings import start as begin

from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.errors import BudgetExceeded, ExecutionFailed, InvalidVariables, ShenpiError
from engine.examination import examine, examine_apart
from engine.execution import Execution
from engine.execution.done import Result
from engine.execution.program import Program, build
from engine.forms import check_decision

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
ROOM = 200 * 1024 * 1024

GOOD = whole(
    START, script("count", "total = sum([one for one in xs])"), human("work"), gateway("good", default="good_to_end"), END,
    path("start", "count", "work", "good", "end"),
    flow("good", "work", "${outcome == 'return'}"),
)  # fmt: skip


class Nobody:
    """Operations of a case that has none of its own, and calls only what is given to it."""

    def __init__(self, **called: bytes) -> None:
        self.processes = called

    def known(self) -> dict[str, str]:
        return {"id": "00000000-0000-7000-8000-000000000001", "businessKey": "FP-1"}

    def is_local(self, operation: str) -> bool:
        return operation == "echo"

    def run(self, element: Any, operation: str, inputs: dict[str, Any]) -> Result:
        return Result(dict(inputs))

    def called(self, element: Any, key: str, binding: str, version: str | None) -> tuple[str, Program]:
        return key, self.program(key)

    def program(self, identity: str) -> Program:
        return program_of(self.processes[identity])


@lru_cache(maxsize=16)
def program_of(xml: bytes) -> Program:
    return build("corpus", read_process(processes(parse(xml, "hostile.bpmn"))[0], "hostile.bpmn"))


def run(xml: bytes, variables: dict[str, Any] | None = None, **called: bytes) -> Execution:
    return Execution.start(program_of(xml), NOW, Nobody(**called), variables or {}, "li.na")  # type: ignore[arg-type]


def still_serves() -> None:
    """A good model is executed from its start to its end, saved and loaded in between."""
    execution = run(GOOD, {"xs": [1, 2, 3]})
    execution = Execution.restore(execution.program, NOW, execution.operations, execution.save())
    execution.complete(execution.open_tasks()[0].token, {"outcome": "approve"}, {})
    assert execution.finished
    assert execution.memory.variables["total"] == 6


def peak() -> int:
    """Return the most memory this process has held since `forget_peak`, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


@pytest.fixture(autouse=True)
def within_bounds() -> Iterator[None]:
    """After every hostile thing: it has taken no more memory than it may, and a good model still runs."""
    linux = sys.platform == "linux"
    if linux:
        Path("/proc/self/clear_refs").write_text("5")
        before = peak()
    yield
    if linux:
        assert peak() - before < ROOM
    still_serves()


# --- files


def entities(levels: int) -> bytes:
    lines = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, levels))
    return f'<!DOCTYPE d [<!ENTITY e0 "ha">{lines}]>{HEAD}<process id="p">&e{levels - 1};</process></definitions>'.encode()


def wrapped(inner: str, before: str = "") -> bytes:
    return f'{before}{HEAD}<process id="p" isExecutable="true">{START}{inner}{END}</process></definitions>'.encode()


def deep(levels: int) -> bytes:
    inner = ""
    for level in range(levels):
        inner = sub(
            f"s{level}",
            begin(f"b{level}")
            + inner
            + end(f"e{level}")
            + (path(f"b{level}", f"s{level - 1}", f"e{level}") if level else flow("b0", "e0")),
        )
    return whole(START, inner, END, path("start", f"s{levels - 1}", "end"))


DOCTYPE = '<!DOCTYPE definitions SYSTEM "file:///etc/passwd">'
LINE = path("start", "end")

FILES: dict[str, bytes] = {
    "billion laughs": entities(10),
    "a small entity bomb": entities(3),
    "quadratic blow-up": f'<!DOCTYPE d [<!ENTITY a "{"x" * 50_000}">]>{HEAD}<process id="p">{"&a;" * 5_000}</process></definitions>'.encode(),
    "an external entity": wrapped(f"<documentation>&f;</documentation>{LINE}", '<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
    "an external parameter entity": f'<!DOCTYPE d [<!ENTITY % f SYSTEM "file:///etc/passwd"> %f;]>{HEAD}</definitions>'.encode(),
    "an external DTD": wrapped(LINE, DOCTYPE),
    "a bare DOCTYPE": wrapped(LINE, "<!DOCTYPE definitions>"),
    "an undefined entity": wrapped("&nothing;"),
    "no XML at all": b"\x00\x01\x02\x03",
    "nothing": b"",
    "an unfinished file": whole(START)[:-20],
    "another encoding than it says": '<?xml version="1.0" encoding="ascii"?><definitions>\u5ba1</definitions>'.encode(),
    "an unknown encoding": b'<?xml version="1.0" encoding="x-none"?><definitions/>',
    "six megabytes": wrapped(f"<documentation>{'x' * 6_000_000}</documentation>{LINE}"),
    "60,000 nodes": wrapped("<documentation/>" * 60_000),
    "2,500 elements": whole(
        START, *(task(f"t{number}") for number in range(2500)), END, path("start", *(f"t{number}" for number in range(2500)), "end")
    ),
    "10,000 flows between two elements": wrapped(
        "".join(f'<sequenceFlow id="f{number}" sourceRef="start" targetRef="end"/>' for number in range(10_000))
    ),
    "elements inside elements 100 deep": wrapped("<extensionElements>" * 100 + "</extensionElements>" * 100 + LINE),
    "sub-processes 25 deep": deep(25),
    "an id of a million letters": whole(START, task("x" * 1_000_000), END, path("start", "end")),
    "an id of 201 letters": whole(START, task("x" * 201), END, path("start", "x" * 201, "end")),
    "the same id twice": wrapped(task("t") + task("t") + path("start", "t", "end")),
    "a process without id": HEAD.encode() + b'<process isExecutable="true"/></definitions>',
    "a name of a million letters in an attribute": whole(START, task("t", name="x" * 20_000_000), END, path("start", "t", "end")),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_with_faults(name: str) -> None:
    found = examine_apart({"hostile.bpmn": FILES[name]})

    assert found.faults
    assert all(fault.code and fault.en and len(fault.en) < 2_000 for fault in found.faults)
    assert "root:" not in repr(found)
    assert not found.normalised


# --- drawings that cannot mean anything


def event(kind: str, body: str, **attributes: str) -> str:
    return node(kind, "e", body, **attributes)


TIMER = "<timerEventDefinition><{0}>{1}</{0}></timerEventDefinition>"


def timed(kind: str, text: str) -> bytes:
    return whole(START, event("intermediateCatchEvent", TIMER.format(kind, text)), END, path("start", "e", "end"))


DRAWINGS: dict[str, bytes] = {
    "a script in Groovy": whole(
        START,
        node("scriptTask", "t", "<script>Runtime.getRuntime().exec('id')</script>", scriptFormat="groovy"),
        END,
        path("start", "t", "end"),
    ),
    "a script in JavaScript": whole(
        START,
        node("scriptTask", "t", "<script>java.lang.System.exit(1)</script>", scriptFormat="javascript"),
        END,
        path("start", "t", "end"),
    ),
    "a flow to nowhere": wrapped(flow("start", "nowhere") + LINE),
    "a flow from nowhere": wrapped(flow("nowhere", "end") + LINE),
    "a flow into a sub-process": whole(
        START, sub("s", begin("s0"), task("t"), end("s1"), path("s0", "t", "s1")), END, path("start", "s", "end"), flow("start", "t")
    ),
    "a flow into a start event": whole(START, task("t"), END, path("start", "t", "end"), flow("t", "start")),
    "a flow out of an end event": whole(START, END, task("t"), path("start", "end", "t")),
    "a flow into a boundary event": whole(
        START, human("t"), boundary("b", "t", "timer"), END, path("start", "t", "end"), flow("b", "end"), flow("t", "b")
    ),
    "a boundary event on itself": whole(START, boundary("b", "b", "timer"), END, path("start", "end"), flow("b", "end")),
    "a boundary event on another": whole(
        START,
        human("t"),
        boundary("a", "t", "timer"),
        boundary("b", "a", "timer"),
        END,
        path("start", "t", "end"),
        flow("a", "end"),
        flow("b", "end"),
    ),
    "a boundary event on a gateway": whole(
        START, gateway("g"), boundary("b", "g", "timer"), END, path("start", "g", "end"), flow("b", "end")
    ),
    "a boundary event on nothing": whole(START, boundary("b", "nothing", "timer"), END, path("start", "end"), flow("b", "end")),
    "a boundary event on the sub-process it stands in": whole(
        START,
        sub("s", begin("s0"), boundary("b", "s", "timer"), end("s1"), path("s0", "s1"), flow("b", "s1")),
        END,
        path("start", "s", "end"),
    ),
    "a message that is not there": wrapped(catch("c", "message", "M") + path("start", "c", "end")),
    "an error that is not there": wrapped(sub("s") + boundary("b", "s", "error", "E") + path("start", "s", "end") + flow("b", "end")),
    "an event definition that is not there": wrapped(
        node("intermediateCatchEvent", "c", "<eventDefinitionRef>no</eventDefinitionRef>") + path("start", "c", "end")
    ),
    "a link to nowhere": whole(START, throw("t", "link", "L"), END, path("start", "t")),
    "a link to itself": whole(
        START,
        throw("t", "link", "L"),
        catch("c", "link", "L"),
        catch("d", "link", "L"),
        END,
        path("start", "t"),
        path("c", "end"),
        path("d", "end"),
    ),
    "an event-based gateway before a task": whole(
        START, gateway("g", "eventBased"), task("t"), catch("c", "timer"), END, path("start", "g", "t", "end"), path("g", "c", "end")
    ),
    "an event-based gateway with one way": whole(START, gateway("g", "eventBased"), END, path("start", "g", "end")),
    "a default flow of another gateway": whole(
        START, gateway("g", default="start_to_g"), task("t"), END, path("start", "g", "end"), flow("g", "t", "${n > 1}"), flow("t", "end")
    ),
    "an event sub-process without start": whole(event_sub("h", task("t")), START, END, path("start", "end")),
    "an event sub-process with a none start": whole(
        event_sub("h", begin("h0"), end("h1"), path("h0", "h1")), START, END, path("start", "end")
    ),
    "an event sub-process that flows lead to": whole(
        event_sub("h", event_start("h0", "message", "M")), START, END, path("start", "h", "end")
    ),
    "a compensation that compensates itself": whole(
        START, human("a"), boundary("c", "a", "compensate"), association("c", "a"), END, path("start", "a", "end")
    ),
    "a cancel end event outside of a transaction": whole(START, end("e", "cancel"), path("start", "e")),
    "a cancel boundary event on a plain sub-process": whole(
        START, sub("s"), boundary("b", "s", "cancel"), END, path("start", "s", "end"), flow("b", "end")
    ),
    "multi-instance without a number": whole(
        START, task("t", "userTask", "<multiInstanceLoopCharacteristics/>"), END, path("start", "t", "end")
    ),
    "a negative number of instances": whole(START, task("t", "userTask", instances("-1")), END, path("start", "t", "end")),
    "a negative loop maximum": whole(START, task("t", "userTask", loop(most="-1")), END, path("start", "t", "end")),
    "an ad-hoc sub-process": whole(START, node("adHocSubProcess", "s", task("t")), END, path("start", "s", "end")),
    "a complex gateway with an activation condition": whole(
        START, node("complexGateway", "g", "<activationCondition>x > 1</activationCondition>"), END, path("start", "g", "end")
    ),
    "two tokens to start with": whole(START, task("t", startQuantity="2"), END, path("start", "t", "end")),
    "multi-instance behaviour One": whole(
        START,
        task(
            "t", "userTask", instances("2").replace("<multiInstanceLoopCharacteristics", '<multiInstanceLoopCharacteristics behavior="One"')
        ),
        END,
        path("start", "t", "end"),
    ),
    "a CMMN case": whole(START, node("callActivity", "t", camunda_caseRef="case"), END, path("start", "t", "end")),
    "a Java class": whole(START, node("serviceTask", "t", camunda_class="java.lang.Runtime"), END, path("start", "t", "end")),
    "a delegate expression": whole(
        START, node("serviceTask", "t", camunda_delegateExpression="${runtime.exec('id')}"), END, path("start", "t", "end")
    ),
    "a script outside of the file": whole(START, node("scriptTask", "t", camunda_resource="/etc/passwd"), END, path("start", "t", "end")),
    "a date beyond the calendar": timed("timeDate", "10000-01-01T00:00:00Z"),
    "a date that is none": timed("timeDate", "2026-02-30T00:00:00Z"),
    "a duration that is none": timed("timeDuration", "PTTT"),
    "a duration of a million million years": timed("timeDuration", "P1000000000000Y"),
    "a cycle without length": whole(
        START,
        human("t"),
        node("boundaryEvent", "b", TIMER.format("timeCycle", "R/PT0S"), attachedToRef="t", cancelActivity="false"),
        END,
        path("start", "t", "end"),
        flow("b", "end"),
    ),
    "a cycle that is none": timed("timeCycle", "R5"),
    "an empty timer": timed("timeDuration", ""),
    "a pattern that is none": whole(
        START,
        node(
            "userTask",
            "t",
            extension(
                '<camunda:formData><camunda:formField id="x" type="string"><camunda:validation><camunda:constraint name="pattern" config="((("/>'
                "</camunda:validation></camunda:formField></camunda:formData>"
            ),
        ),
        END,
        path("start", "t", "end"),
    ),
    "a form field that writes decisions": whole(
        START,
        node("userTask", "t", extension('<camunda:formData><camunda:formField id="decisions" type="string"/></camunda:formData>')),
        END,
        path("start", "t", "end"),
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_without_meaning_is_refused_with_the_element_and_the_reason(name: str) -> None:
    found = examine({"hostile.bpmn": DRAWINGS[name]})

    assert found.faults
    assert all(fault.code and fault.zh and fault.en for fault in found.faults)
    assert any(fault.element or fault.line for fault in found.faults)


# --- texts that want out, at every place of a drawing where a text stands

TEXTS = {
    "import": "__import__('os').system('id')",
    "subclasses": "().__class__.__bases__[0].__subclasses__()",
    "open": "open('/etc/passwd').read()",
    "a lambda": "(lambda: 1)()",
    "a walrus": "(x := 1)",
    "a million brackets": "(" * 10_000 + ")" * 10_000,
    "ten thousand operators": "1" + " + 1" * 10_000,
}

PLACES: dict[str, Callable[[str], bytes]] = {
    "a flow condition": lambda text: whole(
        START, gateway("g", default="g_to_end"), task("t"), END, path("start", "g", "end"), flow("g", "t", f"${{{text}}}"), flow("t", "end")
    ),
    "a conditional event": lambda text: whole(START, catch("c", "conditional", f"${{{text}}}"), END, path("start", "c", "end")),
    "a timer": lambda text: whole(START, catch("c", "timer", f"${{{text}}}"), END, path("start", "c", "end")),
    "a cardinality": lambda text: whole(START, task("t", "userTask", instances(f"${{{text}}}")), END, path("start", "t", "end")),
    "a completion condition": lambda text: whole(
        START, task("t", "userTask", instances("2", until=f"${{{text}}}")), END, path("start", "t", "end")
    ),
    "a loop condition": lambda text: whole(START, task("t", "userTask", loop(f"${{{text}}}")), END, path("start", "t", "end")),
    "a collection": lambda text: whole(
        START, task("t", "userTask", instances(collection=f"${{{text}}}", element="e")), END, path("start", "t", "end")
    ),
    "an assignee": lambda text: whole(START, human("t", assignee=f"${{{text}}}"), END, path("start", "t", "end")),
    "a due date": lambda text: whole(START, human("t", camunda_dueDate=f"${{{text}}}"), END, path("start", "t", "end")),
    "an input parameter": lambda text: whole(
        START, node("serviceTask", "t", mapped({"x": f"${{{text}}}"}), shenpi_operation="echo"), END, path("start", "t", "end")
    ),
    "an output parameter": lambda text: whole(
        START, node("task", "t", mapped(None, {"x": f"${{{text}}}"})), END, path("start", "t", "end")
    ),
    "a called process": lambda text: whole(START, node("callActivity", "t", calledElement=f"${{{text}}}"), END, path("start", "t", "end")),
    "a variable handed to a called process": lambda text: whole(
        START,
        node("callActivity", "t", extension(node("camunda:in", "i", sourceExpression=f"${{{text}}}", target="x")), calledElement="q"),
        END,
        path("start", "t", "end"),
    ),
    "a title": lambda text: whole(START, END, path("start", "end"), shenpi_title=f"${{{text}}}"),
    "a script": lambda text: whole(START, script("t", f"x = {text}"), END, path("start", "t", "end")),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_wants_out_is_refused_at_deployment_wherever_it_stands(name: str, place: str) -> None:
    found = examine({"hostile.bpmn": PLACES[place](TEXTS[name])})
    assert found.faults
    assert all(fault.code and len(fault.en) < 2_000 for fault in found.faults)


# --- drawings that would run for ever, or grow without end


def endless(*inner: str) -> bytes:
    """start -> merge -> inner ... -> merge"""
    names = [part.split('id="')[1].split('"')[0] for part in inner]
    return whole(START, gateway("merge"), *inner, path("start", "merge", *names, "merge"))


def pinging(kind: str, *names: str) -> str:
    """Event sub-processes that throw what starts the next of them."""
    parts = []
    for number, name in enumerate(names):
        following = names[(number + 1) % len(names)]
        parts.append(
            event_sub(
                f"h{number}",
                event_start(f"b{number}", kind, name, False),
                throw(f"t{number}", kind, following),
                path(f"b{number}", f"t{number}"),
            )
        )
    return "".join(parts)


BOMB = whole(
    START, gateway("merge"), gateway("split", "parallel"), task("t"), path("start", "merge", "split", "t", "merge"), flow("split", "merge")
)
SELF = whole(begin("r0"), node("callActivity", "again", calledElement="q"), end("r1"), path("r0", "again", "r1"), key="q")
TWICE = whole(
    begin("r0"), gateway("split", "parallel"), node("callActivity", "one", calledElement="q"),
    node("callActivity", "two", calledElement="q"), end("r1"),
    path("r0", "split", "one", "r1"), path("split", "two", "r1"), key="q",
)  # fmt: skip

RUNS: dict[str, tuple[bytes, dict[str, Any], dict[str, bytes]]] = {
    "an endless loop of gateways": (endless(gateway("other")), {}, {}),
    "an endless loop of scripts": (endless(script("s", "n = n + 1")), {"n": 0}, {}),
    "an endless loop of sub-processes": (endless(sub("s", begin("s0"), end("s1"), path("s0", "s1"))), {}, {}),
    "an endless loop of calls": (
        endless(node("callActivity", "c", calledElement="q")),
        {},
        {"q": whole(begin("q0"), end("q1"), path("q0", "q1"), key="q")},
    ),
    "an endless loop of links": (
        whole(START, throw("t", "link", "L"), catch("c", "link", "L"), gateway("g"), path("start", "g", "t"), path("c", "g")),
        {},
        {},
    ),
    "an endless standard loop": (
        whole(START, node("scriptTask", "t", f"<script>n = n + 1</script>{loop('${n > -1}')}"), END, path("start", "t", "end")),
        {"n": 0},
        {},
    ),
    "a loop maximum of a thousand million": (
        whole(START, task("t", "task", loop(most="1000000000")), END, path("start", "t", "end")),
        {},
        {},
    ),
    "a loop that splits in two each time": (BOMB, {}, {}),
    "a gateway that leads only to itself": (whole(START, gateway("g"), flow("start", "g"), flow("g", "g")), {}, {}),
    "a method of Java": (
        whole(
            START, gateway("g"), END, path("start", "g"), flow("g", "end", "${execution.getProcessEngineServices().getRuntimeService()}")
        ),
        {},
        {},
    ),
    "a process that calls itself": (
        whole(START, node("callActivity", "c", calledElement="q"), END, path("start", "c", "end")),
        {},
        {"q": SELF},
    ),
    "a process that calls itself twice": (
        whole(START, node("callActivity", "c", calledElement="q"), END, path("start", "c", "end")),
        {},
        {"q": TWICE},
    ),
    "a thousand million instances": (
        whole(START, task("t", "userTask", instances("${n}")), END, path("start", "t", "end")),
        {"n": 10**9},
        {},
    ),
    "a thousand million instances one after another": (
        whole(START, task("t", "task", instances("${n}", sequential=True)), END, path("start", "t", "end")),
        {"n": 10**9},
        {},
    ),
    "instances of instances": (
        whole(
            START,
            sub(
                "s",
                begin("s0"),
                sub("u", begin("u0"), task("t", "userTask", instances("400")), path("u0", "t"), instances("400")),
                path("s0", "u"),
                instances("400"),
            ),
            END,
            path("start", "s", "end"),
        ),
        {},
        {},
    ),
    "a cardinality that is no number": (
        whole(START, task("t", "userTask", instances("${n}")), END, path("start", "t", "end")),
        {"n": "1e9"},
        {},
    ),
    "a list of instances made as large as can be": (
        whole(START, task("t", "userTask", instances(collection="${range(900000)}", element="e")), END, path("start", "t", "end")),
        {},
        {},
    ),
    "a signal that starts what throws it": (
        whole(pinging("signal", "A"), START, throw("t", "signal", "A"), human("h"), path("start", "t", "h")),
        {},
        {},
    ),
    "signals that start one another": (
        whole(pinging("signal", "A", "B", "C"), START, throw("t", "signal", "A"), human("h"), path("start", "t", "h")),
        {},
        {},
    ),
    "conditions that make one another true": (
        whole(
            event_sub("h", event_start("h0", "conditional", "${n % 2 == 1}", False), script("hs", "n = n + 1"), path("h0", "hs")),
            event_sub("k", event_start("k0", "conditional", "${n % 2 == 0}", False), script("ks", "n = n + 1"), path("k0", "ks")),
            START,
            human("a"),
            path("start", "a"),
        ),
        {"n": 1},
        {},
    ),
    "a boundary condition that leads back to its own task": (
        whole(
            START,
            gateway("m"),
            human("t"),
            boundary("b", "t", "conditional", "${n == 1}"),
            END,
            path("start", "m", "t", "end"),
            path("b", "m"),
        ),
        {"n": 1},
        {},
    ),
    "an event-based gateway whose condition is always true": (
        whole(
            START,
            gateway("m"),
            gateway("g", "eventBased"),
            catch("c", "conditional", "${n == 1}"),
            catch("d", "timer", "PT1H"),
            END,
            path("start", "m", "g", "c", "m"),
            path("g", "d", "end"),
        ),
        {"n": 1},
        {},
    ),
    "an error that is thrown again by who catches it": (
        whole(
            START,
            gateway("m"),
            sub("s", begin("s0"), end("e", "error", "E"), path("s0", "e")),
            boundary("b", "s", "error", "E"),
            path("start", "m", "s"),
            path("b", "m"),
        ),
        {},
        {},
    ),
    "an escalation in an endless loop": (
        whole(
            START,
            gateway("m"),
            sub("s", begin("s0"), end("e", "escalation", "E"), path("s0", "e")),
            boundary("b", "s", "escalation", "E", False),
            task("t"),
            END,
            path("start", "m", "s", "m"),
            path("b", "t", "end"),
        ),
        {},
        {},
    ),
    "compensation that is done again and again": (
        whole(
            START,
            gateway("m"),
            task("a"),
            compensated("a", "u", "c"),
            task("u", isForCompensation="true"),
            throw("t", "compensate"),
            path("start", "m", "a", "t", "m"),
        ),
        {},
        {},
    ),
    "a text doubled in a flow loop": (endless(script("s", "x = x + x")), {"x": "aaaaaaaaaa"}, {}),
    "a list doubled in a flow loop": (endless(script("s", "xs = xs + xs")), {"xs": [1]}, {}),
    "a list nested in itself in a flow loop": (endless(script("s", "x = [x]")), {"x": []}, {}),
    "a number squared in a flow loop": (endless(script("s", "n = n * n")), {"n": 12345678901234567}, {}),
    "a Decimal squared in a flow loop": (endless(script("s", "n = n * n")), {"n": Decimal("1.5")}, {}),
    "new variables in a multi-instance": (
        whole(
            START, node("scriptTask", "t", f"<script>x = x + ['{'y' * 900}']</script>{instances('5000')}"), END, path("start", "t", "end")
        ),
        {"x": []},
        {},
    ),
    "a list that is twice in a list that is twice in a list": (
        whole(START, script("s", "for i in range(40):\n  x = [x, x]"), END, path("start", "s", "end")),
        {"x": [1]},
        {},
    ),
    "a script of ten million rounds": (
        whole(START, script("s", "for i in range(10000):\n  for j in range(10000):\n    n = i + j"), END, path("start", "s", "end")),
        {},
        {},
    ),
    "a text of a thousand million letters": (whole(START, script("s", "x = 'a' * n"), END, path("start", "s", "end")), {"n": 10**9}, {}),
    "a gathered list of large values": (
        whole(
            START,
            sub("s", begin("s0"), script("v", "big = 'x' * 900000"), path("s0", "v"), instances("500", gather=("all", "big"))),
            END,
            path("start", "s", "end"),
        ),
        {},
        {},
    ),
    "a timer beyond the calendar": (whole(START, catch("c", "timer", "${n}"), END, path("start", "c", "end")), {"n": "P9999999Y"}, {}),
    "a date beyond the calendar in a variable": (
        whole(START, catch("c", "date", "${n}"), END, path("start", "c", "end")),
        {"n": "10000-01-01T00:00:00Z"},
        {},
    ),
    "a timer of weeks beyond counting": (
        whole(START, catch("c", "timer", "${n}"), END, path("start", "c", "end")),
        {"n": f"P{'9' * 300}D"},
        {},
    ),
    "a timer that is a list": (whole(START, catch("c", "timer", "${n}"), END, path("start", "c", "end")), {"n": [1]}, {}),
    "a cycle of no length in a variable": (
        whole(START, human("t"), boundary("b", "t", "cycle", "${n}", False), END, path("start", "t", "end"), flow("b", "end")),
        {"n": "R/PT0S"},
        {},
    ),
    "a cycle of a negative length": (
        whole(START, human("t"), boundary("b", "t", "cycle", "${n}", False), END, path("start", "t", "end"), flow("b", "end")),
        {"n": "R/-PT1H"},
        {},
    ),
    "a condition that reads what nobody has set": (
        whole(START, gateway("g"), END, path("start", "g"), flow("g", "end", "${nothing > 1}")),
        {},
        {},
    ),
    "a name of a signal that is a list": (
        whole(START, catch("c", "signal", "S"), END, path("start", "c", "end")).replace(b'name="S"', b'name="${xs + 1}"'),
        {"xs": [1]},
        {},
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_drawing_that_would_run_for_ever_or_grow_without_end_is_an_incident(name: str) -> None:
    xml, variables, called = RUNS[name]

    execution = run(xml, variables, **called)

    assert execution.failures
    assert all(failure.element and failure.code and len(failure.message) < 2_000 for failure in execution.failures)
    assert not execution.finished
    restored = Execution.restore(execution.program, NOW, execution.operations, execution.save())
    assert not restored.finished


@pytest.mark.parametrize(
    "text", ["R/0001-01-01T00:00:00Z/PT1S", "R/2000-02-29T00:00:00Z/P1Y", "R/1900-01-31T00:00:00Z/P1M", "R/1970-01-01T00:00:00Z/PT0.5S"]
)
def test_a_cycle_that_began_long_ago_is_reckoned_without_counting_every_time_that_has_passed(text: str) -> None:
    xml = whole(START, human("t"), boundary("b", "t", "cycle", "${n}", False), END, path("start", "t", "end"), flow("b", "end"))
    execution = run(xml, {"n": text})
    if execution.failures:
        assert [failure.element for failure in execution.failures] == ["b"]
    else:
        assert [timer.due_at > NOW for timer in execution.timers()] == [True]


def test_a_cycle_that_is_far_behind_fires_once_and_not_for_every_time_it_has_missed() -> None:
    xml = whole(
        START, human("t"), boundary("b", "t", "cycle", "R/PT1S", False), END, end("told"), path("start", "t", "end"), path("b", "told")
    )
    execution = run(xml)
    execution.now = NOW + timedelta(days=3650)
    execution.fire_timers([timer.token for timer in execution.timers()])
    assert execution.path.count("b") == 1


# --- values that people and office systems send

NAMES = [
    "typename", "__builtins__", "__class__", "__import__", "float", "len", "sum", "str", "now", "_scope", "_call", "_f_len", "$d", "$m",
    "v", "rows", "None", "True", "if",
    "outcome2", "self", "x.y", "x y", "\u5ba1\u6279", "\u202e", "-", "0",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_with_a_hostile_name_is_refused_or_harmless(name: str) -> None:
    try:
        execution = run(GOOD, {"xs": [1, 2, 3], name: {name: "x", "deep": [{name: 1}]}})
    except InvalidVariables:
        return
    token = execution.open_tasks()[0].token
    execution = Execution.restore(execution.program, NOW, execution.operations, execution.save())
    assert execution.memory.variables["total"] == 6
    assert execution.memory.variables[name] == {name: "x", "deep": [{name: 1}]}
    execution.complete(token, {"outcome": "approve"}, {name: 1})
    assert execution.finished


def nested(levels: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if kind == "list" else {"x": value}
    return value


def circular() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


class Text(str):
    __slots__ = ()


VALUES: dict[str, Callable[[], Any]] = {
    "a list 1,000 deep": lambda: nested(1_000, "list"),
    "a map 100,000 deep": lambda: nested(100_000, "map"),
    "a list in itself": circular,
    "not a number": lambda: float("nan"),
    "infinity": lambda: float("-inf"),
    "a Decimal that is not a number": lambda: Decimal("NaN"),
    "a Decimal that signals": lambda: Decimal("sNaN"),
    "an infinite Decimal": lambda: Decimal("Infinity"),
    "a lone surrogate": lambda: "\ud800",
    "a lone surrogate in a key": lambda: {"\udfff": 1},
    "NUL": lambda: "a\0b",
    "NUL in a key": lambda: {"a\0": 1},
    "a number as key": lambda: {1: 1},
    "nothing as key": lambda: {None: 1},
    "an object": object,
    "a function": lambda: len,
    "a class": lambda: str,
    "a generator": lambda: (one for one in [1]),
    "a complex number": lambda: 1j,
    "a text of ten million letters": lambda: "x" * 10_000_000,
    "a text of ten million letters in a list": lambda: ["x" * 10_000_000],
    "a list of two million numbers": lambda: list(range(2_000_000)),
    "a map of a million keys": lambda: {str(number): number for number in range(1_000_000)},
    "bytes of ten million": lambda: b"x" * 10_000_000,
    "a number of a million digits": lambda: 10**1_000_000,
    "a Decimal of a million digits": lambda: Decimal("9" * 1_000_000),
    "a Decimal with an exponent beyond counting": lambda: Decimal("1E+999999999999999999"),
    "the same list a thousand million times": lambda: doubled(30),
}


def doubled(times: int) -> Any:
    """A list that holds the same list twice, and so on: small until it is written out."""
    value: Any = [1]
    for _ in range(times):
        value = [value, value]
    return value


WAYS: dict[str, Callable[[Any], Any]] = {
    "at the start": lambda value: run(GOOD, {"xs": [], "x": value}),
    "with a decision": lambda value: decided(value),
    "with a message": lambda value: received(value),
    "with a signal": lambda value: signalled(value),
    "as an answer": lambda value: answered(value),
}


def waiting(part: str) -> Execution:
    return run(whole(START, part, END, path("start", "e", "end")))


def decided(value: Any) -> Execution:
    execution = waiting(human("e"))
    execution.complete(execution.open_tasks()[0].token, {"outcome": "approve"}, {"x": value})
    return execution


def received(value: Any) -> Execution:
    execution = waiting(catch("e", "message", "M"))
    execution.receive(execution.messages()[0].token, {"x": value})
    return execution


def signalled(value: Any) -> Execution:
    execution = waiting(catch("e", "signal", "S"))
    execution.signal("S", {"x": value})
    return execution


def answered(value: Any) -> Execution:
    execution = waiting(service("e", "oa.notify", camunda_resultVariable="x"))
    execution.answer(next(iter(execution.pending_calls())), value)
    return execution


ANYWAY = ["a list in itself", "a Decimal that signals", "a lone surrogate in a key", "an object", "a text of ten million letters"]
WAYS_AND_VALUES = [("at the start", name) for name in VALUES] + [(way, name) for way in list(WAYS)[1:] for name in ANYWAY]


@pytest.mark.parametrize(("way", "name"), WAYS_AND_VALUES)
def test_a_value_that_cannot_be_kept_is_refused_or_an_incident_whichever_way_it_comes(way: str, name: str) -> None:
    value = VALUES[name]()
    try:
        execution = WAYS[way](value)
    except ShenpiError as error:
        assert isinstance(error, InvalidVariables | BudgetExceeded | ExecutionFailed)
        assert len(str(error)) < 2_000
        return
    assert execution.failures
    assert all(len(failure.message) < 2_000 for failure in execution.failures)
    execution.save()


@pytest.mark.parametrize(
    "value", [Text("x"), True, 2**53, -(2**200), Decimal("1E+30"), "x" * 100_000, "\U0001f600", "\u202e\u200b", [], {}, [[[]]]]
)
def test_an_unusual_value_that_can_be_kept_is_the_same_after_a_restart(value: Any) -> None:
    execution = run(GOOD, {"xs": [], "x": value})
    restored = Execution.restore(execution.program, NOW, execution.operations, execution.save())
    assert restored.memory.variables["x"] == value


PATTERNS = [
    "(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){20}", "(a{1,30}){1,30}", "a{1000}{1000}", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?:a+a+)+b", "(a)(?=b)", r"(a+)\1+$",
    "(?P<n>a)(?P=n)", "(" * 200 + "a" + ")" * 200, "[", "(?i:a" * 50, "a{99999999}", "(?#" + "x" * 1000, r"\p{L}+", ".*" * 200 + "b",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_of_a_form_field_is_refused_or_answers_at_once_whatever_is_typed(pattern: str) -> None:
    rule = f"<camunda:validation><camunda:constraint name='pattern' config={quoteattr(pattern)}/></camunda:validation>"
    form = extension(f'<camunda:formData><camunda:formField id="x" type="string">{rule}</camunda:formField></camunda:formData>')
    xml = whole(START, node("userTask", "t", form, camunda_assignee="wang.fang"), END, path("start", "t", "end"))
    if examine({"hostile.bpmn": xml}).faults:
        return
    with pytest.raises(InvalidVariables):
        check_decision(program_of(xml).model.elements["t"], {"outcomes": ("approve",)}, "approve", "", {"x": "a" * 1_998 + "!"})


# --- texts that are compiled late, from values


@pytest.mark.parametrize("text", ["${__import__('os')}", "#{().__class__}", "${", "$" * 50_000, "${'a' * 10**9}"])
def test_a_text_in_a_variable_is_never_taken_for_an_expression(text: str) -> None:
    xml = whole(START, script("s", "y = x"), catch("c", "signal", "S"), END, path("start", "s", "c", "end")).replace(
        b'name="S"', b'name="${x}"'
    )
    execution = run(xml, {"x": text})
    assert execution.memory.variables["y"] == text
    assert [one.name for one in execution.signals()] == [text] or execution.failures


def test_a_deployed_process_cannot_be_built_around_the_checks() -> None:
    """Even a drawing that nobody examined is refused or an incident when it comes to its text."""
    xml = whole(START, gateway("g"), END, path("start", "g"), flow("g", "end", "${x.__class__}"))
    execution = run(xml, {"x": 1})
    assert [failure.element for failure in execution.failures] == ["g"]
    execution = run(whole(START, script("s", "x = open('/etc/passwd')"), END, path("start", "s", "end")))
    assert [failure.element for failure in execution.failures] == ["s"]


def test_the_corpus_is_as_large_as_was_promised() -> None:
    assert len(FILES) + len(DRAWINGS) + len(TEXTS) * len(PLACES) + len(RUNS) + len(WAYS_AND_VALUES) + len(NAMES) >= 60
