"""The page of an OFD sample: texts with places and object ids, so that tags can point at them."""

from dataclasses import dataclass, field

from lxml import etree

from processes.invoice.invoice import Invoice
from processes.invoice.samples.markup import Maker

OFD = "http://www.ofdspec.org/2016"
PAGE_ID = "1"
FONT_ID, IMAGE_ID = "2", "3"
ofd = Maker(OFD, "ofd")

_SIZE = 3.2
_COLUMNS = (
    ("Item", 8),
    ("Specification", 50),
    ("MeasurementDimension", 80),
    ("Quantity", 96),
    ("Price", 112),
    ("Amount", 136),
    ("TaxScheme", 160),
    ("TaxAmount", 178),
)


@dataclass
class Page:
    """Collects what stands on the page; `tags` are (schema name, object id) in reading order."""

    objects: list[etree._Element] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)

    def write(self, text: str | None, x: float, y: float, tag: str | None = None) -> None:
        if not text:
            return
        number = str(10 + len(self.objects))
        code = ofd("TextCode", text, X="0", Y=str(_SIZE), DeltaX=f"g {max(len(text) - 1, 1)} {_SIZE if not text.isascii() else _SIZE / 2}")
        self.objects.append(ofd("TextObject", code, ID=number, Boundary=f"{x} {y} {210 - x} 5", Font=FONT_ID, Size=str(_SIZE)))
        if tag:
            self.tags.append((tag, number))

    def content(self) -> etree._Element:
        code = ofd("ImageObject", ID=str(10 + len(self.objects)), Boundary="8 6 20 20", CTM="20 0 0 20 0 0", ResourceID=IMAGE_ID)
        area = ofd("Area", ofd("PhysicalBox", "0 0 210 140"))
        return ofd("Page", area, ofd("Content", ofd("Layer", *self.objects, code, ID="5")))


def draw(invoice: Invoice, title: str) -> Page:
    """Lay the invoice out: head, parties, lines, totals, remarks."""
    page = Page()
    page.write(title, 80, 6)
    page.write("样票（仿真）", 92, 12)
    page.write(invoice.code, 150, 6, "InvoiceCode")
    page.write(invoice.number, 150, 12, "InvoiceNo")
    page.write(f"{invoice.issue_date:%Y年%m月%d日}", 150, 18, "IssueDate")
    for side, party, x in (("Buyer", invoice.buyer, 8), ("Seller", invoice.seller, 110)):
        page.write(party.name, x, 32, f"{side}Name")
        page.write(party.tax_id, x, 38, f"{side}TaxID")
    for row, line in enumerate(invoice.lines):
        printed = (line.name, line.specification, line.unit, line.quantity, line.unit_price, line.net, line.tax_rate, line.tax)
        for (tag, x), value in zip(_COLUMNS, printed, strict=True):
            page.write(None if value is None else str(value), x, 50 + 6 * row, tag)
    page.write(f"¥{invoice.net}", 136, 92, "TaxExclusiveTotalAmount")
    page.write(f"¥{invoice.tax}", 178, 92, "TaxTotalAmount")
    page.write(invoice.amount_in_words, 40, 100)
    page.write(f"¥{invoice.gross}", 150, 100, "TaxInclusiveTotalAmount")
    page.write(invoice.remarks, 8, 110, "Note")
    return page
