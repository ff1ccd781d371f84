"""A sample as PDF: a text layer and the QR code of a Chinese invoice, or the readable half of a Factur-X file."""

import io

from reportlab.graphics import renderPDF  # type: ignore[import-untyped]
from reportlab.graphics.barcode.qr import QrCodeWidget  # type: ignore[import-untyped]
from reportlab.graphics.shapes import Drawing  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from processes.invoice.invoice import Invoice
from processes.invoice.samples import code

_FONT = "STSong-Light"
_MM = 72 / 25.4


def write(invoice: Invoice) -> bytes:
    """Return one page; the code stands on Chinese invoices only. The same invoice gives the same bytes."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=A4, invariant=1)
    canvas.setTitle(f"{invoice.number} 样票/仿真 SAMPLE")
    canvas.setFont(_FONT, 10)
    for row, text in enumerate(_texts(invoice)):
        canvas.drawString(20 * _MM, (270 - 7 * row) * _MM, text)
    if invoice.chinese:
        _draw_code(canvas, code.text(invoice))
    canvas.showPage()
    canvas.save()
    return written.getvalue()


def _draw_code(canvas: Canvas, text: str) -> None:
    side = 24 * _MM
    widget = QrCodeWidget(text, barLevel="M", barBorder=4, barWidth=side, barHeight=side)
    drawing = Drawing(side, side)
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, 160 * _MM, 262 * _MM)


def _texts(invoice: Invoice) -> list[str]:
    title = "电子发票（普通发票） 样票（仿真）" if invoice.chinese else "INVOICE - SAMPLE 样票（仿真）"
    lines = [
        f"{line.name}  {line.specification}  {line.quantity} {line.unit}  {line.net}  {line.tax_rate}  {line.tax or ''}"
        for line in invoice.lines
    ]
    return [
        title,
        f"发票号码 Number: {invoice.number}",
        f"开票日期 Date: {invoice.issue_date}",
        f"购买方 Buyer: {invoice.buyer.name}  {invoice.buyer.tax_id}",
        f"销售方 Seller: {invoice.seller.name}  {invoice.seller.tax_id}",
        *lines,
        f"合计 Net: {invoice.net} {invoice.currency}   税额 Tax: {invoice.tax}",
        f"价税合计 Gross: {invoice.gross}   {invoice.amount_in_words or ''}",
        f"备注 Remarks: {invoice.remarks}",
    ]
