"""Invoices: one row an identity, its carriers (files) kept untouched by content."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Created, Key, Money
from models.file import StoredFile


class Invoice(Base):
    """One invoice, whatever files carry it. `identity` is unique, so that two parallel uploads cannot both win."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index("ix_invoice_created", "created_at", "id"),
        Index("ix_invoice_gross", "gross", "issue_date"),
        Index("ix_invoice_plain_number", text("substring(identity from '[^:]*$')")),
    )

    id: Mapped[Key]
    identity: Mapped[str] = mapped_column(unique=True)
    legal_entity_id: Mapped[UUID | None] = mapped_column(ForeignKey("legal_entity.id"))
    number: Mapped[str]
    seller_name: Mapped[str | None]
    buyer_name: Mapped[str | None]
    issue_date: Mapped[date | None] = mapped_column(Date)
    currency: Mapped[str]
    gross: Mapped[Money | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)  #: the whole normalised invoice
    findings: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))  #: of the last check
    original_missing: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"), unique=True)  #: its one open or approved case
    submitted_by: Mapped[str]
    created_at: Mapped[Created]
    carriers: Mapped[list["Carrier"]] = relationship(order_by="Carrier.created_at")
    changes: Mapped[list["InvoiceChange"]] = relationship(order_by="InvoiceChange.id")


class Carrier(Base):
    """One file that carries an invoice, or an attachment to it."""

    __tablename__ = "carrier"
    __table_args__ = (UniqueConstraint("invoice_id", "sha256"),)

    id: Mapped[Key]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), index=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    name: Mapped[str]
    role: Mapped[str]  #: `original`, `carrier`, `copy`, `attachment`
    syntax: Mapped[str]
    seal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    qr: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    uploaded_by: Mapped[str]
    created_at: Mapped[Created]
    file: Mapped[StoredFile] = relationship()


class InvoiceChange(Base):
    """What was kept of an invoice before its content was corrected or its original came. Never changed (a trigger refuses it)."""

    __tablename__ = "invoice_change"

    id: Mapped[Key]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), index=True)
    why: Mapped[str]  #: `corrected` by the person who had typed it, or the `original` came
    by: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))  #: the file that said otherwise
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))  #: open or ended then
    differences: Mapped[list[Any]] = mapped_column(JSONB)  #: field, kept, said
    former: Mapped[dict[str, Any]] = mapped_column(JSONB)  #: the whole content before
    at: Mapped[Created]
