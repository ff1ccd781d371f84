"""Every row of the reference on the library and on vendors' files (sections 0, 2.1, 2.2, 3.3 and 4), played: the symptom it names is gone.

That the same is read without a fault stands in `engine/bpmn/test_reference`; the rows of section 5 stand in `engine/test_security_rows`, that on
`migrate_workflow` in `engine/test_definitions`. The row on the library's own tests says nothing of ours.
"""

from typing import Any

import pytest
from drawings import (
    END,
    START,
    boundary,
    catch,
    compensated,
    end,
    event_start,
    event_sub,
    extension,
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
    whole,
)
from drawings import start as begin
from traces import Case, Stub

from engine.bpmn.normaliser import normalise
from engine.bpmn.reader import processes, read
from engine.bpmn.xml import parse
from engine.errors import InvalidExpression
from engine.examination import examine
from engine.language import compile_expression, compile_script

REWORK = whole(
    START, human("work"), gateway("good", default="good_to_end"), END, path("start", "work", "good", "end"), flow("good", "work", "${outcome == 'return'}"),
)  # fmt: skip


def around(part: str, *more: str) -> bytes:
    return whole(START, part, END, path("start", "x", "end"), *more)


def codes(xml: bytes) -> set[str]:
    return {fault.code for fault in examine({"x.bpmn": xml}).faults}


# --- section 0


def test_row_a_compatibility_layer_is_a_core_module() -> None:
    """What the library refuses or loses is normalised: ids, flows without one, missing starts and ends."""
    bare = '<sequenceFlow sourceRef="Start" targetRef="s"/><sequenceFlow sourceRef="s" targetRef="End"/>'
    xml = whole(begin("Start"), sub("s", task("Root")), end("End"), bare)
    assert Case(normalise(parse(xml, "x"))).trace == "Start Root s End"


def test_row_unsupported_bpmn_is_often_dropped_silently() -> None:
    several = instances("2").replace("Characteristics>", 'Characteristics behavior="One">', 1)
    assert codes(around(task("x", body=several))) == {"behavior-not-supported"}
    assert codes(around(task("x", startQuantity="2"))) == {"quantity-not-supported"}
    assert codes(around(node("adHocSubProcess", "x"))) >= {"element-not-supported"}


def test_row_tree_deeper_than_1000_tasks() -> None:
    xml = whole(
        START, script("n1", "n = n + 1"), gateway("g", default="g_to_end"), END, path("start", "n1", "g", "end"), flow("g", "n1", "${n < 1500}"),
    )  # fmt: skip
    case = Case(xml, {"n": 0})
    assert (case.failed, case.finished, case.times("n1")) == ([], True, 1500)


def test_row_form_data_holding_a_key_named_typename() -> None:
    case = Case(around(human("x"), human("y"), path("x", "y")), {"form": {"typename": "builtins.int"}})
    case.decide("x", typename="datetime")
    assert (case.variables["form"], case.variables["typename"]) == ({"typename": "builtins.int"}, "datetime")


def test_row_multi_instance_completion_condition_looks_at_the_last_child_only() -> None:
    voting = instances("3", gather=("votes", "outcome"), until="${len([one for one in votes if one == 'approve']) == 2}")
    case = Case(around(task("x", "userTask", voting)))
    case.decide("x", outcome="approve")
    case.decide("x", outcome="approve")
    assert (case.finished, case.open) == (True, "")


def test_row_a_spec_object_with_an_event_subprocess_is_mutated_at_run_time() -> None:
    xml = whole(START, human("a"), path("start", "a"), event_sub("h", event_start("h0", "message", "m", False), task("k"), path("h0", "k")))
    for _ in range(3):  # the same program for each
        case = Case(xml)
        case.send("h0")
        case.decide("a")
        assert case.finished


@pytest.mark.parametrize("text", ["__import__('os')", "open('x')", "().__class__", "exec('1')"])
def test_row_scripts_and_all_expressions_are_plain_exec_and_eval(text: str) -> None:
    for compiler in (compile_expression, compile_script):
        with pytest.raises(InvalidExpression):
            compiler(text)


def test_row_speed_ups_with_identical_traces() -> None:
    """What is saved does not grow with the age of a case; the speed itself is judged by `make bench`."""
    case = Case(REWORK)
    case.decide("work", outcome="return")  # the first one makes `outcome` and `decisions`
    sizes = []
    for _ in range(50):
        case.decide("work", outcome="return")
        sizes.append(len(case.run.save()))
    assert max(sizes) - min(sizes) < 10


# --- section 2.1


def test_row_signal_end_event_does_nothing() -> None:
    assert Case(whole(START, end("e", "signal", "S"), path("start", "e"))).thrown == [("signal", "S")]


def test_row_link_throw_ends_the_branch() -> None:
    xml = whole(START, throw("o", "link", "L"), catch("i", "link", "L"), task("a"), path("start", "o"), path("i", "a"))
    assert Case(xml).trace == "start o i a"


def test_row_event_definition_ref_ignored_or_refused() -> None:
    xml = around(node("endEvent", "x", "<eventDefinitionRef>d</eventDefinitionRef>")).replace(
        b"<process", b'<signal id="s" name="S"/><signalEventDefinition id="d" signalRef="s"/><process', 1
    )
    assert Case(xml.replace(flow("x", "end").encode(), b"").replace(END.encode(), b"")).thrown == [("signal", "S")]


def test_row_more_than_one_flow_or_a_conditional_flow_leaving_an_activity() -> None:
    xml = whole(START, task("x"), task("a"), task("b"), path("start", "x", "a"), flow("x", "b", "${n > 3}"))
    assert (Case(xml, {"n": 5}).trace, Case(xml, {"n": 1}).trace) == ("start x a b", "start x a")


def test_row_bpmn_ids_start_and_end_break_the_process() -> None:
    assert Case(whole(begin("Start"), task("Root"), end("End"), path("Start", "Root", "End"))).trace == "Start Root End"


def test_row_sequence_flow_without_id_vanishes() -> None:
    bare = '<sequenceFlow sourceRef="start" targetRef="a"/><sequenceFlow sourceRef="a" targetRef="end"/>'
    assert Case(whole(START, task("a"), END, bare)).trace == "start a end"


def test_row_subprocess_without_start_or_end_event_refused() -> None:
    assert Case(around(sub("x", task("i")))).trace == "start i x end"


def test_row_process_with_no_end_event() -> None:
    case = Case(whole(START, task("a"), path("start", "a")))
    assert (case.trace, case.finished) == ("start a", True)


@pytest.mark.parametrize(("kind", "name"), [("signal", "S"), ("escalation", "E"), ("conditional", "${n == 1}")])
def test_row_interrupting_boundary_on_a_subprocess_lets_its_automatic_steps_finish_first(kind: str, name: str) -> None:
    first = script("t", "n = 1") if kind == "conditional" else throw("t", kind, name)
    xml = around(sub("x", first, task("after"), path("t", "after")), boundary("b", "x", kind, name), task("k"), path("b", "k"))
    case = Case(xml, {"n": 0})
    assert case.times("after") == 0
    assert case.times("k") == 1


def test_row_conditional_events_missed_when_the_change_happens_in_another_scope() -> None:
    change = sub("s", human("u"), script("w", "n = 1"), path("u", "w"))
    xml = whole(START, gateway("g", "parallel"), change, catch("c", "conditional", "${n == 1}"), path("start", "g", "s"), path("g", "c"))
    case = Case(xml, {"n": 0})
    case.decide("u")
    assert case.times("c") == 1


def test_row_error_thrown_inside_a_script_or_service_does_not_reach_an_error_boundary() -> None:
    caught = (boundary("b", "x", "error", "E"), task("k"), path("b", "k"))
    assert Case(around(script("x", "bpmnError('E')"), *caught)).trace == "start b k"
    case = Case(around(service("x", "outside"), *caught))
    case.fail("x", "E")
    assert case.trace == "start b k"


@pytest.mark.parametrize("interrupting", [True, False])
def test_row_event_subprocess_is_interrupting_is_never_read(interrupting: bool) -> None:
    handler = event_sub("h", event_start("h0", "signal", "S", interrupting), task("k"), path("h0", "k"))
    case = Case(whole(START, human("a"), path("start", "a"), handler))
    case.signal("S")
    assert (case.times("k"), case.open) == (1, "" if interrupting else "a")


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_row_event_subprocess_inside_a_subprocess_never_hears_message_or_signal(kind: str) -> None:
    handler = event_sub("h", event_start("h0", kind, "M", False), task("k"), path("h0", "k"))
    case = Case(around(sub("x", begin("i"), human("u"), path("i", "u"), handler)))
    if kind == "message":
        case.send("h0")
    else:
        case.signal("M")
    assert case.times("k") == 1


@pytest.mark.parametrize("kind", ["error", "escalation"])
def test_row_event_subprocess_with_error_or_escalation_start_runs_at_process_start(kind: str) -> None:
    handler = event_sub("h", event_start("h0", kind, "E"), task("k"), path("h0", "k"))
    case = Case(whole(START, human("a"), end("bad", kind, "E"), path("start", "a", "bad"), handler))
    assert case.trace == "start"
    case.decide("a")
    assert case.times("k") == 1


@pytest.mark.parametrize("last", [throw("t", "compensate"), throw("t", "compensate", "a"), end("t", "compensate")])
def test_row_compensation_refused_on_boundary_ignored_on_throw_and_end(last: str) -> None:
    undo = task("undo", isForCompensation="true")
    assert Case(whole(START, task("a"), compensated("a", "undo"), undo, last, path("start", "a", "t"))).trace == "start a undo t"


def test_row_ad_hoc_sequential_ordering_and_cancel_remaining_instances_never_honoured() -> None:
    assert "element-not-supported" in codes(around(node("adHocSubProcess", "x", task("i"), ordering="Sequential")))


@pytest.mark.parametrize("behavior", ["None", "One", "Complex"])
def test_row_multi_instance_behavior_and_start_and_completion_quantity(behavior: str) -> None:
    several = instances("2").replace("Characteristics>", f'Characteristics behavior="{behavior}">', 1)
    assert codes(around(task("x", body=several))) == {"behavior-not-supported"}
    assert codes(around(task("x", completionQuantity="2"))) == {"quantity-not-supported"}


def test_row_data_association_with_io_specification() -> None:
    io = (
        '<ioSpecification><dataInput id="i"/><dataOutput id="o"/><inputSet><dataInputRefs>i</dataInputRefs></inputSet>'
        "<outputSet><dataOutputRefs>o</dataOutputRefs></outputSet></ioSpecification>"
        "<dataInputAssociation><sourceRef>d</sourceRef><targetRef>i</targetRef></dataInputAssociation>"
        "<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>d</targetRef></dataOutputAssociation>"
    )
    work = node("scriptTask", "x", f"{io}<script>o = i + 1</script>")
    assert Case(around(work, '<dataObject id="d" name="draft"/>'), {"draft": 1}).variables == {"draft": 2}


@pytest.mark.parametrize("body", [instances("-1"), loop(most="-1")])
def test_row_negative_loop_or_multi_instance_cardinality_accepted(body: str) -> None:
    assert codes(around(task("x", body=body))) == {"loop-count"}
    assert Case(around(task("x", body=body.replace("-1", "${n}"))), {"n": -1}).failed == [("x", "execution-failed")]


# --- section 2.2


def test_row_timers() -> None:
    case = Case(around(boundary("b", "x", "timer", "PT1H"), human("x"), task("k"), path("b", "k")))
    assert [timer.element for timer in case.run.timers()] == ["b"]
    case.fire(hours=2)
    assert (case.times("k"), case.open) == (1, "")
    assert codes(around(catch("x", "timer", "an hour"))) == {"timer-invalid"}


def test_row_messages() -> None:
    case = Case(
        whole(
            START, gateway("g", "parallel"), catch("a", "message", "M"), catch("b", "message", "M"), path("start", "g", "a"), path("g", "b")
        )
    )
    case.send("b", given=1)
    assert (case.waiting, case.variables) == ("a", {"given": 1})


@pytest.mark.parametrize(("kind", "name"), [("message", "M"), ("signal", "S"), ("timer", "PT1H"), ("conditional", "${n == 1}")])
def test_row_message_signal_timer_and_conditional_start_of_a_new_instance(kind: str, name: str) -> None:
    assert Case(whole(begin("x", kind, name), task("a"), path("x", "a")), {"n": 1}, at="x").trace == "x a"


def test_row_call_activity_to_another_file() -> None:
    called = Stub({"q": whole(task("deep"), key="q")})
    assert Case(around(node("callActivity", "x", calledElement="q")), {}, called).trace == "start deep x end"


@pytest.mark.parametrize("kind", ["task", "manualTask"])
def test_row_plain_task(kind: str) -> None:
    assert Case(around(task("x", kind))).finished


def test_row_service_task_from_the_base_parser() -> None:
    """It waits for its answer, and is saved while it does: a case is saved and loaded around every command."""
    case = Case(around(service("x", "outside", camunda_resultVariable="r")))
    case.answer("x", 5)
    assert (case.finished, case.variables) == (True, {"r": 5})


def test_row_errors_in_a_step() -> None:
    case = Case(around(script("x", "a = missing")))
    assert case.failed == [("x", "execution-failed")]
    case.resolve("x")
    assert case.finished


# --- section 3.3: each is read into the model and does what it says


def model_of(part: str, *more: str) -> Any:
    return read(processes(parse(around(part, *more), "x"))[0], "x")[0].elements["x"]


def test_row_assignee() -> None:
    assert model_of(node("userTask", "x", camunda_assignee="${boss}")).assignment.assignee == "${boss}"


def test_row_candidate_groups_and_candidate_users() -> None:
    wanted = model_of(node("userTask", "x", camunda_candidateGroups="g", camunda_candidateUsers="u")).assignment
    assert (wanted.candidate_groups, wanted.candidate_users) == ("g", "u")


def test_row_due_date_and_priority() -> None:
    wanted = model_of(node("userTask", "x", camunda_dueDate="P3D", camunda_priority="50")).assignment
    assert (wanted.due_date, wanted.priority) == ("P3D", "50")


@pytest.mark.parametrize("name", ["camunda_formKey", "camunda_formRef"])
def test_row_form_key(name: str) -> None:
    assert model_of(node("userTask", "x", **{name: "f"})).form_key == "f"
    xml = whole(node("startEvent", "x", **{name: "f"}))
    assert read(processes(parse(xml, "x"))[0], "x")[0].elements["x"].form_key == "f", "of a start event too"


@pytest.mark.parametrize("kind", ["userTask", "startEvent"])
def test_row_form_data_and_form_property(kind: str) -> None:
    field = '<camunda:formData><camunda:formField id="days" type="long"/></camunda:formData><camunda:formProperty id="why"/>'
    xml = whole(node(kind, "x", extension(field)))
    found = read(processes(parse(xml, "x"))[0], "x")[0].elements["x"]
    assert [one.name for one in found.form] == ["days", "why"]


def test_row_properties() -> None:
    rows = extension('<camunda:properties><camunda:property name="k" value="v"/></camunda:properties>')
    assert model_of(node("task", "x", rows)).properties == (("k", "v"),)


def test_row_input_output() -> None:
    case = Case(around(node("task", "x", mapped({"a": "${n + 1}"}, {"b": "${a * 2}"}))), {"n": 1})
    assert case.variables == {"n": 1, "b": 4}


def test_row_collection_and_element_variable() -> None:
    several = instances(collection="${people}", element="one", gather=("all", "one"))
    case = Case(around(task("x", body=several)), {"people": ["a", "b"]})
    assert (case.times("x"), case.variables["all"], case.variables["people"]) == (2, ["a", "b"], ["a", "b"])


def test_row_decision_ref() -> None:
    rule = node("businessRuleTask", "x", camunda_decisionRef="limit", camunda_resultVariable="r")
    assert Case(around(rule), {}, Stub(limit=lambda variables: 7)).variables["r"] == 7


def test_row_service_class_expression_and_delegate_expression() -> None:
    assert Case(around(node("serviceTask", "x", camunda_expression="${n + 1}", camunda_resultVariable="r")), {"n": 1}).variables["r"] == 2
    for attributes in ({"camunda_class": "x.Y"}, {"camunda_delegateExpression": "${y}"}):
        xml = around(node("serviceTask", "x", **attributes))
        assert "java-not-supported" in codes(xml)
        assert examine({"x.bpmn": xml}, {"x.Y": "oa.notify", "y": "oa.notify"}).faults == []


def test_row_service_type_and_topic() -> None:
    case = Case(around(node("serviceTask", "x", camunda_type="external", camunda_topic="pay")))
    assert [(element, operation) for element, operation, _ in case.calls] == [("x", "pay")]
    case.answer("x")
    assert case.finished


@pytest.mark.parametrize("where", ["asyncBefore", "asyncAfter"])
def test_row_async_job_priority_and_retries(where: str) -> None:
    retried = extension("<camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle>")
    case = Case(around(node("task", "x", retried, camunda_jobPriority="5", **{f"camunda_{where}": "true"})))
    assert len(case.run.continuations()) == 1
    case.resume()
    assert case.finished


def test_row_execution_listener_and_task_listener() -> None:
    told: list[int] = []
    rows = extension('<camunda:executionListener class="x.Y" event="start"/><camunda:taskListener class="x.Y" event="create"/>')
    xml = around(node("userTask", "x", rows, camunda_assignee="li.na"))
    assert codes(xml) == {"java-not-supported"}
    found = examine({"x.bpmn": xml}, {"x.Y": "local"})
    Case(found.normalised["x.bpmn"].encode(), {}, Stub(local=lambda: told.append(1)))
    assert len(told) == 4, "two listeners, in both of the runs that are compared"


def test_row_call_activity_in_and_out() -> None:
    inner = whole(script("k", "b = a + 1\nhidden = 1"), key="q")
    rows = extension('<camunda:in source="n" target="a"/><camunda:out source="b" target="m"/>')
    assert Case(around(node("callActivity", "x", rows, calledElement="q")), {"n": 1}, Stub({"q": inner})).variables == {"n": 1, "m": 2}


def test_row_initiator_on_start() -> None:
    assert Case(whole(node("startEvent", "x", camunda_initiator="who"))).variables == {"who": "li.na"}


@pytest.mark.parametrize("text", ["${n == 5}", "#{n ge 5 && !no}", "${empty none ? n == 5 : false}"])
def test_row_expressions_in_flow_conditions(text: str) -> None:
    xml = whole(START, gateway("g", default="g_to_b"), task("a"), task("b"), path("start", "g", "b"), flow("g", "a", text))
    assert Case(xml, {"n": 5, "no": False, "none": []}).trace == "start g a"


@pytest.mark.parametrize(("kind", "text"), [("timer", "PT1H"), ("date", "2026-11-22T03:00:00Z"), ("cycle", "R1/PT1H")])
def test_row_literal_timers(kind: str, text: str) -> None:
    case = Case(around(catch("x", kind, text)))
    case.fire(hours=2)
    assert (case.failed, case.finished) == ([], True)


def test_row_event_type_and_event_registry_parts() -> None:
    xml = around(node("userTask", "x", extension("<flowable:eventType>e</flowable:eventType>"))).replace(
        b"<definitions", b'<definitions xmlns:flowable="http://flowable.org/bpmn"', 1
    )
    assert codes(xml) == {"event-registry-not-supported"}


# --- section 4


def test_row_rework_loop_on_one_user_task() -> None:
    case = Case(REWORK)
    for _ in range(550):
        case.decide("work", outcome="return")
    case.decide("work")
    assert (case.times("work"), case.finished) == (551, True)


def test_row_automatic_loop_of_500_and_more_iterations() -> None:
    case = Case(around(script("x", "n = n + 1").replace("<script>", loop("${n < 1200}") + "<script>")), {"n": 0})
    assert (case.times("x"), case.finished) == (1200, True)


def test_row_1200_tasks_in_a_straight_line() -> None:
    names = [f"a{number}" for number in range(1200)]
    case = Case(whole(START, *map(task, names), END, path("start", *names, "end")))
    assert (case.finished, len(case.trace.split())) == (True, 1202)


@pytest.mark.parametrize("sequential", [False, True])
def test_row_parallel_multi_instance_user_tasks_save_and_load_between_answers(sequential: bool) -> None:
    several = instances(collection="people", element="one", gather=("all", "one"), sequential=sequential)
    case = Case(around(task("x", "userTask", several)), {"people": ["a", "b", "c"]})
    case.decide("x", "x", "x")
    assert (case.variables["all"], case.finished) == (["a", "b", "c"], True)


@pytest.mark.parametrize("sequential", [False, True])
def test_row_multi_instance_quorum_on_the_collected_output(sequential: bool) -> None:
    several = instances("3", sequential=sequential, until="${nrOfCompletedInstances >= 2 and nrOfInstances == 3}")
    case = Case(around(task("x", "userTask", several)))
    case.decide("x")
    assert not case.finished
    case.decide("x")
    assert case.finished


BRANCHES = ("a", "b")


def branched(one: str, other: str) -> bytes:
    parts = (gateway("s", "parallel"), script("a", one), script("b", other), gateway("j", "parallel"))
    return whole(START, *parts, END, path("start", "s", "a", "j", "end"), path("s", "b", "j"))


def test_row_parallel_branches_write_a_nested_dict() -> None:
    case = Case(branched("form['x'] = 1", "form['y'] = 2"), {"form": {"deep": {"n": 1}}})
    assert case.variables["form"] == {"deep": {"n": 1}, "x": 1, "y": 2}
    assert case.changes[1][2:] == ({"deep": {"n": 1}}, {"deep": {"n": 1}, "x": 1}), "the past is what it was"


def test_row_both_branches_set_the_same_scalar() -> None:
    case = Case(branched("n = 1", "n = 2"), {"n": 0})
    assert [(name, old, new) for _, name, old, new in case.changes[1:]] == [("n", 0, 1), ("n", 1, 2)], (
        "the last one wins, and both are in the record"
    )


def test_row_both_branches_append_to_a_same_named_list() -> None:
    assert Case(branched("xs.append('a')", "xs.append('b')"), {"xs": []}).variables["xs"] == ["a", "b"]


def test_row_two_tokens_on_one_input_of_a_parallel_join() -> None:
    """Neither is lost: the second waits for a second token on the other input."""
    xml = whole(
        START, gateway("s", "parallel"), task("a1"), task("a2"), gateway("m"), human("b"), gateway("j", "parallel"), END,
        path("start", "s", "a1", "m", "j", "end"), path("s", "a2", "m"), path("s", "b", "j"),
    )  # fmt: skip
    case = Case(xml)
    case.decide("b")
    assert (case.times("end"), case.finished, case.failed) == (1, False, [("j", "join-starved")])


def test_row_call_activity_sees_and_returns_all_caller_data() -> None:
    inner = whole(script("k", "seen = len([one for one in [1] if true])\nn = 9"), key="q")
    assert Case(around(node("callActivity", "x", calledElement="q")), {"n": 1}, Stub({"q": inner})).variables == {"n": 1}


def test_row_boundary_timer_save_and_load_in_between() -> None:
    case = Case(around(human("x"), boundary("b", "x", "timer", "PT1H", False), task("k"), path("b", "k")))
    case.fire(hours=2)
    case.decide("x")
    assert (case.times("k"), case.finished) == (1, True)


@pytest.mark.parametrize("interrupting", [False, True])
def test_row_event_subprocess_message_top_level(interrupting: bool) -> None:
    handler = event_sub("h", event_start("h0", "message", "M", interrupting), task("k"), path("h0", "k"))
    case = Case(whole(START, human("a"), path("start", "a"), handler))
    case.send("h0")
    assert case.open == ("" if interrupting else "a")
    if not interrupting:
        case.send("h0")
    assert case.times("k") == (1 if interrupting else 2)


def test_row_same_spec_object_used_for_a_second_instance() -> None:
    assert [Case(REWORK).open for _ in range(2)] == ["work", "work"]


def test_row_data_object_read_two_subprocess_levels_down() -> None:
    arrow = "<dataInputAssociation><sourceRef>d</sourceRef><targetRef>n</targetRef></dataInputAssociation>"
    inner = sub("x", sub("t", node("scriptTask", "k", f'<property id="n" name="seen"/>{arrow}<script>found = seen</script>')))
    assert Case(around(inner, '<dataObject id="d" name="draft"/>'), {"draft": 5}).variables["found"] == 5
