"""Text with expressions in it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExecutionFailed, InvalidExpression
from engine.language import compile_template

NOW = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)
VARIABLES: dict[str, Any] = {"amount": Decimal("1234.50"), "big": Decimal("1E+3"), "name": "华信", "none": None, "ok": True, "xs": [1]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("${amount}", Decimal("1234.50")),
        ("  ${amount}\n ", Decimal("1234.50")),
        ("${xs}", [1]),
        ("${none}", None),
        ("发票 ${name}：${amount} 元", "发票 华信：1234.50 元"),
        ("#{name}-#{big}", "华信-1000"),
        ("[${none}]", "[]"),
        ("${ok}!", "true!"),
        ("${'}'}x${{'a': 1}.a}", "}x1"),
        (r"\${amount} and $ and # and {}", "${amount} and $ and # and {}"),
        ("${amount}${name}", "1234.50华信"),
        (" ${name} ${name} ", " 华信 华信 "),
    ],
)
def test_one_expression_gives_its_value_and_mixed_text_gives_text(text: str, expected: Any) -> None:
    found = compile_template(text).evaluate(VARIABLES, now=NOW)

    assert found == expected
    assert type(found) is type(expected)


def test_names_of_all_expressions_are_known() -> None:
    assert compile_template("${a} and ${b + c} and d").names == {"a", "b", "c"}


def test_a_list_cannot_stand_inside_a_text() -> None:
    with pytest.raises(ExecutionFailed):
        compile_template("these: ${xs}").evaluate(VARIABLES, now=NOW)


def test_faults_of_all_expressions_carry_their_lines_in_the_whole_text() -> None:
    with pytest.raises(InvalidExpression) as caught:
        compile_template("a\n${1 +}\n\n${_x}")

    assert [fault.line for fault in caught.value.faults] == [2, 4]


@settings(deadline=None)
@given(st.text().filter(lambda text: "${" not in text and "#{" not in text and len(text) < 1000))
def test_text_without_expressions_is_itself(text: str) -> None:
    assert compile_template(text).evaluate({}, now=NOW) == text
