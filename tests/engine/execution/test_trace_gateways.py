"""Gateways, as BPMN 2.0 says it in 10.6 and 13.4 (complex gateways: without an activation condition they are inclusive)."""

from typing import Any

import pytest
from drawings import END, START, boundary, catch, end, flow, gateway, human, path, script, sub, task, whole
from drawings import start as begin
from traces import Case


def choice(*conditions: str, default: str | None = None) -> bytes:
    """start -> split -> one script for each condition, a last one by default -> join -> end"""
    names = [f"t{number}" for number in range(len(conditions))]
    flows = [flow("split", name, condition) for name, condition in zip(names, conditions, strict=True)]
    more = [script("other", "y = 1"), flow("split", "other"), flow("other", "join")] if default else []
    attributes = {"default": "split_to_other"} if default else {}
    return whole(
        START, gateway("split", **attributes), *(script(name, "x = 1") for name in names), gateway("join"), END, path("start", "split"),
        *flows,
        *(flow(name, "join") for name in names), flow("join", "end"), *more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "trace"),
    [(1, "start split t0 join end"), (2, "start split t1 join end"), (3, "start split t2 join end"), (4, "start split other join end")],
)
def test_an_exclusive_gateway_takes_the_one_true_condition_or_the_default(number: int, trace: str) -> None:
    case = Case(choice("${n == 1}", "${n == 2}", "${n == 3}", default="other"), {"n": number})

    assert case.trace == trace
    assert case.finished


def test_an_exclusive_gateway_takes_the_first_of_several_true_conditions_in_the_order_of_the_file() -> None:
    assert Case(choice("${n > 5}", "${n > 1}", "${n > 0}"), {"n": 3}).trace == "start split t1 join end"


def test_an_exclusive_gateway_whose_default_stands_first_looks_at_the_conditions_before_it() -> None:
    xml = whole(
        START, gateway("split", default="split_to_a"), task("a"), task("b"), END, path("start", "split", "a", "end"),
        flow("split", "b", "${n == 1}"),
        flow("b", "end"),
    )  # fmt: skip
    assert Case(xml, {"n": 1}).trace == "start split b end"
    assert Case(xml, {"n": 2}).trace == "start split a end"


def test_an_exclusive_gateway_without_a_true_condition_and_without_default_is_an_incident_on_it() -> None:
    case = Case(choice("${n == 1}", "${n == 2}"), {"n": 3})

    assert [element for element, _ in case.failed] == ["split"]
    assert not case.finished


def test_an_exclusive_gateway_lets_every_token_pass_by_itself() -> None:
    xml = whole(
        START, gateway("split", "parallel"), task("a"), task("b"), gateway("merge"), task("c"), END,
        path("start", "split", "a", "merge", "c", "end"),
        path("split", "b", "merge"),
    )  # fmt: skip
    case = Case(xml)

    assert case.times("c") == 2
    assert case.times("end") == 2
    assert case.finished


def fork(kind: str = "parallel", *, branches: int = 2) -> bytes:
    names = [f"h{number}" for number in range(branches)]
    return whole(
        START, gateway("split", kind), *(human(name) for name in names), gateway("join", kind), END, path("start", "split"),
        *(flow("split", name) for name in names),
        *(flow(name, "join") for name in names), flow("join", "end"),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["parallel", "inclusive", "complex"])
@pytest.mark.parametrize("order", ["h0 h1 h2", "h2 h1 h0", "h1 h2 h0"])
def test_a_parallel_split_starts_all_branches_and_the_join_waits_for_all_of_them_in_any_order(kind: str, order: str) -> None:
    case = Case(fork(kind, branches=3))
    assert case.open == "h0 h1 h2"

    case.decide(*order.split()[:2])
    assert case.times("join") == 0

    case.decide(order.split()[2])
    assert case.trace == f"start split {order} join end"
    assert case.finished


def test_automatic_branches_run_breadth_first() -> None:
    xml = whole(
        START, gateway("split", "parallel"), task("a1"), task("a2"), task("b1"), task("b2"), gateway("join", "parallel"), END,
        path("start", "split", "a1", "a2", "join", "end"), path("split", "b1", "b2", "join"),
    )  # fmt: skip
    assert Case(xml).trace == "start split a1 b1 a2 b2 join end"


def test_a_flow_stands_right_behind_the_element_it_leaves() -> None:
    case = Case(fork())
    assert case.path == ["start", "start_to_split", "split", "split_to_h0", "split_to_h1"]
    case.decide("h1", "h0")
    assert case.path[5:] == ["h1", "h1_to_join", "h0", "h0_to_join", "join", "join_to_end", "end"]


def test_one_parallel_gateway_may_join_and_split_at_once() -> None:
    xml = whole(
        START, gateway("one", "parallel"), task("a"), task("b"), gateway("two", "parallel"), task("c"), task("d"),
        gateway("three", "parallel"), END,
        path("start", "one", "a", "two", "c", "three", "end"), path("one", "b", "two", "d", "three"),
    )  # fmt: skip
    assert Case(xml).trace == "start one a b two c d three end"


def test_two_tokens_on_one_input_of_a_parallel_join_are_two_and_the_second_waits_for_the_next_round() -> None:
    """13.4.1: a join consumes exactly one token of each incoming flow."""
    xml = whole(
        START, gateway("split", "parallel"), task("a"), task("b"), human("c"), gateway("merge"), gateway("join", "parallel"), END,
        path("start", "split", "a", "merge", "join", "end"), path("split", "b", "merge"), path("split", "c", "join"),
    )  # fmt: skip
    case = Case(xml)
    assert case.times("merge") == 2
    assert case.times("join") == 0

    case.decide("c")
    assert case.times("join") == 1
    assert case.times("end") == 1
    # the second token of the first input can never find a partner: somebody must look
    assert [element for element, _ in case.failed] == ["join"]
    assert not case.finished


def test_a_parallel_join_that_can_never_get_its_missing_token_is_an_incident_and_no_silent_end() -> None:
    xml = whole(
        START, gateway("split", default="split_to_b"), human("a"), human("b"), gateway("join", "parallel"), END,
        flow("split", "a", "${n == 1}"),
        path("start", "split", "b", "join", "end"), path("a", "join"),
    )  # fmt: skip
    case = Case(xml, {"n": 2})
    case.decide("b")

    assert [element for element, _ in case.failed] == ["join"]
    assert not case.finished


@pytest.mark.parametrize("rounds", [2, 5])
def test_a_parallel_join_waits_in_every_round_of_rework(rounds: int) -> None:
    xml = whole(
        START, gateway("again"), gateway("split", "parallel"), human("a"), human("b"), gateway("join", "parallel"), human("c"),
        gateway("good", default="good_to_end"), END, path("start", "again", "split", "a", "join", "c", "good", "end"),
        path("split", "b", "join"),
        flow("good", "again", "${outcome == 'return'}"),
    )  # fmt: skip
    case = Case(xml)
    for number in range(rounds):
        first, second = ("a", "b") if number % 2 else ("b", "a")
        case.decide(first)
        assert case.open == second
        case.decide(second)
        assert case.open == "c"
        case.decide("c", outcome="return")
        assert case.open == "a b"


def inclusive(default: bool = True) -> bytes:
    more = {"default": "split_to_d"} if default else {}
    return whole(
        START, gateway("split", "inclusive", **more), human("a"), human("b"), human("c"), *([human("d")] if default else []),
        gateway("join", "inclusive"), END,
        path("start", "split"), flow("split", "a", "${'a' in xs}"), flow("split", "b", "${'b' in xs}"), flow("split", "c", "${'c' in xs}"),
        *(flow(name, "join") for name in ("a", "b", "c")), *([flow("split", "d"), flow("d", "join")] if default else []),
        flow("join", "end"),
    )  # fmt: skip


@pytest.mark.parametrize("chosen", ["a", "b", "c", "a b", "a c", "b c", "a b c"])
def test_an_inclusive_gateway_takes_every_true_condition_and_its_join_waits_for_just_these(chosen: str) -> None:
    case = Case(inclusive(), {"xs": chosen.split()})
    assert case.open == chosen

    backwards = chosen.split()[::-1]
    case.decide(*backwards)

    assert case.trace == f"start split {' '.join(backwards)} join end"
    assert case.finished


def test_an_inclusive_gateway_takes_the_default_only_when_nothing_else_is_true() -> None:
    case = Case(inclusive(), {"xs": []})
    assert case.open == "d"
    case.decide("d")
    assert case.trace == "start split d join end"


def test_an_inclusive_gateway_without_any_way_is_an_incident_on_it() -> None:
    case = Case(inclusive(default=False), {"xs": []})
    assert [element for element, _ in case.failed] == ["split"]


def test_an_inclusive_gateway_takes_flows_without_condition_always() -> None:
    xml = whole(
        START, gateway("split", "inclusive"), human("a"), human("b"), gateway("join", "inclusive"), END,
        path("start", "split", "a", "join", "end"),
        flow("split", "b", "${n == 1}"), flow("b", "join"),
    )  # fmt: skip
    assert Case(xml, {"n": 1}).open == "a b"
    assert Case(xml, {"n": 2}).open == "a"


def test_an_inclusive_join_in_a_loop_waits_in_every_round() -> None:
    xml = whole(
        START, gateway("again"), gateway("split", "inclusive"), human("a"), human("b"), gateway("join", "inclusive"), human("c"),
        gateway("good", default="good_to_end"), END, path("start", "again", "split", "a", "join", "c", "good", "end"),
        flow("split", "b", "${n > 0}"),
        flow("b", "join"), flow("good", "again", "${outcome == 'return'}"),
    )  # fmt: skip
    case = Case(xml, {"n": 1})
    case.decide("b")
    assert case.open == "a"
    case.decide("a")
    assert case.open == "c"
    case.decide("c", outcome="return", n=0)
    assert case.open == "a"
    case.decide("a")
    assert case.open == "c"
    case.decide("c", outcome="return", n=1)
    assert case.open == "a b"
    case.decide("a", "b", "c")
    assert case.finished
    assert case.times("join") == 3


def test_an_unstructured_inclusive_join_waits_for_a_token_that_can_still_reach_it() -> None:
    """13.4.3: the token in `b` can reach the join through `maybe`, so the join waits until it is clear where that token goes."""
    xml = whole(
        START, gateway("split", "parallel"), human("a"), human("b"), gateway("maybe", default="maybe_to_join"), human("away"),
        gateway("join", "inclusive"), END,
        end("gone"), path("start", "split", "a", "join", "end"), path("split", "b", "maybe", "join"),
        flow("maybe", "away", "${outcome == 'reject'}"),
        path("away", "gone"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    assert case.times("join") == 0
    case.decide("b", outcome="reject")
    assert case.times("join") == 1  # the token has gone another way
    assert case.open == "away"
    case.decide("away")
    assert case.finished

    other = Case(xml)
    other.decide("a")
    other.decide("b", outcome="approve")
    assert other.times("join") == 1
    assert other.times("end") == 1
    assert other.finished


def test_an_inclusive_join_waits_for_a_token_that_reaches_it_only_through_a_boundary_event() -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), human("b"), boundary("late", "b", "timer", "PT1H"), gateway("join", "inclusive"),
        END, end("gone"),
        path("start", "split", "a", "join", "end"), path("split", "b", "gone"), path("late", "join"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    assert case.times("join") == 0
    case.fire("late")
    assert case.times("join") == 1
    assert case.finished


def test_an_inclusive_join_fires_when_the_only_token_that_could_come_ends_elsewhere() -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), human("b"), boundary("late", "b", "timer", "PT1H"), gateway("join", "inclusive"),
        END, end("gone"),
        path("start", "split", "a", "join", "end"), path("split", "b", "gone"), path("late", "join"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", "b")
    assert case.times("join") == 1
    assert case.finished


def test_an_inclusive_join_waits_for_a_token_inside_a_sub_process_that_can_reach_it() -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), sub("s", begin("s0"), human("b"), end("s1"), path("s0", "b", "s1")),
        gateway("join", "inclusive"), END,
        path("start", "split", "a", "join", "end"), path("split", "s", "join"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    assert case.times("join") == 0
    case.decide("b")
    assert case.trace == "start split s0 a b s1 s join end"


def test_an_inclusive_join_does_not_wait_for_a_token_that_would_have_to_pass_it_first() -> None:
    xml = whole(
        START, gateway("join", "inclusive"), human("a"), gateway("good", default="good_to_end"), END,
        path("start", "join", "a", "good", "end"),
        flow("good", "join", "${outcome == 'return'}"),
    )  # fmt: skip
    case = Case(xml)
    assert case.open == "a"
    case.decide("a", outcome="return")
    assert case.open == "a"
    case.decide("a")
    assert case.finished


def test_an_inclusive_split_may_be_joined_exclusively_and_then_each_token_passes() -> None:
    xml = whole(
        START, gateway("split", "inclusive", default="split_to_b"), task("a"), task("b"), task("c"), gateway("merge"), END,
        path("start", "split"),
        flow("split", "a", "${n > 0}"), flow("split", "c", "${n > 1}"), path("split", "b", "merge", "end"), path("a", "merge"),
        path("c", "merge"),
    )  # fmt: skip
    assert Case(xml, {"n": 2}).times("end") == 2
    assert Case(xml, {"n": 1}).times("end") == 1
    assert Case(xml, {"n": 0}).times("end") == 1


def test_a_complex_gateway_without_activation_condition_runs_like_an_inclusive_one() -> None:
    xml = inclusive().replace(b"inclusiveGateway", b"complexGateway")
    case = Case(xml, {"xs": ["a", "c"]})
    assert case.open == "a c"
    case.decide("c", "a")
    assert case.trace == "start split c a join end"


# --- event-based

RACE = whole(
    START, gateway("race", "eventBased"), catch("late", "timer", "PT1H"), catch("paid", "message", "Paid"), catch("stop", "signal", "Stop"),
    catch("done", "conditional", "${n > 5}"), task("receive", "receiveTask", messageRef="message_Sent"), human("other"),
    script("more", "n = n + 1"),
    gateway("split", "parallel"), end("e1"), end("e2"), end("e3"), end("e4"), end("e5"), end("e6"), path("start", "split", "race"),
    path("race", "late", "e1"), path("race", "paid", "e2"), path("race", "stop", "e3"), path("race", "done", "e4"),
    path("race", "receive", "e5"),
    path("split", "other", "more", "e6"),
)  # fmt: skip


def test_an_event_based_gateway_waits_for_all_its_events() -> None:
    case = Case(RACE, {"n": 5})
    assert case.waiting == "late paid receive stop"
    assert not case.finished


@pytest.mark.parametrize(
    ("event", "trace"),
    [
        ("timer", "start split race late e1"),
        ("message", "start split race paid e2"),
        ("signal", "start split race stop e3"),
        ("conditional", "start split other more race done e4 e6"),
        ("receive task", "start split race receive e5"),
    ],
)
def test_an_event_based_gateway_goes_on_with_the_first_event_and_forgets_the_others(event: str, trace: str) -> None:
    case = Case(RACE, {"n": 5})
    {
        "timer": lambda: case.fire("late"),
        "message": lambda: case.send("paid"),
        "signal": lambda: case.signal("Stop"),
        "conditional": lambda: case.decide("other"),
        "receive task": lambda: case.send("receive"),
    }[event]()

    assert sorted(case.trace.split()) == sorted(trace.split())
    assert case.trace.index("race") < case.trace.index(trace.split()[-2 if event != "conditional" else -3])
    assert case.waiting == ""


def test_an_event_based_gateway_with_a_condition_that_is_true_already_goes_on_at_once() -> None:
    case = Case(RACE, {"n": 6})
    assert "race done e4" in case.trace
    assert case.waiting == ""
    assert case.open == "other"


def test_an_event_based_gateway_in_a_loop_waits_anew_in_every_round() -> None:
    xml = whole(
        START, gateway("again"), gateway("race", "eventBased"), catch("tick", "timer", "PT1H"), catch("stop", "message", "Stop"), END,
        path("start", "again", "race", "tick", "again"), path("race", "stop", "end"),
    )  # fmt: skip
    case = Case(xml)
    for _ in range(3):
        case.fire("tick")
        assert case.waiting == "stop tick"
    case.send("stop")
    assert case.trace == "start again race tick again race tick again race tick again race stop end"
    assert case.finished


@pytest.mark.parametrize("held", ["paused", "failed"])
def test_an_inclusive_join_waits_for_a_token_that_is_held_before_it(held: str) -> None:
    other = human("b", camunda_asyncBefore="true") if held == "paused" else script("b", "x = y")
    xml = whole(
        START, gateway("split", "parallel"), human("a"), other, gateway("join", "inclusive"), END,
        path("start", "split", "a", "join", "end"), path("split", "b", "join"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", y=1)
    assert case.times("join") == 0
    if held == "paused":
        case.resume()
        case.decide("b")
    else:
        case.retry("b")
    assert case.trace == "start split a b join end"
    assert case.finished


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
@pytest.mark.parametrize("where", ["asyncBefore", "asyncAfter"])
def test_a_join_may_pause_before_or_behind_itself(where: str, kind: str) -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), human("b"), gateway("join", kind, **{f"camunda_{where}": "true"}), END,
        path("start", "split", "a", "join", "end"),
        path("split", "b", "join"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    case.resume()
    assert case.times("join") == 0
    case.decide("b")
    assert not case.finished
    case.resume()
    assert case.trace == "start split a b join end"
    assert case.finished


def test_two_flows_between_the_same_gateways_are_two() -> None:
    again = '<sequenceFlow id="again" sourceRef="split" targetRef="join"/>'
    case = Case(whole(START, gateway("split", "parallel"), gateway("join", "parallel"), END, path("start", "split", "join", "end"), again))
    assert case.trace == "start split join end"
    assert "again" in case.flows


def test_the_same_join_in_two_runs_of_one_sub_process_does_not_mix_their_tokens() -> None:
    inner = [
        begin("s0"),
        gateway("fork", "parallel"),
        human("a"),
        human("b"),
        gateway("join", "parallel"),
        end("s1"),
        path("s0", "fork", "a", "join", "s1"),
        path("fork", "b", "join"),
    ]
    xml = whole(
        START,
        gateway("split", "parallel"),
        task("x"),
        task("y"),
        sub("s", *inner),
        END,
        path("start", "split", "x", "s", "end"),
        path("split", "y", "s"),
    )
    case = Case(xml)
    case.decide("a")
    case.decide("b", nth=1)
    assert case.times("join") == 0
    case.decide("a", "b")
    assert case.times("join") == 2
    assert case.finished


@pytest.mark.parametrize("value", [5, None, "maybe", ["a"]])
def test_a_condition_that_gives_no_boolean_is_an_incident(value: Any) -> None:
    xml = whole(START, gateway("g", default="g_to_b"), task("a"), task("b"), path("start", "g"), flow("g", "a", "${n}"), flow("g", "b"))
    case = Case(xml, {"n": value})
    assert case.failed == [("g", "execution-failed")]
    assert "not a boolean" in case.messages[0]


@pytest.mark.parametrize(("value", "chosen"), [("true", "a"), ("false", "b"), (True, "a")])
def test_a_condition_may_give_the_text_of_a_boolean(value: Any, chosen: str) -> None:
    xml = whole(START, gateway("g", default="g_to_b"), task("a"), task("b"), path("start", "g"), flow("g", "a", "${n}"), flow("g", "b"))
    assert Case(xml, {"n": value}).trace == f"start g {chosen}"
