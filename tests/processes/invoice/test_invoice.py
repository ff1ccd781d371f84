"""The invoice record: its JSON form and its key."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvoiceUnreadable
from processes.invoice.formats import read
from processes.invoice.invoice import Invoice, Party

Sample = Callable[[str], bytes]
PLAIN = Invoice(syntax="typed", number="A1", issue_date=date(2026, 1, 2), currency="EUR")


@given(st.builds(Invoice, issue_date=st.dates(), currency=st.just("EUR")))
def test_an_invoice_comes_back_equal_from_its_json(invoice: Invoice) -> None:
    finite = all(
        amount is None or amount.is_finite()
        for amount in [
            *(getattr(invoice, name) for name in ("net", "tax", "levies", "gross", "payable", "prepaid", "rounding")),
            invoice.document_allowances,
            invoice.document_charges,
            *(value for line in invoice.lines for value in (line.quantity, line.unit_price, line.net, line.tax)),
            *(value for group in invoice.tax_subtotals for value in (group.rate, group.base, group.tax)),
        ]
    )
    if finite:
        assert Invoice.from_json(invoice.as_json()) == invoice


@pytest.mark.parametrize(
    "change",
    [
        {"gross": 10.5},
        {"gross": "NaN"},
        {"gross": "x"},
        {"issueDate": "2026-02-30"},
        {"lines": {}},
        {"lines": [{"number": 1}]},
        {"syntax": "word"},
    ],
)
def test_json_of_the_wrong_form_is_refused_with_its_path(change: dict[str, object]) -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        Invoice.from_json(PLAIN.as_json() | change)
    assert next(iter(change)) in str(refused.value.faults[0].path)


def test_json_without_a_needed_field_is_refused() -> None:
    with pytest.raises(InvoiceUnreadable):
        Invoice.from_json({"syntax": "typed"})


def test_amounts_and_dates_are_texts_in_json() -> None:
    written = replace(PLAIN, gross=Decimal("10600.00"), typed_fields=frozenset({"gross", "currency"})).as_json()
    assert (written["gross"], written["issueDate"], written["typedFields"]) == ("10600.00", "2026-01-02", ["currency", "gross"])


def test_one_invoice_has_one_key_in_ubl_and_cii(sample: Sample) -> None:
    for ubl, cii in (
        ("ubl/guide-example1.xml", "cii/CII_example1.xml"),
        ("ubl/ubl-tc434-example2.xml", "cii/CII_business_example_01.xml"),
        ("ubl/ubl-tc434-example5.xml", "cii/CII_example5.xml"),
        ("ubl/ubl-tc434-example7.xml", "cii/CII_example7.xml"),
    ):
        assert _identity(sample, ubl) == _identity(sample, cii)


def test_different_invoices_of_one_number_have_different_keys(sample: Sample) -> None:
    assert _identity(sample, "ubl/guide-example3.xml") != _identity(sample, "ubl/ubl-tc434-example2.xml")
    assert _identity(sample, "ubl/ubl-tc434-example4.xml") != _identity(sample, "ubl/ubl-tc434-example5.xml")
    assert _identity(sample, "facturx/EN16931_Einfach.pdf") != _identity(sample, "facturx/EN16931_Gutschrift.pdf")


def test_a_third_invoice_of_the_same_number_and_seller_differs_by_year_and_type() -> None:
    first = replace(PLAIN, number="TOSL108", type_code="380", seller=Party(tax_id="DK16356706"))
    others = [replace(first, issue_date=date(2027, 1, 2)), replace(first, type_code="381"), replace(first, seller=Party(name="DK 163"))]
    assert len({each.identity for each in (first, *others)}) == 4


def test_the_tampered_copy_has_the_key_of_the_true_one(sample: Sample) -> None:
    assert _identity(sample, "ofd/v4signed.ofd") == _identity(sample, "ofd/tampered-document-xml.ofd") == "cn-old:050001700111:99999951"


def test_the_key_forgives_widths_blanks_and_case() -> None:
    one = replace(PLAIN, number="018304 / 28865", seller=Party(tax_id="be 0000.000.196"))
    other = replace(PLAIN, number="０１８３０４/28865", seller=Party(tax_id="BE0000000196"))
    assert one.identity == other.identity == "intl:BE0000000196:2026:380:018304/28865"


def test_a_seller_without_ids_is_known_by_name_and_never_taken_for_an_id() -> None:
    named = replace(PLAIN, seller=Party(name="DE1"))
    numbered = replace(PLAIN, seller=Party(tax_id="DE1"))
    assert named.identity != numbered.identity


def test_a_twenty_digit_number_is_a_chinese_one_only_in_yuan() -> None:
    number = "26312000000000000001"
    assert replace(PLAIN, number=number, currency="CNY").identity == f"cn:{number}"
    assert replace(PLAIN, number=number).identity.startswith("intl:")


@given(number=st.text(min_size=1, max_size=20), name=st.text(max_size=20))
def test_the_key_is_the_same_when_its_parts_are_keyed_again(number: str, name: str) -> None:
    once = replace(PLAIN, number=number, seller=Party(name=name))
    twice = replace(once, number=once.identity.split(":", 4)[4])
    assert once.identity == twice.identity


def _identity(sample: Sample, path: str) -> str:
    invoice = read(sample(path), path).invoice
    assert invoice is not None
    return invoice.identity
