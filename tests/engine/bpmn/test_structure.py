"""What BPMN allows where: each rule with a drawing that breaks it, and what earlier versions refused and runs now."""

import pytest
from drawings import (
    END,
    START,
    association,
    boundary,
    catch,
    compensated,
    definition,
    drawing,
    end,
    event_start,
    event_sub,
    flow,
    gateway,
    human,
    instances,
    loop,
    node,
    path,
    script,
    start,
    sub,
    task,
    throw,
    timer,
    whole,
)
from reading_support import codes

AB = (START, human("a"), END, path("start", "a", "end"))
IN = path("start", "x", "end")


def around(*parts: str) -> tuple[str, ...]:
    """Return parts that stand between a start and an end."""
    return (START, *parts, END, IN)


CARRIED = '<messageEventDefinition camunda:type="external" camunda:topic="t"/>'


def thrown(*kinds: str) -> tuple[str, ...]:
    """Return parts whose end event throws several kinds of events."""
    names = dict.fromkeys(("error", "signal", "message", "escalation"), "n")
    return (START, node("endEvent", "x", "".join(definition(kind, names.get(kind)) for kind in kinds)), path("start", "x"))


RUNS = {
    "several flows from an activity": (START, human("a"), human("b"), END, path("start", "a", "end"), flow("a", "b"), flow("b", "end")),
    "a conditional flow from an activity": (*AB, human("b"), flow("a", "b", "${outcome == 'approve'}")),
    "a default flow from an activity": (
        START,
        task("a", default="a_to_end"),
        human("b"),
        END,
        path("start", "a", "end"),
        flow("a", "b", "${x}"),
    ),
    "no end event": (START, human("a"), path("start", "a")),
    "no start event": (human("a"), END, path("a", "end")),
    "neither start nor end": (human("a"),),
    "a loop without end": (START, human("a"), path("start", "a"), flow("a", "a")),
    "two start events": (*AB, start("s2", "message", "m"), flow("s2", "a")),
    "the ids Start and End": (start("Start"), human("a"), end("End"), path("Start", "a", "End")),
    "a sub-process without start and end": around(sub("x", human("a"))),
    "an empty sub-process": around(sub("x")),
    "a task that nothing but an end follows": around(task("x", "manualTask")),
    "a boundary event that leads nowhere": (*AB, timer("t", "PT1H", attachedToRef="a")),
    "a gateway with one way": around(gateway("x")),
    "a parallel gateway that ends": (START, gateway("g", "parallel"), path("start", "g")),
    "a cancelled transaction": (
        START,
        sub("x", start("s"), human("a"), end("c", "cancel"), path("s", "a", "c"), kind="transaction"),
        boundary("b", "x", "cancel"),
        END,
        path("start", "x", "end"),
        flow("b", "end"),
    ),
    "a compensated activity": (
        *AB,
        compensated("a", "u"),
        script("u", "x = 1").replace("<scriptTask", '<scriptTask isForCompensation="true"'),
    ),
    "a choice between events": (
        START,
        gateway("g", "eventBased"),
        catch("m", "signal", "m"),
        task("r", "receiveTask"),
        END,
        path("start", "g", "m", "end"),
        path("g", "r", "end"),
    ),
    "an exclusive gateway of which one flow has no condition": (
        START,
        gateway("x"),
        human("b"),
        END,
        path("start", "x", "end"),
        flow("x", "b", "${c}"),
    ),
    "two error boundaries for two codes and one for any": (
        *around(sub("x", human("i"))),
        boundary("b1", "x", "error", "1"),
        boundary("b2", "x", "error", "2"),
        boundary("b3", "x", "error"),
    ),
    "an event gateway that begins": (
        gateway("g", "eventBased", instantiate="true", eventGatewayType="Parallel"),
        catch("m", "message", "m"),
        catch("n", "message", "n"),
        path("g", "m"),
        path("g", "n"),
    ),
    "a receive task that begins": (task("r", "receiveTask", instantiate="true"), END, path("r", "end")),
    "a loop": around(task("x", body=loop("${more}"))),
    "as many times as there are": around(task("x", body=instances("0"))),
    "the number of instances from a variable, without ${}": around(task("x", body=instances("len(people)"))),
    "a terminate end event": (START, end("x", "terminate"), path("start", "x")),
    "an end event that terminates and fails": thrown("terminate", "error"),
    "an end event that compensates and terminates": thrown("compensate", "terminate"),
    "an end event that throws everything a process may": thrown("terminate", "error", "compensate", "signal", "message", "escalation"),
    "an end event of which operations carry two messages and that terminates": (
        *(START, node("endEvent", "x", CARRIED + CARRIED + definition("terminate")), path("start", "x")),
    ),
    "an event in the middle that throws everything it may": around(
        node(
            "intermediateThrowEvent",
            "x",
            "".join(definition(kind, "n") for kind in ("signal", "message", "escalation")) + definition("compensate") + CARRIED,
        )
    ),
    "a transaction that is cancelled and more": (
        START,
        sub(
            "t",
            start("s"),
            node("endEvent", "x", "".join(map(definition, ("cancel", "terminate", "compensate")))),
            path("s", "x"),
            kind="transaction",
        ),
        boundary("b", "t", "cancel"),
        path("start", "t"),
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_it_is_not_refused(name: str) -> None:
    assert codes(whole(*RUNS[name])) == []


BREAKS = {
    "nothing at all": ((), "process-empty", None),
    "everything waits for something else": ((human("a"), human("b"), path("a", "b", "a")), "start-missing", None),
    "a flow to nothing": ((*AB, flow("a", "nowhere")), "dangling-flow", "a_to_nowhere"),
    "what nothing leads to": ((*AB, human("b")), "unreachable", "b"),
    "a flow out of a sub-process": ((*around(sub("x", human("a"))), human("b"), flow("a", "b")), "flow-crosses", "a_to_b"),
    "a flow into a start event": ((*AB, flow("a", "start")), "flow-into-start", "start"),
    "a flow out of an end event": ((*AB, flow("end", "a")), "end-goes-on", "end"),
    "a flow into a boundary event": ((*AB, timer("t", "PT1H", attachedToRef="a"), flow("a", "t")), "flow-into-start", "t"),
    "a flow into a compensation": ((*AB, compensated("a", "u"), human("u", isForCompensation="true"), flow("a", "u")), "flow-into-start", "u"),
    "a flow out of a compensation": ((*AB, compensated("a", "u"), human("u", isForCompensation="true"), flow("u", "a")), "flow-out-of-end", "u"),
    "a flow out of a thrown link": (
        (START, throw("o", "link", "n"), catch("i", "link", "n"), END, path("start", "o", "end"), path("i", "end")),
        "flow-out-of-end",
        "o",
    ),
    "a flow to an event sub-process": ((*AB, event_sub("h", event_start("h0", "signal", "s")), flow("a", "h")), "flow-into-start", "h"),
    "a default that does not leave": ((START, gateway("x", default="no"), END, IN), "default-unknown", "x"),
    "a default of a parallel gateway": ((START, gateway("x", "parallel", default="x_to_end"), END, IN), "default-ignored", "x"),
    "a default with a condition": (
        (START, gateway("x", default="x_to_end"), human("b"), END, path("start", "x"), flow("x", "end", "${a}"), flow("x", "b", "${c}")),
        "default-conditioned",
        "x",
    ),
    "an exclusive gateway without condition": (
        (START, gateway("x"), human("b"), END, path("start", "x", "end"), flow("x", "b")),
        "condition-missing",
        "x",
    ),
    "an exclusive gateway with a default and a flow without condition": (
        (START, gateway("x", default="x_to_b"), human("b"), END, path("start", "x", "end"), flow("x", "b")),
        "condition-missing",
        "x",
    ),
    "a throw event with a link and a signal": (
        (START, node("intermediateThrowEvent", "x", definition("link", "L") + definition("signal", "S")), path("start", "x")),
        "event-position",
        "x",
    ),
    "two plain start events": ((*AB, start("s2"), flow("s2", "a")), "start-repeated", "s2"),
    "two plain start events in a sub-process": (
        around(sub("x", start("s1"), start("s2"), task("i"), path("s1", "i"), flow("s2", "i"))),
        "start-repeated",
        "s2",
    ),
    "an event-based gateway with one way": (
        (START, gateway("x", "eventBased"), catch("m", "message", "m"), path("start", "x", "m")),
        "event-gateway-single",
        "x",
    ),
    "an event-based gateway before a receive task and a message": (
        (START, gateway("x", "eventBased"), catch("m", "message", "m"), task("r", "receiveTask"), path("start", "x", "m"), flow("x", "r")),
        "event-gateway-mixed",
        "x",
    ),
    "two boundaries for one error": (
        (*around(sub("x", human("i"))), boundary("b1", "x", "error", "1"), boundary("b2", "x", "error", "1")),
        "event-repeated",
        "b2",
    ),
    "two boundaries for any error": ((*around(sub("x", human("i"))), boundary("b1", "x", "error"), boundary("b2", "x", "error")), "event-repeated", "b2"),
    "two boundaries for one escalation": (
        (*around(sub("x", human("i"))), boundary("b1", "x", "escalation", "1"), boundary("b2", "x", "escalation", "1")),
        "event-repeated",
        "b2",
    ),
    "two event sub-processes for one error": (
        (
            *AB,
            event_sub("h1", event_start("e1", "error", "1"), task("t1"), path("e1", "t1")),
            event_sub("h2", event_start("e2", "error", "1"), task("t2"), path("e2", "t2")),
        ),
        "event-repeated",
        "e2",
    ),
    "a transaction that is cancelled and goes nowhere": (
        around(sub("x", human("i"), end("stop", "cancel"), path("i", "stop"), kind="transaction")),
        "cancel-not-caught",
        "stop",
    ),
    "an exclusive gateway without way": ((START, gateway("x"), path("start", "x")), "goes-nowhere", "x"),
    "a condition behind a parallel gateway": (
        (START, gateway("x", "parallel"), END, path("start", "x"), flow("x", "end", "${c}")),
        "condition-ignored",
        "x",
    ),
    "a task behind an event gateway": ((START, gateway("x", "eventBased"), human("a"), path("start", "x", "a")), "event-gateway-target", "a"),
    "an event with two ways to it behind an event gateway": (
        (START, gateway("x", "eventBased"), human("a"), catch("c", "signal", "s"), path("start", "x", "c", "a", "c")),
        "event-gateway-target",
        "c",
    ),
    "a parallel event gateway in the middle": (
        (START, gateway("x", "eventBased", eventGatewayType="Parallel"), catch("c", "signal", "s"), path("start", "x", "c")),
        "event-gateway-parallel",
        "x",
    ),
    "a start event that waits in a sub-process": (around(sub("x", start("s", "message", "m"), human("a"), path("s", "a"))), "event-position", "s"),
    "an error that begins a process": ((start("s", "error", "e"), human("a"), path("s", "a")), "event-position", "s"),
    "a caught event that waits for nothing": (around(node("intermediateCatchEvent", "x")), "event-missing", "x"),
    "a boundary event that waits for nothing": ((*AB, node("boundaryEvent", "b", attachedToRef="a")), "event-missing", "b"),
    "a timer that is thrown": (around(throw("x", "timer")), "event-position", "x"),
    "a termination in the middle": (around(throw("x", "terminate")), "event-position", "x"),
    "a cancel among others outside of a transaction": (thrown("cancel", "signal"), "cancel-position", "x"),
    "an error among others in the middle": (
        around(node("intermediateThrowEvent", "x", definition("signal", "s") + definition("error", "e"))),
        "event-position",
        "x",
    ),
    "an error in the middle": (around(throw("x", "error", "e")), "event-position", "x"),
    "a caught cancel": (around(catch("x", "cancel")), "event-position", "x"),
    "a link among others": (
        around(node("intermediateCatchEvent", "x", '<linkEventDefinition name="n"/><timerEventDefinition><timeDate>2026</timeDate></timerEventDefinition>')),
        "event-position",
        "x",
    ),
    "an event sub-process without start": ((*AB, event_sub("h", human("b"))), "event-subprocess-start", "h"),
    "an event sub-process with two starts": (
        (*AB, event_sub("h", event_start("h0", "signal", "s"), event_start("h1", "signal", "t"))),
        "event-subprocess-start",
        "h",
    ),
    "an event sub-process that waits for nothing": ((*AB, event_sub("h", start("h0"), human("b"), path("h0", "b"))), "event-missing", "h0"),
    "an error that does not interrupt": ((*AB, boundary("b", "a", "error", "e", interrupting=False)), "must-interrupt", "b"),
    "an error start that does not interrupt": ((*AB, event_sub("h", event_start("h0", "error", "e", False))), "must-interrupt", "h0"),
    "a boundary event on nothing": ((*AB, timer("t", "PT1H", attachedToRef="gone")), "boundary-dangling", "t"),
    "a time-out of nothing": ((*AB, timer("t", "PT1H", attachedToRef="gone", shenpi_timeout="remind")), "boundary-dangling", "t"),
    "a boundary event on a gateway": ((*around(gateway("x")), timer("t", "PT1H", attachedToRef="x")), "boundary-dangling", "t"),
    "a boundary event on an event sub-process": (
        (*AB, event_sub("h", event_start("h0", "signal", "s")), timer("t", "PT1H", attachedToRef="h")),
        "boundary-dangling",
        "t",
    ),
    "a boundary event outside of its activity's scope": (
        (*around(sub("x", human("a"))), timer("t", "PT1H", attachedToRef="a")),
        "boundary-dangling",
        "t",
    ),
    "a cancel on a task": ((*AB, boundary("b", "a", "cancel")), "cancel-position", "b"),
    "a cancel outside of a transaction": ((START, end("c", "cancel"), path("start", "c")), "cancel-position", "c"),
    "a cancel too deep in a transaction": (
        around(sub("x", sub("y", end("c", "cancel")), kind="transaction")),
        "cancel-position",
        "c",
    ),
    "a compensation without handler": ((*AB, boundary("b", "a", "compensate")), "compensation-handler", "b"),
    "a compensation by what is not for it": ((*AB, compensated("a", "u"), human("u")), "compensation-handler", "undo_a"),
    "two compensations of one activity": (
        (*AB, compensated("a", "u"), compensated("a", "v", "two"), *(human(name, isForCompensation="true") for name in "uv")),
        "compensation-handler",
        "two",
    ),
    "a compensation of nothing": (around(throw("x", "compensate", "gone")), "reference-unknown", "x"),
    "a handler that nothing joins": ((*AB, human("u", isForCompensation="true")), "unreachable", "u"),
    "a message without name": (around(catch("x", "message")), "message-missing", "x"),
    "a signal without name": (around(throw("x", "signal")), "signal-missing", "x"),
    "an escalation without code": (around(throw("x", "escalation")), "code-missing", "x"),
    "a condition that is none": (around(catch("x", "conditional")), "condition-missing", "x"),
    "a link to nothing": ((START, throw("x", "link", "n"), path("start", "x")), "link-unpaired", "x"),
    "a link from nothing": ((*AB, catch("x", "link", "n")), "link-unpaired", "x"),
    "a link to two": ((START, throw("x", "link", "n"), catch("y", "link", "n"), catch("z", "link", "n"), path("start", "x")), "link-unpaired", "x"),
    "a link without name": (around(catch("x", "link")), "link-unpaired", "x"),
    "a link into a sub-process": ((START, throw("x", "link", "n"), sub("s", catch("y", "link", "n")), path("start", "x")), "link-unpaired", "x"),
    "a negative number of instances": (around(task("x", body=instances("-1"))), "loop-count", "x"),
    "half an instance": (around(task("x", body=instances("1.5"))), "loop-count", "x"),
    "neither a number nor a collection": (around(task("x", body=instances())), "loop-count", "x"),
    "a number and a collection": (around(task("x", body=instances("2", collection="people"))), "loop-count", "x"),
    "an element without collection": (around(task("x", body=instances("2", element="one"))), "loop-collection", "x"),
    "a loop that never ends by itself": (around(task("x", body=loop())), "loop-endless", "x"),
    "a negative maximum": (around(task("x", body=loop("${a}", most="-1"))), "loop-count", "x"),
    "an event sub-process that loops": (
        (*AB, sub("h", event_start("h0", "signal", "s"), instances("2"), triggeredByEvent="true")),
        "event-subprocess-loop",
        "h",
    ),
    "a receive task that begins in the middle": (around(task("x", "receiveTask", instantiate="true")), "flow-into-start", "x"),
    "a receive task that begins in a sub-process": (around(sub("x", task("r", "receiveTask", instantiate="true"))), "start-position", "r"),
    "a call of nothing": (around(task("x", "callActivity")), "called-missing", "x"),
    "a call of a version that is none": (
        around(task("x", "callActivity", calledElement="o", camunda_calledElementBinding="version", camunda_calledElementVersion="new")),
        "binding-version",
        "x",
    ),
    "a call that is bound to nothing known": (
        around(task("x", "callActivity", calledElement="o", camunda_calledElementBinding="newest")),
        "binding-unknown",
        "x",
    ),
    "a send task that sends nothing": (around(task("x", "sendTask")), "message-missing", "x"),
    "a name that is hidden": (around(task("x", "serviceTask", shenpi_operation="o", camunda_resultVariable="__builtins__")), "name-invalid", "x"),
    "a retry cycle that is none": (
        around(task("x", body="<extensionElements><camunda:failedJobRetryTimeCycle>often</camunda:failedJobRetryTimeCycle></extensionElements>")),
        "retry-invalid",
        "x",
    ),
    "a due date that is none": (around(human("x", camunda_dueDate="soon")), "timer-invalid", "x"),
    "a follow-up date that is none": (around(human("x", camunda_followUpDate="R/PT1H")), "timer-invalid", "x"),
    "a priority that is no number": (around(human("x", camunda_priority="high")), "priority-invalid", "x"),
    "a text outside of the language": (around(human("x", "${x.__class__}")), "not-allowed", "x"),
    "a condition that cannot be read": ((START, human("a"), END, path("start", "a"), flow("a", "end", "${1 +}")), "syntax", "a_to_end"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_it_is_refused_with_its_element(name: str) -> None:
    parts, code, element = BREAKS[name]

    assert code in codes(whole(*parts), element) if element else code in codes(whole(*parts))


def test_an_id_that_stands_twice_is_refused_wherever_it_stands() -> None:
    assert "id-repeated" in codes(drawing(*AB, sub("s", human("a"))), "a")


@pytest.mark.parametrize(("depth", "refused"), [(20, False), (21, True)])
def test_sub_processes_are_nested_twenty_deep_and_no_deeper(depth: int, refused: bool) -> None:
    inner = human("a")
    for number in range(depth):
        inner = sub(f"s{number}", inner)

    assert ("too-complex" in codes(drawing(inner))) == refused


def test_an_association_that_is_no_compensation_means_nothing() -> None:
    assert codes(drawing(*AB, '<textAnnotation id="t"><text>x</text></textAnnotation>', association("a", "t"))) == []
