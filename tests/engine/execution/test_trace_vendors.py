"""What Camunda and Flowable write beside BPMN, played: errors of external tasks, skipping, triggering, scopes of signals, decisions of service tasks."""

from typing import Any

import pytest
from drawings import (
    END,
    START,
    boundary,
    catch,
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

# --- errors of external tasks


def external(*mapped: tuple[str, str]) -> bytes:
    rows = "".join(f'<camunda:errorEventDefinition errorRef="error_{code}" expression="{test}"/>' for code, test in mapped)
    work = node("serviceTask", "x", extension(rows), camunda_type="external", camunda_topic="t", camunda_resultVariable="r")
    return whole(
        START, work, END, task("k"), task("l"), boundary("b", "x", "error", "E1"), boundary("c", "x", "error", "E2"),
        path("start", "x", "end"), path("b", "k"), path("c", "l"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "trace"),
    [
        ({"status": "bad"}, "start b k"),
        ({"status": "late"}, "start c l"),
        ({"status": "good"}, "start x end"),
        ({"status": "bad", "n": 2}, "start b k"),
    ],
)
def test_an_answer_means_the_error_that_the_drawing_says(answer: dict[str, Any], trace: str) -> None:
    case = Case(external(("E1", "${status == 'bad'}"), ("E2", "${r.status == 'late'}")))
    case.answer("x", answer)
    assert (case.failed, case.trace) == ([], trace)


def test_an_answer_that_means_an_error_that_nobody_catches_is_an_incident() -> None:
    xml = (
        external(("E1", "${status == 'bad'}"))
        .replace(b'attachedToRef="x"', b'attachedToRef="y"')
        .replace(b"</process>", b'<userTask id="y"/></process>')
    )
    case = Case(xml)
    case.answer("x", {"status": "bad"})
    assert case.failed == [("x", "bpmn-error")]


def test_an_error_that_cannot_be_looked_for_is_an_incident() -> None:
    case = Case(external(("E1", "${nowhere == 1}")))
    case.answer("x", None)
    assert case.failed == [("x", "execution-failed")]


# --- passing over

ENABLED = {"_FLOWABLE_SKIP_EXPRESSION_ENABLED": True}


@pytest.mark.parametrize(("variables", "open_", "trace"), [(ENABLED, "", "start x end"), ({}, "x", "start")])
def test_a_task_is_passed_over_only_where_the_case_says_that_such_are(variables: dict[str, Any], open_: str, trace: str) -> None:
    case = Case(whole(START, human("x", camunda_skipExpression="${n == 5}"), END, path("start", "x", "end")), {"n": 5, **variables})
    assert (case.open, case.trace) == (open_, trace)


def test_a_task_whose_expression_is_false_is_not_passed_over() -> None:
    case = Case(whole(START, human("x", camunda_skipExpression="${n == 5}"), END, path("start", "x", "end")), {"n": 6, **ENABLED})
    assert case.open == "x"


def test_a_flow_is_taken_whatever_its_condition_says() -> None:
    skipping = flow("g", "a", "${false}").replace("<sequenceFlow", '<sequenceFlow camunda:skipExpression="${true}"')
    xml = whole(START, gateway("g", default="g_to_b"), task("a"), task("b"), path("start", "g", "b"), skipping)
    assert Case(xml, ENABLED).trace == "start g a"
    assert Case(xml).trace == "start g b"


# --- triggering


def test_a_triggerable_task_does_its_work_and_waits_for_a_message_with_its_id() -> None:
    work = node("serviceTask", "x", camunda_expression="${n + 1}", camunda_resultVariable="r", camunda_triggerable="true")
    case = Case(whole(START, work, END, path("start", "x", "end")), {"n": 1})
    assert (case.variables["r"], case.waiting, case.trace) == (2, "x", "start")
    case.send("x", given=3)
    assert (case.trace, case.variables["given"]) == ("start x end", 3)


def test_a_triggerable_task_of_the_outside_is_answered_first() -> None:
    work = node("serviceTask", "x", camunda_type="external", camunda_topic="t", camunda_triggerable="true")
    case = Case(whole(START, work, END, path("start", "x", "end")))
    assert case.waiting == ""
    case.answer("x", None)
    assert (case.waiting, case.finished) == ("x", False)
    case.send("x")
    assert case.finished


# --- scopes


def test_terminate_all_ends_the_case_from_within() -> None:
    stop = node("endEvent", "stop", '<terminateEventDefinition camunda:terminateAll="true"/>')
    xml = whole(
        START,
        gateway("g", "parallel"),
        human("u"),
        sub("s", begin("i"), stop, path("i", "stop")),
        END,
        path("start", "g", "u"),
        path("g", "s", "end"),
    )
    case = Case(xml)
    assert (case.finished, case.trace) == (True, "start g i stop")


def test_terminate_all_in_a_called_process_ends_the_case() -> None:
    stop = node("endEvent", "stop", '<terminateEventDefinition camunda:terminateAll="true"/>')
    inner = whole(begin("i"), stop, path("i", "stop"), key="q")
    case = Case(whole(START, node("callActivity", "x", calledElement="q"), human("u"), path("start", "x", "u")), {}, Stub({"q": inner}))
    assert (case.finished, case.open) == (True, "")


def inside(xml: bytes) -> bytes:
    return xml.replace(b'<signal id="signal_S"', b'<signal camunda:scope="processInstance" id="signal_S"')


def test_a_signal_of_the_case_is_heard_in_it_and_nowhere_else() -> None:
    xml = whole(
        START, gateway("g", "parallel"), catch("c", "signal", "S"), throw("t", "signal", "S"), path("start", "g", "c"), path("g", "t")
    )
    case = Case(inside(xml))
    assert (case.trace, case.thrown, case.finished) == ("start g t c", [], True)


def test_a_signal_from_outside_does_not_reach_one_of_the_case() -> None:
    case = Case(inside(whole(START, catch("c", "signal", "S"), path("start", "c"))))
    assert (case.waiting, case.signal("S"), case.finished) == ("", 0, False)


# --- user tasks and calls


def test_who_completed_a_task_is_kept_under_the_name_that_the_drawing_gives() -> None:
    case = Case(whole(START, human("x", camunda_taskCompleterVariableName="who"), END, path("start", "x", "end")))
    case.decide("x")
    assert case.variables["who"] == "wang.fang"


def test_what_comes_back_from_a_call_may_be_its_own_only() -> None:
    inner = whole(script("k", "seen = 1"), key="q")
    kept = '<camunda:inputOutput><camunda:outputParameter name="kept">${seen + 1}</camunda:outputParameter></camunda:inputOutput>'
    rows = extension('<camunda:out source="seen" target="seen"/>' + kept)
    call = node("callActivity", "x", rows, calledElement="q", camunda_useLocalScopeForOutParameters="true")
    case = Case(whole(START, call, END, path("start", "x", "end")), {}, Stub({"q": inner}))
    assert case.variables == {"kept": 2}


def test_a_called_process_has_the_id_of_the_case_it_runs_in() -> None:
    call = node("callActivity", "x", calledElement="q", camunda_processInstanceIdVariableName="pid")
    case = Case(whole(START, call, END, path("start", "x", "end")), {}, Stub({"q": whole(task("k"), key="q")}))
    assert case.variables["pid"].endswith("1")


# --- decisions


def decided(*fields: tuple[str, str]) -> str:
    rows = "".join(f'<camunda:field name="{name}"><camunda:string>{value}</camunda:string></camunda:field>' for name, value in fields)
    return node("serviceTask", "x", extension(rows), camunda_type="dmn")


@pytest.mark.parametrize(
    ("results", "variables"),
    [([{"boss": "wu.gang", "days": 3}], {"boss": "wu.gang", "days": 3}), ([], {}), ([{"a": 1}, {"a": 2}], {"limit": [{"a": 1}, {"a": 2}]})],
)
def test_a_service_task_of_the_type_dmn_keeps_each_output_under_its_name(results: list[Any], variables: dict[str, Any]) -> None:
    xml = whole(START, decided(("decisionTableReferenceKey", "limit")), END, path("start", "x", "end"))
    case = Case(xml, {}, Stub(limit=lambda variables: results))
    assert (case.failed, case.variables) == ([], variables)


def test_a_decision_may_be_named_by_an_expression() -> None:
    rule = node("businessRuleTask", "x", camunda_decisionRef="${which}", camunda_resultVariable="r")
    case = Case(whole(START, rule, END, path("start", "x", "end")), {"which": "limit"}, Stub(limit=lambda variables: 7))
    assert case.variables["r"] == 7


# --- messages


def sending(place: str, **attributes: str) -> str:
    named = "".join(f' camunda:{name}="{value}"' for name, value in attributes.items())
    return node(place, "x", f'<messageEventDefinition messageRef="message_m"{named}/>')


@pytest.mark.parametrize("place", ["intermediateThrowEvent", "endEvent"])
def test_a_message_event_may_evaluate_an_expression_in_place_of_its_message(place: str) -> None:
    case = Case(whole(START, sending(place, expression="${execution.setVariable('a', 1)}"), path("start", "x")))
    assert (case.thrown, case.variables, case.finished) == ([], {"a": 1}, True)


def test_a_message_that_an_operation_carries_reaches_no_other_case() -> None:
    case = Case(whole(START, sending("intermediateThrowEvent", type="external", topic="t"), END, path("start", "x", "end")))
    assert (case.thrown, [operation for _, operation, _ in case.calls]) == ([], ["t"])
    case.answer("x")
    assert case.finished


def test_a_message_without_an_operation_is_thrown() -> None:
    assert Case(whole(START, throw("x", "message", "m"), path("start", "x"))).thrown == [("message", "m")]


# --- references with a prefix


def test_a_collection_may_be_named_with_a_prefix() -> None:
    io = '<ioSpecification><dataInput id="di"/><inputSet><dataInputRefs>di</dataInputRefs></inputSet><outputSet/></ioSpecification>'
    arrow = "<dataInputAssociation><sourceRef>tns:all</sourceRef><targetRef>tns:di</targetRef></dataInputAssociation>"
    loop = "<multiInstanceLoopCharacteristics><loopDataInputRef>tns:di</loopDataInputRef></multiInstanceLoopCharacteristics>"
    xml = whole('<dataObject id="all"/>', START, node("task", "x", io + arrow + loop), path("start", "x"))
    assert Case(xml.replace(b"<definitions", b'<definitions xmlns:tns="tests"', 1), {"all": [1, 2]}).times("x") == 2
