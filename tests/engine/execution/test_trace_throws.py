"""Events that throw several things at once: each of them at every place where they may stand (BPMN 2.0, 10.5.6 and 13.5).

What everybody may hear goes first, then work, then compensation; of error, cancel and terminate the first in this order ends the scope.
"""

from itertools import product

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
    instances,
    node,
    path,
    script,
    sub,
    task,
    throw,
    whole,
)
from drawings import start as begin
from traces import Case, Stub

from engine.errors import BpmnError

LATER = '<compensateEventDefinition waitForCompletion="false"/>'
WHAT = {
    "message": definition("message", "Paid"),
    "signal": definition("signal", "Go"),
    "escalation": definition("escalation", "Up"),
    "compensate": definition("compensate"),
    "compensate later": LATER,
    "error": definition("error", "E"),
    "terminate": definition("terminate"),
    "cancel": definition("cancel"),
}
PLACES = ["process", "sub-process", "event sub-process", "multi-instance", "transaction"]
HEARD = [(), ("signal",), ("message", "signal", "escalation")]
UNDOES = [(), ("compensate",), ("compensate later",)]
ENDS = [(), ("error",), ("terminate",), ("error", "terminate"), ("cancel",), ("cancel", "terminate"), ("error", "cancel")]


def all_of(kinds: tuple[str, ...], identity: str = "x", kind: str = "endEvent") -> str:
    return node(kind, identity, "".join(WHAT[one] for one in kinds))


def work(topic: str) -> str:
    """A message that an outside operation carries."""
    return f'<messageEventDefinition camunda:type="external" camunda:topic="{topic}"/>'


def undone(identity: str, kind: str = "task") -> str:
    """A user task with a handler of a kind."""
    handler = node(kind, f"undo_{identity}", name="undo", isForCompensation="true")
    return human(identity) + compensated(identity, f"undo_{identity}", f"c_{identity}") + handler


def placed(place: str, event: str, handler: str = "task") -> bytes:
    """Return a drawing in which an end event `x` stands at a place, beside the task `stay`, and after the task `a`, which can be undone.

    Around it `heard` waits for its signal; its scope is left by `caught`, `cancelled` or as drawn, to the tasks `sorry`, `gone` and `after`.
    """
    inside = gateway("fork", "parallel") + undone("a", handler) + human("stay") + path("fork", "a", "x") + flow("fork", "stay") + event
    listens = catch("heard", "signal", "Go") + end("listened") + path("split", "heard", "listened")
    if place == "process":
        return whole(START, gateway("split", "parallel"), inside, listens, path("start", "split", "fork"))
    kind, mark = ("transaction" if place == "transaction" else "subProcess"), ""
    if place == "multi-instance":
        mark = instances("2")
    if place == "event sub-process":
        part = event_sub(
            "part",
            event_start("told", "signal", "Begin", interrupting=False),
            gateway("cut", "parallel"),
            human("b") + event + human("other"),
            path("told", "cut", "b", "x") + flow("cut", "other"),
        )
        inside = gateway("fork", "parallel") + undone("a", handler) + human("stay") + path("fork", "a") + flow("fork", "stay") + part
    host = sub("s", begin("s0"), inside, flow("s0", "fork"), mark, kind=kind)
    left = boundary("caught", "s", "error", "E") + human("sorry") + flow("caught", "sorry")
    left += boundary("raised", "s", "escalation", "Up", interrupting=False) + human("told_so") + flow("raised", "told_so")
    if place == "transaction":
        left += boundary("cancelled", "s", "cancel") + human("gone") + flow("cancelled", "gone")
    return whole(START, gateway("split", "parallel"), host, left, human("after"), listens, path("start", "split", "s", "after"))


def reach(place: str, case: Case) -> None:
    """Let the event happen."""
    case.decide("a")
    if place == "event sub-process":
        case.signal("Begin")
        case.decide("b")


#: what is open behind the event when its scope goes on, is terminated, is left by an error, is cancelled
BEHIND = {
    "process": {None: "stay", "terminate": "", "error": ""},
    "sub-process": {None: "stay", "terminate": "after", "error": "sorry"},
    "event sub-process": {None: "other stay", "terminate": "stay", "error": "sorry"},
    "multi-instance": {None: "a stay stay", "terminate": "a stay", "error": "sorry"},
    "transaction": {None: "stay", "terminate": "after", "error": "sorry", "cancel": "gone"},
}

COMBINED = [
    (place, (*heard, *undoes, *ends))
    for place, heard, undoes, ends in product(PLACES, HEARD, UNDOES, ENDS)
    if len(heard) + len(undoes) + len(ends) > 1 and ("cancel" not in ends or place == "transaction")
]


@pytest.mark.parametrize("backwards", [False, True], ids=["as listed", "backwards"])
@pytest.mark.parametrize(("place", "kinds"), COMBINED, ids=[f"{place}: {', '.join(kinds)}" for place, kinds in COMBINED])
def test_an_end_event_throws_everything_it_names_and_what_ends_its_scope_last(place: str, kinds: tuple[str, ...], backwards: bool) -> None:
    drawn = kinds[::-1] if backwards else kinds
    case = Case(placed(place, all_of(drawn)))
    reach(place, case)

    last = next((kind for kind in ("error", "cancel", "terminate") if kind in kinds), None)
    survives = last is None or (last == "terminate" and place == "event sub-process")
    names = {"message": "Paid", "signal": "Go"}
    assert case.failed == []
    assert case.thrown == [(kind, names[kind]) for kind in drawn if kind in names]
    assert case.times("x") == 1
    assert case.times("heard") == kinds.count("signal")
    assert case.times("raised") == int("escalation" in kinds and place != "process")
    assert case.times("undo_a") == int("compensate" in kinds or last == "cancel" or ("compensate later" in kinds and survives))
    assert case.open == " ".join(sorted([*BEHIND[place][last].split(), *(["told_so"] if case.times("raised") else [])]))
    assert case.times("caught") == int(last == "error" and place != "process")
    assert case.finished is (place == "process" and last is not None)
    assert case.run.outcome == ("error" if place == "process" and last == "error" else None)
    order = [name for name in case.trace.split() if name in ("heard", "raised", "undo_a", "caught", "cancelled")]
    if last is not None:  # what ends the scope comes after everything else
        assert order == sorted(order, key=lambda name: name in ("caught", "cancelled"))
    if "compensate" in kinds:  # and compensation after what everybody may hear
        assert order == sorted(order, key=rank)


def rank(name: str) -> int:
    return {"heard": 0, "raised": 0, "undo_a": 1}.get(name, 2)


# --- compensation is waited for


@pytest.mark.parametrize(("place", "last"), [(place, last) for place in PLACES for last in BEHIND[place] if last is not None])
def test_what_ends_the_scope_waits_for_the_people_who_undo(place: str, last: str) -> None:
    case = Case(placed(place, all_of((last, "compensate", "signal")), handler="userTask"))
    reach(place, case)
    assert (case.thrown, case.times("x")) == ([("signal", "Go")], 0)
    assert {"undo_a", "stay"} <= set(case.open.split())
    case.decide("undo_a")
    assert case.open == BEHIND[place][last]
    assert (case.thrown, case.times("x"), case.times("undo_a")) == ([("signal", "Go")], 1, 1)


@pytest.mark.parametrize("kind", ["intermediateThrowEvent", "endEvent"])
def test_several_compensations_of_one_event_follow_one_another_as_drawn(kind: str) -> None:
    event = node(kind, "x", definition("compensate", "a") + definition("compensate", "b"))
    tail = human("after") + flow("x", "after") if kind == "intermediateThrowEvent" else ""
    case = Case(whole(START, undone("a", "userTask"), undone("b", "userTask"), event, tail, path("start", "a", "b", "x")))
    case.decide("a", "b")
    assert case.open == "undo_a"
    case.decide("undo_a")
    assert case.open == "undo_b"
    case.decide("undo_b")
    assert case.trace == "start a b undo_a undo_b x"
    assert case.finished is (kind == "endEvent")


def test_of_two_compensations_one_may_be_waited_for_and_the_other_not() -> None:
    later = '<compensateEventDefinition activityRef="a" waitForCompletion="false"/>'
    event = node("intermediateThrowEvent", "x", later + definition("compensate", "b"))
    tail = human("after") + flow("x", "after")
    case = Case(whole(START, undone("a", "userTask"), undone("b", "userTask"), event, tail, path("start", "a", "b", "x")))
    case.decide("a", "b")
    assert case.open == "undo_a undo_b"
    case.decide("undo_b")
    assert case.open == "after undo_a"
    case.decide("after", "undo_a")
    assert case.finished


def test_a_compensation_that_nobody_waits_for_goes_on_when_the_event_sub_process_that_threw_it_is_terminated() -> None:
    part = event_sub(
        "part", event_start("told", "signal", "Begin", interrupting=False), all_of(("compensate later", "terminate")), path("told", "x")
    )
    inner = sub("s", begin("s0"), undone("a", "userTask"), undone("b", "userTask"), human("stay"), part, path("s0", "a", "b", "stay"))
    case = Case(whole(START, inner, human("after"), path("start", "s", "after")))
    case.decide("a", "b")
    case.signal("Begin")
    assert case.open == "stay undo_b"
    case.decide("undo_b", "undo_a", "stay")
    assert case.open == "after"


def test_a_handler_that_throws_an_error_leaves_nothing_to_throw_after_it() -> None:
    xml = placed("sub-process", all_of(("compensate", "terminate")), handler="serviceTask")
    xml = xml.replace(b'<serviceTask id="undo_a"', b'<serviceTask id="undo_a" camunda:type="external" camunda:topic="undo"')
    case = Case(xml)
    case.decide("a")
    case.fail("undo_a", "E")
    assert case.times("x") == 0
    assert case.open == "sorry"


# --- what is thrown may end the rest


@pytest.mark.parametrize(
    "drawn", ["escalation message signal error", "message escalation signal terminate", "message signal escalation compensate"]
)
def test_an_escalation_that_interrupts_the_scope_ends_the_rest(drawn: str) -> None:
    inner = sub("s", begin("s0"), undone("a"), all_of(tuple(drawn.split())), path("s0", "a", "x"))
    caught = boundary("raised", "s", "escalation", "Up") + boundary("caught", "s", "error", "E")
    case = Case(whole(START, inner, caught, human("told"), END, path("start", "s", "end"), flow("raised", "told")))
    case.decide("a")
    names = {"message": "Paid", "signal": "Go"}
    before = drawn.split()[: drawn.split().index("escalation")]
    assert case.thrown == [(kind, names[kind]) for kind in before]
    assert case.trace == "start s0 a x raised"
    assert case.open == "told"


@pytest.mark.parametrize("last", ["error", "terminate", "compensate", "message"])
def test_a_signal_that_interrupts_the_scope_it_comes_from_ends_the_rest(last: str) -> None:
    inner = sub("s", begin("s0"), undone("a"), all_of(("signal", last)), path("s0", "a", "x"))
    caught = boundary("stopped", "s", "signal", "Go") + boundary("caught", "s", "error", "E")
    case = Case(whole(START, inner, caught, human("told"), END, path("start", "s", "end"), flow("stopped", "told")))
    case.decide("a")
    assert (case.trace, case.open, case.thrown) == ("start s0 a x stopped", "told", [("signal", "Go")])


def test_an_error_that_an_event_sub_process_of_the_same_scope_catches_is_not_followed_by_the_terminate() -> None:
    part = event_sub("part", event_start("caught", "error", "E"), human("mend"), path("caught", "mend"))
    inner = sub("s", begin("s0"), human("a"), all_of(("terminate", "error")), part, path("s0", "a", "x"))
    case = Case(whole(START, inner, END, path("start", "s", "end")))
    case.decide("a")
    assert case.open == "mend"
    case.decide("mend")
    assert case.trace == "start s0 a x caught mend part s end"


def test_an_error_of_a_called_process_leaves_it_after_its_signal() -> None:
    inner = whole(begin("i0"), undone("a"), all_of(("terminate", "error", "compensate", "signal")), path("i0", "a", "x"), key="inner")
    call = task("c", "callActivity", calledElement="inner") + boundary("caught", "c", "error", "E")
    outer = whole(START, gateway("split", "parallel"), catch("heard", "signal", "Go"), call, human("sorry"), END, path("start", "split", "heard"),
                  path("split", "c", "end"), flow("caught", "sorry"))  # fmt: skip
    case = Case(outer, operations=Stub({"inner": inner}))
    case.decide("a")
    assert case.trace == "start split i0 a heard undo_a x caught"
    assert case.open == "sorry"


# --- what is carried to the outside


@pytest.mark.parametrize(("place", "last"), [(place, last) for place in PLACES for last in BEHIND[place]])
def test_what_operations_carry_follows_one_after_another_before_the_scope_ends(place: str, last: str | None) -> None:
    event = node("endEvent", "x", (WHAT[last] if last else "") + work("one") + WHAT["compensate"] + work("two") + WHAT["signal"])
    case = Case(placed(place, event))
    reach(place, case)
    assert (case.thrown, [name for _, name, _ in case.calls], case.times("undo_a")) == ([("signal", "Go")], ["one"], 0)
    case.answer("x")
    assert ([name for _, name, _ in case.calls], case.times("undo_a"), case.times("x")) == (["one", "two"], 0, 0)
    case.answer("x")
    assert case.open == BEHIND[place][last]
    assert (case.thrown, len(case.calls), case.times("undo_a"), case.times("x")) == ([("signal", "Go")], 2, 1, 1)


def test_an_intermediate_event_goes_on_when_everything_is_thrown() -> None:
    event = node(
        "intermediateThrowEvent",
        "x",
        WHAT["compensate"] + work("one") + WHAT["escalation"] + work("two") + WHAT["message"] + WHAT["signal"],
    )
    case = Case(whole(START, undone("a"), event, END, path("start", "a", "x", "end")))
    case.decide("a")
    assert case.thrown == [("message", "Paid"), ("signal", "Go")]
    case.answer("x")
    case.answer("x")
    assert (case.trace, case.finished) == ("start a undo_a x end", True)


def test_a_job_that_answers_with_an_error_ends_the_rest() -> None:
    case = Case(placed("sub-process", node("endEvent", "x", work("one") + work("two") + WHAT["terminate"])))
    case.decide("a")
    case.fail("x", "E")
    assert ([name for _, name, _ in case.calls], case.open, case.times("x")) == (["one"], "sorry", 0)


def test_an_event_that_is_interrupted_while_its_first_job_runs_asks_for_no_second() -> None:
    event = node("endEvent", "x", work("one") + work("two"))
    inner = sub("s", begin("s0"), event, path("s0", "x"))
    case = Case(whole(START, inner, boundary("late", "s", "timer", "PT1H"), END, path("start", "s", "end"), flow("late", "end")))
    case.fire("late")
    assert ([name for _, name, _ in case.calls], case.finished) == (["one"], True)


def test_local_operations_and_expressions_run_in_their_turn() -> None:
    told: list[str] = []
    local = '<messageEventDefinition shenpi:operation="tell"/>'
    expression = "<messageEventDefinition camunda:expression=\"${execution.setVariable('a', 1)}\"/>"
    event = node("endEvent", "x", local + expression + work("one") + WHAT["terminate"] + WHAT["message"])
    case = Case(whole(START, event, path("start", "x")), operations=Stub(tell=lambda: told.append("tell")))
    assert (told, case.variables, case.thrown, case.finished) == (
        ["tell", "tell"],
        {"a": 1},
        [("message", "Paid")],
        False,
    )  # once in each run
    case.answer("x")
    assert case.finished


def test_an_error_that_a_local_operation_answers_with_ends_the_rest_and_is_in_the_record() -> None:
    def refuse() -> None:
        raise BpmnError("E", "no")

    event = node("endEvent", "x", '<messageEventDefinition shenpi:operation="tell"/>' + WHAT["terminate"])
    case = Case(placed("sub-process", event), operations=Stub(tell=refuse))
    case.decide("a")
    assert case.open == "sorry"
    assert [one.result.evidence for one in case.sides[1].execution.done] == [{"error": "E", "message": "no"}]


# --- what goes wrong is tried again, and nothing is thrown twice


def test_an_error_that_nothing_catches_is_tried_again_without_what_was_thrown_before_it() -> None:
    xml = whole(
        START, sub("s", begin("s0"), human("stay"), all_of(("signal", "error", "terminate")), path("s0", "stay", "x")), path("start", "s")
    )
    case = Case(xml)
    case.decide("stay")
    case.retry("x")
    assert case.failed == [("x", "error-not-caught")] * 2
    assert case.thrown == [("signal", "Go")]


def test_an_error_that_is_passed_over_is_followed_by_what_is_left() -> None:
    inner = sub("s", begin("s0"), human("a"), all_of(("signal", "error", "terminate")), path("s0", "a", "x"))
    case = Case(whole(START, inner, human("after"), path("start", "s", "after")))
    case.decide("a")
    assert case.failed == [("x", "error-not-caught")]
    case.resolve("x")
    assert (case.open, case.thrown) == ("after", [("signal", "Go")])


def test_a_job_that_is_asked_for_again_throws_nothing_else_again() -> None:
    case = Case(placed("sub-process", node("endEvent", "x", WHAT["signal"] + work("one") + work("two") + WHAT["terminate"])))
    case.decide("a")
    case.answer("x")
    case.fail("x", "Other")
    assert case.failed == [("x", "bpmn-error")]
    case.retry("x")
    assert [name for _, name, _ in case.calls] == ["one", "two", "two"]
    assert case.thrown == [("signal", "Go")]
    case.answer("x")
    assert case.open == "after"


def test_a_name_that_cannot_be_reckoned_holds_the_event_where_it_is() -> None:
    xml = placed("process", node("endEvent", "x", WHAT["message"] + WHAT["signal"] + WHAT["terminate"]))
    xml = xml.replace(b'<signal id="signal_Go" name="Go"/>', b'<signal id="signal_Go" name="${name}"/>')
    xml = xml.replace(b'signalRef="signal_Go"/></intermediateCatchEvent>', b'signalRef="other"/></intermediateCatchEvent>')
    xml = xml.replace(b"<process", b'<signal id="other" name="Other"/><process', 1)
    case = Case(xml)
    case.decide("a")
    assert (case.thrown, len(case.failed)) == ([("message", "Paid")], 1)
    case.decide("stay", name="Go")
    case.retry("x")
    assert (case.thrown, case.finished) == ([("message", "Paid"), ("signal", "Go")], True)


def test_an_event_between_save_points_throws_once() -> None:
    event = node(
        "intermediateThrowEvent",
        "x",
        WHAT["message"] + work("one") + WHAT["compensate"],
        camunda_asyncBefore="true",
        camunda_asyncAfter="true",
    )
    case = Case(whole(START, undone("a"), event, END, path("start", "a", "x", "end")))
    case.decide("a")
    assert case.thrown == []
    case.resume()
    case.answer("x")
    assert (case.times("x"), case.finished) == (1, False)
    case.resume()
    assert (case.thrown, len(case.calls), case.trace, case.finished) == ([("message", "Paid")], 1, "start a undo_a x end", True)


# --- where an event stands changes nothing else


def test_a_cancel_undoes_what_a_compensation_beside_it_did_not() -> None:
    event = node("endEvent", "x", definition("compensate", "a") + WHAT["cancel"])
    inner = sub("s", begin("s0"), undone("a"), undone("b"), event, path("s0", "a", "b", "x"), kind="transaction")
    case = Case(
        whole(START, inner, boundary("cancelled", "s", "cancel"), END, end("gone"), path("start", "s", "end"), flow("cancelled", "gone"))
    )
    case.decide("a", "b")
    assert case.trace == "start s0 a b undo_a x undo_b cancelled gone"


def test_a_throw_that_nobody_hears_is_followed_by_its_flow() -> None:
    event = node("intermediateThrowEvent", "x", WHAT["signal"] + WHAT["escalation"])
    case = Case(whole(START, event, script("n", "k = 1"), throw("y"), END, path("start", "x", "n", "y", "end")))
    assert (case.trace, case.variables["k"], case.finished) == ("start x n y end", 1, True)
