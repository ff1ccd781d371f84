"""Retention by annex 1 of order 79 (reference/domain.md 3.3)."""

from datetime import date

import pytest

from processes.archive import retention


def test_a_voucher_of_july_2026_is_kept_from_2027_to_the_end_of_2056() -> None:
    code = retention.retention_of("posting-voucher")

    assert code == "D30"
    assert retention.keep_from(2026) == date(2027, 1, 1)
    assert retention.keep_until(2026, code) == date(2056, 12, 31)
    assert retention.destroyable_from(2026, code) == date(2057, 1, 1)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("source-voucher", "D30"),
        ("general-ledger", "D30"),
        ("detail-ledger", "D30"),
        ("journal", "D30"),
        ("other-ledger", "D30"),
        ("fixed-asset-card", "D5"),
        ("interim-report", "D10"),
        ("annual-report", "Y"),
        ("bank-reconciliation", "D10"),
        ("bank-statement", "D10"),
        ("tax-return", "D10"),
        ("transfer-register", "D30"),
        ("keeping-register", "Y"),
        ("destruction-register", "Y"),
        ("appraisal-opinion", "Y"),
    ],
)
def test_every_record_of_the_annex_has_its_period(record: str, code: str) -> None:
    assert retention.retention_of(record) == code


def test_what_is_permanent_never_ends() -> None:
    assert retention.keep_until(2026, "Y") is None
    assert retention.destroyable_from(2026, "Y") is None
    assert retention.describe("Y") == "永久"


def test_ten_and_five_years_end_with_their_last_year() -> None:
    assert retention.keep_until(2026, "D10") == date(2036, 12, 31)
    assert retention.keep_until(2026, "D5") == date(2031, 12, 31)
