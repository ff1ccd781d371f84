"""What the reader makes of a file: a neutral model, whichever vendor wrote it, with nothing dropped silently."""

import pytest
from drawings import END, HEAD, START, drawing, flow, human, node, path, script, timer

from engine.bpmn.checks import check
from engine.bpmn.model import ProcessModel
from engine.bpmn.naming import name_parts
from engine.bpmn.normaliser import normalise
from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import VENDORS, parse
from engine.errors import InvalidDefinition

AB = (START, human("a"), END, path("start", "a", "end"))


def read(xml: bytes) -> ProcessModel:
    return read_process(processes(parse(xml, "x.bpmn"))[0], "x.bpmn")


def codes(xml: bytes) -> list[str]:
    return [fault.code for fault in check(read(xml), "x.bpmn")]


@pytest.mark.parametrize("namespace", VENDORS)
def test_the_forks_of_camunda_mean_the_same(namespace: str) -> None:
    form = '<extensionElements><v:formData><v:formField id="days" label="天数" type="long"/></v:formData></extensionElements>'
    task = f'<userTask xmlns:v="{namespace}" id="a" v:assignee="${{boss}}" v:candidateGroups="finance" v:dueDate="P3D" v:formKey="f">{form}</userTask>'

    element = read(drawing(START, task, END, path("start", "a", "end"))).elements["a"]

    assert (element.assignment.assignee, element.assignment.candidate_groups, element.assignment.due_date) == ("${boss}", "finance", "P3D")
    assert (element.form_key, [(field.name, field.label, field.type) for field in element.form]) == ("f", [("days", "天数", "long")])


def test_what_is_not_executable_is_no_process() -> None:
    xml = (HEAD + node("process", "p", "".join(AB)) + node("process", "q", "".join(AB), isExecutable="false") + "</definitions>").encode()

    assert processes(parse(xml, "x.bpmn")) == []


def test_a_clean_drawing_has_no_faults() -> None:
    assert codes(drawing(*AB)) == []


@pytest.mark.parametrize("outcomes", [None, "approve", "同意 不同意"])
def test_outcomes_are_as_drawn_or_approve_reject_return(outcomes: str | None) -> None:
    task = human("a", **({"shenpi_outcomes": outcomes} if outcomes else {}))

    assert read(drawing(START, task, END, path("start", "a", "end"))).elements["a"].outcomes == tuple(
        (outcomes or "approve reject return").split()
    )


def test_an_author_s_ids_stay_and_flows_without_one_get_the_same_each_time() -> None:
    bare = '<sequenceFlow sourceRef="start" targetRef="a"/><sequenceFlow sourceRef="a" targetRef="end"/>'
    xml = drawing(START, human("a"), END, bare, '<sequenceFlow id="" sourceRef="start" targetRef="a"/>')

    one, two = (normalise(parse(xml, "x.bpmn")) for _ in range(2))

    assert one == two
    model = read(one)
    assert list(model.elements) == ["start", "a", "end"]
    assert list(model.flows) == ["flow_start_a", "flow_a_end", "flow_start_a_2"]


def test_a_made_up_id_never_takes_one_of_the_authors() -> None:
    xml = drawing(
        START, human("flow_start_a"), human("a"), END, '<sequenceFlow sourceRef="start" targetRef="a"/>', path("a", "flow_start_a", "end")
    )

    model = read(normalise(parse(xml, "x.bpmn")))

    assert "flow_start_a" in model.elements
    assert [flow.id for flow in model.outgoing("start")] == ["flow_start_a_2"]


def test_naming_flows_twice_changes_nothing() -> None:
    process = processes(parse(drawing(START, human("a"), END, '<sequenceFlow sourceRef="start" targetRef="a"/>', flow("a", "end")), "x"))[0]
    name_parts(process)
    before = [node.get("id") for node in process]

    name_parts(process)

    assert [node.get("id") for node in process] == before


def test_the_normalised_xml_reads_as_the_same_model() -> None:
    xml = drawing(*AB, timer("t", "PT1H", attachedToRef="a"), script("s", "x = 1"), path("t", "s", "end"), shenpi_title="${x}", name="名")

    one, two = read(xml), read(normalise(parse(xml, "x.bpmn")))

    assert (one.id, one.name, one.title, list(one.flows)) == (two.id, two.name, two.title, list(two.flows))
    assert [(e.id, e.kind, e.timer, e.script, e.assignment) for e in one.elements.values()] == [
        (e.id, e.kind, e.timer, e.script, e.assignment) for e in two.elements.values()
    ]


def test_every_fault_of_a_file_is_found_at_once_with_its_line() -> None:
    xml = drawing("\n", START, "\n", human("a", "${1 +}"), "\n", human("lost"), "\n", END, path("start", "a", "end"))

    faults = check(read(xml), "x.bpmn")

    assert {(fault.line, fault.element) for fault in faults} == {(4, "lost"), (3, "a")}
    assert all(fault.file == "x.bpmn" and fault.zh and fault.en for fault in faults)


def test_more_elements_than_anybody_draws_are_refused() -> None:
    for count in (2001, 8_000):
        names = [f"a{number}" for number in range(count)]
        xml = drawing(START, *(node("userTask", name) for name in names), END, path("start", *names, "end"))

        with pytest.raises(InvalidDefinition) as refused:
            read(xml)

        assert [fault.code for fault in refused.value.faults] == ["too-complex"]


def test_more_flows_than_anybody_draws_are_refused() -> None:
    fan = "".join(f'<sequenceFlow id="f{number}" sourceRef="start" targetRef="a"/>' for number in range(4001))

    with pytest.raises(InvalidDefinition) as refused:
        read(drawing(*AB, fan))

    assert [fault.code for fault in refused.value.faults] == ["too-complex"]


@pytest.mark.parametrize(
    "content",
    [b"", b"<", b"\xff\xfe\x00", b"<a/><b/>", b'<!DOCTYPE a><a/>', b"<a>&unknown;</a>", b"<a xmlns:x='' x:y='1'/>", b"<?xml version='9'?><a/>", b"\x1f\x8b"],
)  # fmt: skip
def test_what_is_no_xml_is_refused_with_its_file(content: bytes) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        parse(content, "x.bpmn")

    assert [fault.file for fault in refused.value.faults] == ["x.bpmn"]


def test_comments_and_instructions_mean_nothing() -> None:
    xml = drawing("<!-- <userTask id='x'/> -->", START, "<?php x ?>", human("a"), END, path("start", "a", "end"))

    assert list(read(xml).elements) == ["start", "a", "end"]
