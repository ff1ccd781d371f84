"""What a form takes: the types, limits and patterns that its drawing names, and nothing that could stop the server."""

from typing import Any

import pytest

from engine.bpmn.model import Element, FormField
from engine.errors import InvalidVariables
from engine.forms import check_decision

TASK = {"outcomes": ["approve", "reject"]}


def check(field: FormField, value: Any) -> Any:
    element = Element("t", "userTask", form=(field,))
    return check_decision(element, TASK, "approve", "", {field.name: value})[field.name]


def refused(field: FormField, value: Any) -> str:
    with pytest.raises(InvalidVariables) as error:
        check(field, value)
    return error.value.faults[0].code


@pytest.mark.parametrize(("value", "fits"), [("5", True), ("100", True), ("4", False), ("101", False)])
def test_a_number_keeps_to_its_limits(value: str, fits: bool) -> None:
    field = FormField("n", "数量", "long", minimum="5", maximum="100")

    if fits:
        assert check(field, value) == int(value)
    else:
        assert refused(field, value) == "field-invalid"


def test_a_text_keeps_to_its_length() -> None:
    field = FormField("s", "摘要", "string", minimum="2", maximum="4")

    assert check(field, "四个字呀") == "四个字呀"
    assert refused(field, "一") == "field-invalid"
    assert refused(field, "这是五个字") == "field-invalid"


def test_a_field_that_may_only_be_read_takes_no_value() -> None:
    assert refused(FormField("s", "单号", "string", readonly=True), "x") == "field-unknown"


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(.*a){20}b", "([a-z]+)*=x"])
def test_a_pattern_takes_time_in_proportion_to_the_text_whatever_it_is(pattern: str) -> None:
    """With Python's own engine each of these would run until the sun is cold."""
    assert refused(FormField("s", "编号", "string", pattern=pattern), "a" * 1900) == "field-invalid"
