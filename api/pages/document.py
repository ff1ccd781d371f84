"""An invoice as pages show it: what it says, what the checks found, and the files that carry it with what can be looked at."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.rendering import PICTURES, count_pages
from models.file import StoredFile
from models.identity import Person
from models.invoice import Carrier, Invoice, InvoiceChange


def view(session: Session, row: Invoice) -> dict[str, Any]:
    """Return everything the templates need of an invoice, independent of the session."""
    carriers = session.execute(
        select(Carrier, StoredFile.media_type, StoredFile.size, Person.name)
        .join(StoredFile, StoredFile.sha256 == Carrier.sha256)
        .outerjoin(Person, Person.key == Carrier.uploaded_by)
        .where(Carrier.invoice_id == row.id)
        .order_by(Carrier.created_at, Carrier.id)
    ).all()
    return {
        "id": row.id,
        "number": row.number,
        "currency": row.currency,
        "gross": row.gross,
        "content": row.content,
        "findings": row.findings,
        "original_missing": row.original_missing,
        "case_id": row.case_id,
        "carriers": [carrier(session, *found) for found in carriers],
        "changes": changes(session, row),
    }


def changes(session: Session, row: Invoice) -> list[dict[str, Any]]:
    """Return what was kept of an invoice before, the latest first."""
    statement = (
        select(InvoiceChange, Person.name).outerjoin(Person, Person.key == InvoiceChange.by).where(InvoiceChange.invoice_id == row.id)
    )
    return [
        {"why": change.why, "by": name or change.by, "at": change.at, "differences": change.differences}
        for change, name in session.execute(statement.order_by(InvoiceChange.id.desc()))
    ]


def carrier(session: Session, row: Carrier, media_type: str, size: int, by: str | None) -> dict[str, Any]:
    """Return one file; `pages` is how many pictures of it can be asked for, `picture` whether it is one itself."""
    pages = 0
    if media_type == "application/pdf":
        pages = count_pages(session.execute(select(StoredFile.content).filter_by(sha256=row.sha256)).scalar_one())
    return {
        "sha256": row.sha256,
        "name": row.name,
        "role": row.role,
        "syntax": row.syntax,
        "seal": row.seal,
        "media_type": media_type,
        "size": size,
        "pages": pages,
        "picture": media_type in PICTURES,
        "by": by or row.uploaded_by,
        "at": row.created_at,
    }
