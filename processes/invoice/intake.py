"""Invoices coming in: each file becomes a case, joins the invoice it carries, or is answered with what is wrong. Good files never wait for bad ones.

One row an invoice identity (a database constraint), so that of two parallel uploads only one makes the invoice. At most one open or approved case per
invoice; after a rejection or withdrawal it may be submitted again. Whatever files carry an invoice, one content is kept of it, and the case begins with
that one: a file that says something else is refused, or replaces it in plain sight.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import new, sha256
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import instances
from engine.errors import Fault, InvoiceUnreadable
from engine.oa.codec import plain
from engine.permissions import Actor, require
from engine.settings import read_settings
from models.file import StoredFile
from models.invoice import Carrier
from models.invoice import Invoice as InvoiceRow
from models.runtime import ProcessInstance
from processes.invoice import contradiction, formats, kept, typed
from processes.invoice.formats import Reading
from processes.invoice.invoice import Invoice

PROCESS = "invoice_approval"


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of one file.

    `result` is one of new, again, corrected, attached, exists, contradicts, incomplete, tampered, unreadable, not-an-invoice. `typed` is what a person
    typed for this file before and may now put right.
    """

    file: str
    result: str
    kind: str | None = None
    invoice_id: UUID | None = None
    case_id: UUID | None = None
    business_key: str | None = None
    invoice: Invoice | None = None
    missing: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
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
            "typed": dict(self.typed),
            "faults": [fault.as_json() for fault in self.faults],
        }


def submit(session: Session, name: str, data: bytes, *, by: Actor, fields: Mapping[str, str] | None = None) -> Submission:
    """Take in one file: store its bytes untouched, and start, join, correct or refuse as the result says.

    `fields` are what a person typed for a carrier without data (JSON paths). Nothing is stored for incomplete, tampered, unreadable files, for files that
    are no invoice, and for files that contradict what is kept. Refuses with `NotPermitted` somebody who may not upload.
    """
    require(by, "invoice.upload")
    digest = sha256(data).hexdigest()
    try:
        reading = formats.read(data, name)
        invoice = reading.invoice
        if reading.seal is not None and reading.seal.wrong and (invoice is not None or reading.missing):
            return Submission(name, "tampered", reading.syntax, invoice=invoice, faults=_wrong_digests(name, reading))
        if reading.missing or (invoice is None and fields):
            if not fields:
                return _join(session, name, data, reading, by)
            invoice = typed.complete(invoice, fields, reading.syntax)
    except InvoiceUnreadable as error:
        return Submission(name, "unreadable", faults=error.faults)
    if invoice is None:
        return Submission(name, "not-an-invoice", reading.syntax, faults=list(reading.notes))
    kept.hold(session, digest, invoice.identity)
    row = kept.by_identity(session, invoice.identity)
    other = kept.by_bytes(session, digest)
    if row is not None and other is not None and other.id != row.id:
        return _refused(session, name, reading, other, invoice, [_file_known(session, name, other)])
    row = row or other  # the same bytes under another number: a typing error in the number
    if row is None:
        return _new(session, name, data, reading, invoice, by)
    return _further(session, name, data, reading, row, invoice, by)


def _join(session: Session, name: str, data: bytes, reading: Reading, by: Actor) -> Submission:
    """Take in a file that does not say enough and for which nothing was typed: what it does not say, the invoice it joins has said."""
    digest, invoice = sha256(data).hexdigest(), reading.invoice
    kept.hold(session, digest, *([invoice.identity] if invoice else []))
    known = kept.by_bytes(session, digest)
    row = known or (kept.by_identity(session, invoice.identity) if invoice else None)
    if row is None:
        return Submission(name, "incomplete", reading.syntax, invoice=invoice, missing=reading.missing, faults=list(reading.notes))
    if known is not None:
        case, content = kept.lock(session, known), Invoice.from_json(known.content)
        if case is not None and case.initiator == by.key and kept.is_weak(content) and kept.standing(session, case) == "correcting":
            said = typed.texts(content)
            return Submission(
                name, "incomplete", reading.syntax, known.id, case.id, case.business_key, invoice, reading.missing,
                {path: said[path] for path in reading.missing if path in said}, list(reading.notes),
            )  # fmt: skip
    return _further(session, name, data, reading, row, invoice, by)


def _wrong_digests(name: str, reading: Reading) -> list[Fault]:
    assert reading.seal is not None
    return [
        Fault("seal-digest-wrong", f"盖章后被改动：{path}", f"Changed after it was sealed: {path}", file=name, path=path)
        for path in reading.seal.wrong
    ]


def _file_known(session: Session, name: str, row: InvoiceRow) -> Fault:
    case = session.get(ProcessInstance, row.case_id) if row.case_id else None
    reference = f"{row.number} ({case.business_key})" if case else row.number
    return Fault(
        "file-known",
        f"这个文件已作为发票 {reference} 提交过",
        f"This file was submitted for invoice {reference}",
        file=name,
        found=row.number,
    )


def _refused(session: Session, name: str, reading: Reading, row: InvoiceRow, invoice: Invoice | None, faults: list[Fault]) -> Submission:
    case = session.get(ProcessInstance, row.case_id) if row.case_id else None
    key = case.business_key if case else None
    return Submission(name, "contradicts", reading.syntax, row.id, row.case_id, key, invoice, faults=faults)


def _new(session: Session, name: str, data: bytes, reading: Reading, invoice: Invoice, by: Actor) -> Submission:
    row = InvoiceRow(
        id=uuid7(), submitted_by=by.key, original_missing=not reading.original, findings=[], **kept.columns(session, invoice, by)
    )
    session.add(row)
    session.flush()
    _carry(session, row, name, data, reading, by, "original" if reading.original else "copy")
    step = start_case(session, row, by)
    return Submission(name, "new", reading.syntax, row.id, step.case.id, step.case.business_key, invoice)


def _further(session: Session, name: str, data: bytes, reading: Reading, row: InvoiceRow, said: Invoice | None, by: Actor) -> Submission:
    """Take in a file of an invoice that is known. Nothing that contradicts what is kept is taken in beside it."""
    case, digest = kept.lock(session, row), sha256(data).hexdigest()
    content, standing = Invoice.from_json(row.content), kept.standing(session, case)
    known = kept.has_file(session, row, digest)
    differences = contradiction.between(content, said) if said else []
    changeable = standing == "free" or (standing == "correcting" and case is not None and case.initiator == by.key)
    told = said if said is not None and (said.typed_fields or not reading.missing) else None  # all that there is to know, not only a code
    better = told is not None and reading.original and not kept.is_weak(told) and kept.is_weak(content)
    corrected = told is not None and known and kept.is_weak(content) and changeable and told != content
    if told is not None and told.identity != row.identity and len(row.carriers) > 1:
        corrected = False  # its other files say the number that it has
    if differences and not (corrected or (better and changeable)):
        return _refused(session, name, reading, row, said, [difference.as_fault(name) for difference in differences])
    if not known:
        _carry(session, row, name, data, reading, by, "carrier" if reading.original else "copy")
        row.original_missing = row.original_missing and not reading.original
    replaced = told is not None and (corrected or (better and standing != "approved"))
    if told is not None and replaced:
        kept.replace(
            session, row, told, by=by, digest=digest, why="original" if better else "corrected", differences=differences, case=case
        )
    if standing == "free" or case is None:
        step = start_case(session, row, by)
        return Submission(name, "again", reading.syntax, row.id, step.case.id, step.case.business_key, said)
    result = "corrected" if replaced and standing == "correcting" else "exists" if known else "attached"
    return Submission(name, result, reading.syntax, row.id, case.id, case.business_key, said)


def _carry(session: Session, row: InvoiceRow, name: str, data: bytes, reading: Reading, by: Actor, role: str) -> None:
    session.add(
        Carrier(
            invoice_id=row.id, sha256=store(session, data, reading.media_type), name=name[:200], role=role, syntax=reading.syntax,
            uploaded_by=by.key, seal=plain(reading.seal), qr=plain(reading.qr),
        )
    )  # fmt: skip
    session.flush()


def store(session: Session, data: bytes, media_type: str) -> str:
    """Keep bytes by their SHA-256, once; returns the digest. The SM3 digest is kept beside it."""
    digest = sha256(data).hexdigest()
    values = {"sha256": digest, "sm3": new("sm3", data).hexdigest(), "size": len(data), "media_type": media_type, "content": data}
    session.execute(insert(StoredFile).values(**values).on_conflict_do_nothing())
    return digest


def start_case(session: Session, row: InvoiceRow, by: Actor) -> Any:
    """Start the approval of an invoice that is held or locked, with the content that is kept, and make it the invoice's one case."""
    step = instances.start(
        session,
        PROCESS,
        by=by,
        variables={"invoice": kept.facts(row), "reminderAfter": read_settings().reminder_after},
        subject=("invoice", row.id),
        legal_entity_id=row.legal_entity_id,
    )
    row.case_id = step.case.id
    session.flush()
    return step
