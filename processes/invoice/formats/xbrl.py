"""Invoices as XBRL instances of the Ministry of Finance (电子凭证会计数据标准).

The taxonomy is told by the last segment of its namespace, because the date before it changes with each edition. `inv` (tax-disk invoices), `einv`
(the receiver's file of a 数电票), `rai` (rail) and `atr` (air) are invoices; bank receipts, treasury vouchers and the rest are not.
"""

from collections.abc import Callable
from decimal import Decimal

from lxml import etree

from processes.invoice import limits
from processes.invoice.formats import tax_disk
from processes.invoice.invoice import Invoice, Kind, Line, Party
from processes.invoice.xml import Node

_ROOT = "http://xbrl.mof.gov.cn/taxonomy/"
_TAX_ID = "TaxpayerIdentificationNumberUnifiedSocialCreditCode"


def taxonomy(root: Node) -> str | None:
    """Return the last namespace segment of the facts (`inv`, `einv`, `rai`, `atr`, `bker`, ...), or None for other XBRL."""
    for child in root.element:
        namespace = etree.QName(child).namespace if isinstance(child.tag, str) else None
        if namespace and namespace.startswith(_ROOT):
            return namespace.rsplit("/", 1)[1]
    return None


def read(root: Node) -> Invoice | None:
    """Return the invoice, or None when the voucher is none; a missing number, date or gross and wrong amounts are refused together."""
    reader = _READERS.get(taxonomy(root) or "")
    if reader is None:
        return None
    invoice = reader(root)
    root.raise_faults()
    return invoice


def _gross(root: Node, *paths: str) -> Decimal | None:
    gross = root.amount(*paths)
    if gross is None:
        root.blame("field-missing", "缺少价税合计。", f"{paths[0]} is missing.", paths[0])
    return gross


def _read_tax_disk(root: Node) -> Invoice:
    gross = _gross(root, "TaxIncludedAmountInFigures")
    code = root.text("CodeOfInvoice")
    lines = list(root.all("InformationOfTaxableGoodsOrServicesDetailItemsTuple"))[: limits.INVOICE_LINES]
    return Invoice(
        syntax="xbrl",
        number=root.required("NumberOfInvoice", "发票号码"),
        issue_date=root.day("DateOfIssue", "开票日期"),
        currency="CNY",
        kind=_kind(root.text("TypeOfInvoice")) or tax_disk.kind_of(code),
        code=code,
        net=root.amount("TotalAmountExcludingTax"),
        tax=root.amount("TotalTaxAmount"),
        gross=gross,
        payable=gross,
        seller=_party(root, "Seller"),
        buyer=_party(root, "Purchaser"),
        lines=tuple(_line(node, place) for place, node in enumerate(lines, start=1)),
        amount_in_words=root.text("TaxIncludedAmountInWords"),
        check_code=root.text("IdentifyingCode"),
        red=gross is not None and gross < 0,
        remarks=root.text("Remarks"),
    )


def _read_receiver(root: Node) -> Invoice:
    gross = _gross(root, "TotalTax-includedAmount")
    return Invoice(
        syntax="xbrl",
        number=root.required("InvoiceNumber", "发票号码"),
        issue_date=root.day("RequestTime", "开票日期"),
        currency="CNY",
        net=root.amount("TotalAmWithoutTax"),
        tax=root.amount("TotalTaxAm"),
        gross=gross,
        payable=gross,
        seller=Party(name=root.text("SellerName"), tax_id=root.text("SellerIdNum")),
        buyer=Party(name=root.text("NameOfAccountingEntity"), tax_id=root.text("UnifiedSocialCreditCodeOfAccountingEntity")),
        red=root.text("WhetherEinvoiceIsRedEinvoice") == "是" or (gross is not None and gross < 0),
    )


def _read_rail(root: Node) -> Invoice:
    gross = _gross(root, "Fare")
    return Invoice(
        syntax="xbrl",
        number=root.required("ElectronicInvoiceRailwayETicketNumber", "发票号码"),
        issue_date=root.day("DateOfIssue", "开票日期"),  # not the day of travel
        currency="CNY",
        kind="rail",
        net=root.amount("TotalAmountExcludingTax"),
        tax=root.amount("TaxAmount"),
        gross=gross,
        payable=gross,
        seller=Party(name=root.text("IssueParty")),
        buyer=Party(name=root.text("NameOfPurchaser"), tax_id=root.text("UnifiedSocialCreditCodeOfPurchaser")),
        red=root.text("TypeOfBusiness") == "退" or (gross is not None and gross < 0),
        original_number=root.text("NumberOfOriginalInvoice"),
    )


def _read_air(root: Node) -> Invoice:
    """Fare and fuel surcharge are the tax base; the development fund and other taxes are in the total, but not in the base."""
    gross = _gross(root, "TotalAmount")
    return Invoice(
        syntax="xbrl",
        number=root.required("ElectronicInvoiceAirTransportReceiptNumber", "发票号码"),
        issue_date=root.day("IssueDate", "开票日期"),
        currency="CNY",
        kind="air",
        net=_sum(root.amount("Fare"), root.amount("FuelSurcharge")),
        tax=root.amount("VatTaxAmount"),
        levies=_sum(root.amount("CivilAviationDevelopmentFund"), root.amount("OtherTaxes")),
        gross=gross,
        payable=gross,
        seller=Party(name=root.text("IssueParty")),
        buyer=Party(name=root.text("NameOfPurchaser"), tax_id=root.text("UnifiedSocialCreditCodeOfPurchaser")),
        red=gross is not None and gross < 0,
    )


_READERS: dict[str, Callable[[Node], Invoice]] = {"inv": _read_tax_disk, "einv": _read_receiver, "rai": _read_rail, "atr": _read_air}


def _sum(*amounts: Decimal | None) -> Decimal | None:
    stated = [amount for amount in amounts if amount is not None]
    return sum(stated, Decimal(0)) if stated else None


def _kind(text: str | None) -> Kind | None:
    return "special" if "专用" in (text or "") else "ordinary" if "普通" in (text or "") else None


def _party(root: Node, side: str) -> Party:
    return Party(
        name=root.text(f"NameOf{side}"),
        tax_id=root.text(f"{_TAX_ID}Of{side}"),
        address=root.text(f"AddressPhoneNumberOf{side}"),
        bank=root.text(f"DepositBankAndAccountNumberOf{side}"),
    )


def _line(node: Node, place: int) -> Line:
    return Line(
        number=str(place),
        name=node.text("NameOfTaxableGoodsOrServices"),
        specification=node.text("Specification"),
        unit=node.text("UnitOfGoodsOrServices"),
        quantity=node.amount("QuantityOfGoodsOrServices"),
        unit_price=node.amount("UnitPriceOfGoodsOrServices"),
        net=node.amount("AmountExcludingTax"),
        tax_rate=node.text("TaxRate"),
        tax=node.amount("TaxAmount"),
    )
