"""What approvals remember beside tasks: who got a copy of a case, and steps by hand that two administrators take."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Time

INTERVENTIONS = ("jump", "terminate")


class InstanceCopy(Base):
    """A copy (抄送): its person may read the case and has nothing to decide."""

    __tablename__ = "instance_copy"
    __table_args__ = (
        Index("ix_instance_copy_person", "person", "sent_at", "instance_id"),
        Index("ix_instance_copy_unread", "person", postgresql_where=text("read_at IS NULL")),
    )

    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    sent_by: Mapped[str | None]  #: None: the drawing
    sent_at: Mapped[Time]
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Intervention(Base):
    """A jump or a termination that one administrator asks for and another one does."""

    __tablename__ = "intervention"
    __table_args__ = (
        CheckConstraint(f"kind IN {INTERVENTIONS}", name="kind"),
        CheckConstraint("state IN ('asked', 'done', 'declined')", name="state"),
        CheckConstraint("state <> 'done' OR decided_by <> asked_by", name="second_person"),
        Index("ix_intervention_instance_id", "instance_id"),
        Index("ix_intervention_asked", "asked_at", postgresql_where=text("state = 'asked'")),
    )

    id: Mapped[Key]
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    kind: Mapped[str]
    element: Mapped[str | None]  #: where a jump leads
    reason: Mapped[str]
    state: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[Time]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
