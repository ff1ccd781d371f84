"""How an invoice is filed: what the archive is told about it, and how its stored files are opened again."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.file import StoredFile
from models.invoice import Carrier
from models.invoice import Invoice as InvoiceRow
from processes.archive.sources import Description, Document, Opened, Signature, Source
from processes.invoice import formats
from processes.invoice.invoice import Invoice
from processes.invoice.seals import SealReport

NOT_STATED = "未载明"  #: tickets name no seller; an archive then says so rather than leave the 责任者 empty


def describe(session: Session, invoice_id: UUID) -> Description | None:
    """Return title, files and metadata of an invoice as it is now; None for an unknown one."""
    row = session.get(InvoiceRow, invoice_id, populate_existing=True)
    if row is None:
        return None
    invoice = Invoice.from_json(row.content)
    statement = (
        select(Carrier, StoredFile.sm3, StoredFile.size, StoredFile.media_type).join(StoredFile).filter(Carrier.invoice_id == row.id)
    )
    documents = tuple(
        Document(carrier.sha256, sm3, carrier.name, carrier.role, media_type, size)
        for carrier, sm3, size, media_type in session.execute(statement.order_by(Carrier.created_at, Carrier.id))
    )
    return Description(
        title=f"发票 {invoice.number} · {invoice.seller.name or ''}".rstrip(" ·"),
        legal_entity_id=row.legal_entity_id,
        documents=documents,
        metadata=facts(invoice),
        content=row.content,
        original_missing=row.original_missing,
    )


def facts(invoice: Invoice) -> dict[str, str]:
    """Return what an invoice says about itself under the archive's names; what it does not say is left out."""
    stated = {
        "responsible": invoice.seller.name or invoice.seller.tax_id or NOT_STATED,
        "date": invoice.issue_date.isoformat(),
        "documentNumber": invoice.number,
        "invoiceCode": invoice.code,
        "amount": None if invoice.gross is None else format(invoice.gross, "f"),
        "net": None if invoice.net is None else format(invoice.net, "f"),
        "tax": None if invoice.tax is None else format(invoice.tax, "f"),
        "currency": invoice.currency,
        "seller": invoice.seller.name,
        "sellerTaxId": invoice.seller.tax_id,
        "buyer": invoice.buyer.name,
        "buyerTaxId": invoice.buyer.tax_id,
    }
    return {name: value for name, value in stated.items() if value}


def load(session: Session, sha256: str) -> bytes | None:
    """Return stored bytes by their digest."""
    return session.execute(select(StoredFile.content).where(StoredFile.sha256 == sha256)).scalar()


def open_again(data: bytes, name: str) -> Opened:
    """Read a stored file once more; `InvoiceUnreadable` (an `InvalidContent`) when it does not open.

    What a person had to complete is not compared: such a file states nothing reliable itself.
    """
    reading = formats.read(data, name)
    stated = facts(reading.invoice) if reading.invoice is not None and not reading.missing else {}
    return Opened(reading.media_type, stated, _signature(reading.seal))


def _signature(seal: SealReport | None) -> Signature:
    """Return whether the seals hold: what was sealed is unchanged and the signature is the sealer's. Who the sealer is, is another question."""
    if seal is None or not seal.seals:
        return "none"
    results = {seal.overall(name) for name in ("digests", "dataHash", "signature")}
    return "wrong" if "failed" in results else "right" if results == {"ok"} else "unknown"


SOURCE = Source(kind="invoice", record="source-voucher", describe=describe, load=load, open=open_again)
