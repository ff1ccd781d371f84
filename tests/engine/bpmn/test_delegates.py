"""Java runs nowhere here: a class, delegate expression, listener, connector or kind of task is an operation by the administrator's table, or refused."""

from collections.abc import Mapping

import pytest
from reading_support import between, whole_file

from engine.bpmn.model import Element, ProcessModel, Value
from engine.bpmn.normaliser import normalise
from engine.bpmn.reader import processes, read, read_process
from engine.bpmn.xml import VENDORS, parse

FIELDS = (
    '<extensionElements><v:field name="to" stringValue="li.na"/><v:field name="text"><v:expression>${text}</v:expression></v:field>'
    '<v:field name="plain"><v:string>x</v:string></v:field></extensionElements>'
)
GIVEN = (("to", Value("text", "li.na")), ("text", Value("text", "${text}")), ("plain", Value("text", "x")))


def model_of(xml: bytes, delegates: Mapping[str, str]) -> ProcessModel:
    return read_process(processes(parse(xml, "x.bpmn"))[0], "x.bpmn", delegates)


def mapped(body: str, delegates: Mapping[str, str], namespace: str = VENDORS[0]) -> Element:
    return model_of(whole_file(body, namespace), delegates).elements["a"]


def refused(body: str, delegates: Mapping[str, str], namespace: str = VENDORS[0]) -> list[tuple[str, str | None, str | None]]:
    _, faults = read(processes(parse(between(body, namespace), "x.bpmn"))[0], "x.bpmn", delegates)
    return [(fault.code, fault.element, fault.found) for fault in faults]


@pytest.mark.parametrize("namespace", VENDORS)
@pytest.mark.parametrize("kind", ["serviceTask", "sendTask", "businessRuleTask"])
def test_a_class_is_the_operation_it_is_mapped_to_with_its_fields(namespace: str, kind: str) -> None:
    task = f'<{kind} id="a" v:class="com.acme.Mailer" v:resultVariable="r">{FIELDS}</{kind}>'

    found = mapped(task, {"com.acme.Mailer": "oa.notify"}, namespace)

    assert (found.operation, found.inputs, found.result_variable) == ("oa.notify", GIVEN, "r")
    assert refused(task, {}, namespace) == [("java-not-supported", "a", "com.acme.Mailer")]


@pytest.mark.parametrize("key", ["${mailer}", "#{mailer}", "mailer"])
@pytest.mark.parametrize("written", ["${mailer}", "#{ mailer }"])
def test_a_delegate_expression_is_found_however_it_is_written(key: str, written: str) -> None:
    task = f'<serviceTask id="a" v:delegateExpression="{written}"/>'

    assert mapped(task, {key: "oa.notify"}).operation == "oa.notify"
    assert refused(task, {}) == [("java-not-supported", "a", written)]


def test_an_expression_of_a_bean_can_be_mapped_and_is_refused_otherwise() -> None:
    task = '<serviceTask id="a" v:expression="${mailer.send(order)}"/>'

    assert mapped(task, {"${mailer.send(order)}": "oa.notify"}).operation == "oa.notify"
    assert [code for code, _, _ in refused(task, {})] == ["java-not-supported"]


def test_a_kind_of_task_of_flowable_is_mapped_by_its_type() -> None:
    task = f'<serviceTask id="a" v:type="mail">{FIELDS}</serviceTask>'

    assert mapped(task, {"type:mail": "oa.notify"}, VENDORS[2]).inputs == GIVEN
    assert refused(task, {}, VENDORS[2]) == [("java-not-supported", "a", "type:mail")]


def test_a_connector_of_camunda_is_mapped_by_its_id_with_its_own_inputs() -> None:
    task = (
        '<serviceTask id="a"><extensionElements><v:connector><v:connectorId>http-connector</v:connectorId><v:inputOutput>'
        '<v:inputParameter name="url">http://x</v:inputParameter></v:inputOutput></v:connector></extensionElements></serviceTask>'
    )

    found = mapped(task, {"connector:http-connector": "oa.call"})

    assert (found.operation, found.inputs) == ("oa.call", (("url", Value("text", "http://x")),))
    assert refused(task, {}) == [("java-not-supported", "a", "connector:http-connector")]


def test_a_message_event_of_a_class_is_mapped() -> None:
    event = '<intermediateThrowEvent id="a"><messageEventDefinition v:class="com.acme.Mailer"/></intermediateThrowEvent>'

    assert mapped(event, {"com.acme.Mailer": "oa.notify"}).events[0].operation == "oa.notify"
    assert refused(event, {}) == [("java-not-supported", "a", "com.acme.Mailer")]


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ('class="com.acme.Audit"', "com.acme.Audit"),
        ('delegateExpression="${audit}"', "${audit}"),
        ('expression="${audit.log(x)}"', "${audit.log(x)}"),
        ("", "script"),
    ],
)
@pytest.mark.parametrize("kind", ["executionListener", "taskListener"])
@pytest.mark.parametrize("namespace", VENDORS)
def test_a_listener_is_mapped_to_an_operation_or_to_nothing(namespace: str, kind: str, attributes: str, name: str) -> None:
    listener = f'<extensionElements><v:{kind} event="start" {attributes}/></extensionElements>'
    task = f'<userTask id="a">{listener}</userTask>'

    called = mapped(task, {name: "oa.notify"}, namespace).listeners

    assert [(listener.event, listener.operation) for listener in called] == [("start", "oa.notify")]
    assert mapped(task, {name: ""}, namespace).listeners == ()
    assert refused(task, {}, namespace) == [("java-not-supported", "a", name)]


def test_listeners_of_a_process_and_of_a_flow_are_read_too() -> None:
    inner = '<extensionElements><v:executionListener event="{}" class="x.Y"/></extensionElements>'
    xml = whole_file(
        f'{inner.format("end")}<task id="a"/><task id="b"/><sequenceFlow id="f" sourceRef="a" targetRef="b">{inner.format("take")}</sequenceFlow>'
    )

    model = model_of(xml, {"x.Y": "oa.notify"})

    assert [listener.event for listener in (*model.listeners, *model.flows["f"].listeners)] == ["end", "take"]
    _, faults = read(processes(parse(xml, "x.bpmn"))[0], "x.bpmn")
    assert {(fault.code, fault.element) for fault in faults} == {("java-not-supported", "p"), ("java-not-supported", "f")}


def test_what_is_mapped_to_nothing_does_nothing() -> None:
    found = mapped('<serviceTask id="a" v:class="com.acme.Log"/>', {"com.acme.Log": ""})

    assert (found.operation, found.script) == (None, "")


def test_the_xml_that_runs_keeps_the_mapping_of_its_deployment() -> None:
    xml = whole_file('<serviceTask id="a" v:class="com.acme.Mailer"/><task id="b"/>')
    table = {"com.acme.Mailer": "oa.notify", "com.acme.Other": "oa.other"}

    kept = normalise(parse(xml, "x.bpmn"), table)

    assert model_of(kept, {}).elements["a"].operation == "oa.notify"
    assert b"com.acme.Other" not in kept
    assert normalise(parse(kept, "x.bpmn")) == kept


def test_an_operation_and_java_on_one_element_are_refused() -> None:
    assert refused('<serviceTask id="a" shenpi:operation="oa.notify" v:class="x.Y"/>', {"x.Y": "oa.notify"}) == [
        ("java-not-supported", "a", "x.Y")
    ]


LISTENED = '<extensionElements><v:eventListener events="PROCESS_STARTED, PROCESS_COMPLETED" class="x.Y"/></extensionElements>'


def of_process(listener: str, delegates: Mapping[str, str]) -> tuple[list[tuple[str, str]], list[str]]:
    found, faults = read(processes(parse(whole_file(listener, "http://flowable.org/bpmn"), "x.bpmn"))[0], "x.bpmn", delegates)
    return [(one.event, one.operation) for one in found.listeners], [fault.code for fault in faults]


def test_a_listener_to_flowable_s_engine_is_mapped_to_the_start_and_the_end_of_its_process() -> None:
    assert of_process(LISTENED, {"x.Y": "local.told"}) == ([("start", "local.told"), ("end", "local.told")], [])
    assert of_process(LISTENED, {"x.Y": ""}) == ([], [])
    assert of_process(LISTENED, {}) == ([], ["java-not-supported"])
    assert of_process(LISTENED.replace("PROCESS_STARTED", "JOB_CANCELED"), {"x.Y": "o"})[1] == ["listener-not-supported"]
    assert of_process(LISTENED.replace('class="x.Y"', 'throwEvent="signal" signalName="s"'), {})[1] == ["java-not-supported"]


def test_a_listener_to_the_engine_anywhere_else_is_refused() -> None:
    assert refused(f'<task id="a">{LISTENED}</task>', {"x.Y": ""}, "http://flowable.org/bpmn") == [
        ("extension-not-supported", "a", "eventListener")
    ]


def test_the_error_of_an_external_task_stands_in_one_and_names_no_java() -> None:
    rows = '<extensionElements><v:errorEventDefinition errorRef="e" expression="{}"/></extensionElements>'
    task = '<serviceTask id="a" {}>{}</serviceTask>'
    topic = 'v:type="external" v:topic="t"'

    def codes(attributes: str, test: str) -> list[str]:
        xml = between(task.format(attributes, rows.format(test)), roots='<error id="e" errorCode="E1"/>')
        return [fault.code for fault in read(processes(parse(xml, "x.bpmn"))[0], "x.bpmn", {})[1]]

    assert codes(topic, "${n == 1}") == []
    assert codes('v:expression="${1}"', "${n == 1}") == ["extension-not-supported"]
    assert codes(topic, "${externalTask.errorDetails == 'x'}") == ["java-not-supported"]
    assert codes(topic, "") == ["mapping-invalid"]
