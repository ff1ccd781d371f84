"""Who must approve after finance: every limit, just within and just above, in both directions, and what the table says nothing about."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.dmn import map_result, read

TABLE = Path(__file__).resolve().parents[3] / "processes" / "invoice" / "authority.dmn"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
LIMITS = {"CNY": 10000, "EUR": 1500, "USD": 1500, "DKK": 10000, "SEK": 10000, "NOK": 10000}


def approver(currency: str | None, gross: Decimal | None) -> Any:
    decision = read(TABLE.read_bytes(), "authority.dmn")["authority"]
    return map_result(decision.decide({"invoice": {"currency": currency, "gross": gross}}, now=NOW).results, "singleEntry")


@pytest.mark.parametrize("currency", LIMITS)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_limit_itself_is_within_and_a_cent_more_is_above(currency: str, sign: int) -> None:
    limit = Decimal(LIMITS[currency])
    for amount, expected in (
        (limit, "none"),
        (limit - Decimal("0.01"), "none"),
        (limit + Decimal("0.01"), "director"),
        (limit * 50, "director"),
    ):
        assert approver(currency, sign * amount) == expected, amount


def test_nothing_is_within() -> None:
    assert {approver(currency, Decimal("0.00")) for currency in LIMITS} == {"none"}


@pytest.mark.parametrize(
    ("currency", "gross"), [("JPY", Decimal("1.00")), ("cny", Decimal("1.00")), (None, Decimal("1.00")), ("CNY", None)]
)
def test_what_no_row_speaks_of_spares_nobody(currency: str | None, gross: Decimal | None) -> None:
    assert approver(currency, gross) is None
