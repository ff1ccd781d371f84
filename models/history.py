"""The truth about the past: an append-only chain of events per instance.

`body` holds the exact bytes that are hashed; the other columns are copies for queries, and verification compares them with the bytes.
Personal payload stands beside the bytes with a salt; the bytes hold its salted digest.
Triggers refuse UPDATE, DELETE and TRUNCATE, except one
change: payload and salt to null by a recorded erasure.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class HistoryEvent(Base):
    __tablename__ = "history_event"
    __table_args__ = (
        CheckConstraint("octet_length(hash) = 32", name="hash_length"),
        Index("ix_history_event_at", "at"),
    )

    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    step: Mapped[int] = mapped_column(Integer)
    type: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str | None]
    element: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    personal: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
