"""The invoice XML inside an old tax-disk OFD (`eInvoice`, schema http://www.edrm.org.cn/schema/e-invoice/2019)."""

from processes.invoice import limits
from processes.invoice.invoice import Invoice, Kind, Line, Party
from processes.invoice.xml import Node

# The last two digits of a 12-digit code tell the kind of an electronic invoice.
_KINDS: dict[str, Kind] = {"11": "ordinary", "12": "toll", "13": "special"}


def read(root: Node) -> Invoice:
    """Return the invoice; missing number, date or gross and amounts that are no numbers are refused together."""
    gross = root.amount("TaxInclusiveTotalAmount")
    if gross is None:
        root.blame("field-missing", "缺少价税合计。", "TaxInclusiveTotalAmount is missing.", "TaxInclusiveTotalAmount")
    code = root.text("InvoiceCode")
    lines = list(root.all("GoodsInfos/GoodsInfo"))
    if len(lines) > limits.INVOICE_LINES:
        root.blame("too-many-lines", f"明细超过 {limits.INVOICE_LINES} 行。", f"There are more than {limits.INVOICE_LINES} lines.")
    invoice = Invoice(
        syntax="ofd",
        number=root.required("InvoiceNo", "发票号码"),
        issue_date=root.day("IssueDate", "开票日期"),
        currency="CNY",
        kind=kind_of(code),
        code=code,
        net=root.amount("TaxExclusiveTotalAmount"),
        tax=root.amount("TaxTotalAmount"),
        gross=gross,
        payable=gross,
        seller=_party(root, "Seller"),
        buyer=_party(root, "Buyer"),
        lines=tuple(_line(node, place) for place, node in enumerate(lines, start=1)),
        check_code=(root.text("InvoiceCheckCode") or "").replace(" ", "") or None,
        red=gross is not None and gross < 0,
        remarks=root.text("Note"),
    )
    root.raise_faults()
    return invoice


def kind_of(code: str | None) -> Kind | None:
    """Return the kind that the code of an electronic tax-disk invoice tells, or None."""
    return _KINDS.get(code[-2:]) if code and len(code) == 12 and code.startswith("0") else None


def _party(root: Node, side: str) -> Party:
    def part(name: str) -> str | None:
        return root.text(f"{side}/{side}{name}")

    # Address with telephone and bank with account are one text each here; they are not torn apart by guessing.
    return Party(name=part("Name"), tax_id=part("TaxID"), address=part("AddrTel"), bank=part("FinancialAccount"))


def _line(node: Node, place: int) -> Line:
    return Line(
        number=str(place),
        name=node.text("Item"),
        specification=node.text("Specification"),
        unit=node.text("MeasurementDimension"),
        quantity=node.amount("Quantity"),
        unit_price=node.amount("Price"),
        net=node.amount("Amount"),
        tax_rate=node.text("TaxScheme"),
        tax=node.amount("TaxAmount"),
    )
