"""What people are beside their department: members of others, holders of posts; and up to what amount who may approve.

Rules name people, departments and entities by their keys, as drawings do. Nothing is deleted: what is over keeps when it ended.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Created, Key
from models.identity import LegalEntity, Person

APPROVERS = ("person", "post", "group")


class DepartmentMember(Base):
    """A further department of a person; the primary one stands at the person."""

    __tablename__ = "department_member"

    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class Post(Base):
    """A post (岗位) such as `cfo`, held by people in a legal entity."""

    __tablename__ = "post"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))


class PostHolder(Base):
    """Who holds a post in which legal entity, since when, and until when once it is over."""

    __tablename__ = "post_holder"
    __table_args__ = (
        Index("uq_post_holder_now", "post_id", "legal_entity_id", "person_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Key]
    post_id: Mapped[UUID] = mapped_column(ForeignKey("post.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    legal_entity_id: Mapped[UUID] = mapped_column(ForeignKey("legal_entity.id"))
    since: Mapped[Created]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    post: Mapped[Post] = relationship()
    person: Mapped[Person] = relationship()
    legal_entity: Mapped[LegalEntity] = relationship()


class AuthorityRule(Base):
    """One row of the authority matrix: who may approve up to an amount. An empty place means any; a row that is changed is ended and made anew."""

    __tablename__ = "authority_rule"
    __table_args__ = (
        CheckConstraint(f"approver_kind IN {APPROVERS}", name="approver_kind"),
        Index("ix_authority_rule_currency", "currency", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Key]
    legal_entity: Mapped[str | None] = mapped_column(ForeignKey("legal_entity.key"))
    department: Mapped[str | None] = mapped_column(ForeignKey("department.key"))  #: with all departments below it
    expense_class: Mapped[str | None]
    currency: Mapped[str]
    up_to: Mapped[Decimal | None] = mapped_column(Numeric(24, 6))  #: inclusive; none means without limit
    approver_kind: Mapped[str]  #: `person`, `post` or `group`
    approver: Mapped[str]  #: its key
    position: Mapped[int] = mapped_column(Integer, server_default=text("0"))  #: of rows with the same limit the lowest is asked
    made_by: Mapped[str]
    made_at: Mapped[Created]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
