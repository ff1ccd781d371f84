"""Tasks of every kind, flows that leave activities, implicit starts and ends, long rows."""

import pytest
from drawings import (
    END,
    START,
    boundary,
    catch,
    end,
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
    throw,
    timer,
    whole,
)
from drawings import start as begin
from traces import Case, Stub


@pytest.mark.parametrize("kind", ["task", "manualTask"])
def test_a_plain_or_manual_task_is_passed(kind: str) -> None:
    case = Case(whole(START, task("t", kind), END, path("start", "t", "end")))
    assert case.trace == "start t end"
    assert case.finished


def test_a_script_task_writes_variables() -> None:
    case = Case(whole(START, script("t", "x = 1\ny = x + 1"), END, path("start", "t", "end")))
    assert case.variables["x"] == 1
    assert case.variables["y"] == 2
    assert [(change[0], change[1]) for change in case.changes] == [("t", "x"), ("t", "y")]


def test_a_user_task_waits_for_its_decision() -> None:
    case = Case(whole(START, human("t"), END, path("start", "t", "end")))
    assert case.open == "t"
    assert not case.finished
    case.decide("t", outcome="reject", amount=7)
    assert case.trace == "start t end"
    assert case.variables["outcome"] == "reject"
    assert case.variables["amount"] == 7
    assert case.variables["decisions"]["t"]["outcome"] == "reject"


def test_a_service_task_with_a_local_operation_runs_in_the_step() -> None:
    xml = whole(START, service("t", "add", camunda_resultVariable="sum"), END, path("start", "t", "end"))
    case = Case(xml, operations=Stub(add=lambda: 7))
    assert case.trace == "start t end"
    assert case.variables["sum"] == 7


def test_a_service_task_with_an_outside_operation_waits_for_its_answer() -> None:
    xml = whole(START, service("t", "oa.notify", camunda_resultVariable="receipt"), END, path("start", "t", "end"))
    case = Case(xml)
    assert case.trace == "start"
    assert [(element, operation) for element, operation, _ in case.calls] == [("t", "oa.notify")]
    case.answer("t", {"id": "r-1"})
    assert case.trace == "start t end"
    assert case.variables["receipt"] == {"id": "r-1"}


def test_a_service_task_is_given_its_input_parameters_and_gives_back_its_output_parameters() -> None:
    body = mapped({"first": "${n + 1}", "second": "text"}, {"twice": "${answer * 2}"})
    xml = whole(
        START, node("serviceTask", "t", body, shenpi_operation="add", camunda_resultVariable="answer"), END, path("start", "t", "end")
    )
    case = Case(xml, {"n": 1}, Stub(add=lambda first, second: first + len(second)))
    assert case.variables["twice"] == 12
    assert "first" not in case.variables
    assert "second" not in case.variables


def test_a_business_rule_task_asks_its_decision() -> None:
    xml = whole(
        START, node("businessRuleTask", "t", camunda_decisionRef="level", camunda_resultVariable="level"), END, path("start", "t", "end")
    )
    case = Case(xml, {"amount": 5}, Stub(level=lambda variables: "low" if variables["amount"] < 10 else "high"))
    assert case.trace == "start t end"
    assert case.variables["level"] == "low"


def test_a_send_task_throws_its_message_and_goes_on() -> None:
    case = Case(whole(START, task("t", "sendTask", messageRef="message_Paid"), END, path("start", "t", "end")))
    assert case.trace == "start t end"
    assert case.thrown == [("message", "Paid")]


def test_a_send_task_with_an_operation_is_done_by_it() -> None:
    case = Case(whole(START, task("t", "sendTask", shenpi_operation="oa.notify"), END, path("start", "t", "end")))
    assert [(element, operation) for element, operation, _ in case.calls] == [("t", "oa.notify")]
    case.answer("t")
    assert case.trace == "start t end"


def test_a_receive_task_waits_for_its_message_and_takes_what_it_brings() -> None:
    case = Case(whole(START, task("t", "receiveTask", messageRef="message_Paid"), END, path("start", "t", "end")))
    assert case.waiting == "t"
    case.send("t", sum=12)
    assert case.trace == "start t end"
    assert case.variables["sum"] == 12


# --- more than one flow leaves an activity


def leaving(kind: str) -> bytes:
    """One activity with a conditional flow to a, a conditional flow to b, and a default flow to c."""
    bodies = {
        "subProcess": sub("t", begin("s0"), end("s1"), path("s0", "s1"), default="t_to_c"),
        "callActivity": node("callActivity", "t", calledElement="inner", default="t_to_c"),
        "scriptTask": node("scriptTask", "t", "<script>z = 1</script>", default="t_to_c"),
        "serviceTask": service("t", "add", default="t_to_c"),
        "userTask": human("t", default="t_to_c"),
        "receiveTask": task("t", "receiveTask", messageRef="message_Paid", default="t_to_c"),
    }
    body = bodies.get(kind) or task("t", kind, default="t_to_c")
    return whole(
        START, body, task("a"), task("b"), task("c"), end("ea"), end("eb"), end("ec"), path("start", "t"), flow("t", "a", "${n > 0}"),
        flow("t", "b", "${n > 1}"),
        flow("t", "c"), path("a", "ea"), path("b", "eb"), path("c", "ec"),
    )  # fmt: skip


INNER = whole(begin("c0"), end("c1"), path("c0", "c1"), key="inner")
KINDS = ["task", "manualTask", "scriptTask", "serviceTask", "userTask", "receiveTask", "subProcess", "callActivity"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "ends"), [(0, "ec"), (1, "ea"), (2, "ea eb")])
def test_conditional_flows_leave_an_activity_when_true_and_its_default_flow_when_none_is(kind: str, n: int, ends: str) -> None:
    case = Case(leaving(kind), {"n": n}, Stub({"inner": INNER}, add=lambda: 1))
    if kind == "userTask":
        case.decide("t")
    if kind == "receiveTask":
        case.send("t")
    assert " ".join(name for name in case.trace.split() if name.startswith("e") and name != "end") == ends
    assert case.finished


@pytest.mark.parametrize(
    "kind", ["task", "userTask", "subProcess", "intermediateCatchEvent", "startEvent", "boundaryEvent", "intermediateThrowEvent"]
)
def test_several_flows_without_condition_leave_an_activity_or_event_together(kind: str) -> None:
    parts = {
        "task": task("t"),
        "userTask": human("t"),
        "subProcess": sub("t", begin("s0"), end("s1"), path("s0", "s1")),
        "intermediateCatchEvent": timer("t", "PT1H"),
        "startEvent": "",
        "intermediateThrowEvent": throw("t"),
        "boundaryEvent": human("host") + boundary("t", "host", "timer", "PT1H") + flow("host", "gone") + end("gone"),
    }
    source = "start" if kind == "startEvent" else "t"
    first = "" if kind == "startEvent" else flow("start", "host" if kind == "boundaryEvent" else "t")
    xml = whole(
        START,
        parts[kind],
        human("a"),
        human("b"),
        end("ea"),
        end("eb"),
        first,
        flow(source, "a"),
        flow(source, "b"),
        path("a", "ea"),
        path("b", "eb"),
    )
    case = Case(xml)
    if kind == "userTask":
        case.decide("t")
    if kind in ("intermediateCatchEvent", "boundaryEvent"):
        case.fire("t")
    assert case.open == "a b"
    case.decide("b")
    assert not case.finished
    case.decide("a")
    assert case.finished


def test_a_conditional_flow_that_leaves_an_activity_alone_and_is_false_without_default_is_an_incident() -> None:
    case = Case(whole(START, task("t"), END, path("start", "t"), flow("t", "end", "${n > 0}")), {"n": 0})
    assert [element for element, _ in case.failed] == ["t"]
    assert not case.finished


def test_several_flows_into_an_activity_start_it_once_for_each_token() -> None:
    xml = whole(
        START,
        gateway("split", "parallel"),
        task("a"),
        task("b"),
        task("c"),
        END,
        path("start", "split", "a", "c", "end"),
        path("split", "b", "c"),
    )
    case = Case(xml)
    assert case.trace == "start split a b c c end end"
    assert case.finished


# --- what the standard leaves out


def test_a_process_without_end_event_ends_with_its_last_element() -> None:
    case = Case(whole(START, human("t"), path("start", "t")))
    case.decide("t")
    assert case.trace == "start t"
    assert case.finished


def test_a_process_without_start_event_begins_with_every_element_that_no_flow_leads_to() -> None:
    xml = whole(
        human("a"), human("b"), boundary("late", "a", "timer", "PT1H"), END, path("a", "end"), path("b", "end"), path("late", "end")
    )
    case = Case(xml)
    assert case.open == "a b"
    case.decide("a")
    assert not case.finished
    case.decide("b")
    assert case.finished


@pytest.mark.parametrize("parts", ["neither", "start only", "end only"])
def test_a_sub_process_without_start_or_end_event_runs(parts: str) -> None:
    inner = script("one", "x = 1") + task("two") + flow("one", "two")
    inner += begin("s0") + flow("s0", "one") if parts == "start only" else ""
    inner += end("s1") + flow("two", "s1") if parts == "end only" else ""
    case = Case(whole(START, sub("s", inner), END, path("start", "s", "end")))
    middle = {"neither": "one two", "start only": "s0 one two", "end only": "one two s1"}[parts]
    assert case.trace == f"start {middle} s end"
    assert case.finished


def test_a_sequence_flow_without_an_id_is_a_flow_like_any_other() -> None:
    xml = whole(
        START,
        gateway("split", "parallel"),
        task("a"),
        sub("s", begin("s0"), end("s1"), path("s0", "s1")),
        END,
        path("start", "split", "a", "end"),
        path("split", "s", "end"),
    )
    for name in ("start_to_split", "split_to_a", "s0_to_s1", "s_to_end"):
        xml = xml.replace(f' id="{name}"'.encode(), b"")
    case = Case(xml)
    assert case.trace == "start split a end s0 s1 s end"
    assert case.finished


def test_an_empty_sub_process_is_passed() -> None:
    case = Case(whole(START, sub("s"), END, path("start", "s", "end")))
    assert case.trace == "start s end"
    assert case.finished


@pytest.mark.parametrize("start", ["Start", "start", "Root"])
@pytest.mark.parametrize("finish", ["End", "end", "Done"])
def test_ids_that_a_library_reserves_are_ordinary_ids(start: str, finish: str) -> None:
    case = Case(whole(begin(start), human("StartEvent"), end(finish), path(start, "StartEvent", finish)))
    case.decide("StartEvent")
    assert case.trace == f"{start} StartEvent {finish}"
    assert case.finished


def test_ids_Start_and_End_stand_for_themselves_inside_a_sub_process() -> None:
    case = Case(whole(START, sub("s", begin("Start"), task("t"), end("End"), path("Start", "t", "End")), END, path("start", "s", "end")))
    assert case.trace == "start Start t End s end"


def test_1200_tasks_in_a_row_run_in_one_step() -> None:
    names = [f"t{number}" for number in range(1200)]
    case = Case(whole(START, *map(task, names), END, path("start", *names, "end")))
    assert case.trace == f"start {' '.join(names)} end"
    assert case.finished


def test_rework_of_600_rounds_ends_properly() -> None:
    xml = whole(
        START, gateway("again"), human("work"), gateway("good", default="good_to_end"), END, path("start", "again", "work", "good", "end"),
        flow("good", "again", "${outcome == 'return'}"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("work", outcome="return")  # the first one makes `outcome` and `decisions`
    sizes = set()
    for _ in range(599):
        case.decide("work", outcome="return")
        sizes.add(len(case.run.save()))
    case.decide("work")
    assert case.finished
    assert case.times("work") == 601
    assert max(sizes) - min(sizes) < 10  # the round number has more digits


def test_an_automatic_loop_of_700_rounds_ends_properly() -> None:
    xml = whole(
        START, gateway("again"), script("more", "n = n + 1"), gateway("enough", default="enough_to_end"), END,
        path("start", "again", "more", "enough", "end"), flow("enough", "again", "${n < 700}"),
    )  # fmt: skip
    case = Case(xml, {"n": 0})
    assert case.times("more") == 700
    assert case.finished


# --- pauses


@pytest.mark.parametrize("where", ["asyncBefore", "asyncAfter"])
@pytest.mark.parametrize("kind", ["script", "user task", "sub-process", "gateway", "event"])
def test_an_asynchronous_continuation_pauses_before_or_after_its_element(where: str, kind: str) -> None:
    flag = {f"camunda_{where}": "true"}
    part = {
        "script": node("scriptTask", "t", "<script>x = 1</script>", **flag),
        "user task": human("t", **flag),
        "sub-process": sub("t", begin("s0"), end("s1"), path("s0", "s1"), **flag),
        "gateway": gateway("t", **flag),
        "event": throw("t", **flag),
    }[kind]
    case = Case(whole(START, part, END, path("start", "t", "end")))
    if where == "asyncBefore":
        assert case.trace == "start"
        case.resume()
    if kind == "user task":
        case.decide("t")
    if where == "asyncAfter":
        assert not case.finished
        case.resume()
    assert case.finished
    assert case.trace.startswith("start")
    assert case.trace.endswith("t end")


def test_a_failing_script_holds_its_branch_lets_others_go_on_and_can_be_tried_again() -> None:
    xml = whole(
        START, gateway("split", "parallel"), script("bad", "x = missing + 1"), human("b"), gateway("join", "parallel"), END,
        path("start", "split", "bad", "join", "end"), path("split", "b", "join"),
    )  # fmt: skip
    case = Case(xml)
    assert [element for element, _ in case.failed] == ["bad"]
    case.decide("b", missing=1)
    assert not case.finished
    case.retry("bad")
    assert case.variables["x"] == 2
    assert case.finished


def test_a_failed_element_can_be_passed_over_by_a_person() -> None:
    case = Case(whole(START, script("t", "x = missing"), END, path("start", "t", "end")))
    case.resolve("t")
    assert case.finished


def test_a_message_catch_after_a_service_task_still_waits_when_the_message_is_late() -> None:
    case = Case(whole(START, service("t", "oa.notify"), catch("m", "message", "Paid"), END, path("start", "t", "m", "end")))
    case.answer("t")
    assert case.waiting == "m"
    case.send("m")
    assert case.trace == "start t m end"


@pytest.mark.parametrize("kind", ["user task", "sub-process", "multi-instance", "call activity"])
@pytest.mark.parametrize(("event", "name"), [("timer", "PT1H"), ("message", "M"), ("signal", "S"), ("conditional", "${n == 1}")])
def test_what_is_done_stays_done_while_it_pauses_behind_itself(event: str, name: str, kind: str) -> None:
    """The save point lies behind the activity: its boundary events have nothing to interrupt any more."""
    part = {
        "user task": human("t", camunda_asyncAfter="true"),
        "sub-process": sub("t", begin("s0"), human("inner"), path("s0", "inner"), camunda_asyncAfter="true"),
        "multi-instance": task("t", "userTask", instances("2"), camunda_asyncAfter="true"),
        "call activity": node("callActivity", "t", calledElement="q", camunda_asyncAfter="true"),
    }[kind]
    stub = Stub({"q": whole(begin("c0"), human("inner"), path("c0", "inner"), key="q")})
    xml = whole(START, part, boundary("b", "t", event, name), END, end("gone"), path("start", "t", "end"), path("b", "gone"))
    case = Case(xml, {"n": 0}, stub)
    if kind == "multi-instance":
        case.decide("t")
    if kind in ("sub-process", "call activity"):
        case.decide("inner")
    else:
        case.decide("t", n=1)
    assert not case.finished
    assert case.waiting == ""
    assert case.open == ""
    assert case.times("t") == (2 if kind == "multi-instance" else 1)
    case.signal("S")
    case.fire()
    case.resume()
    assert case.times("b") == 0
    assert case.trace.endswith("t end")
    assert case.finished


@pytest.mark.parametrize(
    "kind", ["sub-process", "transaction", "call activity", "multi-instance", "standard loop", "user task", "service task", "event"]
)
def test_a_save_point_that_was_passed_is_not_there_any_more(kind: str) -> None:
    inner = [begin("s0"), human("work"), path("s0", "work")]
    part = {
        "sub-process": sub("t", *inner, camunda_asyncBefore="true"),
        "transaction": sub("t", *inner, kind="transaction", camunda_asyncBefore="true"),
        "call activity": node("callActivity", "t", calledElement="inner", camunda_asyncBefore="true"),
        "multi-instance": task("t", "userTask", instances("2"), camunda_asyncBefore="true"),
        "standard loop": task("t", "userTask", loop(most="2"), camunda_asyncBefore="true"),
        "user task": human("t", camunda_asyncBefore="true"),
        "service task": service("t", "oa.go", camunda_asyncBefore="true"),
        "event": catch("t", "signal", "S", camunda_asyncBefore="true"),
    }[kind]
    case = Case(whole(START, part, END, path("start", "t", "end")), operations=Stub({"inner": whole(*inner, key="inner")}))
    passed = [[one.token for one in side.execution.continuations()] for side in case.sides]
    case.resume()
    there = case.open, case.waiting, case.trace, case.calls[:]
    assert case.run.continuations() == []
    case.each(lambda side, run: run.resume(passed[case.sides.index(side)]))  # a job that comes twice
    assert (case.open, case.waiting, case.trace, case.calls) == there


def test_the_results_of_an_activity_are_handed_out_once_when_it_pauses_behind_itself() -> None:
    counted = mapped(outputs={"n": "${n + 1}"})
    case = Case(whole(START, node("task", "x", counted, camunda_asyncAfter="true"), END, path("start", "x", "end")), {"n": 0})
    assert case.variables["n"] == 1
    case.resume()
    assert (case.variables["n"], case.finished) == (1, True)
