"""Compensation: last done, first undone; each once (BPMN 2.0, 10.5.6 and 13.5.5)."""

import pytest
from drawings import (
    END,
    START,
    association,
    boundary,
    compensated,
    definition,
    end,
    flow,
    gateway,
    human,
    instances,
    loop,
    node,
    path,
    script,
    sub,
    task,
    throw,
    whole,
)
from drawings import start as begin
from traces import Case


def undone(identity: str, kind: str = "task") -> str:
    """A user task with a handler of a kind."""
    handler = (
        human(f"undo_{identity}", isForCompensation="true")
        if kind == "userTask"
        else task(f"undo_{identity}", kind, isForCompensation="true")
    )
    return human(identity) + compensated(identity, f"undo_{identity}", f"c_{identity}") + handler


@pytest.mark.parametrize("position", ["intermediate", "end"])
@pytest.mark.parametrize("order", ["a b c", "c b a", "b c a"])
def test_compensation_runs_in_reverse_order_of_completion(order: str, position: str) -> None:
    thrown = (
        throw("undo", "compensate") + END + path("join", "undo", "end")
        if position == "intermediate"
        else end("undo", "compensate") + path("join", "undo")
    )
    xml = whole(
        START, gateway("split", "parallel"), undone("a"), undone("b"), undone("c"), gateway("join", "parallel"), thrown,
        path("start", "split", "a", "join"),
        path("split", "b", "join"), path("split", "c", "join"),
    )  # fmt: skip
    case = Case(xml)
    case.decide(*order.split())
    back = " ".join(f"undo_{name}" for name in reversed(order.split()))
    assert case.trace == f"start split {order} join {back} undo" + (" end" if position == "intermediate" else "")
    assert case.finished


def test_only_what_was_completed_is_compensated() -> None:
    xml = whole(
        START, gateway("split", "parallel"), undone("a"), undone("b"), undone("c"), throw("undo", "compensate"), END,
        path("start", "split", "a", "undo", "end"),
        path("split", "b", "end"), path("split", "c", "end"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("c", "a")
    assert case.trace.endswith("undo_a undo_c undo end") or "undo_a undo_c undo" in case.trace
    assert case.times("undo_b") == 0
    assert case.open == "b"


def test_one_activity_may_be_compensated_alone_by_name() -> None:
    xml = whole(
        START, undone("a"), undone("b"), undone("c"), throw("undo", "compensate", "b"), END, path("start", "a", "b", "c", "undo", "end")
    )
    case = Case(xml)
    case.decide("a", "b", "c")
    assert case.trace == "start a b c undo_b undo end"


def test_what_was_compensated_once_is_not_compensated_again() -> None:
    xml = whole(
        START, undone("a"), undone("b"), throw("one", "compensate", "a"), throw("two", "compensate"), throw("three", "compensate"), END,
        path("start", "a", "b", "one", "two", "three", "end"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", "b")
    assert case.trace == "start a b undo_a one undo_b two three end"


def test_an_activity_that_was_done_three_times_is_compensated_three_times() -> None:
    xml = whole(
        START, gateway("again"), undone("a"), gateway("good", default="good_to_undo"), throw("undo", "compensate"), END,
        path("start", "again", "a", "good", "undo", "end"), flow("good", "again", "${outcome == 'return'}"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", outcome="return")
    case.decide("a", outcome="return")
    case.decide("a")
    assert case.times("undo_a") == 3
    assert case.trace.endswith("undo_a undo_a undo_a undo end")


def test_a_throwing_event_waits_until_the_compensation_is_done() -> None:
    xml = whole(
        START,
        undone("a", "userTask"),
        undone("b", "userTask"),
        throw("undo", "compensate"),
        human("after"),
        END,
        path("start", "a", "b", "undo", "after", "end"),
    )
    case = Case(xml)
    case.decide("a", "b")
    assert case.open == "undo_b"  # one after another, last first
    case.decide("undo_b")
    assert case.open == "undo_a"
    assert case.times("undo") == 0
    case.decide("undo_a")
    assert case.open == "after"
    case.decide("after")
    assert case.trace == "start a b undo_b undo_a undo after end"


def test_a_throwing_event_that_does_not_wait_goes_on_beside_the_compensation() -> None:
    event = node("intermediateThrowEvent", "undo", '<compensateEventDefinition waitForCompletion="false"/>')
    case = Case(whole(START, undone("a", "userTask"), event, human("after"), END, path("start", "a", "undo", "after", "end")))
    case.decide("a")
    assert case.open == "after undo_a"
    case.decide("after")
    assert not case.finished
    case.decide("undo_a")
    assert case.finished


def test_compensation_reaches_into_sub_processes_that_have_ended() -> None:
    inner = sub("s", begin("s0"), undone("a"), undone("b"), end("s1"), path("s0", "a", "b", "s1"))
    case = Case(whole(START, inner, undone("c"), throw("undo", "compensate"), END, path("start", "s", "c", "undo", "end")))
    case.decide("a", "b", "c")
    assert case.trace == "start s0 a b s1 s c undo_c undo_b undo_a undo end"
    assert case.finished


@pytest.mark.parametrize("depth", [2, 3])
def test_compensation_reaches_any_depth(depth: int) -> None:
    inner = sub("s0", begin("b0"), undone("a"), undone("b"), end("e0"), path("b0", "a", "b", "e0"))
    for level in range(1, depth):
        inner = sub(f"s{level}", begin(f"b{level}"), inner, end(f"e{level}"), path(f"b{level}", f"s{level - 1}", f"e{level}"))
    case = Case(whole(START, inner, throw("undo", "compensate"), END, path("start", f"s{depth - 1}", "undo", "end")))
    case.decide("a", "b")
    assert case.trace.endswith("undo_b undo_a undo end")
    assert case.finished


def test_a_handler_of_a_sub_process_is_run_instead_of_those_inside_it() -> None:
    """10.5.6: a compensation boundary event on the sub-process stands for the whole of it."""
    inner = (
        sub("s", begin("s0"), undone("a"), end("s1"), path("s0", "a", "s1"))
        + compensated("s", "undo_s", "cs")
        + task("undo_s", isForCompensation="true")
    )
    case = Case(whole(START, inner, human("b"), throw("undo", "compensate"), END, path("start", "s", "b", "undo", "end")))
    case.decide("a", "b")
    assert case.trace == "start s0 a s1 s b undo_s undo end"


def test_compensation_thrown_inside_a_sub_process_leaves_alone_what_is_around_it() -> None:
    inner = sub("s", begin("s0"), undone("b"), throw("undo", "compensate"), end("s1"), path("s0", "b", "undo", "s1"))
    case = Case(whole(START, undone("a"), inner, END, path("start", "a", "s", "end")))
    case.decide("a", "b")
    assert case.trace == "start a s0 b undo_b undo s1 s end"


def test_a_sub_process_that_was_interrupted_is_not_compensated() -> None:
    inner = sub("s", begin("s0"), undone("a"), human("b"), end("s1"), path("s0", "a", "b", "s1"))
    xml = whole(
        START, inner, boundary("late", "s", "timer", "PT1H"), throw("undo", "compensate"), END, path("start", "s", "end"),
        path("late", "undo", "end"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    case.fire("late")
    assert case.trace == "start s0 a late undo end"


def test_a_sub_process_done_twice_is_undone_last_round_first() -> None:
    inner = sub("s", begin("s0"), undone("a"), undone("b"), end("s1"), path("s0", "a", "b", "s1"))
    xml = whole(
        START, gateway("again"), inner, human("c"), gateway("good", default="good_to_undo"), throw("undo", "compensate"), END,
        path("start", "again", "s", "c", "good", "undo", "end"), flow("good", "again", "${outcome == 'return'}"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", "b")
    case.decide("c", outcome="return")
    case.decide("a", "b", "c")
    assert case.trace.endswith("undo_b undo_a undo_b undo_a undo end")


@pytest.mark.parametrize("how", ["multi-instance", "sequential multi-instance", "standard loop"])
def test_what_was_done_in_a_loop_is_undone_once_for_each_round(how: str) -> None:
    characteristics = {
        "multi-instance": instances("3"),
        "sequential multi-instance": instances("3", sequential=True),
        "standard loop": loop(most="3"),
    }[how]
    inner = sub("s", begin("s0"), undone("a"), end("s1"), path("s0", "a", "s1"), characteristics)
    case = Case(whole(START, inner, throw("undo", "compensate"), END, path("start", "s", "undo", "end")))
    case.decide("a", "a", "a")
    assert case.times("undo_a") == 3
    assert case.trace.endswith("undo end")
    assert case.finished


def test_a_compensation_boundary_event_never_happens_by_itself() -> None:
    case = Case(whole(START, undone("a"), END, path("start", "a", "end")))
    assert case.waiting == ""
    case.decide("a")
    assert case.trace == "start a end"
    assert case.finished


def test_a_handler_may_be_a_script_a_user_task_or_a_sub_process() -> None:
    handlers = {
        "a": node("scriptTask", "undo_a", "<script>n = n + 1</script>", isForCompensation="true"),
        "b": human("undo_b", isForCompensation="true"),
        "c": sub("undo_c", begin("u0"), task("inside"), end("u1"), path("u0", "inside", "u1"), isForCompensation="true"),
    }
    parts = [human(name) + compensated(name, f"undo_{name}", f"c_{name}") + text for name, text in handlers.items()]
    case = Case(whole(START, *parts, throw("undo", "compensate"), END, path("start", "a", "b", "c", "undo", "end")), {"n": 0})
    case.decide("a", "b", "c")
    assert case.open == "undo_b"
    case.decide("undo_b")
    assert case.trace == "start a b c u0 inside u1 undo_c undo_b undo_a undo end"
    assert case.variables["n"] == 1


def test_without_anything_to_undo_a_throwing_event_goes_on() -> None:
    case = Case(whole(START, task("a"), throw("undo", "compensate"), END, path("start", "a", "undo", "end")))
    assert case.trace == "start a undo end"


def test_a_scope_that_is_ended_takes_its_running_compensation_with_it() -> None:
    inner = sub("s", begin("s0"), undone("a", "userTask"), throw("undo", "compensate"), end("s1"), path("s0", "a", "undo", "s1"))
    xml = whole(START, inner, boundary("late", "s", "timer", "PT1H"), END, end("gone"), path("start", "s", "end"), path("late", "gone"))
    case = Case(xml)
    case.decide("a")
    assert case.open == "undo_a"
    case.fire("late")
    assert case.trace == "start s0 a late gone"
    assert case.finished


def test_compensation_may_be_thrown_by_the_way_of_an_error() -> None:
    inner = sub("s", begin("s0"), human("b"), end("bad", "error", "E"), path("s0", "b", "bad"))
    xml = whole(
        START, undone("a"), inner, boundary("caught", "s", "error", "E"), throw("undo", "compensate"), END, end("sorry"),
        path("start", "a", "s", "end"),
        path("caught", "undo", "sorry"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", "b")
    assert case.trace == "start a s0 b bad caught undo_a undo sorry"


def test_an_association_may_name_its_ends_through_the_boundary_event_only() -> None:
    event = node("boundaryEvent", "c", definition("compensate"), attachedToRef="a")
    xml = whole(
        START, script("a", "n = 1"), event, script("undo_a", "n = 0").replace("<scriptTask ", '<scriptTask isForCompensation="true" '),
        association("c", "undo_a"),
        throw("undo", "compensate"), END, path("start", "a", "undo", "end"),
    )  # fmt: skip
    case = Case(xml)
    assert case.variables["n"] == 0
    assert case.trace == "start a undo_a undo end"


def test_a_handler_that_fails_is_held_and_its_compensation_goes_on_when_it_has_been_put_right() -> None:
    handler = node("scriptTask", "undo_b", "<script>n = missing</script>", isForCompensation="true")
    xml = whole(
        START,
        undone("a"),
        human("b"),
        compensated("b", "undo_b", "cb"),
        handler,
        throw("undo", "compensate"),
        END,
        path("start", "a", "b", "undo", "end"),
    )
    case = Case(xml)
    case.decide("a", "b")
    assert [element for element, _ in case.failed] == ["undo_b"]
    assert case.times("undo_a") == 0
    case.resolve("undo_b")
    assert case.trace == "start a b undo_b undo_a undo end"
    assert case.finished


def test_an_error_in_a_handler_leaves_the_scope_of_the_compensation() -> None:
    handler = node("serviceTask", "undo_a", isForCompensation="true", shenpi_operation="oa.undo")
    inner = sub(
        "s",
        begin("s0"),
        human("a"),
        compensated("a", "undo_a", "ca"),
        handler,
        throw("undo", "compensate"),
        end("s1"),
        path("s0", "a", "undo", "s1"),
    )
    case = Case(
        whole(START, inner, boundary("caught", "s", "error", "E"), END, end("gone"), path("start", "s", "end"), path("caught", "gone"))
    )
    case.decide("a")
    case.fail("undo_a", "E")
    assert case.trace == "start s0 a caught gone"
    assert case.finished


def test_a_handler_may_itself_run_several_times() -> None:
    handler = node("userTask", "undo_a", instances("2"), isForCompensation="true")
    case = Case(
        whole(
            START,
            human("a"),
            compensated("a", "undo_a", "ca"),
            handler,
            throw("undo", "compensate"),
            END,
            path("start", "a", "undo", "end"),
        )
    )
    case.decide("a")
    assert case.open == "undo_a undo_a"
    case.decide("undo_a", "undo_a")
    assert case.trace == "start a undo_a undo_a undo end"


def test_a_cancelled_transaction_waits_for_the_people_who_undo_it() -> None:
    inner = [begin("t0"), undone("a", "userTask"), end("no", "cancel"), path("t0", "a", "no")]
    xml = whole(
        START,
        sub("t", *inner, kind="transaction"),
        boundary("cancelled", "t", "cancel"),
        END,
        end("gone"),
        path("start", "t", "end"),
        path("cancelled", "gone"),
    )
    case = Case(xml)
    case.decide("a")
    assert case.open == "undo_a"
    assert case.times("cancelled") == 0
    case.decide("undo_a")
    assert case.trace == "start t0 a no undo_a cancelled gone"
    assert case.finished


def test_a_cancel_undoes_what_a_compensation_under_way_has_not_undone_yet() -> None:
    """BPMN 2.0.2, 13.5.5: a cancelled transaction compensates everything in it that was completed, in reverse order."""
    inner = [
        begin("t0"), undone("a", "userTask"), undone("b", "userTask"), gateway("split", "parallel"), throw("undo", "compensate"), end("over"), human("c"),
        end("no", "cancel"), path("t0", "a", "b", "split", "undo", "over"), path("split", "c", "no"),
    ]  # fmt: skip
    case = Case(
        whole(
            START, sub("t", *inner, kind="transaction"), boundary("cancelled", "t", "cancel"), END, end("gone"), path("start", "t", "end"),
            path("cancelled", "gone"),
        )
    )  # fmt: skip
    case.decide("a", "b")
    assert case.open == "c undo_b"
    case.decide("c")
    assert case.open == "undo_b", "nobody had finished undoing it"
    case.decide("undo_b")
    assert case.open == "undo_a"
    assert case.times("cancelled") == 0
    case.decide("undo_a")
    assert case.trace.endswith("undo_b undo_a cancelled gone")
    assert case.finished


def test_a_cancel_undoes_once_what_a_compensation_of_one_activity_had_undone_and_what_it_had_not() -> None:
    inner = [
        begin("t0"), undone("a", "userTask"), undone("b", "userTask"), gateway("split", "parallel"), throw("undo", "compensate", "b"), end("over"),
        human("c"), end("no", "cancel"), path("t0", "a", "b", "split", "undo", "over"), path("split", "c", "no"),
    ]  # fmt: skip
    case = Case(
        whole(
            START, sub("t", *inner, kind="transaction"), boundary("cancelled", "t", "cancel"), END, end("gone"), path("start", "t", "end"),
            path("cancelled", "gone"),
        )
    )  # fmt: skip
    case.decide("a", "b", "undo_b", "c")
    assert case.open == "undo_a"
    case.decide("undo_a")
    assert case.times("undo_b") == 1
    assert case.finished
