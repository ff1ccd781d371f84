"""The one content that is kept of an invoice: what its case, its checks and its filing all rest on, and when it may be changed.

Content that a person typed may be corrected, and gives way to the electronic original, while nobody decides on it: when no case is open, or while the
open case stands at its initiator's correction. Every change stands in `invoice_change` with what was there before.
"""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine.permissions import Actor
from models.identity import Department, LegalEntity, Person
from models.invoice import Carrier, InvoiceChange
from models.invoice import Invoice as InvoiceRow
from models.runtime import ProcessInstance, UserTask
from processes.invoice.contradiction import Difference
from processes.invoice.invoice import Invoice, normalised_id, normalised_name

CORRECTION = "correct_submission"  #: the task of the drawing at which an initiator puts right what was returned or blocked
OPEN = ("running", "suspended")  #: how a case stands that has not ended

#: free: no case decides on it; correcting: its case stands at the correction; open: somebody decides; approved: decided
Standing = Literal["free", "correcting", "open", "approved"]


def hold(session: Session, *names: str) -> None:
    """Let nobody else take in these files or invoices until the end of the transaction."""
    for name in sorted(names):
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('invoice:' || :name, 0))"), {"name": name})


def by_identity(session: Session, identity: str) -> InvoiceRow | None:
    """Return the invoice with this identity."""
    return session.scalars(select(InvoiceRow).filter_by(identity=identity)).first()


def by_bytes(session: Session, digest: str) -> InvoiceRow | None:
    """Return the invoice that these bytes were submitted for."""
    return session.scalars(select(InvoiceRow).join(Carrier).where(Carrier.sha256 == digest).order_by(Carrier.created_at)).first()


def has_file(session: Session, row: InvoiceRow, digest: str) -> bool:
    """Tell whether these bytes are among the files of an invoice."""
    return session.execute(select(Carrier.id).filter_by(invoice_id=row.id, sha256=digest)).scalar() is not None


def lock(session: Session, row: InvoiceRow) -> ProcessInstance | None:
    """Lock an invoice and its case, and return the case as it is now. The case comes first, as in a step whose check writes to the invoice."""
    case = session.get(ProcessInstance, row.case_id, with_for_update=True, populate_existing=True) if row.case_id else None
    session.refresh(row, with_for_update=True)
    return case


def is_taken(case: ProcessInstance | None) -> bool:
    """Tell whether an invoice has an open or approved case, from its case."""
    if case is None:
        return False
    return case.status in OPEN or (case.outcome == "approve" and case.status != "revoked")


def standing(session: Session, case: ProcessInstance | None) -> Standing:
    """Tell what is going on about an invoice, from its locked case."""
    if case is None or not is_taken(case):
        return "free"
    if case.status not in OPEN:
        return "approved"
    corrected = select(UserTask.id).filter_by(instance_id=case.id, element=CORRECTION, state="open")
    return "correcting" if case.status == "running" and session.execute(corrected).scalar() is not None else "open"


def is_weak(invoice: Invoice) -> bool:
    """Tell whether a person had to type something, or the file is only a print or a picture."""
    return bool(invoice.typed_fields) or invoice.syntax in ("pdf", "image", "typed")


def replace(
    session: Session,
    row: InvoiceRow,
    invoice: Invoice,
    *,
    by: Actor,
    digest: str,
    why: Literal["corrected", "original"],
    differences: Sequence[Difference],
    case: ProcessInstance | None,
) -> None:
    """Keep another content of a locked invoice from now on, and what was there before in its history."""
    session.add(
        InvoiceChange(
            invoice_id=row.id, why=why, by=by.key, sha256=digest, case_id=case.id if case else None,
            differences=[difference.as_json() for difference in differences], former=row.content,
        )
    )  # fmt: skip
    for name, value in columns(session, invoice, by).items():
        setattr(row, name, value)
    if case is not None and case.status in OPEN:
        case.legal_entity_id = row.legal_entity_id
    session.flush()


def columns(session: Session, invoice: Invoice, by: Actor) -> dict[str, Any]:
    """Return what the row of an invoice repeats of its content."""
    return {
        "identity": invoice.identity, "legal_entity_id": own_entity(session, invoice, by), "number": invoice.number,
        "seller_name": invoice.seller.name, "buyer_name": invoice.buyer.name, "issue_date": invoice.issue_date, "currency": invoice.currency,
        "gross": invoice.gross, "content": invoice.as_json(),
    }  # fmt: skip


def own_entity(session: Session, invoice: Invoice, by: Actor) -> UUID | None:
    """Return the legal entity that an invoice belongs to: its buyer by tax id or name, else that of the person who submitted it."""
    entities = session.scalars(select(LegalEntity).where(LegalEntity.active)).all()
    wanted = normalised_id(invoice.buyer.tax_id) if invoice.buyer.tax_id else None
    for entity in entities:
        if wanted and normalised_id(entity.tax_id) == wanted:
            return entity.id
    for entity in entities:
        if invoice.buyer.name and normalised_name(entity.name) == normalised_name(invoice.buyer.name):
            return entity.id
    found: UUID | None = session.execute(
        select(Department.legal_entity_id).join(Person, Person.department_id == Department.id).where(Person.key == by.key)
    ).scalar()
    return found


def facts(row: InvoiceRow) -> dict[str, Any]:
    """Return the variable `invoice` of a case: what is kept, as far as a drawing decides by it."""
    invoice = Invoice.from_json(row.content)
    return {
        "id": str(row.id), "number": invoice.number, "sellerName": invoice.seller.name or "", "buyerName": invoice.buyer.name or "",
        "gross": invoice.gross, "currency": invoice.currency, "issueDate": invoice.issue_date.isoformat(), "kind": invoice.kind or invoice.syntax,
    }  # fmt: skip
