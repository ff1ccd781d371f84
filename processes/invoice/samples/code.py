"""The QR code of a sample, as text and as a picture."""

import io

import zxingcpp
from PIL import Image

from processes.invoice.formats.qr import crc16
from processes.invoice.invoice import Invoice

_TYPES = {"special": "31", "ordinary": "32"}


def text(invoice: Invoice) -> str:
    """Return the comma list with its CRC: net amount and check code for old invoices, gross amount for 数电票."""
    if invoice.code:
        fields = [
            "01",
            "10",
            invoice.code,
            invoice.number,
            f"{invoice.net:f}",
            f"{invoice.issue_date:%Y%m%d}",
            invoice.check_code or "",
            "",
        ]
    else:
        kind = _TYPES[invoice.kind or "ordinary"]
        fields = ["01", kind, "", invoice.number, f"{invoice.gross:f}", f"{invoice.issue_date:%Y%m%d}", "", ""]
    covered = ",".join(fields)
    return covered + crc16(covered)


def picture(invoice: Invoice, scale: int = 4) -> bytes:
    """Return the code as PNG."""
    drawn = zxingcpp.create_barcode(text(invoice), zxingcpp.BarcodeFormat.QRCode).to_image(scale=scale)
    return png(Image.fromarray(drawn))


def photo(invoice: Invoice) -> bytes:
    """Return a PNG of a sheet with the code in its corner, as a telephone would send it."""
    sheet = Image.new("L", (1240, 874), 235)
    sheet.paste(Image.open(io.BytesIO(picture(invoice, scale=5))), (60, 50))
    return png(sheet.rotate(1.5, fillcolor=235))


def png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
