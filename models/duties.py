"""Separation of duties as data (职责分离): the company's rules, and the exceptions that two people made together."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Key

DUTY_KINDS = ("initiator", "elements", "group-task", "groups")
OVERRIDE_STATES = ("asked", "approved", "refused")


class DutyRule(Base):
    """One rule of the company.

    `initiator`: who began a case approves nothing in it (of one process, or of all). `elements`: nobody does two elements of a process in one case.
    `group-task`: members of a group never work on a process (or on one element of it). `groups`: nobody is a member of both groups.
    """

    __tablename__ = "duty_rule"
    __table_args__ = (CheckConstraint(f"kind IN {DUTY_KINDS}", name="kind"),)

    id: Mapped[Key]
    kind: Mapped[str]
    definition_key: Mapped[str | None]
    element: Mapped[str | None]
    other_element: Mapped[str | None]
    group: Mapped[str | None] = mapped_column(ForeignKey("group.key"))
    other_group: Mapped[str | None] = mapped_column(ForeignKey("group.key"))
    reason: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[Created]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DutyOverride(Base):
    """An exception in one case: one person asked for it with a reason, a second approved it or did not.

    `rule` is the id of one of the company's, or `notBy:` and what the drawing names.
    """

    __tablename__ = "duty_override"
    __table_args__ = (
        CheckConstraint(f"state IN {OVERRIDE_STATES}", name="state"),
        CheckConstraint("settled_by <> asked_by", name="two_people"),
        Index(
            "uq_duty_override_open", "instance_id", "rule", "person", "element", unique=True, postgresql_where=text("state <> 'refused'")
        ),
    )

    id: Mapped[Key]
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    rule: Mapped[str]
    person: Mapped[str] = mapped_column(ForeignKey("person.key"))
    element: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[Created]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str | None]  #: what the second person said
