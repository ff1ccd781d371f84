"""Who stands in for whom while she is away (代理)."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Key, Time

#: what office systems were told of it: that it is not here yet, that it has begun, that it is over
TOLD = ("nothing", "begun", "over")


class Substitution(Base):
    """One person stands in for another, from one time to another or until it is revoked, within a scope; an empty place of the scope means any."""

    __tablename__ = "substitution"
    __table_args__ = (
        CheckConstraint("person <> substitute", name="two_people"),
        CheckConstraint("ends_at > starts_at", name="period"),
        CheckConstraint("(amount_limit IS NULL) = (currency IS NULL)", name="currency"),
        CheckConstraint(f"told IN {TOLD}", name="told"),
        Index("ix_substitution_substitute", "substitute", postgresql_where=text("revoked_at IS NULL")),
        Index("ix_substitution_person", "person", "starts_at"),
        Index("ix_substitution_told", "told", "starts_at", postgresql_where=text("told <> 'over'")),
    )

    id: Mapped[Key]
    person: Mapped[str] = mapped_column(ForeignKey("person.key"))  #: who is away
    substitute: Mapped[str] = mapped_column(ForeignKey("person.key"))
    starts_at: Mapped[Time]
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    definition_key: Mapped[str | None]  #: only tasks of this process
    department: Mapped[str | None] = mapped_column(ForeignKey("department.key"))  #: only cases begun in it or below it
    amount_limit: Mapped[Decimal | None] = mapped_column(Numeric(24, 6))  #: only cases up to it, in this currency
    currency: Mapped[str | None]
    reason: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[Created]
    revoked_by: Mapped[str | None]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    told: Mapped[str] = mapped_column(server_default="nothing")
