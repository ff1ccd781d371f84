"""Readers of invoice files, one module a format; `read` chooses by content.

Nothing found in a file is ever fetched, run or written to disk. Whatever bytes come in, the answer is a Reading or InvoiceUnreadable.
"""

from collections.abc import Sequence

from engine.errors import Fault
from processes.invoice import limits
from processes.invoice.formats import detect, image, ofd, pdf
from processes.invoice.formats.qr import QR
from processes.invoice.formats.reading import TYPED_FIELDS, Reading, missing_fields
from processes.invoice.refusal import refuse
from processes.invoice.xml import document

__all__ = ["QR", "TYPED_FIELDS", "Reading", "missing_fields", "read"]


def read(data: bytes, name: str, *, trusted: Sequence[bytes] = ()) -> Reading:
    """Return what the file is and says. `name` is only repeated in faults; `trusted` are DER certificates of seal issuers that are trusted.

    Refused with InvoiceUnreadable, every fault with its place: too large, unknown type, broken or hostile container, XML that is not well formed or
    has a DOCTYPE, invoice data with missing or impossible values. A sound file without invoice data is not refused: see `Reading.invoice`.
    """
    if len(data) > limits.FILE_BYTES:
        refuse("file-too-large", f"文件超过 {limits.FILE_BYTES} 字节。", f"The file is larger than {limits.FILE_BYTES} bytes.", file=name)
    kind = detect.media_type(data, name)
    if kind == "application/ofd":
        return ofd.read(data, name, trusted)
    if kind == "application/pdf":
        return pdf.read(data, name)
    if kind == "application/xml":
        return _read_xml(data, name)
    return image.read(data, name, kind)


def _read_xml(data: bytes, name: str) -> Reading:
    invoice = detect.read_root(document(data, name))
    if invoice is None:
        note = Fault("not-an-invoice", "凭证有效，但不是发票。", "A sound voucher, but no invoice.", file=name)
        return Reading("application/xml", "xbrl", notes=(note,))
    return Reading("application/xml", invoice.syntax, invoice)
