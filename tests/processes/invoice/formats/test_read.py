"""Every shared sample against the figures that SOURCES.md gives for it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from engine.errors import InvoiceUnreadable
from processes.invoice import limits
from processes.invoice.formats import read
from processes.invoice.formats.reading import Reading
from processes.invoice.invoice import Invoice

Sample = Callable[[str], bytes]

# path, number, type code, currency, net, tax, gross, payable
FIGURES = [
    ("ubl/BIS3_Invoice_positive.XML", "12345", "380", "DKK", "625743.54", "156435.89", "782179.43", "782179.43"),
    ("ubl/guide-example1.xml", "12115118", "380", "EUR", "229.60", "20.73", "250.33", "250.33"),
    ("ubl/guide-example3.xml", "TOSL108", "380", "DKK", "900.00", "225.00", "1125.00", "1125.00"),
    ("ubl/issue116.xml", "2018210", "380", "SEK", "700", "130", "830", "830"),
    ("ubl/sample-discount-price.xml", "test decimal 1", "380", "EUR", "12.12", "3.03", "15.15", "15.15"),
    ("ubl/ubl-tc434-example2.xml", "TOSL108", "380", "NOK", "1436.50", "365.28", "1801.78", "801.78"),
    ("ubl/ubl-tc434-example4.xml", "TOSL110", "380", "DKK", "4000.00", "675.00", "4675.00", "4675.00"),
    ("ubl/ubl-tc434-example5.xml", "TOSL110", "380", "DKK", "4000.00", "675.00", "4675.00", "2337.50"),
    ("ubl/ubl-tc434-example7.xml", "INVOICE_test_7", "380", "SEK", "3200.00", "0.00", "3200.00", "3200.00"),
    ("ubl/ubl-tc434-creditnote1.xml", "018304 / 28865", "381", "EUR", "100.11", "0.00", "100.11", "100.11"),
    ("ubl/kreditering-original-invoice.xml", "2018133", "380", "SEK", "8668", "2167", "10835", "10000"),
    ("ubl/kreditering-creditnote.xml", "2018140", "381", "SEK", "8668", "2167", "10835", "10000"),
    ("cii/CII_example1.xml", "12115118", "380", "EUR", "229.6", "20.73", "250.33", "250.33"),
    ("cii/CII_example3.xml", "TOSL108", "380", "DKK", "900", "225", "1125", "1125"),
    ("cii/CII_example4.xml", "TOSL110", "380", "DKK", "4000", "675", "4675", "4675"),
    ("cii/CII_example5.xml", "TOSL110", "380", "DKK", "4000", "675.00", "4675", "2337.5"),
    ("cii/CII_example7.xml", "INVOICE_test_7", "380", "SEK", "3200", None, "3200", "3200"),
    ("cii/CII_example8.xml", "1100512149", "380", "EUR", "908.91", "190.87", "1099.78", "1099.78"),
    ("cii/CII_business_example_01.xml", "TOSL108", "380", "NOK", "1436.5", "365.28", "1801.78", "801.78"),
    ("cii/CII_business_example_02.xml", "INV000013", "380", "EUR", "10.00", "1.90", "11.90", "11.90"),
    ("cii/CII_business_example_Z.xml", "2016166", "380", "EUR", "11693.87", "0.0", "11693.87", "11693.87"),
    ("cii/CII-BR-CO-10-RoundingIssue.xml", "0", "380", "EUR", "0.00", "0.00", "0.00", "0.00"),
    ("facturx/EN16931_Einfach.pdf", "471102", "380", "EUR", "473.00", "56.87", "529.87", "529.87"),
    ("facturx/EN16931_Gutschrift.pdf", "471102", "389", "EUR", "473.00", "56.87", "529.87", "529.87"),
    ("facturx/MustangGnuaccountingBeispielRE-20201121_508.pdf", "RE-20201121/508", "380", "EUR", "496.00", "75.04", "571.04", "571.04"),
    ("ofd/v4signed.ofd", "99999951", None, "CNY", "300.00", "18.00", "318.00", "318.00"),
    ("ofd/tampered-document-xml.ofd", "99999951", None, "CNY", "300.00", "18.00", "318.00", "318.00"),
    ("ofd/999.ofd", "12235358", None, "CNY", "10000.00", "600.00", "10600.00", "10600.00"),
    ("cn/inv_ord_issuer_redacted.xbrl.xml", "00000017", None, "CNY", "9.91", "1.29", "11.20", "11.20"),
]


@pytest.mark.parametrize(("path", "number", "type_code", "currency", "net", "tax", "gross", "payable"), FIGURES)
def test_a_real_invoice_says_what_its_source_says(
    sample: Sample, path: str, number: str, type_code: str | None, currency: str, net: str, tax: str | None, gross: str, payable: str
) -> None:
    reading = read(sample(path), path)
    invoice = reading.invoice
    assert invoice is not None
    assert (invoice.number, invoice.type_code, invoice.currency) == (number, type_code, currency)
    found = (invoice.net, invoice.tax, invoice.gross, invoice.payable)
    assert found == tuple(None if text is None else Decimal(text) for text in (net, tax, gross, payable))
    assert (reading.missing, reading.original) == ((), True)
    assert type(invoice).from_json(invoice.as_json()) == invoice


@pytest.mark.parametrize(
    ("path", "lines", "day"),
    [
        ("ubl/guide-example1.xml", 20, date(2015, 1, 9)),
        ("cii/CII_example1.xml", 20, date(2015, 1, 9)),
        ("ofd/v4signed.ofd", 3, date(2020, 10, 10)),
        ("ofd/999.ofd", 100, date(2020, 8, 5)),
        ("cn/inv_ord_issuer_redacted.xbrl.xml", 1, date(2022, 9, 1)),
    ],
)
def test_lines_and_date_are_read(sample: Sample, path: str, lines: int, day: date) -> None:
    invoice = _invoice(sample, path)
    assert (len(invoice.lines), invoice.issue_date) == (lines, day)


def test_the_tax_disk_invoice_is_read_in_full(sample: Sample) -> None:
    invoice = _invoice(sample, "ofd/v4signed.ofd")
    assert (invoice.code, invoice.check_code, invoice.kind) == ("050001700111", "14754822929856772523", "ordinary")
    assert (invoice.seller.name, invoice.seller.tax_id) == ("杭州融易算企业管理咨询有限公司", "91500106MA2CE71F65")
    assert (invoice.buyer.name, invoice.buyer.tax_id) == ("科游迈利有限公司", "9150010807MGZHI002")
    first = invoice.lines[0]
    assert (first.name, first.quantity, first.unit_price, first.net, first.tax_rate, first.tax) == (
        "*餐饮服务*餐费",
        Decimal(4),
        Decimal(25),
        Decimal(100),
        "6%",
        Decimal(6),
    )


def test_references_prepayments_and_breakdowns_are_read(sample: Sample) -> None:
    half_paid = _invoice(sample, "ubl/ubl-tc434-example5.xml")
    assert (half_paid.order_reference, half_paid.prepaid) == ("PO4711", Decimal("2337.50"))
    assert (half_paid.document_allowances, half_paid.document_charges) == (Decimal(150), Decimal(150))
    assert _invoice(sample, "cii/CII_example5.xml").order_reference == "PO4711"
    assert _invoice(sample, "ubl/ubl-tc434-example2.xml").order_reference == "123"
    assert _invoice(sample, "ubl/ubl-tc434-example7.xml").order_reference == "Order_9988_x"
    assert len(_invoice(sample, "ubl/issue116.xml").tax_subtotals) == 4
    assert len(_invoice(sample, "ubl/guide-example1.xml").tax_subtotals) == 2


def test_a_credit_note_is_red_and_names_its_original(sample: Sample) -> None:
    credit, original = _invoice(sample, "ubl/kreditering-creditnote.xml"), _invoice(sample, "ubl/kreditering-original-invoice.xml")
    assert credit.red and not original.red
    assert credit.original_number == original.number == "2018133"
    assert _invoice(sample, "ubl/ubl-tc434-creditnote1.xml").red


def test_words_of_the_xbrl_invoice_are_kept(sample: Sample) -> None:
    assert _invoice(sample, "cn/inv_ord_issuer_redacted.xbrl.xml").amount_in_words == "壹拾壹圆贰角"


@pytest.mark.parametrize("path", ["ofd/not-an-invoice-helloworld.ofd", "ofd/not-an-invoice-AddAttachment.ofd"])
def test_a_sound_ofd_that_is_no_invoice_is_told_apart_and_not_refused(sample: Sample, path: str) -> None:
    reading = read(sample(path), path)
    assert (reading.invoice, reading.missing, [note.code for note in reading.notes]) == (None, (), ["not-an-invoice"])


def test_the_preview_of_an_itinerary_is_only_a_print_with_a_wrong_code(sample: Sample) -> None:
    reading = read(sample("cn/air-itinerary-preview-xbrl-001.pdf"), "x.pdf")
    assert not reading.original
    assert reading.qr is not None and not reading.qr.crc_right
    assert reading.invoice is not None and reading.invoice.gross == Decimal("620.00")
    assert {"seller.name", "buyer.name", "net", "tax"} <= set(reading.missing)
    assert [note.code for note in reading.notes] == ["qr-crc-wrong"]


def test_a_broken_embedded_invoice_ends_as_a_readable_error(sample: Sample) -> None:
    with pytest.raises(InvoiceUnreadable) as refused:
        read(sample("facturx/negative-invalid-xml-encoding.pdf"), "rechnung.pdf")
    (fault,) = refused.value.faults
    assert (fault.code, fault.file, fault.line) == ("xml-syntax", "rechnung.pdf!factur-x.xml", 1)
    assert fault.zh and fault.en


def test_the_name_of_a_file_decides_nothing(sample: Sample) -> None:
    assert read(sample("ofd/v4signed.ofd"), "holiday.jpg").syntax == "ofd"
    assert read(sample("ubl/guide-example1.xml"), "invoice.pdf").syntax == "ubl"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"hello", "unknown-type"),
        (b"GIF89a", "unknown-type"),
        (b"<a/>", "unknown-document"),
        (b"<a>", "xml-syntax"),
        (b"<", "xml-syntax"),
        (b"PK\x03\x04", "zip-broken"),
        (b"%PDF-1.7", "pdf-broken"),
        (b"\x89PNG\r\n\x1a\n", "image-broken"),
        (b"\xff\xd8\xff", "image-broken"),
        (b"\xff\xd8\xff" * 3, "image-broken"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_code(data: bytes, code: str) -> None:
    assert _codes(data) == [code]


def test_a_file_beyond_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 10)
    assert _codes(b"<a>01234567</a>") == ["file-too-large"]


def test_all_faults_of_an_invoice_come_together_with_their_lines(sample: Sample) -> None:
    text = sample("ubl/guide-example1.xml").decode()
    broken = text.replace(">250.33<", ">250,33<").replace(">2015-01-09<", ">2015-02-30<").replace(">EUR<", "><")
    with pytest.raises(InvoiceUnreadable) as refused:
        read(broken.encode(), "broken.xml")
    assert {fault.code for fault in refused.value.faults} == {"not-an-amount", "not-a-date", "field-missing"}
    assert all(fault.line and fault.path and fault.file == "broken.xml" for fault in refused.value.faults)


def _invoice(sample: Sample, path: str) -> Invoice:
    invoice = read(sample(path), path).invoice
    assert invoice is not None
    return invoice


def _codes(data: bytes) -> list[str]:
    with pytest.raises(InvoiceUnreadable) as refused:
        found: Reading = read(data, "x")
        raise AssertionError(found)
    return [fault.code for fault in refused.value.faults]


def test_an_xml_that_mentions_pdf_is_still_xml(sample: Sample) -> None:
    data = sample("ubl/guide-example1.xml").replace(b"<Invoice", b"<!-- made from %PDF-1.7 --><Invoice", 1)
    assert read(data, "x").syntax == "ubl"
