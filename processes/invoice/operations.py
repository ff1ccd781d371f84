"""What the invoice drawings can ask for: the checks, run on the stored bytes each time."""

from hashlib import sha256
from typing import Any

from marshmallow import EXCLUDE, Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import ExecutionFailed, InvoiceUnreadable
from engine.history.events import exact
from engine.operations import Operation, Outcome, Situation
from models.identity import LegalEntity
from models.invoice import Carrier
from models.invoice import Invoice as InvoiceRow
from processes.invoice import duplicates, formats, kept, rules
from processes.invoice.finding import Finding
from processes.invoice.invoice import Invoice


class CheckInputs(Schema):
    class Meta:
        unknown = EXCLUDE


class CheckResult(Schema):
    blocking = fields.Integer()
    warnings = fields.Integer()
    invoice = fields.Dict()


def check(session: Session, told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Run the rules on the invoice of the case and keep the findings.

    The result counts what blocks and what warns, and holds the facts that were checked, so that a case decides by nothing else; the evidence has the
    digest of the whole content beside the findings.
    """
    row = session.get(InvoiceRow, told.subject_id, with_for_update=True, populate_existing=True) if told.subject_id else None
    if row is None:
        raise ExecutionFailed(element=told.element, reason="the case has no invoice")
    findings = examine(session, row)
    row.findings = [finding.as_json() for finding in findings]
    session.flush()
    blocking = sum(finding.severity == "block" for finding in findings)
    warnings = sum(finding.severity == "warn" for finding in findings)
    content = sha256(exact(row.content)).hexdigest()
    return Outcome({"blocking": blocking, "warnings": warnings, "invoice": kept.facts(row)}, {"findings": row.findings, "content": content})


def examine(session: Session, row: InvoiceRow) -> list[Finding]:
    """Return the findings of every rule about an invoice, from the stored bytes of its first carrier."""
    entities = [(entity.name, entity.tax_id) for entity in session.scalars(select(LegalEntity).where(LegalEntity.active))]
    seal = qr = None
    for carrier in session.scalars(select(Carrier).filter_by(invoice_id=row.id).order_by(Carrier.created_at)):
        try:
            reading = formats.read(carrier.file.content, carrier.name)
        except InvoiceUnreadable:
            continue
        seal, qr = seal or reading.seal, qr or reading.qr
    invoice = Invoice.from_json(row.content)
    return rules.check(invoice, own_entities=entities, seal=seal, qr=qr, duplicates=duplicates.find(session, row))


OPERATIONS = (Operation("invoice.check", "发票检查", "Check the invoice", CheckInputs, CheckResult, local=check),)
