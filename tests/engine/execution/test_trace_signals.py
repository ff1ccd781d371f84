"""Signals reach everything in the instance that waits; conditions are looked at after every change in any scope (BPMN 2.0, 10.4.3, 13.5)."""

import pytest
from drawings import (
    END,
    START,
    boundary,
    catch,
    end,
    event_start,
    event_sub,
    extension,
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

LISTENERS = whole(
    event_sub("h", event_start("h0", "signal", "Go", False), end("h1"), path("h0", "h1")), START, gateway("split", "parallel"),
    catch("c1", "signal", "Go"),
    catch("c2", "signal", "Go"), catch("c3", "signal", "Other"), human("a"), boundary("b", "a", "signal", "Go", False),
    sub("s", begin("s0"), catch("deep", "signal", "Go"), end("s1"), path("s0", "deep", "s1")), gateway("race", "eventBased"),
    catch("r1", "signal", "Go"),
    catch("r2", "timer", "P9D"), human("thrower"), throw("go", "signal", "Go"), END, end("told"), path("start", "split", "c1", "end"),
    path("split", "c2", "end"),
    path("split", "c3", "end"), path("split", "a", "end"), path("b", "told"), path("split", "s", "end"),
    path("split", "race", "r1", "end"), path("race", "r2", "end"),
    path("split", "thrower", "go", "end"),
)  # fmt: skip


@pytest.mark.parametrize("how", ["thrown inside", "from outside"])
def test_a_signal_reaches_everything_that_waits_for_it(how: str) -> None:
    case = Case(LISTENERS)
    if how == "thrown inside":
        case.decide("thrower")
    else:
        assert case.signal("Go") == 6
    assert all(case.times(name) == 1 for name in ("c1", "c2", "b", "deep", "r1", "h0", "h", "s"))
    assert case.times("c3") == 0
    assert "a" in case.open.split()


def test_a_signal_is_not_kept_for_those_who_begin_to_wait_later() -> None:
    case = Case(whole(START, throw("go", "signal", "Go"), catch("c", "signal", "Go"), END, path("start", "go", "c", "end")))
    assert case.trace == "start go"
    assert case.waiting == "c"


def test_a_signal_brings_its_payload_to_everyone() -> None:
    xml = whole(
        START,
        gateway("split", "parallel"),
        catch("c1", "signal", "Go"),
        catch("c2", "signal", "Go"),
        END,
        path("start", "split", "c1", "end"),
        path("split", "c2", "end"),
    )
    case = Case(xml)
    case.signal("Go", sum=3)
    assert case.variables["sum"] == 3
    assert case.finished


def test_a_signal_reaches_called_processes_too() -> None:
    inner = whole(begin("c0"), catch("deep", "signal", "Go"), end("c1"), path("c0", "deep", "c1"), key="inner")
    case = Case(
        whole(START, node("callActivity", "call", calledElement="inner"), END, path("start", "call", "end")),
        operations=Stub({"inner": inner}),
    )
    assert case.signal("Go") == 1
    assert case.finished


def test_a_signal_name_may_be_an_expression() -> None:
    xml = whole(START, catch("c", "signal", "Go"), END, path("start", "c", "end")).replace(b'name="Go"', b'name="Go-${number}"')
    case = Case(xml, {"number": 7})
    assert case.signal("Go") == 0
    assert case.signal("Go-7") == 1
    assert case.finished


def test_an_interrupting_boundary_that_hears_first_silences_what_is_inside() -> None:
    """Who is taken away by the signal cannot hear it any more: outer boundary events are older than what is inside them."""
    xml = whole(
        START, sub("s", begin("s0"), catch("deep", "signal", "Go"), task("never"), end("s1"), path("s0", "deep", "never", "s1")),
        boundary("b", "s", "signal", "Go"), END,
        end("told"), path("start", "s", "end"), path("b", "told"),
    )  # fmt: skip
    case = Case(xml)
    case.signal("Go")
    assert case.times("never") == 0
    assert case.trace.endswith("b told")
    assert case.finished


# --- conditions


def watched(change: str, *, inside: str) -> bytes:
    """A condition that waits in one branch while the change is made in another scope."""
    made = {
        "process": human("go") + change,
        "sub-process": sub("s", begin("s0"), human("go"), change, end("s1"), path("s0", "go", "set", "s1")),
    }
    tail = path("split", "go", "set", "end") if inside == "process" else path("split", "s", "end")
    return whole(
        event_sub("h", event_start("h0", "conditional", "${n > 0}", False), end("h1"), path("h0", "h1")), START,
        gateway("split", "parallel"),
        catch("c", "conditional", "${n > 0}"), human("a"), boundary("b", "a", "conditional", "${n > 0}", False),
        sub("w", begin("w0"), catch("deep", "conditional", "${n > 0}"), end("w1"), path("w0", "deep", "w1")), made[inside], END,
        end("told"), path("start", "split", "c", "end"),
        path("split", "a", "end"), path("b", "told"), path("split", "w", "end"), tail,
    )  # fmt: skip


@pytest.mark.parametrize("inside", ["process", "sub-process"])
@pytest.mark.parametrize("how", ["script", "output parameter", "user task", "message"])
def test_a_change_made_in_any_scope_is_seen_by_conditions_in_every_scope(how: str, inside: str) -> None:
    change = {
        "script": script("set", "n = 1"),
        "output parameter": node(
            "task",
            "set",
            extension('<camunda:inputOutput><camunda:outputParameter name="n">${1}</camunda:outputParameter></camunda:inputOutput>'),
        ),
        "user task": human("set"),
        "message": catch("set", "message", "Set"),
    }[how]
    case = Case(watched(change, inside=inside), {"n": 0})
    assert case.times("c") == 0
    case.decide("go")
    if how == "user task":
        case.decide("set", n=1)
    if how == "message":
        case.send("set", n=1)
    assert all(case.times(name) == 1 for name in ("c", "b", "deep", "h0"))


def test_a_condition_happens_before_the_branch_that_made_it_true_goes_on() -> None:
    xml = whole(
        START, gateway("split", "parallel"), catch("c", "conditional", "${n > 0}"), task("after"), human("go"), script("set", "n = 1"),
        task("next"), END,
        path("start", "split", "c", "after", "end"), path("split", "go", "set", "next", "end"),
    )  # fmt: skip
    case = Case(xml, {"n": 0})
    case.decide("go")
    assert case.trace.startswith("start split go set c")
    assert sorted(case.trace.split()) == sorted(["start", "split", "go", "set", "c", "after", "next", "end", "end"])


def test_a_condition_is_about_the_change_from_false_to_true() -> None:
    xml = whole(
        event_sub("h", event_start("h0", "conditional", "${n > 0}", False), end("h1"), path("h0", "h1")), START, gateway("again"),
        human("a"), END,
        path("start", "again", "a", "again"),
    )  # fmt: skip
    case = Case(xml, {"n": 0})
    for value, times in [(1, 1), (2, 1), (0, 1), (5, 2), (0, 2), (0, 2), (1, 3)]:
        case.decide("a", n=value)
        assert case.times("h0") == times


def test_a_condition_that_reads_a_variable_nobody_has_set_is_an_incident_or_false_and_never_a_crash() -> None:
    case = Case(whole(START, catch("c", "conditional", "${missing > 0}"), END, path("start", "c", "end")))
    assert not case.finished
    assert case.times("c") == 0


def test_a_condition_in_a_multi_instance_sees_the_names_of_its_instance() -> None:
    inner = sub(
        "s",
        begin("s0"),
        catch("c", "conditional", "${n > who}"),
        end("s1"),
        path("s0", "c", "s1"),
        instances(collection="numbers", element="who"),
    )
    xml = whole(
        START,
        gateway("split", "parallel"),
        inner,
        gateway("again"),
        human("a"),
        END,
        path("start", "split", "s", "end"),
        path("split", "again", "a", "again"),
    )
    case = Case(xml, {"numbers": [1, 2, 3], "n": 0})
    case.decide("a", n=2)
    assert case.times("c") == 1
    case.decide("a", n=9)
    assert case.times("c") == 3
    assert case.times("end") == 1


def test_two_conditions_that_make_each_other_true_end_by_the_budget_and_not_by_a_hang() -> None:
    """Each handler makes the other condition true anew: endless, and refused as such."""
    one = event_sub("h", event_start("h0", "conditional", "${n % 2 == 1}", False), script("hs", "n = n + 1"), path("h0", "hs"))
    two = event_sub("k", event_start("k0", "conditional", "${n % 2 == 0}", False), script("ks", "n = n + 1"), path("k0", "ks"))
    case = Case(whole(one, two, START, human("a"), END, path("start", "a", "end")), {"n": 1})
    assert [code for _, code in case.failed] == ["budget-exceeded"]
    assert not case.finished
