"""What an expression gives."""

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from engine.errors import BudgetExceeded, ExecutionFailed, InvalidExpression
from engine.language import Budget, compile_expression
from engine.language.running import translated

NOW = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)
VARIABLES: dict[str, Any] = {
    "amount": Decimal("6000.00"),
    "limit": 5000,
    "supplier": {"level": "A", "tags": ["new", "local"], "owner": None},
    "lines": [{"net": Decimal("10.10")}, {"net": Decimal("20.20")}],
    "done": False,
    "nothing": None,
    "blank": "",
    "none": [],
    "金额": 7,
    "due": date(2026, 12, 1),
    "outcome": "approve",
    "date": "a form field may be called so",
    "empty": 5,
}


def value_of(text: str, **more: Any) -> Any:
    return compile_expression(text).evaluate({**VARIABLES, **more}, now=NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount > 5000 and supplier.level in ['A', 'B'] and amount + 1 <= limit * 2", True),
        ("amount / 4", Decimal("1500.00")),
        ("7 / 2", Decimal("3.5")),
        ("7 // 2", 3),
        ("-7 % 3", 2),
        ("1.10 + 2.20", Decimal("3.30")),
        ("0.1 + 0.2 == 0.3", True),
        ("-2.50", Decimal("-2.50")),
        ("1e3", Decimal("1E+3")),
        ("12345678901234567890.123456789", Decimal("12345678901234567890.123456789")),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("(1, 2)", [1, 2]),
        ("{'a': 1, 'b': [2]}", {"a": 1, "b": [2]}),
        ("supplier['level']", "A"),
        ("supplier.get('nix')", None),
        ("supplier.get('nix', 3)", 3),
        ("supplier.tags[-1]", "local"),
        ("supplier.tags[0:1]", ["new"]),
        ("'new' in supplier.tags and 'old' not in supplier.tags", True),
        ("'level' in supplier", True),
        ("sum(line.net for line in lines)", Decimal("30.30")),
        ("[line.net * 2 for line in lines if line.net > 15]", [Decimal("40.40")]),
        ("{k: len(k) for k in supplier}", {"level": 5, "tags": 4, "owner": 5}),
        ("[[x, y] for x in range(2) for y in range(x)]", [[1, 0]]),
        ("max(1, amount, 3)", Decimal("6000.00")),
        ("min([3, 2.5])", Decimal("2.5")),
        ("sorted([3, 1, 2], reverse=True)", [3, 2, 1]),
        ("round(2.675, 2)", Decimal("2.68")),
        ("round(2.5)", 2),
        ("abs(-3.5)", Decimal("3.5")),
        ("int('12') + int(3.9)", 15),
        ("Decimal('1.10')", Decimal("1.10")),
        ("str(amount) + '元'", "6000.00元"),
        ("f'{supplier.level}级 {amount}'", "A级 6000.00"),
        ("any(line.net > 20 for line in lines) and not all(line.net > 20 for line in lines)", True),
        ("' a '.strip().upper()", "A"),
        ("'a,b'.split(',')", ["a", "b"]),
        ("'-'.join(supplier.tags)", "new-local"),
        ("1 < 金额 < 10", True),
        ("nothing is None and nothing is null", True),
        ("done == false", True),
        ("now()", NOW),
        ("today()", date(2026, 11, 22)),
        ("due > today()", True),
        ("due - today() > timedelta(days=8)", True),
        ("now() + timedelta(days=3)", datetime(2026, 11, 25, 9, 41, tzinfo=UTC)),
        ("date('2026-01-31')", date(2026, 1, 31)),
        ("datetime('2026-01-31T08:00:00+08:00') < now()", True),
        ("date", "a form field may be called so"),
        ("done or\n limit > 1", True),
        ("1 if done else 2", 2),
        ("1 < (limit if done else 3) < 5", True),
        ("1 < [x for x in supplier.tags and [3]][0] <= (done or 3)", True),
        ("f'{1.5 + 0.25}元'", "1.75元"),
        ("'金额' + str(1.50)", "金额1.50"),
        ("[limit for limit in [1]] + [limit]", [1, 5000]),
        ("[y for x in [[1, 2], [3]] for y in x if y != 2]", [1, 3]),
        ("range(5, 0, -2)", [5, 3, 1]),
        ("range(-5)", []),
        ("1_000.50", Decimal("1000.50")),
        ("-limit // 3", -1667),
        ("str(true) + str(null)", "true"),
        ("{'a': {'b': 1}}.a.b", 1),
        ("len('abc'[1:]) + len([1, 2][:-1])", 3),
    ],
)
def test_python_forms_give_what_python_gives_with_decimals(text: str, expected: Any) -> None:
    assert value_of(text) == expected
    assert type(value_of(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${amount > 5000 && !done}", True),
        ("#{done || outcome == 'approve'}", True),
        ("${!done == true}", True),
        ("${! (done || true)}", False),
        ("${!empty none}", False),
        ("${empty none && empty blank && empty nothing}", True),
        ("${not empty supplier.tags}", True),
        ("${empty supplier.owner}", True),
        ("${empty}", 5),
        ("${empty + 1}", 6),
        ("${empty supplier}", False),
        ("${amount gt 5000 and amount le 6000 and limit ne 1 and limit eq 5000 and limit ge 5000 and limit lt 5001}", True),
        ("${7 div 2}", Decimal("3.5")),
        ("${7 mod 2}", 1),
        ("${done ? 'a' : 'b'}", "b"),
        ("${done ? 1 : amount > 1 ? 2 : 3}", 2),
        ("${!done ? done ? 1 : 2 : 3}", 2),
        ("${[done ? 1 : 2, 3]}", [2, 3]),
        ("${max(done ? 1 : 2, 1)}", 2),
        ("${{'a': done ? 1 : 2}}", {"a": 2}),
        ("${supplier['level'] == \"A\" && supplier.owner == null}", True),
        ("${outcome eq 'approve' ? 'x' : 'y'}", "x"),
        ("${'a && b ? c : d'}", "a && b ? c : d"),
        ("${!supplier.get('nix')}", True),
        ("${-amount lt 0}", True),
        ("${!!done}", False),
        ("${!supplier.owner}", True),
        ("${lines[!done ? 0 : 1].net}", Decimal("10.10")),
        ("${round(done ? 1 : 2.345, 2)}", Decimal("2.34")),
        ("${limit -1}", 4999),
        ("${not done and limit mod 7 == 2}", True),
        ("${(empty none) ? (empty blank ? 1 : 2) : 3}", 1),
    ],
)
def test_forms_of_camunda_and_flowable_are_read_as_they_are_there(text: str, expected: Any) -> None:
    assert value_of(text) == expected


def test_a_missing_variable_is_named_with_its_line() -> None:
    with pytest.raises(ExecutionFailed, match="'nowhere'") as caught:
        value_of("done or\nnowhere")

    assert caught.value.facts["name"] == "nowhere"
    assert caught.value.facts["line"] == 2


def test_a_variable_that_is_not_reached_may_be_missing() -> None:
    assert value_of("outcome == 'approve' or nowhere") is True
    assert compile_expression("outcome == 'approve' or nowhere").names == {"outcome", "nowhere"}


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ExecutionFailed, match="'nix'"):
        value_of("supplier.nix")
    with pytest.raises(ExecutionFailed, match="'nix'"):
        value_of("supplier['nix']")


def test_names_are_those_read_from_outside() -> None:
    found = compile_expression("sum(x.net for x in lines if x.net > limit) > len(supplier.tags) and date(y) < today()").names

    assert found == {"lines", "limit", "supplier", "y"}


def test_a_float_is_read_as_its_shortest_decimal() -> None:
    assert value_of("x + 0.2", x=0.1) == Decimal("0.3")
    assert value_of("x.y[0]", x={"y": [0.1]}) == Decimal("0.1")
    assert value_of("x", x={"y": (0.1, 2)}) == {"y": [Decimal("0.1"), 2]}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), object(), {1, 2}])
def test_a_value_the_language_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(ExecutionFailed):
        value_of("x", x=value)


@pytest.mark.parametrize("value", [b"bytes", UUID(int=1)])
def test_a_value_that_is_only_handed_on_comes_out_as_it_went_in_and_nothing_is_computed_with_it(value: object) -> None:
    assert value_of("x", x=value) == value
    assert value_of("{'a': [x]}['a'][0] == x", x=value) is True
    for text in (
        "x + x",
        "x * 2",
        "len(x)",
        "x[0]",
        "x < x",
        "'' + x",
        "str(x)",
        "'%s' % x",
        "x.hex",
        "x.decode()",
        "[y for y in x]",
        "sum(x)",
        "1 in x",
        "-x",
    ):
        with pytest.raises((ExecutionFailed, InvalidExpression)):
            value_of(text, x=value)


def test_what_is_returned_shares_nothing_with_the_variables() -> None:
    found = value_of("supplier")
    found["tags"].append("changed")

    assert VARIABLES["supplier"]["tags"] == ["new", "local"]


def test_every_fault_is_listed_with_its_line_and_column() -> None:
    with pytest.raises(InvalidExpression) as caught:
        compile_expression("a.__class__ and\n open('x') and b'y'")

    assert [fault.line for fault in caught.value.faults] == [1, 2, 2]
    assert caught.value.faults[0].en.startswith("column 1:")


def test_a_budget_is_shared_by_the_runs_it_is_given_to() -> None:
    budget = Budget(steps=50)
    expression = compile_expression("limit + 1")

    with pytest.raises(BudgetExceeded):
        for _ in range(20):
            expression.evaluate(VARIABLES, now=NOW, budget=budget)


def test_a_text_is_compiled_once() -> None:
    assert compile_expression("limit + 41") is compile_expression("limit + 41")


def test_threads_may_share_an_expression() -> None:
    expression = compile_expression("sum(x * n for x in range(50))")
    found: dict[int, Any] = {}

    def run(n: int) -> None:
        found[n] = {expression.evaluate({"n": n}, now=NOW) for _ in range(50)}

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {n: {1225 * n} for n in range(8)}


def test_the_decimal_context_of_the_thread_does_not_matter() -> None:
    with localcontext(prec=3):
        assert value_of("amount + 0.01") == Decimal("6000.01")


NUMBERS = st.one_of(st.integers(-(10**12), 10**12), st.decimals(-(10**12), 10**12, places=4))


@settings(deadline=None)
@given(NUMBERS, NUMBERS, st.sampled_from(["+", "-", "*", "/", "<", "<=", "==", "!=", ">", ">="]))
def test_arithmetic_agrees_with_pythons_decimal(left: Any, right: Any, sign: str) -> None:
    if sign == "/" and not right:
        return
    operations = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: Decimal(a) / Decimal(b),
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    with localcontext(Context(prec=34, rounding=ROUND_HALF_EVEN)):
        expected = operations[sign](left, right)

    assert compile_expression(f"a {sign} b").evaluate({"a": left, "b": right}, now=NOW) == expected


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**20, places=6))
def test_a_number_in_a_text_is_read_digit_by_digit(value: Decimal) -> None:
    assert str(compile_expression(f"{value:f}").evaluate({}, now=NOW)) == f"{value:f}"


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("ab_.'\"()[]{}!?:&|=<>+-*/% 019eif notempty\n\\$#,", max_size=60)))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    try:
        expression = compile_expression(text)
    except InvalidExpression as error:
        assert error.faults
        return
    try:
        expression.evaluate({"a": 1, "b": "x"}, now=NOW)
    except ExecutionFailed:
        pass


def test_a_duration_is_a_value_of_an_expression() -> None:
    assert value_of("timedelta(days=2, hours=1)") == timedelta(days=2, hours=1)


@pytest.mark.parametrize("lost", [psycopg.OperationalError("gone"), OperationalError("SELECT 1", {}, psycopg.OperationalError("gone"))])
def test_a_database_that_is_lost_while_a_text_asks_it_is_no_fault_of_the_text(lost: Exception) -> None:
    assert translated(lost) is lost, "whoever opened the transaction says 503 and lets it be tried again"
