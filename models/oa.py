"""What goes to office systems and what comes from them: connections, the outbox, the inbox, what is believed to be shown there, and what was said.

The outbox row is the truth; the job only wakes. One row a snapshot and connection, delivered in order of version.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Key, Time

#: `pending` waits for its first try, `sending` is in a worker's hands (a lease), `retry` is put off; `unknown` was sent and nobody can tell what came of it;
#: `dead` was refused for good; `superseded` is an older picture that a newer one brought along
DELIVERY_STATES = ("pending", "sending", "sent", "retry", "unknown", "dead", "superseded")


class OaConnection(Base):
    """How one office system is reached. Credentials are sealed, and never shown or logged."""

    __tablename__ = "oa_connection"

    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  #: `webhook`, `feishu`, ...: a name of the registry
    name: Mapped[str]
    base_url: Mapped[str]
    credentials: Mapped[bytes | None] = mapped_column(LargeBinary)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    #: what this connection is for, `{"tasks": true, "notices": true, ...}`; what is not named is on
    scope: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    compared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: a comparison was asked for
    compared_all_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    compare_ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: the last one that came to its end
    compare_failure: Mapped[str | None]  #: what kept the last one from it
    next_look: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True)
    )  #: a worker promised to look for waiting pushes then or later


class OaDelivery(Base):
    """One snapshot on its way to one connection (outbox)."""

    __tablename__ = "oa_delivery"
    __table_args__ = (
        CheckConstraint(f"state IN {DELIVERY_STATES}", name="state"),
        # `open` and not `state` stands in the index, so that taking and putting back touch no index
        Index("ix_oa_delivery_open", "connection", "created_at", postgresql_where=text("open")),
        Index("ix_oa_delivery_created_at", "created_at"),
        Index("ix_oa_delivery_failed", "connection", "failed_at", postgresql_where=text("failed_at IS NOT NULL")),
    )

    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    open: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))  #: it is pending, sending or put off
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: in a worker's hands, or put off, until then
    last_error: Mapped[str | None]
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  #: its first failure since it was put into the outbox
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[Time]
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OaShown(Base):
    """What one office system is believed to show of one task, copy or instance: the last that it accepted, by our key of it."""

    __tablename__ = "oa_shown"
    __table_args__ = (Index("ix_oa_shown_instance", "instance_id"), Index("ix_oa_shown_remote", "connection", "remote_id"))

    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID | None]
    remote_id: Mapped[str | None]
    status: Mapped[str]  #: the connector's word; `intended` while a call that cannot be repeated is under way or was lost
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    person: Mapped[str | None]
    at: Mapped[Created]
    remote_person: Mapped[str | None]  #: the id under which she was shown it, which may not be hers any more


class OaHold(Base):
    """A to-do that one office system cannot show, because it does not know whom it is for. It stays open on our own page."""

    __tablename__ = "oa_hold"

    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    person: Mapped[str | None]
    message: Mapped[str]
    since: Mapped[Created]


class OaMessage(Base):
    """One thing an office system told us (inbox); unique by its dedupe key, applied once."""

    __tablename__ = "oa_message"
    __table_args__ = (
        UniqueConstraint("connection", "dedupe_key"),
        Index("ix_oa_message_received", "connection", postgresql_where=text("state = 'received'")),
    )

    id: Mapped[Key]
    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"))
    dedupe_key: Mapped[str]
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raw_digest: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]  #: `received`, `applied`, `ignored`
    note: Mapped[str | None]
    received_at: Mapped[Created]
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OaExchange(Base):
    """One request to an office system and its answer, with credentials and personal data masked; its id is what alerts and errors name."""

    __tablename__ = "oa_exchange"
    __table_args__ = (Index("ix_oa_exchange_connection", "connection", "at"), Index("ix_oa_exchange_instance", "instance_id"))

    id: Mapped[Key]
    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"))
    purpose: Mapped[str]  #: push, call, compare, people, sign-in, health
    instance_id: Mapped[UUID | None]
    version: Mapped[int | None] = mapped_column(BigInteger)
    api: Mapped[str]
    request: Mapped[str]
    answer: Mapped[str]
    status: Mapped[int | None] = mapped_column(Integer)
    code: Mapped[str]
    ok: Mapped[bool] = mapped_column(Boolean)
    milliseconds: Mapped[int] = mapped_column(Integer)
    at: Mapped[Created]


class OaRate(Base):
    """When a connection may call an API again (generic cell rate algorithm); one row for all workers."""

    __tablename__ = "oa_rate"

    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"), primary_key=True)
    api: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[Time]  #: the theoretical arrival time of the next call


class OaToken(Base):
    """An access token that an office system gave us, sealed, for all workers."""

    __tablename__ = "oa_token"

    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    good_until: Mapped[Time]


class OaDifference(Base):
    """One thing in which an office system and we were not of one mind when they were compared."""

    __tablename__ = "oa_difference"
    __table_args__ = (
        Index("uq_oa_difference_open", "connection", "key", "kind", "field", unique=True, postgresql_where=text("resolved_at IS NULL")),
        Index("ix_oa_difference_open", "id", postgresql_where=text("resolved_at IS NULL")),
    )

    id: Mapped[Key]
    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"))
    instance_id: Mapped[UUID | None]
    key: Mapped[str]
    kind: Mapped[str]  #: missing_here, missing_there, field_differs
    field: Mapped[str]
    ours: Mapped[str]
    theirs: Mapped[str]
    found_at: Mapped[Created]
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    resolution: Mapped[str | None]  #: ours, pushed, ignored, gone
    resolved_by: Mapped[str | None]
    reason: Mapped[str | None]


class OaAlert(Base):
    """A connection whose deliveries fail, from the first failure until one arrives again; people were told once."""

    __tablename__ = "oa_alert"
    __table_args__ = (Index("uq_oa_alert_open", "connection", unique=True, postgresql_where=text("ended_at IS NULL")),)

    id: Mapped[Key]
    connection: Mapped[str] = mapped_column(ForeignKey("oa_connection.key"))
    exchange_id: Mapped[UUID | None]  #: the correlation id
    message: Mapped[str]
    began_at: Mapped[Created]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
