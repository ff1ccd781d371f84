"""数电票 XML (`EInvoice`): the digital invoice of the Chinese tax administration as it is delivered to the buyer.

Labels may be empty elements, dates come with and without a time, and the sum elements really are written `TotalTax-includedAmount` (header) and
`TotaltaxIncludedAmount` (line).
"""

import re

from processes.invoice import limits
from processes.invoice.invoice import Invoice, Kind, Line, Party
from processes.invoice.xml import Node

_KINDS: dict[str, Kind] = {"01": "special", "02": "ordinary"}
_BLUE_NUMBER = re.compile(r"(?<![0-9])[0-9]{20}(?![0-9])")


def read(root: Node) -> Invoice:
    """Return the invoice; missing number, date or gross, two different numbers, and amounts that are no numbers are refused together."""
    data = _part(root, "EInvoiceData")
    basic = _part(data, "BasicInformation")
    number = _number(root)
    gross = basic.amount("TotalTax-includedAmount")
    if gross is None:
        basic.blame("field-missing", "缺少价税合计。", "TotalTax-includedAmount is missing.", "TotalTax-includedAmount")
    red = root.text("Header/InherentLabel/InIssuType/LabelCode") == "N" or (gross is not None and gross < 0)
    remarks = data.text("AdditionalInformation/Remark")
    dated = basic if basic.text("RequestTime") else _part(root, "TaxSupervisionInfo")
    invoice = Invoice(
        syntax="einvoice",
        number=number,
        issue_date=dated.day("RequestTime" if dated is basic else "IssueTime", "开票日期"),
        currency="CNY",
        kind=_KINDS.get(root.text("Header/InherentLabel/GeneralOrSpecialVAT/LabelCode") or ""),
        net=basic.amount("TotalAmWithoutTax"),
        tax=basic.amount("TotalTaxAm"),
        gross=gross,
        payable=gross,
        seller=_party(data, "Seller"),
        buyer=_party(data, "Buyer"),
        lines=tuple(_line(node, place) for place, node in enumerate(_lines(data), start=1)),
        amount_in_words=basic.text("TotalTax-includedAmountInChinese"),
        red=red,
        original_number=data.text("SpecificInformation/RedEInvoice/OriginalInvoiceCode")
        or (_blue_number(remarks, number) if red else None),
        remarks=remarks,
    )
    root.raise_faults()
    return invoice


def _part(root: Node, path: str) -> Node:
    found = root.one(path)
    if found is None:
        root.blame("field-missing", "缺少必需部分。", f"{path} is missing.", path)
    return found or root


def _number(root: Node) -> str:
    inside, supervised = root.text("Header/EIid"), root.text("TaxSupervisionInfo/InvoiceNumber")
    if inside is None and supervised is None:
        root.blame("field-missing", "缺少发票号码。", "The invoice number is missing.", "Header/EIid")
    elif inside and supervised and inside != supervised:
        root.blame(
            "two-numbers",
            f"两处发票号码不一致：{inside}、{supervised}。",
            f"The file states two numbers: {inside}, {supervised}.",
            "Header/EIid",
        )
    return supervised or inside or ""


def _blue_number(remarks: str | None, own: str) -> str | None:
    return next((found for found in _BLUE_NUMBER.findall(remarks or "") if found != own), None)


def _party(data: Node, side: str) -> Party:
    def part(name: str) -> str | None:
        return data.text(f"{side}Information/{side}{name}")

    return Party(part("Name"), part("IdNum"), part("Addr"), part("TelNum"), part("BankName"), part("BankAccNum"))


def _lines(data: Node) -> list[Node]:
    found = list(data.all("IssuItemInformation"))
    if len(found) > limits.INVOICE_LINES:
        data.blame("too-many-lines", f"明细超过 {limits.INVOICE_LINES} 行。", f"There are more than {limits.INVOICE_LINES} lines.")
        return []
    return found


def _line(node: Node, place: int) -> Line:
    return Line(
        number=str(place),
        name=node.text("ItemName"),
        specification=node.text("SpecMod"),
        unit=node.text("MeaUnits"),
        quantity=node.amount("Quantity"),
        unit_price=node.amount("UnPrice"),
        net=node.amount("Amount"),
        tax_rate=node.text("TaxRate"),
        tax=node.amount("ComTaxAm"),
    )
