"""Conditions of forms mean on the server what they mean in the browser. The expected answers were computed once by the viewer's own evaluator (feelin 6)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidExpression
from engine.formjs.feel import compile_condition

DATA: dict[str, Any] = {
    "a": 7, "b": "x", "t": True, "f": False, "n": None, "l": [1, 2, 3], "s": "12.50", "d": "2026-01-05", "e": "",
    "o": {"p": 5, "q": [{"r": 1}, {"r": 2}]},
}  # fmt: skip
HOLD = """a > 5|a > 5 and b = "x"|t|n|zz|not(f)|a = "7"|a != "7"|n = null|zz = null|b != null|zz > 3 or a > 5|zz > 3 and a > 5|t or zz
a in [1..10]|a in (1,7)|a in [1,7]|b in ("x","y")|a between 1 and 7|count(l) = 3|sum(l) = 6|l[1] = 1|l[-1] = 3|o.p = 5
sum(o.q.r) = 3|o.zz = null|s > 5|d > "2026-01-01"|e = ""|a * 2 - 4 = 10|a / 2 = 3.5|"a" + b = "ax"|string length(b) = 1
contains(b, "x")|list contains(l, 2)|max(1,2,3) = 3|-a = -7|(t and not(f)) or f|a in [1..zz]|zz + 1 = null|1 / 0
if a > 5 then true else false|this.a = 7|l = [1,2,3]"""
FAIL = """f|not(t)|not(n)|not(zz)|a|b|b = "y"|zz != null|b = null|f and zz|a in [8..10]|count(l) > 3|not(a > 5)|t = f|not(t) or f|n in [1..3]
b > 5|b in [1..5]|l > 1|list contains(l, "1")|s > "2"|if n then 1 else 2"""


@pytest.mark.parametrize("text", HOLD.replace("\n", "|").split("|"))
def test_what_holds_in_the_browser_holds_here(text: str) -> None:
    assert compile_condition(f"={text}").holds({**DATA, "this": DATA})


@pytest.mark.parametrize("text", FAIL.replace("\n", "|").split("|"))
def test_what_does_not_hold_in_the_browser_does_not_hold_here(text: str) -> None:
    assert not compile_condition(f"={text}").holds({**DATA, "this": DATA})


def test_amounts_are_computed_exactly() -> None:
    assert compile_condition("=sum(items.amount) * 3").evaluate(
        {"items": [{"amount": Decimal("0.1")}, {"amount": Decimal("0.2")}]}
    ) == Decimal("0.9")


def test_the_names_that_are_read_are_known() -> None:
    assert compile_condition('=a.b > 1 and contains(c, "d") and this.e = i[1]').names == {"a", "c"}


@pytest.mark.parametrize(
    "text",
    [
        "=", "=a >", "=(a", "=a)", "=now()", "=a; b", "=for x in y return x", "={a: 1}", "=\"a", "=a ? b", "=not(a, b)", "=@\"2026-01-01\"", "=a.1",
        "=" + "(" * 50 + "a" + ")" * 50, "=" + "+".join("a" * 300), "=" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_outside_of_the_subset_is_refused_at_deployment(text: str) -> None:
    with pytest.raises(InvalidExpression):
        compile_condition(text)


VALUE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=3), st.decimals(allow_nan=False, allow_infinity=False)
)  # fmt: skip


@given(st.text(alphabet='ab.+-*/=<>!()[]," 019\\\ntifnotandor', max_size=40), st.dictionaries(st.sampled_from("ab"), VALUE))
def test_an_expression_is_refused_or_has_a_value_and_never_anything_else(text: str, data: dict[str, Any]) -> None:
    try:
        condition = compile_condition(text)
    except InvalidExpression:
        return
    condition.evaluate(data)
    assert condition.holds(data) in (True, False)
