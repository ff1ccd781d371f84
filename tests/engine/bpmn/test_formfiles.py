"""Camunda Forms that are deployed beside a drawing become the fields of the tasks that refer to them."""

import orjson
import pytest
from drawings import END, START, drawing, node, path

from engine.bpmn.model import FormField
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


def fields_of(found: Examination) -> tuple[FormField, ...]:
    root = parse(found.normalised["a.bpmn"].encode(), "a.bpmn")
    return read_process(processes(root)[0], "a.bpmn").elements["a"].form


@pytest.mark.parametrize(
    "attributes",
    [
        {"camunda_formRef": "leave"},
        {"camunda_formKey": "camunda-forms:deployment:leave.form"},
        {"camunda_formKey": "camunda-forms:deployment:forms/leave.form"},
    ],
)
def test_a_form_is_found_by_its_id_or_its_file(attributes: dict[str, str]) -> None:
    found = examined(FORM, **attributes)

    why, days, kind, begin, paid = fields_of(found)

    assert found.faults == [] and found.warnings == []
    assert (why.name, why.label, why.type, why.required, why.pattern) == ("why", "事由", "string", True, "[\\s\\S]{2,20}")
    assert (days.name, days.type, days.minimum, days.maximum) == ("days", "long", "1", "30")
    assert (kind.type, kind.options, kind.default) == ("enum", (("annual", "年假"), ("sick", "sick")), "sick")
    assert (begin.type, paid.type, paid.readonly, paid.default) == ("date", "boolean", True, "true")


def test_a_form_that_is_not_there_is_told() -> None:
    found = examined(FORM, camunda_formKey="embedded:app:forms/other.html")

    assert found.faults == []
    assert [(warning.code, warning.element) for warning in found.warnings] == [("form-not-shown", "a")]


def test_a_component_that_no_field_can_be_is_refused() -> None:
    form = {"id": "leave", "components": [{"type": "dynamiclist", "key": "rows"}]}

    assert [(fault.code, fault.element) for fault in examined(form, camunda_formRef="leave").faults] == [("field-type", "a")]


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

    assert {fault.code for fault in found.faults} <= {"field-type"}
    assert found.faults or found.normalised
