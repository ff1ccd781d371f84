"""What reading a file gives."""

from dataclasses import dataclass

from engine.errors import Fault
from processes.invoice.formats.qr import QR
from processes.invoice.invoice import Invoice, Syntax
from processes.invoice.seals import SealReport

TYPED_FIELDS = ("number", "issueDate", "currency", "net", "tax", "gross", "seller.name", "seller.taxId", "buyer.name", "buyer.taxId")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file was found to be.

    `invoice` is None when the file is sound but holds no invoice data; `missing` then lists the fields that a person has to type (JSON paths as
    in `Invoice.as_json`), or is empty when the file is no invoice at all (note `not-an-invoice`). An issuer's own XML is never asked to be completed:
    what it does not state is not on the invoice. `original` is False when the carrier is only a print or a photo, so that the electronic original
    must still come.
    """

    media_type: str
    syntax: Syntax
    invoice: Invoice | None = None
    missing: tuple[str, ...] = ()
    seal: SealReport | None = None
    qr: QR | None = None
    notes: tuple[Fault, ...] = ()
    original: bool = True


def missing_fields(invoice: Invoice | None, wanted: tuple[str, ...] = TYPED_FIELDS) -> tuple[str, ...]:
    """Return which of the wanted fields are still unknown."""
    if invoice is None:
        return wanted
    known = {
        "number": invoice.number,
        "issueDate": invoice.issue_date,
        "currency": invoice.currency,
        "net": invoice.net,
        "tax": invoice.tax,
        "gross": invoice.gross,
        "seller.name": invoice.seller.name,
        "seller.taxId": invoice.seller.tax_id,
        "buyer.name": invoice.buyer.name,
        "buyer.taxId": invoice.buyer.tax_id,
    }
    return tuple(name for name in wanted if known[name] is None)
