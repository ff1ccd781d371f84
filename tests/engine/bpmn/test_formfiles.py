"""Camunda Forms that are deployed beside a drawing become the fields of the tasks that refer to them."""

import orjson
import pytest
from drawings import END, START, drawing, node, path

from engine.bpmn.model import Element
from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.examination import Examination, examine

FORM = {
    "id": "leave",
    "type": "default",
    "components": [
        {"type": "text", "text": "# Leave"},
        {"type": "textfield", "key": "why", "label": "事由", "validate": {"required": True, "minLength": 2, "maxLength": 20}},
        {
            "type": "group",
            "components": [{"type": "number", "key": "days", "label": "天数", "decimalDigits": 0, "validate": {"min": 1, "max": 30}}],
        },
        {
            "type": "select",
            "key": "kind",
            "label": "类型",
            "values": [{"label": "年假", "value": "annual"}, {"value": "sick"}],
            "defaultValue": "sick",
        },
        {"type": "datetime", "subtype": "date", "key": "begin", "label": "从"},
        {"type": "checkbox", "key": "paid", "readonly": True, "defaultValue": True},
        {"type": "button", "label": "OK"},
    ],
}


def examined(form: object, **attributes: str) -> Examination:
    content = form if isinstance(form, bytes) else orjson.dumps(form)
    xml = drawing(START, node("userTask", "a", camunda_assignee="li.na", **attributes), END, path("start", "a", "end"))
    return examine({"a.bpmn": xml, "leave.form": content})


def element_of(found: Examination) -> Element:
    root = parse(found.normalised["a.bpmn"].encode(), "a.bpmn")
    return read_process(processes(root)[0], "a.bpmn").elements["a"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"camunda_formRef": "leave"},
        {"camunda_formKey": "camunda-forms:deployment:leave.form"},
        {"camunda_formKey": "camunda-forms:deployment:forms/leave.form"},
    ],
)
def test_a_form_is_found_by_its_id_or_its_file_and_stays_with_the_version(attributes: dict[str, str]) -> None:
    found = examined(FORM, **attributes)

    element = element_of(found)

    assert found.faults == [] and found.warnings == []
    assert element.form == () and element.schema is not None and orjson.loads(element.schema.source) == FORM
    why, days, kind, begin, paid = (one for one in element.schema.top() if one.key)
    assert (why.key, why.label, why.kind, why.required, why.shortest, why.longest) == ("why", "事由", "textfield", True, 2, 20)
    assert (days.key, days.digits, days.least, days.most) == ("days", 0, 1, 30)
    assert ([(option.value, option.label) for option in kind.options], kind.default) == ([("annual", "年假"), ("sick", "sick")], "sick")
    assert (begin.kind, paid.kind, paid.readonly, paid.default) == ("datetime", "checkbox", True, True)


def test_a_form_may_be_any_json_file_and_other_json_is_none() -> None:
    xml = drawing(START, node("userTask", "a", camunda_assignee="li.na", camunda_formKey="leave.json"), END, path("start", "a", "end"))

    assert element_of(examine({"a.bpmn": xml, "leave.json": orjson.dumps(FORM)})).schema is not None
    assert [warning.code for warning in examine({"a.bpmn": xml, "leave.json": b'{"a": 1}'}).warnings] == ["form-not-shown"]


def test_a_task_says_which_variables_it_sees_and_writes() -> None:
    xml = drawing(
        START,
        node("userTask", "a", camunda_assignee="li.na", shenpi_sees="amount, seller", shenpi_writes="note"),
        END,
        path("start", "a", "end"),
    )

    element = element_of(examine({"a.bpmn": xml}))

    assert (element.sees, element.writes) == (("amount", "seller"), ("note",))


@pytest.mark.parametrize(
    ("kind", "attributes", "codes"),
    [
        ("userTask", {"shenpi_writes": "decisions"}, ["name-invalid"]),
        ("userTask", {"shenpi_sees": "_secret"}, ["name-invalid"]),
        ("manualTask", {"shenpi_sees": "amount"}, ["attribute-unknown"]),
        ("userTask", {"shenpi_sees": " ".join(f"v{n}" for n in range(300))}, ["too-complex"]),
    ],
)
def test_a_declaration_that_cannot_be_kept_is_refused(kind: str, attributes: dict[str, str], codes: list[str]) -> None:
    xml = drawing(START, node(kind, "a", **attributes), END, path("start", "a", "end"))

    assert [(fault.code, fault.element) for fault in examine({"a.bpmn": xml}).faults] == [(code, "a") for code in codes]


def test_a_form_that_reads_what_its_task_does_not_see_is_told() -> None:
    form = {"id": "leave", "components": [{"type": "textfield", "key": "why", "conditional": {"hide": "=amount < 5"}}]}

    found = examined(form, camunda_formRef="leave")
    assert [(warning.code, warning.element, warning.found) for warning in found.warnings] == [("form-reads-undeclared", "a", "amount")]
    assert examined(form, camunda_formRef="leave", shenpi_sees="amount").warnings == []


def test_a_form_that_is_not_there_is_told() -> None:
    found = examined(FORM, camunda_formKey="embedded:app:forms/other.html")

    assert found.faults == []
    assert [(warning.code, warning.element) for warning in found.warnings] == [("form-not-shown", "a")]


def test_a_component_that_no_field_can_be_is_refused() -> None:
    form = {"id": "leave", "components": [{"type": "iframe", "url": "https://example.com"}]}

    found = examined(form, camunda_formRef="leave").faults
    assert [(fault.code, fault.file, fault.path) for fault in found] == [("component-unknown", "leave.form", "components[0].type")]


@pytest.mark.parametrize(
    "form",
    [
        b"", b"{", b"[]", b'{"components": 1}', b'{"components": [1, null, [], {"key": 1}, {"components": {}}]}', b"\xff",
        b'{"id": 1, "components": [{"key": "a", "type": {}, "validate": [], "values": [1, {}]}]}',
        b'{"id": "leave", "components": [{"key": "a\\u0000b", "type": "textfield", "label": 5, "validate": {"min": {}}}]}',
    ],
)  # fmt: skip
def test_what_is_no_form_hurts_nobody(form: bytes) -> None:
    found = examined(form, camunda_formRef="leave")

    assert found.faults or found.warnings
    assert all(fault.file == "leave.form" for fault in found.faults)
