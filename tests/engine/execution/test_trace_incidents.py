"""What goes wrong stays where it is, others go on, and a person tries again, passes over it, or an event takes it away."""

from typing import Any

import pytest
from drawings import (
    END,
    START,
    boundary,
    catch,
    end,
    event_start,
    event_sub,
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
    whole,
)
from drawings import start as begin
from traces import Case, Stub

from engine.errors import Refused, ShenpiError, TaskClosed


class Flaky:
    """An operation that fails until it is told not to."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, **inputs: Any) -> int:
        self.calls += 1
        return self.calls


#: element that fails without the variable `x`, and what is drawn
FAILING: dict[str, tuple[str, str]] = {
    "a script": ("e", script("e", "y = x")),
    "a condition on a flow": ("e", gateway("e")),
    "a condition on a flow that leaves a task": ("e", task("e")),
    "a timer": ("e", catch("e", "timer", "${x}")),
    "a date": ("e", catch("e", "date", "${x}")),
    "a cycle": ("e", catch("e", "cycle", "${x}")),
    "an input parameter": ("e", node("serviceTask", "e", mapped({"given": "${x}"}), shenpi_operation="go")),
    "an output parameter": ("e", node("serviceTask", "e", mapped({"given": "${1}"}, {"found": "${x}"}), shenpi_operation="go")),
    "a cardinality": ("e", node("task", "e", instances("${int(x)}"))),
    "a collection": ("e", node("task", "e", instances(collection="${[x]}", element="one"))),
    "a completion condition": ("e", node("task", "e", instances("2", until="${x == 'never'}"))),
    "a loop condition": ("e", node("task", "e", loop("${x == 'never'}"))),
    "a called process": ("e", node("callActivity", "e", calledElement="${x}")),
}
GOOD = {"a timer": "PT1H", "a date": "2026-12-01", "a cycle": "R1/PT1H", "a cardinality": "2", "a called process": "inner"}
INNER = whole(begin("c0"), end("c1"), path("c0", "c1"), key="inner")


def failing(name: str) -> bytes:
    """The element beside a task that gives the variable."""
    element, part = FAILING[name]
    leaves = flow(element, "end", "${x != None}") if "flow" in name else flow(element, "end")
    return whole(
        START, gateway("split", "parallel"), human("fix"), part, END, path("start", "split", "fix", "end"), flow("split", element), leaves
    )


@pytest.mark.parametrize("name", FAILING)
def test_an_element_that_fails_is_held_while_others_go_on_and_runs_when_it_is_tried_again(name: str) -> None:
    element, _ = FAILING[name]
    flaky = Flaky()
    case = Case(failing(name), operations=Stub({"inner": INNER}, go=lambda **inputs: flaky(**inputs)))
    assert [failed for failed, _ in case.failed] == [element]
    calls = flaky.calls
    case.decide("fix", x=GOOD.get(name, "good"))
    assert not case.finished
    case.retry(element)
    if name in ("a timer", "a date", "a cycle"):
        assert case.waiting == element
        case.fire(element, days=30)
    assert case.finished
    assert [failed for failed, _ in case.failed] == [element]
    if name == "an output parameter":
        assert flaky.calls == calls  # in both runs: what has been done is not done again


@pytest.mark.parametrize("name", FAILING)
def test_an_element_that_fails_again_is_held_again(name: str) -> None:
    element, _ = FAILING[name]
    case = Case(failing(name), operations=Stub({"inner": INNER}, go=lambda **inputs: 1))
    case.retry(element)
    assert [failed for failed, _ in case.failed] == [element, element]
    case.decide("fix")
    assert not case.finished


@pytest.mark.parametrize("name", [name for name in FAILING if "flow" not in name])
def test_an_element_that_fails_may_be_passed_over_by_a_person(name: str) -> None:
    element, _ = FAILING[name]
    case = Case(failing(name), operations=Stub({"inner": INNER}, go=lambda **inputs: 1))
    case.decide("fix")
    case.resolve(element)
    assert case.waiting == ""
    assert case.finished


@pytest.mark.parametrize(
    "how", ["an interrupting boundary event", "an interrupting event sub-process", "a terminate end event", "an error", "cancel"]
)
def test_an_incident_is_taken_away_with_the_scope_it_stands_in(how: str) -> None:
    inner = (
        begin("s0")
        + gateway("split", "parallel")
        + script("bad", "x = missing")
        + human("other")
        + end("s1")
        + path("s0", "split", "bad", "s1")
        + path("split", "other")
    )
    part = ""
    if how == "a terminate end event":
        inner += end("stop", "terminate") + flow("other", "stop")
    elif how == "an error":
        inner += end("stop", "error", "E") + flow("other", "stop")
    else:
        inner += flow("other", "s1")
    if how == "an interrupting event sub-process":
        inner += event_sub("h", event_start("h0", "signal", "Stop"), end("h1"), path("h0", "h1"))
    if how == "an interrupting boundary event":
        part = boundary("b", "s", "signal", "Stop") + flow("b", "end")
    if how == "an error":
        part = boundary("b", "s", "error", "E") + flow("b", "end")
    case = Case(whole(START, sub("s", inner), part, END, path("start", "s", "end")))
    assert [failed for failed, _ in case.failed] == ["bad"]
    if how in ("a terminate end event", "an error"):
        case.decide("other")
    elif how == "cancel":
        case.each(lambda side, run: run.cancel())
    else:
        case.signal("Stop")
    assert case.finished
    with pytest.raises(ShenpiError):
        case.retry("bad")


def test_a_sub_process_is_not_completed_while_something_in_it_is_held() -> None:
    inner = [
        begin("s0"),
        gateway("split", "parallel"),
        script("bad", "y = x"),
        human("other"),
        end("s1"),
        path("s0", "split", "bad", "s1"),
        path("split", "other", "s1"),
    ]
    case = Case(whole(START, sub("s", *inner), END, path("start", "s", "end")))
    case.decide("other", x=1)
    assert case.times("s") == 0
    case.retry("bad")
    assert case.times("s") == 1
    assert case.finished


@pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])
def test_one_instance_of_a_multi_instance_that_fails_is_held_and_tried_again_alone(sequential: bool) -> None:
    body = node(
        "scriptTask",
        "t",
        f"<script>found = found + [values[who]]</script>{instances(sequential=sequential, collection='people', element='who')}",
    )
    xml = whole(
        START, gateway("split", "parallel"), body, human("fix"), END, path("start", "split", "t", "end"), path("split", "fix", "end")
    )
    case = Case(xml, {"people": ["a", "b", "c"], "values": {"a": 1, "c": 3}, "found": []})
    assert [failed for failed, _ in case.failed] == ["t"]
    assert case.variables["found"] == ([1] if sequential else [1, 3])
    case.decide("fix", values={"a": 1, "b": 2, "c": 3})
    case.retry("t")
    assert sorted(case.variables["found"]) == [1, 2, 3]
    assert case.times("t") == 3
    assert case.finished


def test_a_multi_instance_that_has_enough_answers_takes_a_failed_instance_away() -> None:
    inner = [
        begin("s0"),
        gateway("which", default="which_to_ask"),
        script("bad", "y = missing"),
        human("ask"),
        end("s1"),
        path("s0", "which", "ask", "s1"),
    ]
    inner += [flow("which", "bad", "${loopCounter == 0}"), flow("bad", "s1"), instances("3", until="${nrOfCompletedInstances == 1}")]
    case = Case(whole(START, sub("s", *inner), END, path("start", "s", "end")))
    assert [failed for failed, _ in case.failed] == ["bad"]
    case.decide("ask")
    assert case.finished


@pytest.mark.parametrize("part", ["boundary", "event sub-process"])
def test_a_timer_beside_an_activity_that_cannot_be_reckoned_is_held_and_the_activity_goes_on(part: str) -> None:
    if part == "boundary":
        xml = whole(
            START, human("a"), boundary("b", "a", "timer", "${x}", False), END, end("told"), path("start", "a", "end"), path("b", "told")
        )
    else:
        xml = whole(
            event_sub("h", event_start("b", "timer", "${x}", False), end("told"), path("b", "told")),
            START,
            human("a"),
            END,
            path("start", "a", "end"),
        )
    case = Case(xml)
    assert [failed for failed, _ in case.failed] == ["b"]
    assert case.open == "a"
    case.decide("a")
    assert case.finished


def test_a_decision_a_message_or_an_answer_for_what_is_gone_is_refused_and_changes_nothing() -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), boundary("late", "a", "timer"), service("call", "oa.go"),
        boundary("stop", "call", "signal", "Stop"),
        catch("m", "message", "M"), human("b"), END, path("start", "split", "a", "b", "end"), path("late", "end"),
        path("split", "call", "end"), path("stop", "end"),
        path("split", "m", "end"),
    )  # fmt: skip
    case = Case(xml)
    open_task = [side.token("open_tasks", "a") for side in case.sides]
    message = [side.token("messages", "m") for side in case.sides]
    case.fire("late")
    case.signal("Stop")
    case.send("m")
    before = case.sides[0].picture()["variables"]
    decision = {"outcome": "approve"}
    with pytest.raises(TaskClosed):
        case.each(lambda side, run: run.complete(open_task[case.sides.index(side)], decision, {"x": 1}))
    with pytest.raises(TaskClosed):
        case.each(lambda side, run: run.receive(message[case.sides.index(side)], {"x": 1}))
    with pytest.raises(TaskClosed):
        case.answer("call", 1)
    with pytest.raises(Refused):
        case.each(lambda side, run: run.retry(open_task[case.sides.index(side)]))
    assert case.sides[0].picture()["variables"] == before


def test_several_timers_fired_at_once_respect_one_another() -> None:
    """The first interrupts the activity; the second is gone when its turn comes."""
    xml = whole(
        START, human("a"), boundary("b1", "a", "timer", "PT1H"), boundary("b2", "a", "timer", "PT2H"), END, end("e1"), end("e2"),
        path("start", "a", "end"),
        path("b1", "e1"), path("b2", "e2"),
    )  # fmt: skip
    case = Case(xml)
    case.fire(days=1)
    assert case.trace in ("start b1 e1", "start b2 e2")
    assert case.finished


def test_a_timer_of_a_sequential_multi_instance_counts_from_its_beginning_and_not_from_each_instance() -> None:
    xml = whole(
        START,
        task("t", "userTask", instances("3", sequential=True)),
        boundary("late", "t", "timer", "PT4H"),
        END,
        end("gone"),
        path("start", "t", "end"),
        path("late", "gone"),
    )
    case = Case(xml)
    case.fire("nothing", hours=2)
    case.decide("t")
    case.fire("late", hours=1)
    assert case.times("late") == 0
    case.fire("late", hours=1)
    assert case.times("late") == 1


def test_an_incident_in_a_called_process_is_held_there_and_tried_again_there() -> None:
    inner = whole(begin("c0"), human("fix"), script("bad", "y = x"), end("c1"), path("c0", "fix", "bad", "c1"), key="inner")
    case = Case(
        whole(START, node("callActivity", "call", calledElement="inner"), END, path("start", "call", "end")),
        operations=Stub({"inner": inner}),
    )
    case.decide("fix")
    assert [failed.rpartition("/")[2] for failed, _ in case.failed] == ["bad"]
    assert not case.finished
    case.resolve(case.failed[0][0])
    assert case.finished


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_a_join_that_starves_may_be_passed_over_with_what_has_arrived(kind: str) -> None:
    xml = whole(
        START, gateway("split", default="split_to_b"), human("a"), human("b"), gateway("join", "parallel"), END,
        flow("split", "a", "${n == 1}"),
        path("start", "split", "b", "join", "end"), path("a", "join"),
    )  # fmt: skip
    case = Case(
        xml.replace(b"<parallelGateway", f"<{kind}Gateway".encode()).replace(b"</parallelGateway", f"</{kind}Gateway".encode()), {"n": 2}
    )
    case.decide("b")
    if kind == "parallel":
        assert [failed for failed, _ in case.failed] == ["join"]
        case.resolve("join")
    assert case.trace == "start split b join end"
    assert case.finished


def test_an_error_end_that_nothing_catches_is_held_again_when_it_is_tried_again() -> None:
    case = Case(whole(START, sub("s", begin("s0"), end("x", "error", "E"), path("s0", "x")), path("start", "s")))
    case.retry("x")
    assert case.failed == [("x", "error-not-caught")] * 2
    case.resolve("x")
    assert (case.trace, case.finished) == ("start s0 x s", True)
