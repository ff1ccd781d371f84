"""What BPMN's schema does not allow is refused with its element; what only the picture says less is a warning."""

import pytest
from drawings import END, START, definition, drawing, event_start, event_sub, human, node, path, task
from reading_support import between, codes

from engine.errors import Fault
from engine.examination import Examination, examine

TWICE = "<loopCardinality>2</loopCardinality>"


def several(attributes: str = "", inner: str = TWICE) -> str:
    return f'<task id="a"><multiInstanceLoopCharacteristics {attributes}>{inner}</multiInstanceLoopCharacteristics></task>'


def standard(attributes: str, inner: str = "") -> str:
    return f'<task id="a"><standardLoopCharacteristics {attributes}>{inner}</standardLoopCharacteristics></task>'


def caught(definition: str, attributes: str = "") -> str:
    return f'<userTask id="u"/><boundaryEvent id="a" attachedToRef="u" {attributes}>{definition}</boundaryEvent>'


def flowing(inner: str, attributes: str = "") -> str:
    return f'<task id="a"/><task id="b"/><sequenceFlow id="f" sourceRef="a" targetRef="b" {attributes}>{inner}</sequenceFlow>'


TIMER = "<timerEventDefinition{}><timeDuration{}>PT1H</timeDuration>{}</timerEventDefinition>"
TRUE = "<conditionExpression>${true}</conditionExpression>"
REFUSED = {
    "a loop that is misspelt": (several('sequential="true"'), "attribute-unknown", "a"),
    "a standard loop that is misspelt": (standard('loopMax="2"', "<loopCondition>${true}</loopCondition>"), "attribute-unknown", "a"),
    "a code that is misspelt": (caught('<errorEventDefinition errorref="e"/>'), "attribute-unknown", "a"),
    "a timer that is misspelt": (caught(TIMER.format(' cycle="R3"', "", "")), "attribute-unknown", "a"),
    "a time that is misspelt": (caught(TIMER.format("", ' calendar="cn"', "")), "attribute-unknown", "a"),
    "something in a loop": (several(inner=TWICE + "<foo>1</foo>"), "part-not-supported", "a"),
    "something in a timer": (caught(TIMER.format("", "", "<foo/>")), "part-not-supported", "a"),
    "something in a signal": (caught("<signalEventDefinition><name>s</name></signalEventDefinition>"), "part-not-supported", "a"),
    "something on a flow": (flowing("<weight>3</weight>"), "part-not-supported", "f"),
    "two conditions on a flow": (flowing(TRUE * 2), "part-repeated", "f"),
    "two cardinalities": (several(inner=TWICE * 2), "part-repeated", "a"),
    "two loops": (f'<task id="a"><standardLoopCharacteristics loopMaximum="2"/>{several().partition(">")[2]}', "part-repeated", "a"),
    "two multi-instances": (several().replace("</task>", several().partition(">")[2]), "part-repeated", "a"),
    "a loop in capitals": (several('isSequential="TRUE"'), "boolean-invalid", "a"),
    "a test before in words": (standard('testBefore="yes" loopMaximum="2"'), "boolean-invalid", "a"),
    "an interruption in capitals": (caught(TIMER.format("", "", ""), 'cancelActivity="False"'), "boolean-invalid", "a"),
    "a behavior that is none": (several('behavior="all"'), "value-unknown", "a"),
    "a type of gateway that is none": ('<eventBasedGateway id="a" eventGatewayType="parallel"/>', "value-unknown", "a"),
    "a flow in that is not there": ('<task id="a"><incoming>nowhere</incoming></task>', "reference-unknown", "a"),
    "a flow out that is not there": ('<task id="a"><outgoing>nowhere</outgoing></task>', "reference-unknown", "a"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_its_element(name: str) -> None:
    body, code, element = REFUSED[name]

    assert code in codes(between(body), element)


@pytest.mark.parametrize(
    "body",
    [
        several(
            'isSequential="1" behavior="All" id="m"', TWICE + '<completionCondition language="juel" id="c">${true}</completionCondition>'
        ),
        caught('<timerEventDefinition id="t" name="later"><timeDuration id="d">PT1H</timeDuration></timerEventDefinition>'),
        '<task id="a"><incoming>f1</incoming><outgoing>f2</outgoing></task>',
        flowing(f"<documentation>!</documentation>{TRUE}", 'isImmediate="true" name="x"'),
    ],
)
def test_what_the_schema_allows_is_not_refused(body: str) -> None:
    assert set(codes(between(body), "a")) | set(codes(between(body), "f")) <= {"flow-into-start"}, "a boundary event stands between"


def examined(*parts: str, head: str = "", roots: str = "", **attributes: str) -> Examination:
    xml = drawing(*parts, **attributes).replace(b"<process", roots.encode() + b"<process", 1)
    return examine({"x.bpmn": xml.replace(b"<definitions", f"<definitions {head}".encode(), 1)})


def told(found: Examination, code: str) -> list[Fault]:
    assert found.faults == []
    return [warning for warning in found.warnings if warning.code == code]


AROUND = (START, task("a"), END, path("start", "a", "end"))
SHOWN = {
    "a lane of nothing": ('<laneSet id="s"><lane id="l"><flowNodeRef>nowhere</flowNodeRef></lane></laneSet>', "", "reference-unknown", "l"),
    "a pool of nothing": (
        "",
        '<collaboration id="c"><participant id="pool" processRef="nowhere"/></collaboration>',
        "reference-unknown",
        "pool",
    ),
    "a message to nothing": (
        "",
        '<collaboration id="c"><messageFlow id="m" sourceRef="a" targetRef="nowhere"/></collaboration>',
        "reference-unknown",
        "m",
    ),
    "a lane with something more": ('<laneSet id="s"><lane id="l" colour="red"/></laneSet>', "", "attribute-unknown", "l"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_only_the_picture_says_is_told(name: str) -> None:
    part, roots, code, element = SHOWN[name]

    assert [warning.element for warning in told(examined(part, *AROUND, roots=roots), code)] == [element]


@pytest.mark.parametrize(
    ("direction", "contradicted"), [("Converging", True), ("Mixed", True), ("Diverging", False), ("Unspecified", False), (None, False)]
)
def test_a_gateway_s_direction_that_its_flows_contradict_is_told(direction: str | None, contradicted: bool) -> None:
    more = {"gatewayDirection": direction} if direction else {}
    parts = (START, node("parallelGateway", "g", **more), task("a"), task("b"), path("start", "g", "a"), path("g", "b"))

    assert bool(told(examined(*parts), "direction-contradicted")) == contradicted


def test_a_flow_that_is_taken_whenever_its_turn_comes_is_told() -> None:
    parts = (START, node("exclusiveGateway", "g"), task("a"), task("b"), path("start", "g", "a"))
    condition = '<sequenceFlow id="f" sourceRef="g" targetRef="b"><conditionExpression>${n > 3}</conditionExpression></sequenceFlow>'

    assert [warning.found for warning in told(examined(*parts, condition.replace("> 3", "&gt; 3")), "condition-missing")] == ["g_to_a"]


LATER = '<compensateEventDefinition waitForCompletion="false"/>'


@pytest.mark.parametrize(
    ("thrown", "ignored"),
    [
        (("error", "terminate"), ["terminate"]),
        (("terminate", "signal", "error"), ["terminate"]),
        (("error", "error"), ["error"]),
        ((LATER, "terminate"), ["compensate"]),
        ((LATER, "error", "terminate"), ["compensate", "terminate"]),
        (("compensate", "terminate"), []),
        (("signal", "error"), []),
        ((LATER, "signal"), []),
    ],
)
def test_what_is_thrown_beside_an_end_of_its_scope_and_has_no_effect_is_told(thrown: tuple[str, ...], ignored: list[str]) -> None:
    body = "".join(kind if kind == LATER else definition(kind, {"error": "E", "signal": "S"}.get(kind)) for kind in thrown)
    roots = '<error id="error_E" errorCode="E"/><signal id="signal_S" name="S"/>'

    found = told(examined(START, node("endEvent", "x", body), path("start", "x"), roots=roots), "event-ignored")

    assert [warning.found for warning in found] == ignored


def test_a_compensation_survives_the_terminate_of_the_event_sub_process_that_throws_it() -> None:
    part = event_sub("h", event_start("h0", "error"), node("endEvent", "x", LATER + definition("terminate")), path("h0", "x"))

    assert not told(examined(START, task("a"), path("start", "a"), part), "event-ignored")


# other namespaces

DROOLS = 'xmlns:drools="http://www.jboss.org/drools"'


def test_a_script_of_another_engine_is_refused() -> None:
    inner = "<extensionElements><drools:onEntry-script><drools:script>x();</drools:script></drools:onEntry-script></extensionElements>"

    found = examined(START, node("task", "a", inner), END, path("start", "a", "end"), head=DROOLS)

    assert [(fault.code, fault.element, fault.found) for fault in found.faults] == [("extension-not-supported", "a", "onEntry-script")]


def test_a_task_of_another_engine_is_refused() -> None:
    task_ = '<task id="a" drools:taskName="Email"/>'

    assert [fault.code for fault in examined(START, task_, path("start", "a"), head=DROOLS).faults] == ["extension-not-supported"]


def test_what_nobody_knows_is_told_once_a_namespace() -> None:
    inner = '<extensionElements><q:note q:by="me">x</q:note><q:other/></extensionElements>'
    parts = (START, node("task", "a", inner), '<task id="b" q:cost="3" r:x="1"/>', END, path("start", "a", "b", "end"))

    found = told(examined(*parts, head='xmlns:q="urn:q" xmlns:r="urn:r"'), "extension-unknown")

    assert [(warning.element, warning.found) for warning in found] == [("a", "urn:q"), ("b", "urn:r")]
    assert found[0].en.endswith("note, other, cost")


def test_pictures_and_notes_of_tools_are_not_told() -> None:
    head = 'xmlns:color="http://www.omg.org/spec/BPMN/non-normative/color/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0"'
    found = examined(START, '<task id="a" color:border-color="#fff" modeler:x="1"/>', END, path("start", "a", "end"), head=head)

    assert (found.faults, found.warnings) == ([], [])


# which processes run


def simple(key: str, said: str, identity: str) -> str:
    return f'<process id="{key}" {said}><startEvent id="s{identity}"/></process>'


def both(first: str, second: str, head: str = "") -> Examination:
    processes = simple("p", first, "1") + simple("q", second, "2")
    return examine(
        {"x.bpmn": f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" {head}>{processes}</definitions>'.encode()}
    )


@pytest.mark.parametrize("second", ["", 'isExecutable="false"'])
def test_a_process_beside_others_that_does_not_run_is_told(second: str) -> None:
    found = both('isExecutable="true"', second)

    assert [key for _, key in found.processes] == ["p"]
    assert [warning.element for warning in told(found, "process-not-executable")] == ["q"]


@pytest.mark.parametrize("space", ["http://flowable.org/bpmn", "http://activiti.org/bpmn"])
def test_of_flowable_every_process_runs_that_does_not_say_otherwise(space: str) -> None:
    head = f'xmlns:v="{space}"'

    assert [key for _, key in both('isExecutable="true"', "", head).processes] == ["p", "q"]
    assert [key for _, key in both('isExecutable="false"', "", head).processes] == ["q"]


def test_a_file_in_which_nothing_runs_is_refused_and_says_how_it_would() -> None:
    found = both('isExecutable="false"', 'isExecutable="false"')

    assert [(fault.code, fault.element) for fault in found.faults] == [("no-process", "p"), ("no-process", "q")]
    assert 'isExecutable="true"' in found.faults[0].en


def test_a_flag_that_is_neither_true_nor_false_is_refused() -> None:
    assert next((fault.code, fault.element) for fault in both('isExecutable="True"', "").faults) == ("boolean-invalid", "p")


def test_a_pool_without_content_is_not_told() -> None:
    xml = drawing(START, human("a"), path("start", "a")).replace(
        b"</definitions>", b'<process id="bank" isExecutable="false"/></definitions>'
    )

    assert [warning.code for warning in examine({"x.bpmn": xml}).warnings] == []


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("userTask", 'camunda:tenantId="t"'),
        ("userTask", 'camunda:taskIdVariableName="id"'),
        ("callActivity", 'calledElement="q" camunda:calledElementTenantId="t"'),
        ("callActivity", 'calledElement="q" camunda:processInstanceName="n"'),
        ("serviceTask", 'camunda:expression="${1}" camunda:resultVariable="r" camunda:storeResultVariableAsTransient="true"'),
        ("businessRuleTask", 'camunda:decisionRef="d" camunda:decisionRefBinding="version"'),
    ],
)
def test_an_attribute_of_which_nothing_is_done_here_is_told(kind: str, attribute: str) -> None:
    part = f'<{kind} id="a" {attribute}/>'

    found = examined(START, part, END, path("start", "a", "end"))

    assert [warning.element for warning in told(found, "extension-without-effect")] == ["a"]
