"""What cases wait for, and what is sent to them: subscriptions, start events, the inbox of messages, signals on their way, days that are counted."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Time

MESSAGE_STATES = ("waiting", "correlated", "expired")


class EventSubscription(Base):
    """A message or signal that a case waits for. `correlation` is how a message finds it with one look at an index."""

    __tablename__ = "event_subscription"
    __table_args__ = (Index("ix_event_subscription_name", "kind", "name", "correlation"),)

    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    token: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  #: `message` or `signal`
    name: Mapped[str] = mapped_column(primary_key=True)
    element: Mapped[str]
    business_key: Mapped[str]
    keys: Mapped[dict[str, Any]] = mapped_column(
        JSONB
    )  #: correlation keys with values spelled in one way; empty: the business key correlates
    correlation: Mapped[str]
    created_at: Mapped[Time]


class StartEvent(Base):
    """An event that begins cases of the newest version of a process: a message, a signal, a time or a condition."""

    __tablename__ = "start_event"
    __table_args__ = (
        Index("ix_start_event_name", "kind", "name"),
        Index("ix_start_event_look", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )

    definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"), primary_key=True)
    element: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)  #: of the event's definitions
    key: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]  #: `message`, `signal`, `timer` or `conditional`
    name: Mapped[str | None]  #: of the message or signal
    condition: Mapped[str | None]
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: of a timer: its next time; none when it is over
    look_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: of a timer: when a job is made for it
    repeats: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  #: of a cycle: what is needed for the time after


class Message(Base):
    """A message that came from outside or was thrown by a case: kept once, correlated once. The payload goes with it into the case's history."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(f"state IN {MESSAGE_STATES}", name="state"),
        Index("uq_message_sender_key", "sent_by", "sender_key", unique=True, postgresql_where=text("sender_key IS NOT NULL")),
        Index("ix_message_waiting", "name", "business_key", postgresql_where=text("state = 'waiting'")),
        Index("ix_message_expiry", "expires_at", postgresql_where=text("state = 'waiting' AND instance_id IS NULL")),
    )

    id: Mapped[Key]
    name: Mapped[str]
    business_key: Mapped[str | None]
    keys: Mapped[dict[str, Any]] = mapped_column(JSONB)
    payload: Mapped[str | None]  #: JSON of the engine's codec; gone when it is correlated or expired
    sent_by: Mapped[str]
    sender_key: Mapped[str | None]  #: the sender's own id of it: the same id is correlated once
    state: Mapped[str]
    received_at: Mapped[Time]
    expires_at: Mapped[Time]
    instance_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("process_instance.id")
    )  #: that has it, or that it is kept for while it is suspended
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str | None]  #: why it still waits although somebody waits for it


class Signal(Base):
    """A signal on its way to cases and start events; gone when all have it."""

    __tablename__ = "signal"

    id: Mapped[Key]
    name: Mapped[str]
    payload: Mapped[str]
    sent_by: Mapped[str]
    sent_at: Mapped[Time]
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))  #: the case that threw it, which has it already


class SignalTarget(Base):
    """One case that waited for a signal when it was sent, or one start event that it begins a case of."""

    __tablename__ = "signal_target"

    signal_id: Mapped[UUID] = mapped_column(ForeignKey("signal.id", ondelete="CASCADE"), primary_key=True)
    target_id: Mapped[UUID] = mapped_column(primary_key=True)  #: process instance or process definition
    element: Mapped[str] = mapped_column(primary_key=True)  #: of the start event; empty for a case


class CalendarDay(Base):
    """A company's own word on one day: worked although a calendar says holiday, or the other way round."""

    __tablename__ = "calendar_day"

    calendar: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    note: Mapped[str | None]
