"""PDF: embedded invoice data first, else the QR code of a rendered page, which makes only a partial invoice.

A PDF without embedded data is a print of the invoice, never the original (财会〔2020〕6号), and its text layer is not trusted with amounts.
"""

import math
import threading

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from processes.invoice import limits
from processes.invoice.formats import facturx, qr
from processes.invoice.formats.image import code_notes
from processes.invoice.formats.qr import QR
from processes.invoice.formats.reading import Reading, missing_fields
from processes.invoice.refusal import refuse

_MEDIA = "application/pdf"
_SCALE = 3  # 216 dots an inch: the codes of printed invoices are about 20 mm wide
PDFIUM = threading.Lock()  # pdfium may be in use by one thread of a process only


def read(data: bytes, name: str) -> Reading:
    """Return what the PDF says; a broken or encrypted PDF and a broken embedded invoice are refused."""
    embedded = facturx.read(data, name)
    code = _find_code(data, name)
    if embedded is not None:
        return Reading(_MEDIA, embedded.syntax, embedded, qr=code)
    invoice = code.as_invoice("pdf") if code else None
    return Reading(_MEDIA, "pdf", invoice, missing_fields(invoice), qr=code, notes=code_notes(code, name), original=False)


def _find_code(data: bytes, name: str) -> QR | None:
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            refuse("pdf-broken", f"PDF 损坏：{error}", f"The PDF is broken: {error}", file=name)
        try:
            if len(document) > limits.PDF_PAGES:
                refuse("pdf-too-long", f"PDF 超过 {limits.PDF_PAGES} 页。", f"The PDF has more than {limits.PDF_PAGES} pages.", file=name)
            for number in range(min(len(document), limits.PDF_QR_PAGES)):
                picture = _render(document, number)
                if picture is not None and (found := qr.find(picture)) is not None:
                    return found
        finally:
            document.close()
    return None


def _render(document: pypdfium2.PdfDocument, number: int) -> Image.Image | None:
    """Render a page in grey, smaller when it is large; None for a page that pdfium cannot load."""
    try:
        page = document[number]
        width, height = page.get_size()
        if not (width > 0 and height > 0):
            return None
        scale = min(_SCALE, math.sqrt(limits.PDF_RENDER_PIXELS / (width * height)))
        picture: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
        return picture
    except (pypdfium2.PdfiumError, ValueError, MemoryError):
        return None
