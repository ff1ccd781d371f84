"""The forms of Camunda's and Flowable's expression language: operators, access, choices, mixed text, and Java's methods by their own names (reference 3.3)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import ExecutionFailed, InvalidExpression
from engine.language import compile_expression, compile_script, compile_template, python_form, python_text, statement_form
from engine.language.java import JAVA
from engine.language.methods import CHANGING
from engine.language.methods import METHODS as PYTHON

NOW = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)
VARIABLES: dict[str, Any] = {
    "name": " Li Na ",
    "word": "Invoice",
    "amount": Decimal("6000.50"),
    "limit": 5000,
    "people": ["li.na", "wu.gang"],
    "order": {"id": 7, "lines": [{"net": 3}], "note": None},
    "done": False,
    "blank": "",
    "none": [],
    "due": date(2026, 12, 1),
}


def value_of(text: str) -> Any:
    return compile_template(text).evaluate(VARIABLES, now=NOW)


@pytest.mark.parametrize("marks", ["${%s}", "#{%s}", "#{ %s }"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount == 6000.5", True), ("amount eq 6000.5", True), ("word ne 'x'", True), ("word != 'Invoice'", False), ("limit lt amount", True),
        ("limit gt amount", False), ("limit le 5000", True), ("limit ge 5001", False), ("!done && limit > 1", True), ("done || !empty people", True),
        ("not done and limit > 1", True), ("done or empty none", True), ("empty blank", True), ("empty order.note", True), ("!empty word", True),
        ("empty order.lines ? 1 : 2", 2), ("done ? 'a' : limit > 1 ? 'b' : 'c'", "b"), ("limit div 2", Decimal(2500)), ("limit mod 3", 2),
        ("order.lines[0].net", 3), ("order['id']", 7), ("people[1]", "wu.gang"), ("order.note == null", True), ("true && !false", True),
        ("(limit + 1) * 2 - -1", 10003), ('word == "Invoice"', True), ("people[done ? 0 : 1]", "wu.gang"),
    ],
)  # fmt: skip
def test_juel_reads_as_it_does_elsewhere(marks: str, text: str, expected: Any) -> None:
    assert value_of(marks % text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("word.toUpperCase()", "INVOICE"), ("word.toLowerCase()", "invoice"), ("name.trim()", "Li Na"), ("word.length()", 7), ("blank.isEmpty()", True),
        ("word.contains('voice')", True), ("word.startsWith('In')", True), ("word.endsWith('x')", False), ("word.indexOf('v')", 2),
        ("word.lastIndexOf('i')", 4), ("word.indexOf('z')", -1), ("word.substring(2)", "voice"), ("word.substring(2, 4)", "vo"), ("word.charAt(0)", "I"),
        ("word.concat('!')", "Invoice!"), ("word.equals('Invoice')", True), ("word.equals(1)", False), ("word.equalsIgnoreCase('INVOICE')", True),
        ("word.replace('I', 'i')", "invoice"), ("word.compareTo('J')", -1), ("word.toString()", "Invoice"), ("'a,b'.split(',')[1]", "b"),
        ("people.size()", 2), ("people.isEmpty()", False), ("people.contains('li.na')", True), ("people.get(1)", "wu.gang"), ("people.indexOf('x')", -1),
        ("people.equals(people)", True), ("order.size()", 3), ("order.containsKey('id')", True), ("order.containsValue(7)", True),
        ("order.getOrDefault('x', 1)", 1), ("order.get('id')", 7), ("order.keySet()", ["id", "lines", "note"]), ("order.isEmpty()", False),
        ("amount.intValue()", 6000), ("amount.doubleValue()", Decimal("6000.50")), ("limit.longValue()", 5000), ("amount.compareTo(limit)", 1),
        ("limit.compareTo(amount)", -1), ("limit.equals(5000)", True), ("limit.toString()", "5000"), ("amount.subtract(limit)", Decimal("1000.50")),
        ("limit.multiply(2)", 10000), ("limit.divide(8)", 625), ("limit.divide(3).intValue()", 1666), ("limit.negate()", -5000),
        ("amount.negate().abs()", Decimal("6000.50")), ("done.equals(false)", True), ("done.booleanValue()", False),
        ("dateTime().plusDays(2).toDate()", NOW + timedelta(days=2)), ("now().minusHours(1)", NOW - timedelta(hours=1)),
        ("due.plusWeeks(1)", date(2026, 12, 8)), ("due.isAfter(due.minusDays(1))", True), ("due.isBefore(due)", False), ("due.equals(due)", True),
    ],
)  # fmt: skip
def test_methods_of_texts_lists_maps_numbers_and_dates_have_their_java_names(text: str, expected: Any) -> None:
    found = value_of(f"${{{text}}}")

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    "text",
    [
        "word.substring(9)", "word.substring(4, 2)", "word.charAt(7)", "word.charAt(-1)", "word.contains(1)", "word.concat(1)", "people.get(2)",
        "people.get(-1)", "limit.compareTo('x')", "limit.divide(0)", "due.plusHours(1)", "due.plusDays(9999999)", "word.matches('(?=a)')",
        "word.matches(1)", "order.note.size()", "limit.size()", "people.toUpperCase()",
    ],
)  # fmt: skip
def test_what_java_refuses_or_we_do_not_know_fails_as_one_of_ours(text: str) -> None:
    with pytest.raises(ExecutionFailed):
        value_of(f"${{{text}}}")


@pytest.mark.parametrize(
    "text",
    [
        "word.getClass()", "word.getBytes()", "people.forEach(1)", "people.stream().count()", "amount.pow(2)", "myBean.doIt(execution)", "bean.check(limit)",
        "Integer.parseInt('5')", "mailer.get(execution)", "execution.getEngineServices()", "execution.variables", "execution.getVariable(word)",
        "execution.setVariable('a', 1) == null", "task.getTaskDefinitionKey()",
    ],
)  # fmt: skip
def test_what_only_java_could_do_is_refused_before_it_runs(text: str) -> None:
    with pytest.raises(InvalidExpression) as caught:
        compile_expression(f"${{{text}}}")

    assert {fault.code for fault in caught.value.faults} == {"java-not-supported"}


def test_a_variable_may_be_called_as_the_task_of_other_engines() -> None:
    assert compile_expression("${people.contains(task) && task.done}").names == {"people", "task"}


def test_a_text_fits_a_pattern_as_a_whole() -> None:
    assert value_of("${word.matches('[A-Z][a-z]+')}") is True
    assert value_of("${word.matches('[A-Z]')}") is False
    assert value_of("${word.matches('(a+)+b')}") is False


def test_text_and_expressions_mix() -> None:
    assert value_of("abc ${word.toUpperCase()} #{limit}!") == "abc INVOICE 5000!"
    assert value_of("${limit}") == 5000
    assert value_of("\\${limit}") == "${limit}"


def test_a_list_and_a_map_are_changed_by_a_script_and_never_by_an_expression() -> None:
    script = compile_script("people.add('x')\npeople.addAll(['y'])\norder.put('id', people.size())")

    assert script.run(VARIABLES, now=NOW)["people"] == ["li.na", "wu.gang", "x", "y"]
    assert script.run(VARIABLES, now=NOW)["order"]["id"] == 4
    assert VARIABLES["people"] == ["li.na", "wu.gang"]
    for text in ("people.add('x')", "order.put('a', 1)"):
        with pytest.raises(InvalidExpression):
            compile_expression(text)


def test_no_java_name_hides_one_of_pythons() -> None:
    for kind, methods in JAVA.items():
        assert not set(methods) & set(PYTHON.get(kind, {}))
    assert CHANGING.isdisjoint({"size", "get", "contains", "subtract"})


# execution.getVariable and execution.setVariable


@pytest.mark.parametrize("holder", ["execution", "task"])
def test_variables_read_and_written_through_the_execution_are_variables(holder: str) -> None:
    script = compile_script(
        f'{holder}.setVariable("sum", {holder}.getVariable("limit") + 1);\nif sum > 1: {holder}.setVariableLocal("large", true)'
    )

    assert script.run(VARIABLES, now=NOW) == {"sum": 5001, "large": True}
    assert (script.names, script.assigned) == (frozenset(), frozenset({"sum", "large"}))
    assert value_of(f"${{{holder}.getVariable('order').id}}") == 7


def test_a_variable_read_through_the_execution_is_null_if_nobody_has_set_it() -> None:
    assert value_of("${execution.getVariable('nowhere') == null}") is True
    assert value_of("${execution.getVariable('a b')}") is None
    assert value_of("${execution.hasVariable('word') && !execution.hasVariable('nowhere')}") is True
    assert compile_script("if not execution.hasVariable('n'): n = 1").run({}, now=NOW) == {"n": 1}


def test_what_the_execution_is_known_by_is_a_variable_of_its_own() -> None:
    known = {"execution": {"processInstanceId": "i", "processBusinessKey": "k", "currentActivityId": "a"}}
    expression = compile_expression("${execution.processInstanceId == 'i' and execution.getProcessBusinessKey() == 'k'}")

    assert (expression.asks, compile_expression("${limit}").asks) == (True, False)
    assert expression.evaluate(known, now=NOW) is True
    assert compile_template("${execution.currentActivityId}: ${x}").asks


def test_an_expression_that_only_sets_a_variable_is_an_assignment() -> None:
    script = compile_script(statement_form("${execution.setVariable('a', '2' * 3)}") or "")

    assert statement_form("${a}") is None

    assert (script.run({}, now=NOW), script.assigned) == ({"a": 6}, frozenset({"a"}))


@pytest.mark.parametrize("name", ["__class__", "_x"])
def test_no_hidden_name_is_reached_through_the_execution(name: str) -> None:
    with pytest.raises(InvalidExpression):
        compile_expression(f"execution.getVariable('{name}')")
    with pytest.raises(InvalidExpression):
        compile_script(f"execution.setVariable('{name}', 1)")


# expressions inside of scripts


@pytest.mark.parametrize("text", ["${a && !b}", "#{empty a ? 1 : b[0].c}", "${a.get('}')}", "a eq b"])
def test_an_expression_in_pythons_form_means_the_same_in_a_script(text: str) -> None:
    variables: dict[str, Any] = {"a": "x", "b": []}
    expression = compile_expression(text)
    script = compile_script(f"r = ({python_form(text)}\n)")

    assert script.names == expression.names
    try:
        expected = expression.evaluate(variables, now=NOW)
    except ExecutionFailed:
        with pytest.raises(ExecutionFailed):
            script.run(variables, now=NOW)
    else:
        assert script.run(variables, now=NOW) == {"r": expected}


@pytest.mark.parametrize("text", ["plain", 'it\'s "${word}"', "${limit}${limit}", "\\${x} ${word} \n{}", "${limit}", ""])
def test_a_template_as_one_expression_gives_the_same_text(text: str) -> None:
    assert compile_expression(f"({python_text(text)}\n)").evaluate(VARIABLES, now=NOW) == value_of(text)
