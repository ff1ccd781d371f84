"""Boundary events of every kind on every kind of activity (BPMN 2.0, 10.4.4 and 13.5.3)."""

import pytest
from drawings import END, START, boundary, catch, end, flow, gateway, human, instances, node, path, script, service, sub, task, throw, whole
from drawings import start as begin
from traces import Case, Stub

BODY = [
    begin("s0"),
    human("work"),
    gateway("which", default="which_to_s1"),
    end("s1"),
    end("bad", "error", "E"),
    throw("up", "escalation", "E"),
    human("rest"),
]
BODY += [
    path("s0", "work", "which", "s1"),
    flow("which", "bad", "${outcome == 'reject'}"),
    flow("which", "up", "${outcome == 'return'}"),
    path("up", "rest", "s1"),
]
INNER = whole(*BODY, key="inner")

HOSTS = {
    "user task": task("host", "userTask"),
    "receive task": task("host", "receiveTask", messageRef="message_Host"),
    "service task": service("host", "oa.notify"),
    "sub-process": sub("host", *BODY),
    "transaction": sub("host", *BODY, kind="transaction"),
    "call activity": node("callActivity", "host", calledElement="inner"),
    "parallel tasks": task("host", "userTask", instances("2")),
    "sequential tasks": task("host", "userTask", instances("2", sequential=True)),
    "parallel sub-processes": sub("host", *BODY, instances("2")),
    "sequential sub-processes": sub("host", *BODY, instances("2", sequential=True)),
    "parallel calls": node("callActivity", "host", instances("2"), calledElement="inner"),
}
WITH_BODY = [name for name in HOSTS if "task" not in name]
WAITED_FOR = ["timer", "message", "signal", "conditional"]


def drawn(host: str, kind: str, name: str, interrupting: bool) -> bytes:
    """The host beside another task that sets the condition; the event leads to `after`."""
    return whole(
        START, gateway("split", "parallel"), HOSTS[host], boundary("event", "host", kind, name, interrupting), human("other"),
        script("set", "n = n + 1"), task("after"),
        end("done"), end("told"), end("rest_end"), path("start", "split", "host", "done"), path("split", "other", "set", "rest_end"),
        path("event", "after", "told"),
    )  # fmt: skip


def happen(case: Case, kind: str) -> None:
    {
        "timer": lambda: case.fire("event"),
        "message": lambda: case.send("event"),
        "signal": lambda: case.signal("Stop"),
        "conditional": lambda: case.decide("other"),
    }[kind]()


def names(kind: str) -> str:
    return {"timer": "PT1H", "message": "Ask", "signal": "Stop", "conditional": "${n > 0}", "error": "E", "escalation": "E"}[kind]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("kind", WAITED_FOR)
def test_an_interrupting_boundary_event_takes_the_activity_away_and_goes_on_instead(kind: str, host: str) -> None:
    case = Case(drawn(host, kind, names(kind), True), {"n": 0}, Stub({"inner": INNER}))
    before = case.trace
    happen(case, kind)
    middle = " other set" if kind == "conditional" else ""
    gone = case.trace.removeprefix(before + middle).split()
    assert [name for name in gone if name != "rest_end"] == ["event", "after", "told"]
    assert case.open == ("" if kind == "conditional" else "other")
    assert case.waiting == ""
    if kind != "conditional":
        case.decide("other")
    assert case.finished
    assert case.times("host") == 0


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("kind", WAITED_FOR)
def test_a_non_interrupting_boundary_event_goes_on_beside_the_activity(kind: str, host: str) -> None:
    case = Case(drawn(host, kind, names(kind), False), {"n": 0}, Stub({"inner": INNER}))
    open_before, waiting_before = set(case.open.split()), set(case.waiting.split())
    happen(case, kind)
    assert "event after told" in case.trace.replace("rest_end ", "")
    assert set(case.open.split()) == open_before - ({"other"} if kind == "conditional" else set())
    assert set(case.waiting.split()) == waiting_before - ({"event"} if kind == "timer" else set())
    assert not case.finished


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", WAITED_FOR)
def test_a_boundary_event_waits_only_as_long_as_its_activity_is_there(kind: str, interrupting: bool, host: str) -> None:
    case = Case(drawn(host, kind, names(kind), interrupting), {"n": 0}, Stub({"inner": INNER}))
    if host == "receive task":
        case.send("host")
    elif host == "service task":
        case.answer("host")
    else:
        while [name for name in case.open.split() if name != "other"]:
            case.decide(next(name for name in case.open.split() if name != "other"))
    assert case.waiting == ""
    assert case.times("done") == 1
    case.fire()
    case.signal("Stop")
    case.decide("other")
    assert case.times("event") == 0
    assert case.finished


@pytest.mark.parametrize("kind", ["message", "signal", "conditional"])
def test_a_non_interrupting_boundary_event_happens_as_often_as_it_is_asked(kind: str) -> None:
    xml = whole(
        START, gateway("split", "parallel"), task("host", "userTask"),
        boundary("event", "host", kind, {"conditional": "${n % 2 == 1}"}.get(kind, names(kind)), False),
        gateway("again"), human("other"), script("set", "n = n + 1"), end("told"), end("done"), path("start", "split", "host", "done"),
        path("split", "again", "other", "set", "again"), path("event", "told"),
    )  # fmt: skip
    case = Case(xml, {"n": 0})
    for number in range(1, 4):
        happen(case, kind)
        if kind == "conditional":
            happen(case, kind)  # false again: only a further change to true counts
        assert case.times("event") == number
    assert case.open == "host other"


def test_a_boundary_timer_with_a_cycle_happens_again_until_it_is_used_up() -> None:
    xml = whole(
        START,
        task("host", "userTask"),
        boundary("event", "host", "cycle", "R3/PT1H", False),
        END,
        end("told"),
        path("start", "host", "end"),
        path("event", "told"),
    )
    case = Case(xml)
    for number in range(1, 4):
        case.fire("event", hours=1)
        assert case.times("event") == number
    assert case.waiting == ""
    assert case.open == "host"


@pytest.mark.parametrize("host", [*WITH_BODY])
def test_an_error_boundary_event_takes_over_when_an_error_is_thrown_inside(host: str) -> None:
    case = Case(drawn(host, "error", "E", True), {"n": 0}, Stub({"inner": INNER}))
    case.decide("work", outcome="reject")
    assert case.trace.endswith("work which bad event after told")
    assert case.open == "other"
    case.decide("other")
    assert case.finished


def test_an_error_boundary_event_on_a_service_task_takes_over_when_its_operation_answers_with_the_error() -> None:
    case = Case(drawn("service task", "error", "E", True), {"n": 0})
    case.fail("host", "E", "no money")
    assert case.trace == "start split event after told"
    case.decide("other")
    assert case.finished


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("host", [*WITH_BODY])
def test_an_escalation_boundary_event_goes_on_when_one_is_thrown_inside(host: str, interrupting: bool) -> None:
    case = Case(drawn(host, "escalation", "E", interrupting), {"n": 0}, Stub({"inner": INNER}))
    case.decide("work", outcome="return")
    assert "up" in case.trace.split()
    assert case.trace.split()[-3:] == ["event", "after", "told"]
    assert ("rest" in case.open.split()) is not interrupting


def test_a_cancel_boundary_event_goes_on_when_its_transaction_is_cancelled() -> None:
    xml = whole(
        START, sub("host", begin("s0"), human("work"), end("no", "cancel"), path("s0", "work", "no"), kind="transaction"),
        boundary("event", "host", "cancel"), END,
        end("told"), path("start", "host", "end"), path("event", "told"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("work")
    assert case.trace == "start s0 work no event told"


def test_several_boundary_events_wait_on_one_activity_and_the_first_interrupting_one_wins() -> None:
    xml = whole(
        START, task("host", "userTask"), boundary("b1", "host", "timer", "PT1H"), boundary("b2", "host", "message", "Ask"),
        boundary("b3", "host", "signal", "Stop", False),
        end("e1"), end("e2"), end("e3"), END, path("start", "host", "end"), path("b1", "e1"), path("b2", "e2"), path("b3", "e3"),
    )  # fmt: skip
    case = Case(xml)
    assert case.waiting == "b1 b2 b3"
    case.signal("Stop")
    case.signal("Stop")
    case.send("b2")
    assert case.trace == "start b3 e3 b3 e3 b2 e2"
    assert case.waiting == ""
    assert case.finished


def test_a_boundary_event_that_is_ready_happens_before_the_sub_process_it_interrupts_goes_on() -> None:
    """Section 2.1: the signal is thrown inside; the steps behind it must not run."""
    for kind, thrown in (
        ("signal", throw("x", "signal", "Stop")),
        ("escalation", throw("x", "escalation", "E")),
        ("conditional", script("x", "n = 1")),
    ):
        body = [begin("s0"), thrown, task("never"), end("s1"), path("s0", "x", "never", "s1")]
        xml = whole(
            START,
            sub("s", *body),
            boundary("event", "s", kind, names(kind)),
            END,
            end("told"),
            path("start", "s", "end"),
            path("event", "told"),
        )
        case = Case(xml, {"n": 0})
        assert case.trace == "start s0 x event told"
        assert case.finished


def test_a_boundary_event_of_an_outer_sub_process_takes_the_inner_ones_with_it() -> None:
    inner = (
        sub("inner", begin("i0"), human("work"), end("i1"), path("i0", "work", "i1"))
        + boundary("own", "inner", "timer", "PT5H")
        + end("own_end")
        + flow("own", "own_end")
    )
    outer = sub("outer", begin("o0"), inner, end("o1"), path("o0", "inner", "o1"))
    xml = whole(
        START, outer, boundary("event", "outer", "timer", "PT1H"), END, end("told"), path("start", "outer", "end"), path("event", "told")
    )
    case = Case(xml)
    assert case.waiting == "event own"
    case.fire("event", hours=2)
    assert case.trace == "start o0 i0 event told"
    assert case.open == ""
    assert case.finished


def test_the_way_of_a_boundary_event_may_lead_back_to_its_own_activity() -> None:
    xml = whole(
        START, gateway("again"), task("host", "userTask"), boundary("late", "host", "timer", "PT1H"), script("remind", "n = n + 1"), END,
        path("start", "again", "host", "end"), path("late", "remind", "again"),
    )  # fmt: skip
    case = Case(xml, {"n": 0})
    for _ in range(3):
        case.fire("late")
        assert case.open == "host"
        assert case.waiting == "late"
    case.decide("host")
    assert case.variables["n"] == 3
    assert case.finished


def test_a_decision_made_before_the_timer_was_fired_counts_although_it_was_due() -> None:
    xml = whole(
        START,
        task("host", "userTask"),
        boundary("late", "host", "timer", "PT1H"),
        END,
        end("gone"),
        path("start", "host", "end"),
        path("late", "gone"),
    )
    case = Case(xml)
    case.fire("nothing", days=3)
    case.decide("host")
    assert case.trace == "start host end"


def test_a_scope_ends_only_when_what_a_non_interrupting_boundary_event_began_has_ended_too() -> None:
    body = [
        begin("s0"), human("work"), boundary("ask", "work", "message", "Ask", False), human("answer"), end("s1"), end("answered"),
        path("s0", "work", "s1"),
        path("ask", "answer", "answered"),
    ]  # fmt: skip
    case = Case(whole(START, sub("s", *body), END, path("start", "s", "end")))
    case.send("ask")
    case.decide("work")
    assert case.times("s") == 0
    case.decide("answer")
    assert case.times("s") == 1
    assert case.finished


@pytest.mark.parametrize("kind", ["userTask", "subProcess"])
def test_a_condition_on_a_boundary_that_is_true_already_interrupts_at_once(kind: str) -> None:
    host = task("host", "userTask") if kind == "userTask" else sub("host", begin("s0"), task("never"), end("s1"), path("s0", "never", "s1"))
    xml = whole(
        START,
        host,
        boundary("event", "host", "conditional", "${n > 0}"),
        END,
        end("told"),
        path("start", "host", "end"),
        path("event", "told"),
    )
    case = Case(xml, {"n": 1})
    assert case.trace == "start event told"
    assert case.finished


def test_a_boundary_event_on_an_activity_that_is_done_at_once_never_waits() -> None:
    xml = whole(
        START,
        script("host", "n = 1"),
        boundary("late", "host", "timer", "PT1H"),
        catch("m", "message", "M"),
        END,
        path("start", "host", "m", "end"),
        path("late", "end"),
    )
    case = Case(xml)
    assert case.waiting == "m"
