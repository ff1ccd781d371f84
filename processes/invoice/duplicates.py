"""Invoices that may be this one under another identity (R08). The identity itself is unique in the database, so no second invoice can have it.

Looked for in every state and legal entity: the same bytes, the same number of the same seller in the same year, and the same seller and gross amount
within three days.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Literal

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.invoice import Carrier
from models.invoice import Invoice as InvoiceRow
from models.runtime import ProcessInstance
from processes.invoice import kept
from processes.invoice.invoice import Invoice, Party, normalised_id, normalised_name

DAYS = 3
MOST = 10  #: that are named
LOOKED_AT = 500

Likeness = Literal["file", "number", "amount"]


@dataclass(frozen=True, slots=True)
class Twin:
    """Another invoice that looks like this one: in what, in which case, and whether that case goes before this one and is not rejected."""

    like: Likeness
    case: str
    number: str
    first: bool


def find(session: Session, row: InvoiceRow) -> list[Twin]:
    """Return the invoices that look like this one, the most alike first; each of them once, and no more than `MOST`."""
    found = list(islice(_alike(session, row), MOST))
    wanted = [other.case_id for _, other in found if other.case_id]
    cases = {case.id: case for case in session.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(wanted)))} if wanted else {}
    return [_twin(row, other, like, cases.get(other.case_id)) for like, other in found]  # type: ignore[arg-type]


def _alike(session: Session, row: InvoiceRow) -> Iterator[tuple[Likeness, InvoiceRow]]:
    """Give each invoice that looks like this one with the first likeness that is found. What comes later is not looked for unless it is asked for."""
    invoice = Invoice.from_json(row.content)
    ways: tuple[tuple[Likeness, Iterable[InvoiceRow]], ...] = (
        ("file", _same_file(session, row)),
        ("number", _same_number(session, row, invoice)),
        ("amount", _same_amount(session, row, invoice)),
    )
    seen = set()
    for like, others in ways:
        for other in others:
            if other.id not in seen:
                seen.add(other.id)
                yield like, other


def _twin(row: InvoiceRow, other: InvoiceRow, like: Likeness, case: ProcessInstance | None) -> Twin:
    earlier = (other.created_at, other.id) < (row.created_at, row.id)
    return Twin(like, case.business_key if case else "", other.number, kept.is_taken(case) and earlier)


def _same_file(session: Session, row: InvoiceRow) -> Iterator[InvoiceRow]:
    own = select(Carrier.sha256).filter_by(invoice_id=row.id)
    others = select(Carrier.invoice_id).where(Carrier.sha256.in_(own), Carrier.invoice_id != row.id)
    yield from session.scalars(select(InvoiceRow).where(InvoiceRow.id.in_(others)).limit(MOST))


def _same_number(session: Session, row: InvoiceRow, invoice: Invoice) -> Iterator[InvoiceRow]:
    last = row.identity.rpartition(":")[2]
    others = session.scalars(
        select(InvoiceRow).where(InvoiceRow.id != row.id, func.substring(InvoiceRow.identity, text("'[^:]*$'")) == last).limit(LOOKED_AT)
    )
    for other in others:
        content = Invoice.from_json(other.content)
        same = normalised_name(content.number) == normalised_name(invoice.number) and content.issue_date.year == invoice.issue_date.year
        if same and same_party(content.seller, invoice.seller) and not _told_apart(content, invoice):
            yield other


def _told_apart(one: Invoice, other: Invoice) -> bool:
    """A code or a kind of document that both state makes two invoices of one number: a credit note may have the number of its invoice."""
    codes = normalised_name(one.code or ""), normalised_name(other.code or "")
    kinds = one.type_code or "380", other.type_code or "380"
    return (all(codes) and codes[0] != codes[1]) or kinds[0] != kinds[1] or one.red != other.red


def _same_amount(session: Session, row: InvoiceRow, invoice: Invoice) -> Iterator[InvoiceRow]:
    if invoice.gross is None:
        return
    span = timedelta(days=DAYS)
    first = max(invoice.issue_date, date.min + span) - span  # the calendar ends, and what an invoice says may be anything
    last = min(invoice.issue_date, date.max - span) + span
    others = session.scalars(
        select(InvoiceRow)
        .where(InvoiceRow.id != row.id, InvoiceRow.gross == invoice.gross, InvoiceRow.currency == invoice.currency)
        .where(InvoiceRow.issue_date.between(first, last))
        .order_by(InvoiceRow.created_at.desc())
        .limit(LOOKED_AT)
    )
    for other in others:
        if same_party(Invoice.from_json(other.content).seller, invoice.seller):
            yield other


def same_party(one: Party, other: Party) -> bool:
    """Tell whether two parties are one: by tax id where both have one, else by endpoint or name."""
    if one.tax_id and other.tax_id:
        return normalised_id(one.tax_id) == normalised_id(other.tax_id)
    if one.endpoint and other.endpoint and normalised_id(one.endpoint) == normalised_id(other.endpoint):
        return True
    return bool(one.name and other.name) and normalised_name(one.name or "") == normalised_name(other.name or "")
