"""What people add to a decision: attachments; and what they have begun to write: drafts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key, Time
from models.file import StoredFile


class Attachment(Base):
    """One file that somebody added to a task or a start. Until it is attached it is only an upload of hers; afterwards a trigger refuses every change."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_instance", "instance_id", "id"),
        Index("ix_attachment_loose", "uploaded_by", "at", postgresql_where=text("attached_at IS NULL")),
    )

    id: Mapped[Key]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    name: Mapped[str]
    media_type: Mapped[str]  #: found in the content
    size: Mapped[int] = mapped_column(BigInteger)
    uploaded_by: Mapped[str]
    at: Mapped[Time]
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))  #: none yet for a case that is not started
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_task.id"), index=True)
    attached_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: with the decision or start it belongs to
    file: Mapped[StoredFile] = relationship()


class Draft(Base):
    """What one person has begun to fill in at one task: raw values as typed, seen by nobody else. It goes when the task closes."""

    __tablename__ = "draft"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[Time]
