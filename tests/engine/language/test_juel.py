"""What `${...}` converts and our own notation does not (JSR 341, sections 1.6 to 1.8)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import ExecutionFailed, VariableMissing
from engine.language import compile_expression, compile_script, compile_template, python_form, python_text

NOW = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)
VARIABLES: dict[str, Any] = {
    "n": 5,
    "half": Decimal("2.5"),
    "five": "5",
    "exact": "2.50",
    "word": "ab",
    "blank": "",
    "no": False,
    "yes": "TRUE",
    "false_text": "false",
    "nothing": None,
    "map": {"k": 1, "inner": {"x": 1}},
    "people": ["a", "b"],
    "day": date(2026, 12, 1),
}


def value_of(text: str) -> Any:
    return compile_expression(f"${{{text}}}").evaluate(VARIABLES, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "n == '5'", "'5' eq n", "n != '6'", "half == exact", "n > '3'", "five > 3", "five ge n", "'10' < '9'", "blank == 0", "no == 'false'",
        "no == false_text",
        "yes == true", "no != yes", "nothing == null", "nothing != ''", "nothing <= nothing", "!(nothing > 3)", "!(nothing < 3)", "!(nothing < nothing)",
        "day == '2026-12-01'", "word == 'ab'", "people == ['a', 'b']", "people != 'a'", "1 == 1.0", "map.inner.x == 1",
    ],
)  # fmt: skip
def test_comparisons_convert(text: str) -> None:
    assert value_of(text) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'1' + 2", 3), ("five + 1", 6), ("five + five", 10), ("nothing + 1", 1), ("nothing + nothing", 0), ("blank + n", 5), ("exact * 2", Decimal("5.00")),
        ("five / 2", Decimal("2.5")), ("five - nothing", 5), ("-five", -5), ("-nothing", 0), ("five mod 2", 1), ("-7 mod 3", -1), ("7 % '-3'", 1),
        ("word + '1'", "ab1"), ("five + 'x'", "5x"), ("[1] + people", [1, "a", "b"]), ("five + half", Decimal("7.5")), ("nothing * 3", 0),
    ],
)  # fmt: skip
def test_arithmetic_converts(text: str, expected: Any) -> None:
    found = value_of(text)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!yes", False), ("!false_text", True), ("!nothing", True), ("!word", True), ("false_text ? 1 : 2", 2), ("yes ? 1 : 2", 1), ("nothing || yes", True),
        ("yes && false_text", False), ("blank or no", False), ("not yes", False), ("yes and (n > 3)", True), ("!!yes", True), ("!map.nowhere", True),
    ],
)  # fmt: skip
def test_choices_convert(text: str, expected: Any) -> None:
    assert value_of(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "nothing.x",
        "nothing[0]",
        "nothing.x.y",
        "map.nowhere",
        "map['nowhere']",
        "map[5]",
        "people[9]",
        "people['9']",
        "people[nothing]",
        "map.nowhere.x",
    ],
)
def test_what_is_not_there_is_null(text: str) -> None:
    assert value_of(text) is None
    assert value_of(f"empty {text}") is True


def test_a_place_in_a_list_may_be_a_text() -> None:
    assert value_of("people['1']") == "b"


def test_a_variable_that_nobody_has_set_is_refused_except_where_it_is_asked_for() -> None:
    with pytest.raises(VariableMissing, match="'nowhere'"):
        value_of("nowhere == null")
    assert value_of("empty nowhere") is True
    assert value_of("!empty nowhere.x[1]") is False
    with pytest.raises(VariableMissing):
        compile_expression("empty nowhere").evaluate({}, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "word == 5", "word > 3", "word + 1", "no + 1", "no == 0", "n ? 1 : 2", "!n", "people && true", "people > 1", "-word", "word.x", "n.x", "people.size",
        "'0x10' + 1", "'1e99999' + 1", "'NaN' * 1", "n / 0", "n mod 0", "day > '2026'",
    ],
)  # fmt: skip
def test_what_has_no_conversion_is_refused(text: str) -> None:
    with pytest.raises(ExecutionFailed):
        value_of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${n > 3}", True),
        ("${five == 6}", False),
        ("${yes}", True),
        ("${false_text}", False),
        ("n", True),
        ("people and n > 3", True),
        ("nothing", False),
    ],
)
def test_a_condition_gives_a_boolean_or_its_text(text: str, expected: bool) -> None:
    assert compile_expression(text).test(VARIABLES, now=NOW) is expected


@pytest.mark.parametrize("text", ["${n}", "${word}", "${nothing}", "${people}", "${blank}"])
def test_a_condition_that_gives_anything_else_says_so(text: str) -> None:
    with pytest.raises(ExecutionFailed, match="not a boolean"):
        compile_expression(text).test(VARIABLES, now=NOW)


@pytest.mark.parametrize(
    "text", ["n == '5'", "people[9] is null", "map.nowhere is null", "five + 1", "n > '3'", "nothing + 1", "nothing.x"]
)
def test_our_own_notation_converts_nothing(text: str) -> None:
    try:
        assert compile_expression(text).evaluate(VARIABLES, now=NOW) is False
    except ExecutionFailed:
        pass
    with pytest.raises(ExecutionFailed):
        compile_script("x = five + 1").run(VARIABLES, now=NOW)


def test_a_script_takes_an_expression_with_its_conversions() -> None:
    script = compile_script(f"r = ({python_form('${five + 1}')}\n)\ns = {python_text('1${five}')}\nt = juel(five * 2) + 1")

    assert script.run(VARIABLES, now=NOW) == {"r": 6, "s": "15", "t": 11}


def test_our_own_notation_may_stand_in_an_expression() -> None:
    assert value_of("strict('1' + '2')") == "12"
    assert value_of("strict('1' + '2') + 1") == 13
    with pytest.raises(ExecutionFailed):
        value_of("strict(five + 1)")


def test_a_template_converts_in_each_of_its_expressions() -> None:
    assert compile_template("#{five + 1} and ${nothing.x}!").evaluate(VARIABLES, now=NOW) == "6 and !"
