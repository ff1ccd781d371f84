"""Capital amounts. The pairs are the examples of 支付结算办法 附件一 (People's Bank of China) and one from a published invoice."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes.invoice import words

EXAMPLES = [
    ("1409.50", "壹仟肆佰零玖元伍角"),
    ("6007.14", "陆仟零柒元壹角肆分"),
    ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
    ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
    ("107000.53", "壹拾万柒仟元零伍角叁分"),
    ("107000.53", "壹拾万零柒仟元伍角叁分"),
    ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
    ("325.04", "叁佰贰拾伍元零肆分"),
    ("10600", "壹万零陆佰元整"),
    ("11.20", "壹拾壹圆贰角"),
    ("-100", "（负数）壹佰圆整"),
    ("100000", "人民币拾万元正"),
    ("1000000000000", "壹万亿元整"),
]


@pytest.mark.parametrize(("amount", "text"), EXAMPLES)
def test_a_capital_amount_is_read(amount: str, text: str) -> None:
    assert words.parse(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("10600", "壹万零陆佰元整"),
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("100000000", "壹亿元整"),
        ("0", "零元整"),
    ],
)
def test_an_amount_is_written_by_the_rules_of_the_central_bank(amount: str, text: str) -> None:
    assert words.write(Decimal(amount)) == text


@given(st.decimals(min_value=Decimal("-9999999999999999.99"), max_value=Decimal("9999999999999999.99"), places=2))
def test_what_is_written_is_read_back(amount: Decimal) -> None:
    assert words.parse(words.write(amount)) == amount


@pytest.mark.parametrize("text", ["", "元", "整", "壹佰", "壹壹元整", "12元", "万元整", "壹佰贰仟元整", "负", "万" * 5000])
def test_what_is_no_capital_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        words.parse(text)


@given(st.text(alphabet="零壹贰叁拾佰仟万亿元角分整负圆", max_size=90))
def test_reading_any_text_gives_a_number_or_a_value_error(text: str) -> None:
    try:
        assert words.parse(text).is_finite()
    except ValueError:
        pass


@pytest.mark.parametrize("amount", ["0.001", "NaN", "Infinity", "1E+20"])
def test_what_has_no_capitals_is_not_written(amount: str) -> None:
    with pytest.raises(ValueError):
        words.write(Decimal(amount))
