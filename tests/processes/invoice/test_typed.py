"""Completing what a photo does not say."""

from decimal import Decimal

import pytest

from engine.errors import InvoiceUnreadable
from processes.invoice.formats import TYPED_FIELDS, read
from processes.invoice.samples.generate import make
from processes.invoice.typed import complete

ALL = {
    "number": "26312000000012345678",
    "issueDate": "2026年3月5日",
    "currency": "cny",
    "net": "100.00",
    "tax": "6.00",
    "gross": "¥106.00",
    "seller.name": "某某咨询有限公司",
    "seller.taxId": "91330100MA0000023P",
    "buyer.name": "上海申批科技有限公司",
    "buyer.taxId": "91310115MA0000015C",
}


def test_an_invoice_can_be_typed_from_nothing() -> None:
    invoice = complete(None, ALL)
    assert (invoice.identity, invoice.gross, invoice.payable, invoice.seller.name) == (
        "cn:26312000000012345678",
        Decimal(106),
        Decimal(106),
        "某某咨询有限公司",
    )
    assert invoice.typed_fields == frozenset(TYPED_FIELDS)
    assert type(invoice).from_json(invoice.as_json()) == invoice


def test_only_what_the_photo_left_out_counts_as_typed() -> None:
    reading = read(make("photo")[1], "photo.png")
    assert reading.invoice is not None and not reading.original
    typed = {name: ALL[name] for name in reading.missing} | {"net": "9380.53", "tax": "1219.47", "gross": "10600.00"}
    invoice = complete(reading.invoice, typed)
    assert invoice.typed_fields == frozenset(reading.missing)
    assert (invoice.gross, invoice.buyer.tax_id) == (Decimal("10600.00"), "91310115MA0000015C")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"gross": "1,5"}, "wrong-value"),
        ({"gross": "***"}, "wrong-value"),
        ({"issueDate": "2026-02-30"}, "wrong-value"),
        ({"currency": "yuan"}, "wrong-value"),
        ({"colour": "red"}, "unknown-field"),
        ({"seller.name": "x" * 201}, "too-long"),
        ({"gross": "  "}, "field-missing"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(typed: dict[str, str], code: str) -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        complete(None, ALL | typed)
    assert [(fault.code, fault.path) for fault in refused.value.faults] == [(code, next(iter(typed)))]


def test_a_typed_value_may_not_contradict_the_carrier() -> None:
    partial = read(make("photo")[1], "photo.png").invoice
    with pytest.raises(InvoiceUnreadable) as refused:
        complete(partial, {"gross": "99.00"})
    assert [fault.code for fault in refused.value.faults] == ["contradicts-carrier"]


def test_everything_missing_is_listed_at_once() -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        complete(None, {})
    assert {fault.path for fault in refused.value.faults} == {"number", "issueDate", "currency", "gross"}
