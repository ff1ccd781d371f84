"""What goes to office systems and what comes from them: connections, the outbox, the inbox.

The outbox row is the truth; the job only wakes. One row a snapshot and connection, delivered in order of version.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Key, Time

DELIVERY_STATES = ("waiting", "delivered", "superseded", "refused")


class OaConnection(Base):
    """How one office system is reached. Secrets are never shown or logged."""

    __tablename__ = "oa_connection"

    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  #: `webhook`, later the vendors
    name: Mapped[str]
    base_url: Mapped[str]
    secret: Mapped[str]
    former_secret: Mapped[str | None]  #: accepted beside the new one during a rotation
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    next_look: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True)
    )  #: a worker promised to look for waiting pushes then or later


class OaDelivery(Base):
    """One snapshot on its way to one connection (outbox)."""

    __tablename__ = "oa_delivery"
    __table_args__ = (
        CheckConstraint(f"state IN {DELIVERY_STATES}", name="state"),
        Index("ix_oa_delivery_waiting", "connection", "created_at", postgresql_where=text("state = 'waiting'")),
    )

    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: taken by a worker, or put off, until then
    last_error: Mapped[str | None]
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[Time]
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OaMessage(Base):
    """One thing an office system told us (inbox); unique by its dedupe key, applied once."""

    __tablename__ = "oa_message"
    __table_args__ = (UniqueConstraint("connection", "dedupe_key"),)

    id: Mapped[Key]
    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"))
    dedupe_key: Mapped[str]
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raw_digest: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]  #: `received`, `applied`, `ignored`
    note: Mapped[str | None]
    received_at: Mapped[Created]
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
