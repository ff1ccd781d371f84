"""Mails that went out, so that a job that is tried again sends none of them twice."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created

MAIL_STATES = ("sent", "refused")


class Mail(Base):
    """What became of the mail of one job to one person."""

    __tablename__ = "mail"
    __table_args__ = (CheckConstraint(f"state IN {MAIL_STATES}", name="state"),)

    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)  #: key
    state: Mapped[str]
    note: Mapped[str | None]  #: why the server refused it
    at: Mapped[Created]
