"""Start, end, intermediate throw and catch events of every kind, links, multiple and parallel multiple events (BPMN 2.0, 10.4 and 13.5)."""

import pytest
from drawings import (
    END,
    START,
    boundary,
    catch,
    compensated,
    definition,
    end,
    event_start,
    event_sub,
    flow,
    gateway,
    human,
    node,
    path,
    script,
    sub,
    task,
    throw,
    whole,
)
from drawings import start as begin
from traces import NOW, Case

# --- start events


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("none", None),
        ("timer", "PT1H"),
        ("date", "2030-01-01T00:00:00Z"),
        ("cycle", "R/P1D"),
        ("message", "New"),
        ("signal", "Go"),
        ("conditional", "${n > 0}"),
    ],
)
def test_a_process_begins_at_the_start_event_that_happened(kind: str, name: str | None) -> None:
    xml = whole(begin("plain"), begin("s", kind, name), human("a"), human("b"), END, path("plain", "a", "end"), path("s", "b", "end"))
    case = Case(xml, {"n": 1}, at="s")
    assert case.trace == "s"
    assert case.open == "b"
    case.decide("b")
    assert case.trace == "s b end"
    assert case.finished


@pytest.mark.parametrize("kind", ["message", "signal", "timer", "conditional"])
def test_a_process_that_is_started_by_hand_begins_at_its_none_start_event_only(kind: str) -> None:
    name = {"message": "New", "signal": "Go", "timer": "PT1H", "conditional": "${n > 0}"}[kind]
    xml = whole(begin("plain"), begin("s", kind, name), human("a"), human("b"), END, path("plain", "a", "end"), path("s", "b", "end"))
    case = Case(xml, {"n": 1})
    assert case.open == "a"
    assert case.waiting == ""


def test_a_receive_task_that_instantiates_begins_the_process_when_its_message_came() -> None:
    xml = whole(task("r", "receiveTask", messageRef="message_New", instantiate="true"), human("a"), END, path("r", "a", "end"))
    case = Case(xml, at="r")
    assert case.trace == "r"
    assert case.open == "a"


def test_an_event_based_gateway_that_instantiates_begins_the_process_with_the_event_that_happened() -> None:
    xml = whole(
        gateway("g", "eventBased", instantiate="true"), catch("one", "message", "One"), catch("two", "message", "Two"), human("a"),
        human("b"), END,
        path("g", "one", "a", "end"), path("g", "two", "b", "end"),
    )  # fmt: skip
    case = Case(xml, at="two")
    assert case.trace.split()[-1] == "two"
    assert case.open == "b"
    assert case.waiting == ""


def test_the_initiator_is_kept_in_the_variable_the_start_event_names() -> None:
    case = Case(whole(begin("s", camunda_initiator="starter"), END, path("s", "end")))
    assert case.variables["starter"] == "li.na"


# --- end events


def test_a_none_end_event_uses_up_its_token_and_nothing_else() -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), END, end("other"), path("start", "split", "a", "end"), path("split", "other")
    )
    case = Case(xml)
    assert not case.finished
    case.decide("a")
    assert case.trace == "start split other a end"
    assert case.finished


def test_a_message_end_event_throws_its_message() -> None:
    case = Case(whole(START, end("e", "message", "Paid"), path("start", "e")))
    assert case.trace == "start e"
    assert case.thrown == [("message", "Paid")]
    assert case.finished


def test_a_signal_end_event_throws_its_signal() -> None:
    xml = whole(
        START,
        gateway("split", "parallel"),
        catch("heard", "signal", "Stop"),
        human("a"),
        end("e", "signal", "Stop"),
        END,
        path("start", "split", "heard", "end"),
        path("split", "a", "e"),
    )
    case = Case(xml)
    case.decide("a")
    assert case.trace.startswith("start split a e heard")
    assert case.thrown == [("signal", "Stop")]
    assert case.finished


def test_a_terminate_end_event_ends_everything_at_once() -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), human("b"), catch("t", "timer"),
        sub("s", begin("s0"), human("c"), end("s1"), path("s0", "c", "s1")),
        end("stop", "terminate"), END, path("start", "split", "a", "stop"), path("split", "b", "end"), path("split", "t", "end"),
        path("split", "s", "end"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    assert case.trace == "start split s0 a stop"
    assert case.open == ""
    assert case.waiting == ""
    assert case.finished


@pytest.mark.parametrize(
    ("kind", "name"), [("error", "E"), ("escalation", "E"), ("signal", "S"), ("message", "M"), ("terminate", None), ("compensate", None)]
)
def test_an_end_event_of_every_kind_ends_its_sub_process_or_leaves_it_by_its_boundary(kind: str, name: str | None) -> None:
    body = sub("s", begin("s0"), human("a"), end("e", kind, name), path("s0", "a", "e"))
    caught = boundary("caught", "s", kind, name) + end("told") + flow("caught", "told") if kind in ("error", "escalation") else ""
    case = Case(whole(START, body, caught, END, path("start", "s", "end")))
    case.decide("a")
    assert case.trace == ("start s0 a e caught told" if caught else "start s0 a e s end")
    assert case.finished


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_the_end_event_that_is_reached_gives_the_case_its_outcome(outcome: str) -> None:
    xml = whole(
        START, gateway("which", default="which_to_e1"), end("e1", shenpi_outcome="approved"), end("e2", shenpi_outcome="rejected"),
        path("start", "which", "e1"),
        flow("which", "e2", "${wanted == 'rejected'}"),
    )  # fmt: skip
    assert Case(xml, {"wanted": outcome}).outcome == outcome


# --- intermediate events


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("timer", "PT1H"),
        ("timer", "P1D"),
        ("timer", "P1M"),
        ("timer", "${span}"),
        ("date", "2026-11-22T02:00:00Z"),
        ("date", "${day}"),
        ("message", "Paid"),
        ("signal", "Stop"),
    ],
)
def test_an_intermediate_catch_event_waits_for_what_it_names(kind: str, name: str) -> None:
    case = Case(
        whole(START, catch("c", kind, name), human("a"), END, path("start", "c", "a", "end")), {"span": "PT2H", "day": "2026-11-23"}
    )
    assert case.trace == "start"
    assert case.waiting == "c"
    {"message": lambda: case.send("c"), "signal": lambda: case.signal("Stop")}.get(kind, lambda: case.fire("c", days=40))()
    assert case.trace == "start c"
    assert case.open == "a"
    assert case.waiting == ""


def test_a_timer_does_not_fire_before_its_time() -> None:
    case = Case(whole(START, catch("c", "timer", "PT2H"), END, path("start", "c", "end")))
    case.fire("c", hours=1)
    assert case.trace == "start"
    case.fire("c", hours=1)
    assert case.trace == "start c end"


def test_the_due_time_of_a_timer_is_reckoned_once() -> None:
    xml = whole(
        START,
        gateway("split", "parallel"),
        catch("c", "timer", "PT2H"),
        human("a"),
        END,
        path("start", "split", "c", "end"),
        path("split", "a", "end"),
    )
    case = Case(xml)
    due = [one.due_at for one in case.run.timers()]
    case.fire("nothing", hours=1)
    case.decide("a")
    assert [one.due_at for one in case.run.timers()] == due
    assert (due[0] - NOW).total_seconds() == 7200


def test_a_conditional_catch_event_goes_on_when_its_condition_becomes_true_in_another_branch() -> None:
    xml = whole(
        START, gateway("split", "parallel"), catch("c", "conditional", "${n > 1}"), human("a"), script("more", "n = n + 1"),
        gateway("again"), END,
        path("start", "split", "c", "end"), path("split", "again", "a", "more", "again"),
    )  # fmt: skip
    case = Case(xml, {"n": 0})
    case.decide("a")
    assert case.times("c") == 0
    case.decide("a")
    assert case.times("c") == 1
    case.decide("a")
    assert case.times("c") == 1


@pytest.mark.parametrize(
    ("kind", "name"), [("none", None), ("message", "Paid"), ("signal", "Stop"), ("escalation", "E"), ("compensate", None)]
)
def test_an_intermediate_throw_event_throws_and_goes_on(kind: str, name: str | None) -> None:
    case = Case(whole(START, throw("t", kind, name), END, path("start", "t", "end")))
    assert case.trace == "start t end"
    assert case.thrown == ([(kind, name)] if kind in ("message", "signal") else [])
    assert case.finished


def test_a_message_thrown_inside_an_instance_is_for_the_outside_to_deliver() -> None:
    """A message has one receiver, found by correlation; the execution only says that it was thrown."""
    xml = whole(
        START, gateway("split", "parallel"), catch("c", "message", "Paid"), human("a"), throw("t", "message", "Paid"), END,
        path("start", "split", "c", "end"),
        path("split", "a", "t", "end"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    assert case.thrown == [("message", "Paid")]
    assert case.waiting == "c"


def test_a_link_throw_goes_on_at_its_link_catch() -> None:
    case = Case(
        whole(START, throw("out", "link", "L"), catch("in", "link", "L"), task("a"), END, path("start", "out"), path("in", "a", "end"))
    )
    assert case.trace == "start out in a end"
    assert case.finished


def test_several_link_throws_may_lead_to_one_link_catch() -> None:
    xml = whole(
        START, gateway("split", "parallel"), throw("one", "link", "L"), throw("two", "link", "L"), catch("in", "link", "L"), task("a"), END,
        path("start", "split", "one"), path("split", "two"), path("in", "a", "end"),
    )  # fmt: skip
    case = Case(xml)
    assert case.times("in") == 2
    assert case.times("a") == 2
    assert case.finished


def test_a_link_may_lead_back_and_make_a_loop() -> None:
    xml = whole(
        START, catch("in", "link", "L"), human("a"), gateway("which", default="which_to_end"), throw("out", "link", "L"), END,
        path("in", "a", "which", "end"),
        flow("which", "out", "${outcome == 'return'}"), flow("start", "a"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", outcome="return")
    case.decide("a")
    assert case.trace == "start a which out in a which end"


def test_links_of_the_same_name_in_different_sub_processes_do_not_meet() -> None:
    def linked(identity: str) -> str:
        return sub(
            identity, begin(f"{identity}0"), throw(f"{identity}_out", "link", "L"), catch(f"{identity}_in", "link", "L"),
            end(f"{identity}1"),
            path(f"{identity}0", f"{identity}_out"), path(f"{identity}_in", f"{identity}1"),
        )  # fmt: skip

    case = Case(whole(START, linked("x"), linked("y"), END, path("start", "x", "y", "end")))
    assert case.trace == "start x0 x_out x_in x1 x y0 y_out y_in y1 y end"


# --- several definitions


SEVERAL = definition("message", "Paid") + definition("signal", "Go") + definition("timer", "PT1H")


def several(position: str, parallel: bool) -> bytes:
    """An event with three definitions at a position; behind it the task `after`."""
    flag = {"parallelMultiple": "true"} if parallel else {}
    if position == "intermediate":
        return whole(START, node("intermediateCatchEvent", "e", SEVERAL, **flag), human("after"), END, path("start", "e", "after", "end"))
    if position.startswith("boundary"):
        cancel = {"cancelActivity": "true" if position == "boundary" else "false"}
        event = node("boundaryEvent", "e", SEVERAL, attachedToRef="host", **cancel, **flag)
        return whole(START, task("host", "userTask"), event, human("after"), END, path("start", "host", "end"), path("e", "after", "end"))
    inner = (
        node("startEvent", "e", SEVERAL, isInterrupting="true" if position == "event sub-process" else "false", **flag)
        + human("after")
        + flow("e", "after")
    )
    return whole(event_sub("h", inner), START, task("host", "userTask"), END, path("start", "host", "end"))


POSITIONS = [
    "intermediate",
    "boundary",
    "boundary that does not interrupt",
    "event sub-process",
    "event sub-process that does not interrupt",
]
STEPS = {"message": lambda case: case.send("e"), "signal": lambda case: case.signal("Go"), "timer": lambda case: case.fire("e")}


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("kind", STEPS)
def test_a_multiple_event_happens_with_the_first_of_its_events(kind: str, position: str) -> None:
    case = Case(several(position, parallel=False))
    STEPS[kind](case)
    assert case.times("e") == 1
    assert "after" in case.open.split()
    assert ("host" in case.open.split()) is ("not" in position)
    if "not" not in position:
        assert case.waiting == ""


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("order", ["message signal timer", "timer message signal", "signal timer message"])
def test_a_parallel_multiple_event_happens_only_when_all_its_events_have(order: str, position: str) -> None:
    case = Case(several(position, parallel=True))
    first, second, third = order.split()
    STEPS[first](case)
    assert case.times("e") == 0
    STEPS[second](case)
    assert case.times("e") == 0
    STEPS[third](case)
    assert case.times("e") == 1
    assert "after" in case.open.split()
    assert ("host" in case.open.split()) is ("not" in position)


def test_a_parallel_multiple_event_counts_one_event_only_once() -> None:
    case = Case(several("intermediate", parallel=True))
    case.signal("Go")
    case.signal("Go")
    case.signal("Go")
    assert case.times("e") == 0


@pytest.mark.parametrize("kind", ["intermediateThrowEvent", "endEvent"])
def test_a_multiple_throw_event_throws_everything_it_names(kind: str) -> None:
    body = definition("message", "Paid") + definition("signal", "Go") + definition("escalation", "E")
    tail = path("start", "t", "end") + END if kind == "intermediateThrowEvent" else flow("start", "t")
    case = Case(whole(START, node(kind, "t", body), tail))
    assert sorted(case.thrown) == [("message", "Paid"), ("signal", "Go")]
    assert case.finished


def test_a_multiple_end_event_throws_its_signal_before_its_error_ends_everything() -> None:
    body = node("endEvent", "e", definition("signal", "Go") + definition("error", "E"))
    xml = whole(
        START, gateway("split", "parallel"), catch("heard", "signal", "Go"), sub("s", begin("s0"), human("a"), body, path("s0", "a", "e")),
        boundary("caught", "s", "error", "E"),
        END, end("told"), path("start", "split", "heard", "end"), path("split", "s", "end"), path("caught", "told"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    assert case.times("heard") == 1
    assert case.times("caught") == 1
    assert case.finished


def test_event_definitions_may_be_named_by_reference() -> None:
    """Section 2: `eventDefinitionRef` to a definition that stands beside the process."""
    xml = whole(START, node("intermediateCatchEvent", "c", "<eventDefinitionRef>d</eventDefinitionRef>"), END, path("start", "c", "end"))
    xml = xml.replace(b"<process", b'<signal id="sig" name="Go"/><signalEventDefinition id="d" signalRef="sig"/><process')
    case = Case(xml)
    assert case.waiting == "c"
    case.signal("Go")
    assert case.trace == "start c end"


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_event_that_comes_when_nobody_waits_changes_nothing(interrupting: bool) -> None:
    xml = whole(
        event_sub("h", event_start("h0", "signal", "Go", interrupting), path("h0", "h1"), end("h1")),
        START,
        human("a"),
        END,
        path("start", "a", "end"),
    )
    case = Case(xml)
    assert case.signal("Other") == 0
    assert case.trace == "start"
    assert case.signal("Go") == 1


# --- conditions on what is not there yet


UNSET = "${v == 1}"
LATER = {
    "boundary": (human("x"), boundary("b", "x", "conditional", UNSET), path("g", "x")),
    "catch": (catch("b", "conditional", UNSET), path("g", "b")),
    "event gateway": (
        gateway("e", "eventBased"),
        catch("b", "conditional", UNSET),
        catch("m", "message", "m"),
        path("g", "e", "b"),
        path("e", "m"),
    ),
}


@pytest.mark.parametrize("place", LATER)
def test_a_condition_on_a_variable_that_nobody_has_set_waits_until_somebody_does(place: str) -> None:
    xml = whole(START, gateway("g", "parallel"), human("u"), *LATER[place], task("k"), path("start", "g", "u"), path("b", "k"))
    case = Case(xml)
    assert case.failed == []
    case.decide("u", v=1)
    assert case.failed == []
    assert case.times("k") == 1


def test_a_condition_of_an_event_sub_process_may_be_about_a_variable_that_nobody_has_set() -> None:
    handler = event_sub("h", event_start("b", "conditional", UNSET), task("k"), path("b", "k"))
    xml = whole(START, human("u"), human("z"), path("start", "u", "z"), handler)
    case = Case(xml)
    case.decide("u", v=1)
    assert (case.failed, case.open, case.trace) == ([], "", "start u b k h")


def test_a_condition_that_cannot_be_looked_at_for_another_reason_is_an_incident() -> None:
    xml = whole(START, human("x"), boundary("b", "x", "conditional", "${v > 'a'}"), task("k"), path("start", "x"), path("b", "k"))
    assert Case(xml, {"v": 1}).failed == [("b", "execution-failed")]


# --- several events thrown at once, of which one ends something


def both(place: str, identity: str, *definitions: str) -> str:
    return node(place, identity, "".join(definitions))


def test_a_multiple_end_event_throws_before_it_terminates() -> None:
    stop = both("endEvent", "x", definition("terminate"), definition("signal", "S"))
    xml = whole(START, gateway("g", "parallel"), catch("c", "signal", "S"), human("k"), stop, path("start", "g", "c", "k"), path("g", "x"))
    case = Case(xml)
    assert (case.thrown, case.finished) == ([("signal", "S")], True)


@pytest.mark.parametrize("place", ["intermediateThrowEvent", "endEvent"])
def test_a_multiple_event_throws_and_compensates(place: str) -> None:
    last = both(place, "x", definition("signal", "S"), definition("compensate"))
    undo = node("scriptTask", "undo", "<script>undone = 1</script>", isForCompensation="true")
    case = Case(whole(START, task("a"), compensated("a", "undo"), undo, last, path("start", "a", "x")))
    assert (case.thrown, case.trace, case.finished) == ([("signal", "S")], "start a undo x", True)


def test_a_multiple_end_event_throws_and_cancels_its_transaction() -> None:
    stop = both("endEvent", "x", definition("cancel"), definition("signal", "S"))
    xml = whole(
        START,
        sub("t", begin("i"), stop, path("i", "x"), kind="transaction"),
        boundary("b", "t", "cancel"),
        END,
        path("start", "t"),
        path("b", "end"),
    )
    case = Case(xml)
    assert (case.thrown, case.trace) == ([("signal", "S")], "start i x b end")
