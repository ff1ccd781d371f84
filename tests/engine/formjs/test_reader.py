"""A form file is read whole or refused with the place of everything that is wrong in it."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Fault
from engine.formjs import Form, read_form


def read(*components: Any, **form: Any) -> tuple[Form | None, list[Fault]]:
    return read_form(orjson.dumps({"id": "f", "components": list(components), **form}), "f.form")


def faults_of(*components: Any) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.path) for fault in read(*components)[1]]


EVERY: list[dict[str, Any]] = [
    {
        "type": "textfield",
        "key": "title",
        "label": "标题",
        "validate": {"required": True, "minLength": 2, "maxLength": 20, "pattern": "^[^<]*$"},
    },
    {"type": "textarea", "key": "reason"},
    {"type": "number", "key": "total", "decimalDigits": 2, "serializeToString": True, "validate": {"min": 0, "max": "1000.5"}},
    {"type": "checkbox", "key": "urgent"},
    {"type": "checklist", "key": "kinds", "values": [{"label": "甲", "value": "a"}, "b"]},
    {"type": "radio", "key": "way", "values": [{"label": "甲", "value": "a"}]},
    {"type": "select", "key": "supplier", "valuesKey": "suppliers"},
    {"type": "taglist", "key": "tags", "valuesExpression": "=tagNames"},
    {"type": "datetime", "key": "day", "subtype": "date"},
    {"type": "datetime", "key": "hour", "subtype": "time"},
    {"type": "datetime", "key": "moment", "subtype": "datetime"},
    {"type": "group", "label": "组", "conditional": {"hide": "=not(urgent)"}, "components": [{"type": "textfield", "key": "why"}]},
    {
        "type": "dynamiclist",
        "path": "items",
        "components": [{"type": "number", "key": "amount"}, {"type": "filepicker", "key": "receipt", "multiple": True}],
    },
    {"type": "table", "dataSource": "=history", "columns": [{"key": "at", "label": "时间"}]},
    {"type": "text", "text": "# 说明 {{ buyer.name }}"},
    {"type": "separator"},
    {"type": "spacer", "height": 60},
    {"type": "filepicker", "key": "files", "accept": ".pdf"},
    {"type": "expression", "key": "sum", "expression": "=sum(items.amount)"},
    {"type": "textfield", "key": "invoice.number", "readonly": True},
    {"type": "button", "label": "提交", "action": "submit"},
]


def test_every_component_is_read_with_what_it_takes() -> None:
    form, faults = read(*EVERY)

    assert faults == [] and form is not None
    found = {one.key or one.kind: one for one in form.walk()}
    title, total = found["title"], found["total"]
    assert (title.label, title.required, title.shortest, title.longest, title.pattern) == ("标题", True, 2, 20, "^[^<]*$")
    assert (total.least, total.most, total.digits, total.as_text) == (Decimal(0), Decimal("1000.5"), 2, True)
    assert [(option.value, option.label) for option in found["kinds"].options] == [("a", "甲"), ("b", "b")]
    assert found["items"].components[1].multiple
    assert form.writes >= {"title", "why", "items", "files"} and form.writes.isdisjoint({"amount", "sum", "invoice.number"})
    assert form.reads == {"buyer", "suppliers", "tagNames", "urgent", "history", "items"}
    assert form.gives == {"title"}


@pytest.mark.parametrize(
    ("component", "code", "path"),
    [
        ({"type": "iframe", "url": "https://example.com"}, "component-unknown", "components[0].type"),
        ({"type": "image", "source": "https://example.com/a.png"}, "component-unknown", "components[0].type"),
        ({"type": "html", "content": "<b>x</b>"}, "component-unknown", "components[0].type"),
        ({"type": "signature", "key": "s"}, "component-unknown", "components[0].type"),
        ({"key": "s"}, "component-unknown", "components[0].type"),
        (7, "component-unknown", "components[0].type"),
        ({"type": "textfield"}, "field-name", "components[0].key"),
        ({"type": "textfield", "key": "_x"}, "field-name", "components[0].key"),
        ({"type": "textfield", "key": "outcome"}, "field-name", "components[0].key"),
        ({"type": "textfield", "key": "a.b"}, "field-name", "components[0].key"),
        ({"type": "group", "path": "p", "components": []}, "field-name", "components[0].path"),
        ({"type": "select", "key": "s"}, "options-invalid", "components[0].values"),
        ({"type": "radio", "key": "s", "values": [{"value": "1"}, {"value": 1}]}, "options-invalid", "components[0].values"),
        ({"type": "textfield", "key": "s", "validate": {"pattern": "(?=x)"}}, "pattern-invalid", "components[0].validate.pattern"),
        ({"type": "number", "key": "s", "validate": {"min": "=a"}}, "field-limit", "components[0].validate.min"),
        ({"type": "number", "key": "s", "decimalDigits": -1}, "field-limit", "components[0].decimalDigits"),
        ({"type": "datetime", "key": "s", "subtype": "year"}, "form-invalid", "components[0].subtype"),
        ({"type": "textfield", "key": "s", "conditional": {"hide": "=now() > x"}}, "condition-invalid", "components[0].conditional.hide"),
        ({"type": "textfield", "key": "s", "conditional": {"hide": "x"}}, "condition-invalid", "components[0].conditional.hide"),
        ({"type": "expression", "key": "s"}, "condition-invalid", "components[0].expression"),
        ({"type": "table", "dataSource": "=x"}, "table-invalid", "components[0].columns"),
        ({"type": "textfield", "key": "s", "disabled": "yes"}, "form-invalid", "components[0].disabled"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_here_is_a_fault_with_its_place(component: Any, code: str, path: str) -> None:
    assert faults_of(component) == [(code, path)]


def test_two_fields_cannot_have_one_name_also_across_groups() -> None:
    field = {"type": "textfield", "key": "a"}

    assert faults_of(field, {"type": "group", "components": [field]}) == [("field-twice", "components[1].components[0].key")]
    assert faults_of(field, {"type": "dynamiclist", "path": "rows", "components": [field]}) == []


def test_rows_that_come_and_go_cannot_hold_what_may_only_be_read() -> None:
    rows = {"type": "dynamiclist", "path": "rows", "components": [{"type": "textfield", "key": "a", "readonly": True}]}

    assert faults_of(rows) == [("list-readonly", "components[0]")]
    assert faults_of({**rows, "allowAddRemove": False}) == []


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"components": 1}', b"\xff", b" " * 300_000])
def test_what_is_no_form_is_said_to_be_none(text: bytes) -> None:
    form, faults = read_form(text, "f.form")

    assert form is None and len(faults) == 1 and faults[0].file == "f.form"


def test_a_form_beyond_reason_is_refused() -> None:
    deep: dict[str, Any] = {"type": "group", "components": []}
    for _ in range(20):
        deep = {"type": "group", "components": [deep]}

    assert ("too-complex", "components") in faults_of(*[{"type": "spacer"}] * 600)
    assert "too-complex" in {code for code, _ in faults_of(deep)}


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=10), st.sampled_from(["=a", "="])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@given(
    st.sampled_from(EVERY),
    st.sampled_from(sorted({name for one in EVERY for name in one} | {"readonly", "disabled", "defaultRepetitions"})),
    JSON,
)
def test_whatever_stands_in_a_form_is_read_or_is_a_fault(component: dict[str, Any], name: str, value: Any) -> None:
    try:
        text = orjson.dumps({"components": [{**component, name: value}]})
    except TypeError:  # an integer that JSON cannot carry
        return
    form, faults = read_form(text, "f.form")

    assert form is not None and all(fault.path for fault in faults)
