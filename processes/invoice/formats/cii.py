"""UN/CEFACT Cross Industry Invoice D16B as EN 16931 uses it (CEN/TS 16931-3-3), alone or inside a Factur-X PDF."""

from decimal import Decimal

from processes.invoice import limits
from processes.invoice.invoice import Invoice, Line, Party, Syntax, TaxSubtotal
from processes.invoice.xml import Node

_TRADE = "SupplyChainTradeTransaction"
_SUMMATION = "SpecifiedTradeSettlementHeaderMonetarySummation"


def read(root: Node, syntax: Syntax = "cii") -> Invoice:
    """Return the invoice; missing number, date, type, currency or totals and amounts that are no numbers are refused together."""
    head = _part(root, "ExchangedDocument")
    agreement = _part(root, f"{_TRADE}/ApplicableHeaderTradeAgreement")
    settlement = _part(root, f"{_TRADE}/ApplicableHeaderTradeSettlement")
    totals = _part(settlement, _SUMMATION)
    currency = settlement.required("InvoiceCurrencyCode", "币种")
    type_code = head.required("TypeCode", "单据类型")
    gross = totals.amount("GrandTotalAmount")
    if gross is None:
        totals.blame("field-missing", "缺少价税合计。", "GrandTotalAmount is missing.", "GrandTotalAmount")
    invoice = Invoice(
        syntax=syntax,
        type_code=type_code,
        number=head.required("ID", "发票号码"),
        issue_date=head.day("IssueDateTime/DateTimeString", "开票日期"),
        currency=currency,
        net=totals.amount("TaxBasisTotalAmount"),
        tax=_document_tax(totals, currency),
        gross=gross,
        payable=totals.amount("DuePayableAmount"),
        prepaid=totals.amount("TotalPrepaidAmount"),
        rounding=totals.amount("RoundingAmount"),
        document_allowances=_total(totals, settlement, "AllowanceTotalAmount", charge=False),
        document_charges=_total(totals, settlement, "ChargeTotalAmount", charge=True),
        seller=_party(agreement, "SellerTradeParty", settlement.one("SpecifiedTradeSettlementPaymentMeans")),
        buyer=_party(agreement, "BuyerTradeParty", None),
        lines=tuple(_line(node) for node in _lines(root)),
        tax_subtotals=tuple(_subtotal(node) for node in settlement.all("ApplicableTradeTax")),
        red=type_code == "381" or (gross is not None and gross < 0),
        original_number=settlement.text("InvoiceReferencedDocument/IssuerAssignedID"),
        order_reference=agreement.text("BuyerOrderReferencedDocument/IssuerAssignedID"),
        remarks=head.text("IncludedNote/Content"),
    )
    root.raise_faults()
    return invoice


def _part(root: Node, path: str) -> Node:
    found = root.one(path)
    if found is None:
        root.blame("field-missing", "缺少必需部分。", f"{path} is missing.", path)
    return found or root


def _document_tax(totals: Node, currency: str) -> Decimal | None:
    """The VAT total in the invoice currency: a second one may repeat it in the accounting currency (BT-111)."""
    found = list(totals.all("TaxTotalAmount"))
    chosen = next((node for node in found if node.attribute("currencyID") in (currency, None)), found[0] if found else None)
    return chosen.number(chosen.content) if chosen and chosen.content else None


def _lines(root: Node) -> list[Node]:
    found = list(root.all(f"{_TRADE}/IncludedSupplyChainTradeLineItem"))
    if len(found) > limits.INVOICE_LINES:
        root.blame("too-many-lines", f"明细超过 {limits.INVOICE_LINES} 行。", f"There are more than {limits.INVOICE_LINES} lines.")
        return []
    return found


def _total(totals: Node, settlement: Node, name: str, charge: bool) -> Decimal | None:
    stated = totals.amount(name)
    if stated is not None:
        return stated
    wanted = ("true", "1") if charge else ("false", "0")
    found = [node for node in settlement.all("SpecifiedTradeAllowanceCharge") if node.text("ChargeIndicator/Indicator") in wanted]
    each = [node.amount("ActualAmount") for node in found]
    return sum((amount for amount in each if amount is not None), Decimal(0)) if each else None


def _party(agreement: Node, path: str, means: Node | None) -> Party:
    party = agreement.one(path)
    if party is None:
        agreement.blame("field-missing", "缺少购销方。", "The party is missing.", path)
        return Party()
    found = [node.one("ID") for node in party.all("SpecifiedTaxRegistration")]
    vat = [node.content for node in found if node and node.attribute("schemeID") in ("VA", None)]
    parts = ("LineOne", "LineTwo", "LineThree", "PostcodeCode", "CityName", "CountrySubDivisionName", "CountryID")
    address = [party.text(f"PostalTradeAddress/{part}") for part in parts]
    return Party(
        name=party.text("Name"),
        tax_id=next((value for value in vat if value), None),
        address=", ".join(part for part in address if part) or None,
        phone=party.text("DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber"),
        bank=means.text("PayeeSpecifiedCreditorFinancialInstitution/BICID") if means else None,
        account=means.text("PayeePartyCreditorFinancialAccount/IBANID", "PayeePartyCreditorFinancialAccount/ProprietaryID")
        if means
        else None,
        endpoint=party.text("URIUniversalCommunication/URIID", "GlobalID", "ID"),
    )


def _line(node: Node) -> Line:
    quantity = node.one("SpecifiedLineTradeDelivery/BilledQuantity")
    settlement = "SpecifiedLineTradeSettlement"
    return Line(
        number=node.text("AssociatedDocumentLineDocument/LineID") or "",
        name=node.text("SpecifiedTradeProduct/Name"),
        specification=node.text("SpecifiedTradeProduct/Description"),
        unit=quantity.attribute("unitCode") if quantity else None,
        quantity=node.amount("SpecifiedLineTradeDelivery/BilledQuantity"),
        unit_price=node.amount("SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount"),
        net=node.amount(f"{settlement}/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"),
        tax_rate=node.text(f"{settlement}/ApplicableTradeTax/RateApplicablePercent"),
    )


def _subtotal(node: Node) -> TaxSubtotal:
    return TaxSubtotal(
        category=node.text("CategoryCode"),
        rate=node.amount("RateApplicablePercent"),
        base=node.amount("BasisAmount"),
        tax=node.amount("CalculatedAmount"),
    )
