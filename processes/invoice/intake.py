"""Invoices coming in: each file becomes a case, joins the invoice it carries, or is answered with what is wrong. Good files never wait for bad ones.

One row an invoice identity (a database constraint), so that of two parallel uploads only one makes the invoice. At most one open or approved case per
invoice; after a rejection or withdrawal it may be submitted again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import new, sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import instances
from engine.errors import Fault, InvoiceUnreadable
from engine.oa.codec import plain
from engine.permissions import Actor, require
from engine.settings import read_settings
from models.file import StoredFile
from models.identity import Department, LegalEntity, Person
from models.invoice import Carrier
from models.invoice import Invoice as InvoiceRow
from models.runtime import ProcessInstance
from processes.invoice import formats, typed
from processes.invoice.formats import Reading
from processes.invoice.invoice import Invoice, normalised_id, normalised_name

PROCESS = "invoice_approval"


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of one file. `result` is one of new, again, attached, exists, incomplete, tampered, unreadable, not-an-invoice."""

    file: str
    result: str
    kind: str | None = None
    invoice_id: UUID | None = None
    case_id: UUID | None = None
    business_key: str | None = None
    invoice: Invoice | None = None
    missing: tuple[str, ...] = ()
    faults: list[Fault] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the answer for pages and programs."""
        return {
            "file": self.file,
            "result": self.result,
            "kind": self.kind,
            "invoiceId": str(self.invoice_id) if self.invoice_id else None,
            "caseId": str(self.case_id) if self.case_id else None,
            "businessKey": self.business_key,
            "invoice": self.invoice.as_json() if self.invoice else None,
            "missing": list(self.missing),
            "faults": [fault.as_json() for fault in self.faults],
        }


def submit(session: Session, name: str, data: bytes, *, by: Actor, fields: Mapping[str, str] | None = None) -> Submission:
    """Take in one file: store its bytes untouched, and start, join or refuse as the result says.

    `fields` are what a person typed for a carrier without data (JSON paths). Nothing is stored for incomplete, tampered, unreadable files and for files
    that are no invoice. Refuses with `NotPermitted` somebody who may not upload.
    """
    require(by, "invoice.upload")
    try:
        reading = formats.read(data, name)
        invoice = reading.invoice
        if reading.missing and invoice is not None and is_known(session, invoice):
            return _keep(session, name, data, reading, invoice, by)  # what it does not say, the invoice it joins has said
        if reading.missing or (invoice is None and fields):
            if not fields:
                return Submission(name, "incomplete", reading.syntax, invoice=invoice, missing=reading.missing, faults=list(reading.notes))
            invoice = typed.complete(invoice, fields, reading.syntax)
    except InvoiceUnreadable as error:
        return Submission(name, "unreadable", faults=error.faults)
    if invoice is None:
        return Submission(name, "not-an-invoice", reading.syntax, faults=list(reading.notes))
    if reading.seal is not None and reading.seal.wrong:
        return Submission(name, "tampered", reading.syntax, invoice=invoice, faults=_wrong_digests(name, reading))
    return _keep(session, name, data, reading, invoice, by)


def is_known(session: Session, invoice: Invoice) -> bool:
    """Tell whether an invoice with this identity is here."""
    return session.execute(select(InvoiceRow.id).filter_by(identity=invoice.identity)).scalar() is not None


def _wrong_digests(name: str, reading: Reading) -> list[Fault]:
    assert reading.seal is not None
    return [
        Fault("seal-digest-wrong", f"盖章后被改动：{path}", f"Changed after it was sealed: {path}", file=name, path=path)
        for path in reading.seal.wrong
    ]


def _keep(session: Session, name: str, data: bytes, reading: Reading, invoice: Invoice, by: Actor) -> Submission:
    digest = store(session, data, reading.media_type)
    row, made = _row(session, invoice, reading, by)
    known = session.scalars(select(Carrier).filter_by(invoice_id=row.id, sha256=digest)).first() is not None
    if not known:
        role = "original" if made and reading.original else "carrier" if reading.original else "copy"
        session.add(
            Carrier(
                invoice_id=row.id, sha256=digest, name=name[:200], role=role, syntax=reading.syntax, uploaded_by=by.key,
                seal=plain(reading.seal), qr=plain(reading.qr),
            )
        )  # fmt: skip
        row.original_missing = row.original_missing and not reading.original
        session.flush()
    case = session.get(ProcessInstance, row.case_id) if row.case_id else None
    if case is not None and (case.status == "running" or case.outcome == "approve"):
        return Submission(name, "exists" if known else "attached", reading.syntax, row.id, case.id, case.business_key, invoice)
    step = start_case(session, row, invoice, by)
    return Submission(name, "new" if made else "again", reading.syntax, row.id, step.case.id, step.case.business_key, invoice)


def store(session: Session, data: bytes, media_type: str) -> str:
    """Keep bytes by their SHA-256, once; returns the digest. The SM3 digest is kept beside it."""
    digest = sha256(data).hexdigest()
    values = {"sha256": digest, "sm3": new("sm3", data).hexdigest(), "size": len(data), "media_type": media_type, "content": data}
    session.execute(insert(StoredFile).values(**values).on_conflict_do_nothing())
    return digest


def _row(session: Session, invoice: Invoice, reading: Reading, by: Actor) -> tuple[InvoiceRow, bool]:
    """Return the locked row of an invoice, made now if nobody made it before."""
    values = {
        "id": uuid7(), "identity": invoice.identity, "legal_entity_id": own_entity(session, invoice, by), "number": invoice.number,
        "seller_name": invoice.seller.name, "buyer_name": invoice.buyer.name, "issue_date": invoice.issue_date, "currency": invoice.currency,
        "gross": invoice.gross, "content": invoice.as_json(), "original_missing": not reading.original, "submitted_by": by.key,
    }  # fmt: skip
    made = session.execute(
        insert(InvoiceRow).values(**values).on_conflict_do_nothing(index_elements=["identity"]).returning(InvoiceRow.id)
    ).scalar()
    row = session.scalars(select(InvoiceRow).filter_by(identity=invoice.identity).with_for_update()).one()
    return row, made is not None


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


def start_case(session: Session, row: InvoiceRow, invoice: Invoice, by: Actor) -> Any:
    """Start the approval of an invoice whose row is locked, and make it the invoice's one case."""
    step = instances.start(
        session,
        PROCESS,
        by=by,
        variables={
            "invoice": {
                "id": str(row.id), "number": invoice.number, "sellerName": invoice.seller.name or "", "buyerName": invoice.buyer.name or "",
                "gross": invoice.gross, "currency": invoice.currency, "issueDate": invoice.issue_date.isoformat(), "kind": invoice.kind or invoice.syntax,
            },
            "reminderAfter": read_settings().reminder_after,
        },
        subject=("invoice", row.id),
        legal_entity_id=row.legal_entity_id,
    )  # fmt: skip
    row.case_id = step.case.id
    session.flush()
    return step
