"""UBL 2.1 Invoice and CreditNote as EN 16931 uses them (CEN/TS 16931-3-2)."""

from decimal import Decimal

from processes.invoice import limits
from processes.invoice.invoice import Invoice, Line, Party, TaxSubtotal
from processes.invoice.xml import Node


def read(root: Node) -> Invoice:
    """Return the invoice; missing number, date, type, currency or totals and amounts that are no numbers are refused together."""
    credit = root.name == "CreditNote"
    currency = root.required("DocumentCurrencyCode", "币种")
    totals = root.one("LegalMonetaryTotal")
    if totals is None:
        root.blame("field-missing", "缺少金额合计。", "LegalMonetaryTotal is missing.", "LegalMonetaryTotal")
        totals = root
    tax = _document_tax(root, currency)
    type_code = root.required("CreditNoteTypeCode" if credit else "InvoiceTypeCode", "单据类型")
    gross = totals.amount("TaxInclusiveAmount")
    invoice = Invoice(
        syntax="ubl",
        type_code=type_code,
        number=root.required("ID", "发票号码"),
        issue_date=root.day("IssueDate", "开票日期"),
        currency=currency,
        net=totals.amount("TaxExclusiveAmount"),
        tax=tax.amount("TaxAmount") if tax else None,
        gross=gross,
        payable=totals.amount("PayableAmount"),
        prepaid=totals.amount("PrepaidAmount"),
        rounding=totals.amount("PayableRoundingAmount"),
        document_allowances=_total(totals, root, "AllowanceTotalAmount", charge=False),
        document_charges=_total(totals, root, "ChargeTotalAmount", charge=True),
        seller=_party(root, "AccountingSupplierParty/Party", root.one("PaymentMeans/PayeeFinancialAccount")),
        buyer=_party(root, "AccountingCustomerParty/Party", None),
        lines=tuple(_line(node) for node in _lines(root, credit)),
        tax_subtotals=tuple(_subtotal(node) for node in tax.all("TaxSubtotal")) if tax else (),
        red=type_code == "381" or credit or (gross is not None and gross < 0),
        original_number=root.text("BillingReference/InvoiceDocumentReference/ID"),
        order_reference=root.text("OrderReference/ID"),
        remarks=root.text("Note"),
    )
    if gross is None:
        root.blame("field-missing", "缺少价税合计。", "TaxInclusiveAmount is missing.", "LegalMonetaryTotal/TaxInclusiveAmount")
    root.raise_faults()
    return invoice


def _document_tax(root: Node, currency: str) -> Node | None:
    """The VAT total in the invoice currency: a second one may repeat it in the accounting currency (BT-111)."""
    found = list(root.all("TaxTotal"))
    for node in found:
        amount = node.one("TaxAmount")
        if amount is not None and amount.attribute("currencyID") == currency:
            return node
    return found[0] if found else None


def _lines(root: Node, credit: bool) -> list[Node]:
    found = list(root.all("CreditNoteLine" if credit else "InvoiceLine"))
    if len(found) > limits.INVOICE_LINES:
        root.blame("too-many-lines", f"明细超过 {limits.INVOICE_LINES} 行。", f"There are more than {limits.INVOICE_LINES} lines.")
        return []
    return found


def _total(totals: Node, root: Node, name: str, charge: bool) -> Decimal | None:
    stated = totals.amount(name)
    if stated is not None:
        return stated
    wanted = ("true", "1") if charge else ("false", "0")
    each = [node.amount("Amount") for node in root.all("AllowanceCharge") if node.text("ChargeIndicator") in wanted]
    return sum((amount for amount in each if amount is not None), Decimal(0)) if each else None


def _party(root: Node, path: str, account: Node | None) -> Party:
    party = root.one(path)
    if party is None:
        root.blame("field-missing", "缺少购销方。", "The party is missing.", path)
        return Party()
    vat = [node.text("CompanyID") for node in party.all("PartyTaxScheme") if (node.text("TaxScheme/ID") or "VAT").upper() == "VAT"]
    parts = (
        "StreetName",
        "AdditionalStreetName",
        "AddressLine/Line",
        "PostalZone",
        "CityName",
        "CountrySubentity",
        "Country/IdentificationCode",
    )
    address = [party.text(f"PostalAddress/{part}") for part in parts]
    return Party(
        name=party.text("PartyLegalEntity/RegistrationName", "PartyName/Name"),
        tax_id=next((value for value in vat if value), None),
        address=", ".join(part for part in address if part) or None,
        phone=party.text("Contact/Telephone"),
        bank=account.text("FinancialInstitutionBranch/ID") if account else None,
        account=account.text("ID") if account else None,
        endpoint=party.text("EndpointID", "PartyIdentification/ID"),
    )


def _line(node: Node) -> Line:
    quantity = node.one("InvoicedQuantity") or node.one("CreditedQuantity")
    return Line(
        number=node.text("ID") or "",
        name=node.text("Item/Name"),
        specification=node.text("Item/Description"),
        unit=quantity.attribute("unitCode") if quantity else None,
        quantity=node.amount("InvoicedQuantity", "CreditedQuantity"),
        unit_price=node.amount("Price/PriceAmount"),
        net=node.amount("LineExtensionAmount"),
        tax_rate=node.text("Item/ClassifiedTaxCategory/Percent"),
    )


def _subtotal(node: Node) -> TaxSubtotal:
    return TaxSubtotal(
        category=node.text("TaxCategory/ID"),
        rate=node.amount("TaxCategory/Percent"),
        base=node.amount("TaxableAmount"),
        tax=node.amount("TaxAmount"),
    )
