"""What a script changes, and what it leaves alone."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExecutionFailed, InvalidExpression
from engine.language import Budget, compile_script

NOW = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)


def run(text: str, **variables: Any) -> dict[str, Any]:
    before = copy.deepcopy(variables)
    changed = compile_script(text).run(variables, now=NOW)
    assert variables == before
    return changed


def test_only_assigned_names_are_returned() -> None:
    assert run("total = net + tax\nbig = total > 100", net=Decimal("99.50"), tax=1) == {"total": Decimal("100.50"), "big": True}


def test_a_variable_may_be_read_and_assigned() -> None:
    assert run("n = n + 1\nn += 1", n=1) == {"n": 3}


def test_assigning_the_same_value_is_an_assignment() -> None:
    assert run("n = n", n=1) == {"n": 1}


def test_if_elif_else_chooses_one() -> None:
    text = "if n > 10:\n    level = 'high'\nelif n > 5:\n    level = 'middle'\nelse:\n    level = 'low'"

    assert [run(text, n=n)["level"] for n in (11, 6, 1)] == ["high", "middle", "low"]


def test_for_with_break_and_continue() -> None:
    assert run("t = 0\nfor x in xs:\n    if x == 2: continue\n    if x == 4: break\n    t += x", xs=[1, 2, 3, 4, 5]) == {"t": 4, "x": 4}


def test_a_pair_is_taken_apart() -> None:
    assert run("t = 0\nfor k, v in d.items():\n    t += v\na, b = [1, 2]", d={"x": 1, "y": 2}) == {"t": 3, "k": "y", "v": 2, "a": 1, "b": 2}


def test_a_nested_change_returns_the_whole_variable_and_leaves_the_given_one() -> None:
    assert run("order['lines'][0]['net'] += 1", order={"lines": [{"net": 1}]}) == {"order": {"lines": [{"net": 2}]}}
    assert run("order.state = 'new'", order={"id": 1}) == {"order": {"id": 1, "state": "new"}}
    assert run("seen.append(3)", seen=[1, 2]) == {"seen": [1, 2, 3]}


def test_a_change_through_another_name_is_returned_under_both() -> None:
    assert run("b = a\nb['z'] = 2", a={"y": 1}) == {"a": {"y": 1, "z": 2}, "b": {"y": 1, "z": 2}}


def test_what_was_read_and_not_changed_is_not_returned() -> None:
    assert run("a['x'] = 1\nn = len(b)", a={}, b=[1]) == {"a": {"x": 1}, "n": 1}


def test_what_is_returned_shares_nothing() -> None:
    variables = {"a": [1]}

    changed = compile_script("b = a\nc = a").run(variables, now=NOW)
    changed["b"].append(2)

    assert changed["c"] == [1]
    assert variables == {"a": [1]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.extend([3])", [1, 2, 3]),
        ("x.insert(0, 0)", [0, 1, 2]),
        ("x.remove(1)", [2]),
        ("x.pop()", [1]),
        ("x.reverse()", [2, 1]),
        ("x.clear()", []),
        ("x[0] = 5", [5, 2]),
        ("x[-1] += 5", [1, 7]),
        ("x[0 if x[0] > 5 or not x else 1] += 5", [1, 7]),
    ],
)
def test_lists_change_as_in_python(text: str, expected: list[int]) -> None:
    assert run(text, x=[1, 2]) == {"x": expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x.update({'b': 2})", {"a": 1, "b": 2}), ("x.setdefault('b', 2)", {"a": 1, "b": 2}), ("x.pop('a')", {}), ("x['a'] += 1", {"a": 2})],
)
def test_mappings_change_as_in_python(text: str, expected: dict[str, int]) -> None:
    assert run(text, x={"a": 1}) == {"x": expected}


def test_comprehensions_do_not_leak_their_names() -> None:
    assert run("ys = [x * 2 for x in xs]\nd = {str(x): x for x in xs}", xs=[1, 2]) == {"ys": [2, 4], "d": {"1": 1, "2": 2}}


def test_names_and_assigned_are_known_without_running() -> None:
    script = compile_script(
        "t = 0\nfor x in xs:\n    y = x\n    t += y\nif q:\n    z = 1\nelse:\n    z = 2\nw = z + u\nif q:\n    v = 1\nr = v"
    )

    assert script.names == {"xs", "q", "u", "v"}
    assert script.assigned == {"t", "x", "y", "z", "w", "v", "r"}


def test_a_failure_names_its_line() -> None:
    with pytest.raises(ExecutionFailed) as caught:
        run("x = 1\n\ny = x / 0")

    assert caught.value.facts["line"] == 3


def test_faults_name_their_lines() -> None:
    with pytest.raises(InvalidExpression) as caught:
        compile_script("x = 1\nimport os\nwhile x:\n    pass")

    assert [fault.line for fault in caught.value.faults] == [2, 3]


def test_a_thousand_runs_share_one_budget() -> None:
    script = compile_script("n = n + 1")
    budget = Budget()
    variables: dict[str, Any] = {"n": 0}

    for _ in range(1000):
        variables |= script.run(variables, now=NOW, budget=budget)

    assert variables == {"n": 1000}


def test_a_growing_list_does_not_use_up_the_budget_of_a_step() -> None:
    script = compile_script("seen.append(n)\nn += 1")
    budget = Budget()
    variables: dict[str, Any] = {"seen": [], "n": 0, "invoice": {"lines": [{"net": 1}] * 200}}

    for _ in range(2000):
        variables |= script.run(variables, now=NOW, budget=budget)

    assert variables["seen"] == list(range(2000))


def test_a_change_deep_inside_is_noticed_and_a_look_is_not() -> None:
    assert run("for line in a.lines:\n    line['x'] = 1\nn = b.lines[0].x", a={"lines": [{}]}, b={"lines": [{"x": 2}]}) == {
        "a": {"lines": [{"x": 1}]},
        "line": {"x": 1},
        "n": 2,
    }


def test_an_empty_script_changes_nothing() -> None:
    assert run("") == {}
    assert run("# only a remark\n") == {}


def test_windows_line_ends_are_read() -> None:
    assert run("x = 1\r\nif x:\r\n    y = 2\r\n") == {"x": 1, "y": 2}


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("abx_.'\"()[]{}=<>+-*/% 01:\n", max_size=80)))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    try:
        script = compile_script(text)
    except InvalidExpression as error:
        assert error.faults
        return
    try:
        script.run({"a": 1, "b": [1]}, now=NOW)
    except ExecutionFailed:
        pass
