"""XBRL vouchers of the Ministry of Finance, written here by hand after its element lists."""

from datetime import date
from decimal import Decimal

from processes.invoice.formats import read
from processes.invoice.formats.reading import Reading


def voucher(prefix: str, edition: str = "2023-05-15", **facts: str) -> Reading:
    body = "".join(f"<v:{name.replace('_', '-')}>{value}</v:{name.replace('_', '-')}>" for name, value in facts.items())
    text = f'<xbrl xmlns="http://www.xbrl.org/2003/instance" xmlns:v="http://xbrl.mof.gov.cn/taxonomy/{edition}/{prefix}">{body}</xbrl>'
    return read(text.encode(), "v.xml")


def test_fare_and_surcharge_are_the_base_of_an_air_receipt_and_the_fund_is_not() -> None:
    found = voucher(
        "atr",
        ElectronicInvoiceAirTransportReceiptNumber="25312000000000000001",
        IssueDate="2025-01-02",
        Fare="477.06",
        FuelSurcharge="45.87",
        VatTaxAmount="47.07",
        CivilAviationDevelopmentFund="50.00",
        TotalAmount="620.00",
    ).invoice
    assert found is not None
    assert (found.net, found.tax, found.levies, found.gross, found.kind) == (
        Decimal("522.93"),
        Decimal("47.07"),
        Decimal(50),
        Decimal(620),
        "air",
    )


def test_a_rail_ticket_is_dated_by_its_issue_and_not_by_the_journey() -> None:
    found = voucher(
        "rai",
        edition="2023-12-31",
        ElectronicInvoiceRailwayETicketNumber="25319000000000000001",
        DateOfIssue="2025-01-02",
        TravelDate="2024-12-30",
        Fare="553.00",
        TotalAmountExcludingTax="507.34",
        TaxAmount="45.66",
    ).invoice
    assert found is not None
    assert (found.identity, found.issue_date, found.gross) == ("cn:25319000000000000001", date(2025, 1, 2), Decimal(553))


def test_the_receiver_file_of_a_digital_invoice_has_the_key_of_the_invoice() -> None:
    facts = {"InvoiceNumber": "25312000000000000009", "RequestTime": "2025-03-04", "TotalTax_includedAmount": "11.30"}
    found = voucher("einv", **facts).invoice
    assert found is not None and found.identity == "cn:25312000000000000009"


def test_a_bank_receipt_is_sound_and_no_invoice() -> None:
    reading = voucher("bker", NumberOfBankElectronicReceipt="1")
    assert (reading.invoice, [note.code for note in reading.notes]) == (None, ["not-an-invoice"])
