"""Multi-instance activities and standard loops (BPMN 2.0, 10.2.8, 13.3.6, 13.3.7)."""

import pytest
from drawings import (
    END,
    START,
    boundary,
    end,
    event_start,
    event_sub,
    extension,
    human,
    instances,
    loop,
    node,
    path,
    script,
    sub,
    task,
    whole,
)
from drawings import start as begin
from traces import Case, Stub

MODES = [False, True]
NAMES = ["parallel", "sequential"]


def votes(characteristics: str) -> bytes:
    return whole(START, task("vote", "userTask", characteristics), END, path("start", "vote", "end"))


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
@pytest.mark.parametrize("cardinality", ["3", "${n}", "${n + 0}"])
def test_a_multi_instance_runs_as_often_as_its_cardinality_says(cardinality: str, sequential: bool) -> None:
    case = Case(votes(instances(cardinality, sequential=sequential)), {"n": 3})
    for number in range(3):
        assert case.open == ("vote" if sequential else " ".join(["vote"] * (3 - number)))
        case.decide("vote")
    assert case.trace == "start vote vote vote end"
    assert case.finished


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
@pytest.mark.parametrize("kind", ["userTask", "scriptTask", "subProcess", "callActivity"])
@pytest.mark.parametrize("how", ["0 instances", "empty collection"])
def test_a_multi_instance_without_instances_is_passed(how: str, kind: str, sequential: bool) -> None:
    characteristics = (
        instances("0", sequential=sequential)
        if how == "0 instances"
        else instances(sequential=sequential, collection="people", element="who")
    )
    body = {
        "userTask": task("t", "userTask", characteristics),
        "scriptTask": node("scriptTask", "t", f"<script>x = 1</script>{characteristics}"),
        "subProcess": sub("t", begin("s0"), end("s1"), path("s0", "s1"), characteristics),
        "callActivity": node("callActivity", "t", characteristics, calledElement="inner"),
    }[kind]
    case = Case(whole(START, body, END, path("start", "t", "end")), {"people": []}, Stub())
    assert case.trace == "start t end"
    assert "x" not in case.variables
    assert case.finished


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_a_multi_instance_over_a_collection_gives_each_instance_its_element_and_number(sequential: bool) -> None:
    characteristics = instances(sequential=sequential, collection="people", element="who")
    body = node("scriptTask", "t", f"<script>seen = seen + who + str(loopCounter)</script>{characteristics}")
    case = Case(whole(START, body, END, path("start", "t", "end")), {"people": ["a", "b", "c"], "seen": ""})
    assert case.variables["seen"] == "a0b1c2"
    assert "who" not in case.variables
    assert "loopCounter" not in case.variables
    assert case.trace == "start t t t end"


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_the_collections_of_a_multi_instance_may_be_named_as_the_standard_does(sequential: bool) -> None:
    """Table 10.29: loopDataInputRef and inputDataItem, loopDataOutputRef and outputDataItem."""
    characteristics = (
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><loopDataInputRef>people</loopDataInputRef>'
        '<loopDataOutputRef>results</loopDataOutputRef><inputDataItem id="i" name="who"/><outputDataItem id="o" name="result"/>'
        "</multiInstanceLoopCharacteristics>"
    )
    body = node("scriptTask", "t", f"{characteristics}<script>result = who * 2</script>")
    case = Case(
        whole(node("dataObject", "people"), node("dataObject", "results"), START, body, END, path("start", "t", "end")),
        {"people": [1, 2, 3]},
    )
    assert case.variables["results"] == [2, 4, 6]
    assert "result" not in case.variables
    assert case.finished


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_a_multi_instance_gathers_what_its_instances_found_in_their_order(sequential: bool) -> None:
    case = Case(votes(instances("3", sequential=sequential, gather=("answers", "outcome"))))
    if sequential:
        for outcome in ("approve", "reject", "return"):
            case.decide("vote", outcome=outcome)
    else:
        case.decide("vote", outcome="return", nth=2)
        case.decide("vote", outcome="approve", nth=0)
        case.decide("vote", outcome="reject", nth=0)
    assert case.variables["answers"] == ["approve", "reject", "return"]


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_the_decisions_of_a_multi_instance_are_collected_as_a_list(sequential: bool) -> None:
    case = Case(votes(instances("2", sequential=sequential)))
    case.decide("vote", outcome="reject")
    case.decide("vote", outcome="approve")
    assert [decision["outcome"] for decision in case.variables["decisions"]["vote"]] == ["reject", "approve"]


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_two_of_three_answers_end_a_multi_instance_early(sequential: bool) -> None:
    case = Case(votes(instances("3", sequential=sequential, until="${nrOfCompletedInstances >= 2}", gather=("answers", "outcome"))))
    case.decide("vote")
    assert not case.finished
    case.decide("vote", outcome="reject")
    assert case.finished
    assert case.trace == "start vote vote end"
    assert case.variables["answers"] == ["approve", "reject"]


CONDITIONS = {
    "completed": "${nrOfCompletedInstances == 2}",
    "share": "${nrOfCompletedInstances / nrOfInstances >= 0.6}",
    "active": "${nrOfInstances - nrOfCompletedInstances == 1}",
    "collected": "${len(answers) == 2}",
    "collected approvals": "${len([one for one in answers if one == 'approve']) == 2}",
}


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_a_completion_condition_sees_the_counts_and_what_was_collected(condition: str, sequential: bool) -> None:
    case = Case(votes(instances("3", sequential=sequential, until=condition, gather=("answers", "outcome"))))
    case.decide("vote")
    assert not case.finished
    case.decide("vote")
    assert case.finished


def test_the_number_of_active_instances_counts_down_in_parallel_and_is_one_in_sequence() -> None:
    parallel = Case(votes(instances("3", until="${nrOfActiveInstances == 1}")))
    parallel.decide("vote")
    assert not parallel.finished
    parallel.decide("vote")
    assert parallel.finished


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_a_multi_instance_sub_process_runs_whole_for_each_instance(sequential: bool) -> None:
    xml = whole(
        START,
        sub("s", begin("s0"), human("a"), human("b"), end("s1"), path("s0", "a", "b", "s1"), instances("2", sequential=sequential)),
        END,
        path("start", "s", "end"),
    )
    case = Case(xml)
    if sequential:
        case.decide("a", "b", "a", "b")
        assert case.trace == "start s0 a b s1 s s0 a b s1 s end"
    else:
        case.decide("a")
        assert case.open == "a b"
        case.decide("a", "b")
        assert not case.finished
        case.decide("b")
        assert sorted(case.trace.split()) == sorted(["start", "s0", "a", "b", "s1", "s", "s0", "a", "b", "s1", "s", "end"])
    assert case.finished


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_a_multi_instance_sub_process_is_ended_early_with_what_still_runs_in_it(sequential: bool) -> None:
    body = [begin("s0"), human("a"), human("b"), end("s1"), path("s0", "a", "b", "s1")]
    case = Case(
        whole(
            START,
            sub("s", *body, instances("3", sequential=sequential, until="${nrOfCompletedInstances == 1}")),
            END,
            path("start", "s", "end"),
        )
    )
    case.decide("a")
    case.decide("b")
    assert case.finished
    assert case.times("s") == 1
    assert case.open == ""


@pytest.mark.parametrize("outer", MODES, ids=["outer parallel", "outer sequential"])
@pytest.mark.parametrize("inner", MODES, ids=["inner parallel", "inner sequential"])
def test_multi_instances_may_stand_in_one_another(outer: bool, inner: bool) -> None:
    task_in = task("t", "userTask", instances("2", sequential=inner))
    case = Case(
        whole(
            START,
            sub("s", begin("s0"), task_in, end("s1"), path("s0", "t", "s1"), instances("2", sequential=outer)),
            END,
            path("start", "s", "end"),
        )
    )
    for _ in range(4):
        assert not case.finished
        case.decide("t")
    assert case.finished
    assert case.times("t") == 4
    assert case.times("s") == 2


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_a_multi_instance_call_activity_calls_once_for_each_element(sequential: bool) -> None:
    inner = whole(
        begin("c0"), human("work"), script("count", "mine = given * 2"), end("c1"), path("c0", "work", "count", "c1"), key="inner"
    )
    rows = extension('<camunda:in source="who" target="given"/><camunda:out source="mine" target="found"/>')
    body = node("callActivity", "call", rows + instances(sequential=sequential, collection="numbers", element="who"), calledElement="inner")
    case = Case(whole(START, body, END, path("start", "call", "end")), {"numbers": [3, 4]}, Stub({"inner": inner}))
    assert case.open == ("work" if sequential else "work work")
    case.decide("work")
    case.decide("work")
    assert case.times("call") == 2
    assert case.finished


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_variables_of_one_instance_are_not_seen_by_another(sequential: bool) -> None:
    body = [
        node("property", "mine", name="mine"), begin("s0"), script("set", "mine = who * 10"), human("wait"),
        script("add", "total = total + mine"), end("s1"),
        path("s0", "set", "wait", "add", "s1"), instances(sequential=sequential, collection="numbers", element="who"),
    ]  # fmt: skip
    case = Case(whole(START, sub("s", *body), END, path("start", "s", "end")), {"numbers": [1, 2, 3], "total": 0})
    for _ in range(3):
        case.decide("wait")
    assert case.variables["total"] == 60
    assert "mine" not in case.variables


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_an_interrupting_boundary_event_ends_all_instances_at_once(sequential: bool) -> None:
    xml = whole(
        START, task("t", "userTask", instances("3", sequential=sequential)), boundary("late", "t", "timer", "PT1H"), END, end("gone"),
        path("start", "t", "end"),
        path("late", "gone"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("t")
    case.fire("late")
    assert case.trace == "start t late gone"
    assert case.finished


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_an_error_in_one_instance_leaves_the_whole_multi_instance(sequential: bool) -> None:
    body = [begin("s0"), human("a"), end("bad", "error", "E"), path("s0", "a", "bad"), instances("3", sequential=sequential)]
    case = Case(
        whole(
            START,
            sub("s", *body),
            boundary("caught", "s", "error", "E"),
            END,
            end("gone"),
            path("start", "s", "end"),
            path("caught", "gone"),
        )
    )
    case.decide("a")
    assert case.trace == ("start s0 a bad caught gone" if sequential else "start s0 s0 s0 a bad caught gone")
    assert case.open == ""
    assert case.finished


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_a_terminate_end_event_ends_only_its_own_instance(sequential: bool) -> None:
    body = [begin("s0"), human("a"), end("stop", "terminate"), path("s0", "a", "stop"), instances("2", sequential=sequential)]
    case = Case(whole(START, sub("s", *body), END, path("start", "s", "end")))
    case.decide("a")
    assert case.open == "a"
    case.decide("a")
    assert case.finished
    assert case.times("s") == 2


@pytest.mark.parametrize("sequential", MODES, ids=NAMES)
def test_each_instance_has_its_own_event_sub_processes(sequential: bool) -> None:
    body = [
        event_sub("h", event_start("h0", "message", "Ask", False), human("answer"), end("h1"), path("h0", "answer", "h1")), begin("s0"),
        human("a"), end("s1"),
        path("s0", "a", "s1"), instances("2", sequential=sequential),
    ]  # fmt: skip
    case = Case(whole(START, sub("s", *body), END, path("start", "s", "end")))
    case.send("h0")
    assert case.open == ("a answer" if sequential else "a a answer")
    case.decide("a", "answer")
    assert case.times("s") == 1
    case.decide("a")
    assert case.finished


def test_a_negative_or_foolish_cardinality_is_an_incident() -> None:
    for value in (-1, "many", None, True, 2.5):
        case = Case(votes(instances("${n}")), {"n": value})
        assert [element for element, _ in case.failed] == ["vote"]


def test_a_collection_that_is_none_is_an_incident() -> None:
    case = Case(votes(instances(collection="people", element="who")), {"people": 5})
    assert [element for element, _ in case.failed] == ["vote"]


def test_a_multi_instance_of_200_instances_keeps_its_order() -> None:
    body = node("scriptTask", "t", f"<script>found = found + [loopCounter]</script>{instances('200')}")
    case = Case(whole(START, body, END, path("start", "t", "end")), {"found": []})
    assert case.variables["found"] == list(range(200))


# --- standard loops


@pytest.mark.parametrize(
    ("before", "condition", "most", "times"),
    [
        (False, "${n < 3}", None, 3),
        (True, "${n < 3}", None, 3),
        (False, "${n < 0}", None, 1),
        (True, "${n < 0}", None, 0),
        (False, "${n < 9}", "2", 2),
        (True, "${n < 9}", "2", 2),
        (False, None, "4", 4),
        (True, None, "4", 4),
        (False, "${loopCounter < 2}", None, 2),
    ],
)
def test_a_standard_loop_repeats_while_its_condition_is_true_tested_before_or_after_up_to_its_maximum(
    before: bool, condition: str | None, most: str | None, times: int
) -> None:
    body = node("scriptTask", "t", f"<script>n = n + 1</script>{loop(condition, before=before, most=most)}")
    case = Case(whole(START, body, END, path("start", "t", "end")), {"n": 0})
    assert case.variables["n"] == times
    assert case.trace == " ".join(["start", *["t"] * max(times, 1), "end"])
    assert case.finished


@pytest.mark.parametrize("kind", ["user task", "sub-process", "call activity"])
def test_a_standard_loop_waits_in_every_round(kind: str) -> None:
    again = loop("${outcome == 'return'}") if kind != "call activity" else loop(most="2")
    inner = [begin("s0"), human("a"), end("s1"), path("s0", "a", "s1")]
    body = {
        "user task": task("a", "userTask", again),
        "sub-process": sub("t", *inner, again),
        "call activity": node("callActivity", "t", again, calledElement="inner"),
    }[kind]
    host = "a" if kind == "user task" else "t"
    case = Case(whole(START, body, END, path("start", host, "end")), operations=Stub({"inner": whole(*inner, key="inner")}))
    case.decide("a", outcome="return")
    assert case.open == "a"
    case.decide("a")
    assert case.times("a") == 2
    assert case.times(host) == 2
    assert case.finished


def test_a_boundary_event_interrupts_a_standard_loop() -> None:
    xml = whole(
        START, task("a", "userTask", loop("${outcome == 'return'}")), boundary("late", "a", "timer", "PT1H"), END, end("gone"),
        path("start", "a", "end"),
        path("late", "gone"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("a", outcome="return")
    case.fire("late")
    assert case.trace == "start a late gone"


def test_an_endless_standard_loop_is_an_incident_and_no_hang() -> None:
    body = node("scriptTask", "t", f"<script>n = n + 1</script>{loop('${n >= 0}')}")
    case = Case(whole(START, body, END, path("start", "t", "end")), {"n": 0})
    assert case.failed == [("t", "budget-exceeded")]
    assert not case.finished


def test_what_parallel_instances_have_found_is_not_mixed_up_while_they_wait() -> None:
    characteristics = instances(collection="people", element="who", gather=("results", "result"))
    body = [begin("s0"), script("v", "result = who * 2"), human("h"), end("s1"), path("s0", "v", "h", "s1"), characteristics]
    case = Case(whole(START, sub("s", *body), END, path("start", "s", "end")), {"people": [1, 2, 3]})
    for _ in range(3):
        case.decide("h")
    assert case.variables["results"] == [2, 4, 6]


# --- save points of instances


@pytest.mark.parametrize("where", ["asyncBefore", "asyncAfter"])
def test_each_instance_of_a_parallel_multi_instance_has_its_save_point(where: str) -> None:
    several = instances("3").replace("Characteristics>", f'Characteristics camunda:{where}="true">', 1)
    case = Case(whole(START, task("x", body=several), END, path("start", "x", "end")))
    assert len(case.run.continuations()) == 3
    case.resume()
    assert (case.failed, case.finished, case.times("x")) == ([], True, 3)


@pytest.mark.parametrize("where", ["asyncBefore", "asyncAfter"])
def test_each_instance_of_a_sequential_multi_instance_pauses_in_its_turn(where: str) -> None:
    several = instances("2", sequential=True).replace('isSequential="true"', f'isSequential="true" camunda:{where}="true"', 1)
    case = Case(whole(START, script("x", "n = n + 1").replace("<script>", f"{several}<script>"), END, path("start", "x", "end")), {"n": 0})
    for number in (1, 2):
        assert (len(case.run.continuations()), case.finished) == (1, False)
        assert case.variables["n"] == (number if where == "asyncAfter" else number - 1)
        case.resume()
    assert (case.variables["n"], case.finished) == (2, True)


def test_the_save_points_of_an_activity_and_of_its_instances_are_apart() -> None:
    several = instances("2").replace("Characteristics>", 'Characteristics camunda:asyncBefore="true">', 1)
    case = Case(whole(START, task("x", body=several, camunda_asyncBefore="true"), END, path("start", "x", "end")))
    assert len(case.run.continuations()) == 1
    case.resume()
    assert len(case.run.continuations()) == 2
    case.resume()
    assert case.finished
