"""Amounts and days as issuers write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes.invoice import values


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("318.00", "318.00"),
        ("¥1,234.50", "1234.50"),
        ("￥-100.00", "-100.00"),
        ("９.９１", "9.91"),
        (".5", "0.5"),
        ("0.060000", "0.060000"),
        ("+7", "7"),
    ],
)
def test_an_amount_is_read(text: str, amount: str) -> None:
    assert values.amount(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["***", "—", "/"])
def test_a_printed_nothing_is_nothing(text: str) -> None:
    assert values.amount(text) is None


@pytest.mark.parametrize("text", ["1,234", "12,50", "1.234,56", "1E9", "NaN", "Infinity", "0x10", "1 2 a", "", "9" * 19, "--5", "٣"])
def test_what_may_mean_two_things_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        values.amount(text)


@pytest.mark.parametrize(
    "text", ["2023-02-03", "20230203", "2023年02月03日", "2023年2月3日", "2023/2/3", "2023-02-03 10:08:05", "2023-02-03T10:08:05Z"]
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert values.day(text) == date(2023, 2, 3)


@pytest.mark.parametrize("text", ["", "2023-02-30", "03.02.2023", "202323", "2023", "yesterday"])
def test_an_impossible_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        values.day(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6))
def test_any_plain_decimal_comes_back_equal(amount: Decimal) -> None:
    assert values.amount(format(amount, "f")) == amount
