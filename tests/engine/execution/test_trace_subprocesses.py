"""Embedded sub-processes, transactions, call activities (BPMN 2.0, 10.2.5, 10.2.6, 13.3.4)."""

from typing import Any

import pytest
from drawings import (
    END,
    START,
    boundary,
    catch,
    compensated,
    end,
    extension,
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
from traces import Case, Stub

from engine.errors import ShenpiError


def test_a_sub_process_is_completed_after_what_is_inside_it() -> None:
    case = Case(
        whole(START, sub("s", begin("s0"), human("a"), end("s1"), path("s0", "a", "s1")), task("b"), END, path("start", "s", "b", "end"))
    )
    assert case.trace == "start s0"
    case.decide("a")
    assert case.trace == "start s0 a s1 s b end"
    assert case.finished


def nested(depth: int) -> str:
    inner = human("work")
    for level in range(depth):
        first = "work" if not level else f"s{level - 1}"
        inner = sub(f"s{level}", begin(f"b{level}"), inner, end(f"e{level}"), path(f"b{level}", first, f"e{level}"))
    return inner


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_sub_processes_may_stand_in_one_another(depth: int) -> None:
    case = Case(whole(START, nested(depth), END, path("start", f"s{depth - 1}", "end")))
    assert case.open == "work"
    case.decide("work")
    into = " ".join(f"b{level}" for level in reversed(range(depth)))
    out = " ".join(f"e{level} s{level}" for level in range(depth))
    assert case.trace == f"start {into} work {out} end"
    assert case.finished


def test_a_sub_process_ends_when_all_its_tokens_have_ended() -> None:
    body = [
        begin("s0"),
        gateway("split", "parallel"),
        human("a"),
        human("b"),
        end("ea"),
        end("eb"),
        path("s0", "split", "a", "ea"),
        path("split", "b", "eb"),
    ]
    case = Case(whole(START, sub("s", *body), END, path("start", "s", "end")))
    case.decide("b")
    assert case.times("s") == 0
    case.decide("a")
    assert case.trace == "start s0 split b eb a ea s end"


def test_a_sub_process_in_a_loop_begins_anew_each_time() -> None:
    xml = whole(
        START, gateway("again"), sub("s", begin("s0"), human("a"), end("s1"), path("s0", "a", "s1")),
        gateway("good", default="good_to_end"), END,
        path("start", "again", "s", "good", "end"), flow("good", "again", "${outcome == 'return'}"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", outcome="return")
    assert case.open == "a"
    case.decide("a")
    assert case.trace == "start again s0 a s1 s good again s0 a s1 s good end"


def test_the_same_sub_process_may_be_there_twice_at_once() -> None:
    xml = whole(
        START, gateway("split", "parallel"), task("x"), task("y"), sub("s", begin("s0"), human("a"), end("s1"), path("s0", "a", "s1")), END,
        path("start", "split", "x", "s", "end"), path("split", "y", "s"),
    )  # fmt: skip
    case = Case(xml)
    assert case.open == "a a"
    case.decide("a")
    assert case.times("s") == 1
    case.decide("a")
    assert case.times("s") == 2
    assert case.finished


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_terminate_end_event_ends_its_own_scope_and_nothing_else(depth: int) -> None:
    """13.5.6: it ends the process or sub-process it stands in, which then counts as completed; what is around goes on."""
    inner = "".join([
        begin("i0"), gateway("split", "parallel"), human("a"), human("b"), end("stop", "terminate"), end("plain"),
        path("i0", "split", "a", "stop"),
        path("split", "b", "plain"),
    ])  # fmt: skip
    expected = "i0 split a stop"
    first = "i0"
    for level in range(depth):
        inner = (
            begin(f"b{level}")
            + sub(f"s{level}", inner)
            + human(f"after{level}")
            + end(f"e{level}")
            + path(f"b{level}", f"s{level}", f"after{level}", f"e{level}")
        )
        expected = f"b{level} {expected} s{level}" if not level else expected
        first = f"b{level}"
    case = Case(whole(inner))
    assert case.open == "a b"
    case.decide("a")
    if not depth:
        assert case.finished
        assert case.trace == "i0 split a stop"
        return
    assert case.open == "after0"
    assert not case.finished
    for level in range(depth):
        case.decide(f"after{level}")
    assert case.finished
    assert "plain" not in case.trace
    assert first in case.trace


# --- transaction


def booking(*, cancel_when: str = "${outcome == 'reject'}") -> bytes:
    return whole(
        START,
        sub(
            "tx", begin("t0"), human("flight"), human("hotel"), gateway("ok", default="ok_to_t1"), end("t1"), end("no", "cancel"),
            task("undo_flight", isForCompensation="true"),
            task("undo_hotel", isForCompensation="true"), compensated("flight", "undo_flight", "cf"),
            compensated("hotel", "undo_hotel", "ch"),
            path("t0", "flight", "hotel", "ok", "t1"), flow("ok", "no", cancel_when), kind="transaction",
        ),
        boundary("cancelled", "tx", "cancel"), task("sorry"), END, end("bad"), path("start", "tx", "end"),
        path("cancelled", "sorry", "bad"),
    )  # fmt: skip


def test_a_transaction_that_goes_well_is_left_like_a_sub_process() -> None:
    case = Case(booking())
    case.decide("flight", "hotel")
    assert case.trace == "start t0 flight hotel ok t1 tx end"
    assert case.finished


def test_a_cancel_end_event_undoes_the_transaction_in_reverse_order_and_leaves_by_the_cancel_boundary() -> None:
    case = Case(booking())
    case.decide("flight")
    case.decide("hotel", outcome="reject")
    assert case.trace == "start t0 flight hotel ok no undo_hotel undo_flight cancelled sorry bad"
    assert case.finished


def test_a_cancel_end_event_stops_what_else_runs_in_the_transaction() -> None:
    xml = whole(
        START,
        sub("tx", begin("t0"), gateway("split", "parallel"), human("a"), human("b"), end("no", "cancel"), end("t1"),
        path("t0", "split", "a", "no"),
            path("split", "b", "t1"), kind="transaction"),
        boundary("cancelled", "tx", "cancel"), END, end("bad"), path("start", "tx", "end"), path("cancelled", "bad"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a")
    assert case.trace == "start t0 split a no cancelled bad"
    assert case.finished


def test_an_error_leaves_a_transaction_without_compensation() -> None:
    """10.2.5: a hazard interrupts the transaction and nothing is compensated."""
    xml = booking().replace(b"<cancelEventDefinition/></endEvent>", b'<errorEventDefinition errorRef="error_E"/></endEvent>')
    xml = xml.replace(b"<process", b'<error id="error_E" errorCode="E"/><process').replace(
        b"<cancelEventDefinition/>", b'<errorEventDefinition errorRef="error_E"/>'
    )
    case = Case(xml)
    case.decide("flight")
    case.decide("hotel", outcome="reject")
    assert case.trace == "start t0 flight hotel ok no cancelled sorry bad"


# --- call activity


def calling(rows: str = "", **attributes: str) -> bytes:
    return whole(
        START,
        node("callActivity", "call", extension(rows) if rows else "", calledElement="inner", **attributes),
        END,
        path("start", "call", "end"),
    )


INNER = whole(begin("c0"), human("work"), end("c1"), path("c0", "work", "c1"), key="inner")
COUNTS = whole(begin("c0"), script("count", "mine = given + 1\nother = 5"), end("c1"), path("c0", "count", "c1"), key="inner")


def test_a_call_activity_runs_another_process_and_goes_on_when_it_has_ended() -> None:
    case = Case(calling(), operations=Stub({"inner": INNER}))
    assert case.open == "work"
    case.decide("work")
    assert case.trace == "start c0 work c1 call end"
    assert case.finished


def test_a_called_process_sees_only_what_is_mapped_in_and_gives_back_only_what_is_mapped_out() -> None:
    rows = '<camunda:in source="n" target="given"/><camunda:out source="mine" target="found"/>'
    case = Case(calling(rows), {"n": 1, "given": 100, "mine": 200}, Stub({"inner": COUNTS}))
    assert case.variables["found"] == 2
    assert case.variables["mine"] == 200
    assert case.variables["given"] == 100
    assert "other" not in case.variables


def test_a_called_process_that_is_given_nothing_sees_nothing() -> None:
    case = Case(calling(), {"given": 1}, Stub({"inner": COUNTS}))
    assert [element for element, _ in case.failed] == ["count"]


def test_a_called_process_may_be_given_expressions_and_everything() -> None:
    rows = '<camunda:in sourceExpression="${n * 2}" target="given"/><camunda:out variables="all"/>'
    case = Case(calling(rows), {"n": 4}, Stub({"inner": COUNTS}))
    assert case.variables["mine"] == 9
    assert case.variables["other"] == 5
    everything = Case(
        calling('<camunda:in variables="all"/><camunda:out source="mine" target="mine"/>'), {"given": 1}, Stub({"inner": COUNTS})
    )
    assert everything.variables["mine"] == 2
    assert "other" not in everything.variables


def test_a_call_activity_asks_for_the_version_it_is_bound_to() -> None:
    second = whole(begin("v0"), end("v1"), path("v0", "v1"), key="inner")
    stub = Stub({"inner": INNER, "inner:2": second})
    case = Case(calling(camunda_calledElementBinding="version", camunda_calledElementVersion="2"), operations=stub)
    assert case.trace == "start v0 v1 call end"


def test_a_called_process_may_be_chosen_by_an_expression() -> None:
    xml = calling().replace(b'calledElement="inner"', b'calledElement="${which}"')
    case = Case(xml, {"which": "inner"}, Stub({"inner": INNER}))
    assert case.open == "work"


def test_a_call_activity_that_calls_nothing_known_is_an_incident_on_it() -> None:
    case = Case(calling(), operations=Stub())
    assert [element for element, _ in case.failed] == ["call"]


def test_called_processes_may_call_others() -> None:
    middle = whole(begin("m0"), node("callActivity", "deeper", calledElement="inner"), end("m1"), path("m0", "deeper", "m1"), key="middle")
    xml = calling().replace(b'calledElement="inner"', b'calledElement="middle"')
    case = Case(xml, operations=Stub({"inner": INNER, "middle": middle}))
    case.decide("work")
    assert case.trace == "start m0 c0 work c1 deeper m1 call end"
    # the record says through which calls an element was reached
    assert [name for name in case.prefixed if "_to_" not in name] == [
        "start", "call/m0", "call/deeper/c0", "call/deeper/work", "call/deeper/c1", "call/deeper", "call/m1", "call", "end",
    ]  # fmt: skip


def test_a_process_that_calls_itself_for_ever_is_an_incident_and_no_crash() -> None:
    again = whole(begin("r0"), node("callActivity", "again", calledElement="inner"), end("r1"), path("r0", "again", "r1"), key="inner")
    case = Case(calling(), operations=Stub({"inner": again}))
    assert case.failed == [("again", "budget-exceeded")]
    assert not case.finished


def test_a_terminate_end_event_in_a_called_process_ends_only_that() -> None:
    inner = whole(
        begin("c0"), gateway("split", "parallel"), human("a"), human("b"), end("stop", "terminate"), end("c1"),
        path("c0", "split", "a", "stop"),
        path("split", "b", "c1"), key="inner",
    )  # fmt: skip
    xml = whole(START, node("callActivity", "call", calledElement="inner"), human("after"), END, path("start", "call", "after", "end"))
    case = Case(xml, operations=Stub({"inner": inner}))
    case.decide("a")
    assert case.open == "after"
    case.decide("after")
    assert case.finished


def test_the_same_process_may_be_called_twice_at_once_without_mixing_variables() -> None:
    inner = whole(
        begin("c0"), human("work"), script("count", "mine = given + 1"), end("c1"), path("c0", "work", "count", "c1"), key="inner"
    )
    rows = {
        name: extension(f'<camunda:in sourceExpression="${{{value}}}" target="given"/><camunda:out source="mine" target="{name}_result"/>')
        for name, value in (("x", 10), ("y", 20))
    }
    xml = whole(
        START, gateway("split", "parallel"), *(node("callActivity", name, body, calledElement="inner") for name, body in rows.items()), END,
        path("start", "split", "x", "end"), path("split", "y", "end"),
    )  # fmt: skip
    case = Case(xml, operations=Stub({"inner": inner}))
    case.decide("work")
    case.decide("work")
    assert case.variables["x_result"] == 11
    assert case.variables["y_result"] == 21


# --- what cannot go on


def test_an_instance_that_is_over_takes_no_more_commands() -> None:
    case = Case(whole(START, human("t"), END, path("start", "t", "end")))
    token = case.sides[1].token("open_tasks", "t")
    case.decide("t")
    decision: dict[str, Any] = {"outcome": "approve"}
    with pytest.raises(ShenpiError):
        case.sides[1].act(case.now, lambda run: run.complete(token, decision, {}))


def test_cancel_ends_everything_that_is_open() -> None:
    xml = whole(
        START, gateway("split", "parallel"), human("a"), catch("m", "message", "M"),
        sub("s", begin("s0"), human("b"), end("s1"), path("s0", "b", "s1")), END,
        path("start", "split", "a", "end"), path("split", "m", "end"), path("split", "s", "end"), throw("nothing"), flow("s", "nothing"),
    )  # fmt: skip
    case = Case(xml)
    case.each(lambda side, run: run.cancel())
    assert case.open == ""
    assert case.waiting == ""
    assert case.finished


@pytest.mark.parametrize(
    ("binding", "attribute"), [("version", "camunda_calledElementVersion"), ("versionTag", "camunda_calledElementVersionTag")]
)
def test_the_version_that_is_called_may_be_an_expression(binding: str, attribute: str) -> None:
    call = node("callActivity", "x", calledElement="q", camunda_calledElementBinding=binding, **{attribute: "${v}"})
    xml = whole(START, call, END, path("start", "x", "end"))
    case = Case(xml, {"v": 7}, Stub({"q:7": whole(task("deep"), key="q")}))
    assert (case.failed, case.trace) == ([], "start deep x end")


KNOWN = whole(script("k", "seen = execution.processBusinessKey"), key="q")


@pytest.mark.parametrize(("given", "seen"), [("", "FP-1"), ('<camunda:in businessKey="${n}-${n}"/>', "4-4")])
def test_a_called_process_is_known_by_the_business_key_it_is_given_or_by_its_caller_s(given: str, seen: str) -> None:
    call = node("callActivity", "x", extension(given + '<camunda:out source="seen" target="seen"/>'), calledElement="q")
    case = Case(whole(START, call, human("u"), path("start", "x", "u")), {"n": 4}, Stub({"q": KNOWN}))
    assert (case.failed, case.variables["seen"]) == ([], seen)


def test_a_business_key_that_cannot_be_known_is_an_incident_on_the_call() -> None:
    call = node("callActivity", "x", extension('<camunda:in businessKey="${nowhere}"/>'), calledElement="q")
    case = Case(whole(START, call, path("start", "x")), {}, Stub({"q": KNOWN}))
    assert case.failed == [("x", "execution-failed")]
