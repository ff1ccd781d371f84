"""What administrators ask of office systems: sending again, testing, and what an office system knows of people and departments."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, ForeignKeyConstraint, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Key

ITEM_STATES = ("waiting", "placed", "skipped")
CHECK_STATES = ("waiting", "ok", "failed")


class OaResend(Base):
    """One wish to send deliveries again; a job puts them back into the outbox, one after another."""

    __tablename__ = "oa_resend"

    id: Mapped[Key]
    asked_by: Mapped[str]
    connection: Mapped[str | None] = mapped_column(ForeignKey("oa_connection.key"))  #: all that failed there; empty for chosen ones
    at: Mapped[Created]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: all of them were put back or skipped


class OaResendItem(Base):
    """One case of such a wish: it waits, was put back into the outbox, or was skipped because it had changed meanwhile."""

    __tablename__ = "oa_resend_item"
    __table_args__ = (
        CheckConstraint(f"state IN {ITEM_STATES}", name="state"),
        ForeignKeyConstraint(
            ["instance_id", "connection", "version"],
            ["oa_delivery.instance_id", "oa_delivery.connection", "oa_delivery.version"],
            name="fk_oa_resend_item_delivery",
        ),
        Index("ix_oa_resend_item_waiting", "connection", "instance_id", postgresql_where=text("state = 'waiting'")),
    )

    resend_id: Mapped[UUID] = mapped_column(ForeignKey("oa_resend.id"), primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    was: Mapped[str]  #: the state in which it was chosen
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))


class OaCheck(Base):
    """One test of a connection: what was tested, by whom, and what came of it."""

    __tablename__ = "oa_check"
    __table_args__ = (
        CheckConstraint(f"state IN {CHECK_STATES}", name="state"),
        Index("ix_oa_check_connection", "connection", "what", "at"),
    )

    id: Mapped[Key]
    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"))
    what: Mapped[str]  #: health, contacts, notice, callback
    person: Mapped[str | None]  #: who is told by a test notice
    asked_by: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    detail: Mapped[str | None]
    exchange_id: Mapped[UUID | None]
    milliseconds: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[Created]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OaDirectory(Base):
    """The people and departments of one office system as they were when it was last asked."""

    __tablename__ = "oa_directory"

    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"), primary_key=True)
    people: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    departments: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    wanted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: a job was asked to fetch them and has not done so yet
    fetched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: our organisation was brought to them
    failure: Mapped[str | None]
    nightly: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  #: fetch and apply them each night


class OaDepartment(Base):
    """Which department of an office system is which of ours."""

    __tablename__ = "oa_department"

    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"), primary_key=True)
    remote_id: Mapped[str] = mapped_column(primary_key=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
