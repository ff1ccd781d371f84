"""Reading one element at a time, in whichever vendor's namespace it is written; the prefix in the texts is always `v`."""

from engine.bpmn.checks import check
from engine.bpmn.model import Element, ProcessModel
from engine.bpmn.reader import processes, read_process
from engine.bpmn.reader import read as read_all
from engine.bpmn.xml import BPMN, CAMUNDA, parse


def whole_file(body: str, namespace: str = CAMUNDA, roots: str = "") -> bytes:
    """Return a file with these root-level definitions and one executable process."""
    head = f'<definitions xmlns="{BPMN}" xmlns:v="{namespace}" xmlns:shenpi="urn:shenpi:bpmn:1" targetNamespace="tests">'
    return f'{head}{roots}<process id="p" isExecutable="true">{body}</process></definitions>'.encode()


def between(body: str, namespace: str = CAMUNDA, roots: str = "") -> bytes:
    """Return a file in which the element `a` stands between a start and an end."""
    flows = '<sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="e"/>'
    return whole_file(f'<startEvent id="s"/>{body}<endEvent id="e"/>{flows}', namespace, roots)


def read(xml: bytes) -> ProcessModel:
    return read_process(processes(parse(xml, "x.bpmn"))[0], "x.bpmn")


def element(kind: str, attributes: str = "", body: str = "", *, namespace: str = CAMUNDA) -> Element:
    """Return one element that stands alone."""
    return read(whole_file(f'<{kind} id="a" {attributes}>{body}</{kind}>', namespace)).elements["a"]


def element_of(body: str, identity: str, namespace: str = CAMUNDA, roots: str = "") -> Element:
    return read(whole_file(body, namespace, roots)).elements[identity]


def codes(xml: bytes, element: str | None = None) -> list[str]:
    """Return the codes of what cannot be read and what cannot run; with an element, only those at it."""
    model, faults = read_all(processes(parse(xml, "x.bpmn"))[0], "x.bpmn")
    found = [*faults, *check(model, "x.bpmn")]
    assert all(fault.file == "x.bpmn" and fault.zh and fault.en for fault in found)
    return [fault.code for fault in found if element is None or fault.element == element]
