"""Each row of the reference on reading and deploying (sections 2.1, 3.1, 3.3 and 4) has a test of its name; what vendors write has more in `test_vendors`."""

from dataclasses import replace
from typing import Any

import pytest
from drawings import (
    END,
    START,
    boundary,
    catch,
    compensated,
    drawing,
    end,
    event_start,
    event_sub,
    flow,
    gateway,
    human,
    node,
    path,
    script,
    start,
    sub,
    task,
    throw,
    whole,
)
from reading_support import between, codes, element, element_of, read, whole_file

from engine.bpmn.normaliser import normalise
from engine.bpmn.xml import parse

AB = (START, human("a"), END, path("start", "a", "end"))

# 2.1 causes


def test_row_signal_end_event_does_nothing() -> None:
    xml = whole(START, end("end", "signal", "alarm"), path("start", "end"))

    assert [(event.kind, event.name) for event in read(xml).elements["end"].events] == [("signal", "alarm")]


def test_row_link_throw_ends_the_branch() -> None:
    xml = drawing(START, throw("over", "link", "n"), catch("on", "link", "n"), END, path("start", "over"), path("on", "end"))

    assert codes(xml) == []


def test_row_event_definition_ref_ignored_or_refused() -> None:
    roots = '<signal id="s" name="alarm"/><signalEventDefinition id="d" signalRef="s"/>'

    found = element_of('<endEvent id="a"><eventDefinitionRef>d</eventDefinitionRef></endEvent>', "a", roots=roots)

    assert [(event.kind, event.name) for event in found.events] == [("signal", "alarm")]


@pytest.mark.parametrize("condition", [None, "${n > 1}"])
def test_row_more_than_one_flow_or_a_conditional_flow_leaving_an_activity(condition: str | None) -> None:
    xml = drawing(*AB, human("b"), flow("a", "b", condition))

    assert [found.condition for found in read(xml).outgoing("a")] == [None, condition]
    assert codes(xml) == []


def test_row_bpmn_ids_start_and_end_break_the_process() -> None:
    xml = drawing(start("Start"), human("Root"), end("End"), path("Start", "Root", "End"))

    assert list(read(normalise(parse(xml, "x"))).elements) == ["Start", "Root", "End"]
    assert codes(xml) == []


def test_row_sequence_flow_without_id_vanishes() -> None:
    bare = '<sequenceFlow sourceRef="start" targetRef="a"/><sequenceFlow sourceRef="a" targetRef="end"/>'
    xml = drawing(START, human("a"), END, bare)

    assert [(found.source, found.target) for found in read(xml).flows.values()] == [("start", "a"), ("a", "end")]
    assert read(normalise(parse(xml, "x"))).flows.keys() == read(xml).flows.keys()


def test_row_subprocess_without_start_or_end_event_refused() -> None:
    assert codes(drawing(START, sub("s", human("a")), END, path("start", "s", "end"))) == []


def test_row_process_with_no_end_event() -> None:
    assert codes(drawing(START, human("a"), path("start", "a"))) == []


@pytest.mark.parametrize("interrupting", [True, False])
def test_row_event_subprocess_is_interrupting_is_never_read(interrupting: bool) -> None:
    xml = whole(*AB, event_sub("h", event_start("h0", "message", "m", interrupting)))

    assert read(xml).elements["h0"].interrupting == interrupting


@pytest.mark.parametrize("kind", ["error", "escalation"])
def test_row_event_subprocess_with_error_or_escalation_start_runs_at_process_start(kind: str) -> None:
    xml = whole(*AB, event_sub("h", event_start("h0", kind, "n")))

    assert [(event.kind, event.name) for event in read(xml).elements["h0"].events] == [(kind, "n")]
    assert codes(xml) == []


@pytest.mark.parametrize("thrown", [throw("t", "compensate"), throw("t", "compensate", "a"), end("t", "compensate")])
def test_row_compensation_refused_on_boundary_ignored_on_throw_and_end(thrown: str) -> None:
    parts = (START, human("a"), thrown, path("start", "a", "t"), compensated("a", "u"), human("u", isForCompensation="true"))

    found = read(drawing(*parts)).elements

    assert (found["undo_a"].handler, found["u"].compensates, found["t"].events[0].kind) == ("u", True, "compensate")
    assert codes(drawing(*parts)) == []


@pytest.mark.parametrize("attributes", ["", 'ordering="Sequential"', 'cancelRemainingInstances="false"'])
def test_row_ad_hoc(attributes: str) -> None:
    assert "element-not-supported" in codes(between(f'<adHocSubProcess id="a" {attributes}><task id="t"/></adHocSubProcess>'), "a")


@pytest.mark.parametrize("behavior", ["None", "One", "Complex"])
def test_row_multi_instance_behavior(behavior: str) -> None:
    loop = (
        f'<multiInstanceLoopCharacteristics behavior="{behavior}"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>'
    )

    assert codes(between(f'<task id="a">{loop}</task>')) == ["behavior-not-supported"]
    assert codes(between(f'<task id="a">{loop.replace(behavior, "All")}</task>')) == []


@pytest.mark.parametrize("attribute", ["startQuantity", "completionQuantity"])
def test_row_start_and_completion_quantity(attribute: str) -> None:
    assert codes(between(f'<task id="a" {attribute}="2"/>')) == ["quantity-not-supported"]
    assert codes(between(f'<task id="a" {attribute}="1"/>')) == []


def test_row_data_association_with_io_specification() -> None:
    io = '<ioSpecification><dataInput id="i" name="amount"/><inputSet><dataInputRefs>i</dataInputRefs></inputSet><outputSet/></ioSpecification>'
    arrow = "<dataInputAssociation><sourceRef>d</sourceRef><targetRef>i</targetRef></dataInputAssociation>"

    ((name, value),) = element_of(f'<dataObject id="d" name="invoice"/><task id="a">{io}{arrow}</task>', "a").inputs

    assert (name, value.text) == ("amount", "${invoice}")


@pytest.mark.parametrize(
    "loop",
    [
        "<multiInstanceLoopCharacteristics><loopCardinality>-1</loopCardinality></multiInstanceLoopCharacteristics>",
        '<standardLoopCharacteristics loopMaximum="-1"/>',
    ],
)
def test_row_negative_loop_or_multi_instance_cardinality_accepted(loop: str) -> None:
    assert codes(between(f'<task id="a">{loop}</task>')) == ["loop-count"]


@pytest.mark.parametrize("time", ["PT1H", "P1D", "2026-01-01T00:00:00Z"])
def test_row_timers_must_be_python_literals(time: str) -> None:
    kind = "timeDate" if time[0] == "2" else "timeDuration"
    event = f'<intermediateCatchEvent id="a"><timerEventDefinition><{kind}>{time}</{kind}></timerEventDefinition></intermediateCatchEvent>'

    assert codes(between(event)) == []
    assert codes(between(event.replace(time, "an hour"))) == ["timer-invalid"]


def test_row_call_activity_to_another_file() -> None:
    called = element("callActivity", 'calledElement="elsewhere"').called

    assert called is not None and called.key == "elsewhere"
    assert codes(between('<callActivity id="a" calledElement="elsewhere"/>')) == []


@pytest.mark.parametrize("kind", ["task", "manualTask"])
def test_row_plain_task(kind: str) -> None:
    assert codes(between(f'<{kind} id="a"/>')) == []


# 3.1 what vendors' files are refused for


def test_row_dangling_error_signal_message_ref() -> None:
    assert codes(between('<receiveTask id="a" messageRef="gone"/>')) == ["reference-unknown"]


def test_row_multi_instance_collection_attribute_not_read() -> None:
    found = element("task", "", '<multiInstanceLoopCharacteristics v:collection="people" v:elementVariable="one"/>').loop

    assert found is not None and (found.collection, found.element_variable) == ("people", "one")


def test_row_script_held_in_an_external_resource() -> None:
    assert "script-external" in codes(between('<scriptTask id="a" v:resource="deployment://x.py"/>'))


def test_row_exclusive_flow_without_condition() -> None:
    assert codes(drawing(START, gateway("g"), human("a"), END, path("start", "g", "a", "end"), flow("g", "end"))) == ["condition-missing"]


def test_row_unknown_data_store() -> None:
    assert codes(between('<dataStoreReference id="d" name="Any store"/><task id="a"/>')) == []
    assert codes(between('<dataStoreReference id="d" dataStoreRef="s"/><task id="a"/>', roots='<dataStore id="s" name="Any store"/>')) == []


def test_row_empty_timer_definition() -> None:
    assert codes(between('<intermediateCatchEvent id="a"><timerEventDefinition/></intermediateCatchEvent>')) == ["timer-invalid"]


# 4 behaviour


def test_row_1200_tasks_in_a_straight_line() -> None:
    names = [f"a{number}" for number in range(1200)]

    assert codes(drawing(START, *(task(name) for name in names), END, path("start", *names, "end"))) == []


def test_row_data_object_read_two_subprocess_levels_down() -> None:
    arrow = "<dataInputAssociation><sourceRef>d</sourceRef><targetRef>n</targetRef></dataInputAssociation>"
    inner = f'<subProcess id="s"><subProcess id="t"><task id="a"><property id="n" name="x"/>{arrow}</task></subProcess></subProcess>'

    assert codes(whole_file(f'<dataObject id="d" name="draft"/>{inner}')) == []


# 3.3 what each vendor's extension becomes stands in `test_vendors`; here only that the rows are read where nobody read them before


@pytest.mark.parametrize(
    ("attributes", "inner", "read_as"),
    [
        ('v:dueDate="P3D" v:priority="50"', "", lambda e: (e.assignment.due_date, e.assignment.priority) == ("P3D", "50")),
        ('v:formKey="f"', "", lambda e: e.form_key == "f"),
        ('v:asyncBefore="true"', "", lambda e: e.async_before),
        ("", "<v:properties><v:property name='a' value='b'/></v:properties>", lambda e: e.properties == (("a", "b"),)),
        ("", "<v:inputOutput><v:inputParameter name='a'>b</v:inputParameter></v:inputOutput>", lambda e: e.inputs[0][0] == "a"),
        ("", "<v:failedJobRetryTimeCycle>R3/PT1M</v:failedJobRetryTimeCycle>", lambda e: e.retries == "R3/PT1M"),
    ],
)  # fmt: skip
def test_row_extension_dropped(attributes: str, inner: str, read_as: Any) -> None:
    assert read_as(element("userTask", attributes, f"<extensionElements>{inner}</extensionElements>"))


@pytest.mark.parametrize("text", ["${a == b}", "#{a and b}", "${!a}", "${empty a ? b : c}"])
def test_row_expressions_in_flow_conditions(text: str) -> None:
    assert codes(drawing(START, human("a"), END, path("start", "a"), flow("a", "end", text))) == []


def test_the_whole_of_a_drawing_survives_being_normalised() -> None:
    parts = (
        START,
        sub("s", start("s0"), script("x", "n = 1"), end("s1", "error", "no"), path("s0", "x", "s1"), boundary("b", "x", "timer", "PT1H")),
        boundary("c", "s", "error", "no"),
        throw("m", "message", "paid"),
        catch("t", "signal", "alarm"),
        END,
        path("start", "s", "m", "t", "end"),
        event_sub("h", event_start("h0", "escalation", "up", False)),
        node("callActivity", "call", calledElement="other", camunda_calledElementBinding="deployment"),
        path("c", "call"),
    )
    xml = whole(*parts)

    one, two = read(xml), read(normalise(parse(xml, "x")))

    assert codes(xml) == []
    assert [without_line(found) for found in one.elements.values()] == [without_line(found) for found in two.elements.values()]
    assert [without_line(found) for found in one.flows.values()] == [without_line(found) for found in two.flows.values()]


def without_line(found: Any) -> Any:
    return replace(found, line=None)
