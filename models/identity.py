"""Who there is: legal entities, departments, people, groups, and the accounts with which people sign in.

A person is not an account, a role gives permissions, a group says who gets work; the three never share a row.
Keys (`li.na`, `finance`) never change: drawings, history and the map to office systems use them. UUIDs are only foreign keys.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Created, Key

ROLES = ("initiator", "approver", "finance", "archivist", "auditor", "designer", "operator", "administrator")


class LegalEntity(Base):
    """A company of the group that keeps its own books (立档单位)."""

    __tablename__ = "legal_entity"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    tax_id: Mapped[str] = mapped_column(unique=True)
    fonds: Mapped[str] = mapped_column(unique=True)  #: 全宗号, first level of every archival code
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))


class Department(Base):
    """A part of a legal entity, with at most one head. Never deleted, only inactive."""

    __tablename__ = "department"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    legal_entity_id: Mapped[UUID] = mapped_column(ForeignKey("legal_entity.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"))
    head_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", use_alter=True))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    legal_entity: Mapped[LegalEntity] = relationship()
    head: Mapped["Person | None"] = relationship(foreign_keys=[head_id], post_update=True)


class Person(Base):
    """Somebody who may be asked. Never deleted, only inactive. `department_id` is the primary one; others stand in `models.organisation`."""

    __tablename__ = "person"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)  #: work number, immutable
    name: Mapped[str]
    email: Mapped[str | None]
    mobile: Mapped[str | None]
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    department: Mapped[Department | None] = relationship(foreign_keys=[department_id])


class Group(Base):
    """People who get work together, such as `finance` (candidate group). One that is inactive gets no new work; what it has can still be done."""

    __tablename__ = "group"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))


class GroupMember(Base):
    __tablename__ = "group_member"

    group_id: Mapped[UUID] = mapped_column(ForeignKey("group.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class RoleGrant(Base):
    """A role held by a person; what a role may do stands in `engine.permissions`."""

    __tablename__ = "role_grant"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class Account(Base):
    """The means by which a person signs in with a password (argon2id)."""

    __tablename__ = "account"

    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    password_hash: Mapped[str]
    locked: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    generation: Mapped[int] = mapped_column(Integer, server_default=text("1"))  #: raised to end all sessions
    person: Mapped[Person] = relationship()


class ApiToken(Base):
    """A bearer token of a person, kept only as a digest."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)  #: SHA-256 of the token
    scopes: Mapped[list[str]] = mapped_column(JSONB)
    created_at: Mapped[Created]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    person: Mapped[Person] = relationship()


class IdempotencyRecord(Base):
    """The first answer to a request that carried an `Idempotency-Key`, stored in the transaction that did the work."""

    __tablename__ = "idempotency_record"
    __table_args__ = (Index("ix_idempotency_record_created_at", "created_at"),)

    caller: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Created]


class OaIdentity(Base):
    """Which remote user of an OA connection is which person."""

    __tablename__ = "oa_identity"
    __table_args__ = (UniqueConstraint("connection", "person_id", "id_type"),)

    connection: Mapped[str] = mapped_column(primary_key=True)
    id_type: Mapped[str] = mapped_column(
        primary_key=True, server_default=text("''")
    )  #: `open_id`, `unionid`, ...; empty where an OA has one kind only
    remote_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
