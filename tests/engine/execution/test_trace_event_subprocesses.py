"""Event sub-processes of every kind, at the top, inside sub-processes and inside those (BPMN 2.0, 10.2.5, 10.4.5 and 13.5.4)."""

import pytest
from drawings import (
    END,
    START,
    boundary,
    compensated,
    end,
    event_start,
    event_sub,
    flow,
    gateway,
    human,
    path,
    script,
    sub,
    task,
    throw,
    whole,
)
from drawings import start as begin
from traces import Case, Stub

KINDS = {"timer": "PT1H", "message": "Ask", "signal": "Stop", "conditional": "${n > 0}", "error": "E", "escalation": "E"}
THROWN = ("error", "escalation")
DEPTHS = [0, 1, 2]
CASES = [(kind, interrupting) for kind in KINDS for interrupting in (True, False) if interrupting or kind != "error"]


def handled(kind: str, interrupting: bool, depth: int) -> bytes:
    """A scope at a depth: work -> (reject: error; return: escalation) -> end, with an event sub-process h0 -> answer -> h1."""
    inner = "".join([
        event_sub("h", event_start("h0", kind, KINDS[kind], interrupting), human("answer"), end("h1"), path("h0", "answer", "h1")),
        begin("i0"), human("work"),
        gateway("which", default="which_to_i1"), end("bad", "error", "E"), throw("up", "escalation", "E"), human("rest"), end("i1"),
        path("i0", "work", "which", "i1"),
        flow("which", "bad", "${outcome == 'reject'}"), flow("which", "up", "${outcome == 'return'}"), path("up", "rest", "i1"),
    ])  # fmt: skip
    for level in range(depth):
        inner = (
            begin(f"b{level}")
            + sub(f"s{level}", inner)
            + task(f"after{level}")
            + end(f"e{level}")
            + path(f"b{level}", f"s{level}", f"after{level}", f"e{level}")
        )
    return whole(inner)


def happen(case: Case, kind: str) -> None:
    {
        "timer": lambda: case.fire("h0"),
        "message": lambda: case.send("h0"),
        "signal": lambda: case.signal("Stop"),
        "error": lambda: case.decide("work", outcome="reject"),
        "escalation": lambda: case.decide("work", outcome="return"),
    }[kind]()


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(("kind", "interrupting"), [case for case in CASES if case[0] != "conditional"])
def test_an_event_sub_process_runs_instead_of_its_scope_or_beside_it(kind: str, interrupting: bool, depth: int) -> None:
    case = Case(handled(kind, interrupting, depth), {"n": 0})
    assert case.open == "work"
    happen(case, kind)
    assert case.times("h0") == 1
    if interrupting:
        assert case.open == "answer"
        assert case.waiting == ""
    else:
        assert set(case.open.split()) == {"answer", "rest" if kind == "escalation" else "work"}
        case.decide("rest" if kind == "escalation" else "work")
        assert not case.finished  # the scope goes on as long as its event sub-process does
    case.decide("answer")
    out = "".join(f" s{level} after{level} e{level}" for level in range(depth))
    assert case.trace.endswith(f"answer h1 h{out}")
    assert case.finished


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(("kind", "interrupting"), CASES)
def test_an_event_sub_process_waits_only_as_long_as_its_scope_is_there(kind: str, interrupting: bool, depth: int) -> None:
    case = Case(handled(kind, interrupting, depth), {"n": 0})
    case.decide("work")
    assert case.waiting == ""
    assert case.times("h0") == 0
    assert case.finished


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("kind", ["message", "signal"])
def test_an_event_sub_process_that_does_not_interrupt_runs_as_often_as_it_is_asked_even_at_the_same_time(kind: str, depth: int) -> None:
    case = Case(handled(kind, False, depth))
    for number in range(1, 4):
        happen(case, kind)
        assert case.open == " ".join(["answer"] * number + ["work"])
    case.decide("work", "answer", "answer")
    assert not case.finished
    case.decide("answer")
    assert case.finished
    assert case.times("h") == 3


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_timer_event_sub_process_that_does_not_interrupt_runs_once(depth: int) -> None:
    case = Case(handled("timer", False, depth))
    case.fire("h0")
    case.fire()
    assert case.times("h0") == 1
    assert case.waiting == ""


def test_a_timer_event_sub_process_with_a_cycle_runs_again() -> None:
    xml = whole(
        event_sub("h", event_start("h0", "cycle", "R2/PT1H", False), end("h1"), path("h0", "h1")),
        START,
        human("work"),
        END,
        path("start", "work", "end"),
    )
    case = Case(xml)
    case.fire("h0", hours=1)
    case.fire("h0", hours=1)
    assert case.times("h") == 2
    assert case.waiting == ""
    case.decide("work")
    assert case.finished


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_conditional_event_sub_process_runs_when_a_change_in_any_scope_makes_its_condition_true(depth: int, interrupting: bool) -> None:
    inner = "".join([
        event_sub("h", event_start("h0", "conditional", "${n > 0}", interrupting), human("answer"), end("h1"), path("h0", "answer", "h1")),
        begin("i0"),
        human("work"), script("set", "n = n + 1"), human("rest"), end("i1"), path("i0", "work", "set", "rest", "i1"),
    ])  # fmt: skip
    for level in range(depth):
        inner = begin(f"b{level}") + sub(f"s{level}", inner) + end(f"e{level}") + path(f"b{level}", f"s{level}", f"e{level}")
    case = Case(whole(inner), {"n": 0})
    case.decide("work")
    assert case.times("h0") == 1
    assert case.open == ("answer" if interrupting else "answer rest")
    case.decide(*case.open.split())
    assert case.finished


@pytest.mark.parametrize("where", ["process", "sub-process", "called process"])
def test_a_conditional_event_sub_process_whose_condition_is_true_already_runs_at_once_instead_of_its_scope(where: str) -> None:
    inner = (
        event_sub("h", event_start("h0", "conditional", "${1 > 0}"), task("a"), path("h0", "a"))
        + begin("i0")
        + human("b")
        + flow("i0", "b")
    )
    if where == "process":
        case = Case(whole(inner))
        assert case.trace == "h0 a h"
    elif where == "sub-process":
        case = Case(whole(START, sub("s", inner), END, path("start", "s", "end")))
        assert case.trace == "start h0 a h s end"
    else:
        call = '<callActivity id="s" calledElement="inner"/>'
        case = Case(whole(START, call, END, path("start", "s", "end")), operations=Stub({"inner": whole(inner, key="inner")}))
        assert case.trace == "start h0 a h s end"
    assert case.finished


def test_an_interrupting_event_sub_process_runs_only_once() -> None:
    case = Case(handled("signal", True, 1))
    assert case.signal("Stop") == 1
    assert case.signal("Stop") == 0
    assert case.open == "answer"


def test_an_event_sub_process_inside_a_sub_process_does_not_hear_before_or_after_it() -> None:
    xml = whole(
        START, human("before"),
        sub("s", event_sub("h", event_start("h0", "signal", "Stop"), end("h1"), path("h0", "h1")), begin("s0"), human("work"), end("s1"),
        path("s0", "work", "s1")),
        human("after"), END, path("start", "before", "s", "after", "end"),
    )  # fmt: skip
    case = Case(xml)
    assert case.signal("Stop") == 0
    case.decide("before")
    assert case.waiting == "h0"
    case.decide("work")
    assert case.signal("Stop") == 0
    case.decide("after")
    assert case.finished


def test_an_interrupting_event_sub_process_ends_what_others_of_its_scope_have_begun() -> None:
    xml = whole(
        event_sub("h", event_start("h0", "message", "Ask", False), human("answer"), path("h0", "answer")),
        event_sub("k", event_start("k0", "signal", "Stop"), human("stopping"), path("k0", "stopping")), START, human("work"), END,
        path("start", "work", "end"),
    )  # fmt: skip
    case = Case(xml)
    case.send("h0")
    case.signal("Stop")
    assert case.open == "stopping"
    case.decide("stopping")
    assert case.trace == "start h0 k0 stopping k"
    assert case.finished


def test_the_boundary_events_of_a_sub_process_still_wait_while_its_event_sub_process_runs() -> None:
    inner = [
        event_sub("h", event_start("h0", "signal", "Stop"), human("answer"), path("h0", "answer")),
        begin("s0"),
        human("work"),
        end("s1"),
        path("s0", "work", "s1"),
    ]
    xml = whole(
        START, sub("s", *inner), boundary("late", "s", "timer", "PT1H"), END, end("gone"), path("start", "s", "end"), path("late", "gone")
    )
    case = Case(xml)
    case.signal("Stop")
    assert case.waiting == "late"
    case.fire("late")
    assert case.trace == "start s0 h0 late gone"
    assert case.finished


def test_an_event_sub_process_may_hold_sub_processes_and_event_sub_processes_of_its_own() -> None:
    own = event_sub("k", event_start("k0", "signal", "Deep", False), task("deep"), path("k0", "deep"))
    inner = (
        event_start("h0", "message", "Ask", False)
        + own
        + sub("s", begin("s0"), human("a"), end("s1"), path("s0", "a", "s1"))
        + flow("h0", "s")
    )
    case = Case(whole(event_sub("h", inner), START, human("work"), END, path("start", "work", "end")))
    assert case.signal("Deep") == 0
    case.send("h0")
    assert case.signal("Deep") == 1
    case.decide("a", "work")
    assert case.trace == "start h0 s0 k0 deep k a s1 s h work end"
    assert case.finished


def test_a_terminate_end_event_in_an_event_sub_process_ends_only_that() -> None:
    inner = (
        event_start("h0", "message", "Ask", False)
        + gateway("split", "parallel")
        + human("a")
        + human("b")
        + end("stop", "terminate")
        + end("h1")
    )
    inner += path("h0", "split", "a", "stop") + path("split", "b", "h1")
    case = Case(whole(event_sub("h", inner), START, human("work"), END, path("start", "work", "end")))
    case.send("h0")
    case.decide("a")
    assert case.open == "work"
    assert case.times("h") == 1


def test_an_error_thrown_in_an_error_event_sub_process_goes_outwards_and_not_to_itself() -> None:
    inner = [
        event_sub("h", event_start("h0", "error", "E"), human("try"), end("again", "error", "E"), path("h0", "try", "again")), begin("s0"),
        human("work"),
        end("bad", "error", "E"), path("s0", "work", "bad"),
    ]  # fmt: skip
    xml = whole(
        START, sub("s", *inner), boundary("caught", "s", "error", "E"), END, end("gone"), path("start", "s", "end"), path("caught", "gone")
    )
    case = Case(xml)
    case.decide("work")
    assert case.open == "try"
    case.decide("try")
    assert case.trace == "start s0 work bad h0 try again caught gone"
    assert case.finished


def test_a_compensation_event_sub_process_undoes_its_sub_process_after_it_has_ended() -> None:
    """10.5.6: it replaces the default compensation and may compensate what is inside by itself."""
    inner = [
        event_sub("h", event_start("h0", "compensate"), task("tidy"), throw("inner_undo", "compensate"), end("h1"),
        path("h0", "tidy", "inner_undo", "h1")),
        begin("s0"), human("a"), compensated("a", "undo_a", "ca"), task("undo_a", isForCompensation="true"), end("s1"),
        path("s0", "a", "s1"),
    ]  # fmt: skip
    case = Case(whole(START, sub("s", *inner), human("b"), throw("undo", "compensate"), END, path("start", "s", "b", "undo", "end")))
    case.decide("a")
    assert case.times("h0") == 0
    case.decide("b")
    assert case.trace == "start s0 a s1 s b h0 tidy undo_a inner_undo h1 h undo end"
    assert case.finished


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_second_instance_of_the_same_definition_ends_like_the_first(rounds: int) -> None:
    """Section 0, finding 6: nothing of an instance is kept in the definition."""
    xml = handled("message", False, 1)
    for _ in range(rounds):
        case = Case(xml)
        case.send("h0")
        case.decide("answer", "work")
        assert case.finished
