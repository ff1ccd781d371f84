"""The archive: volumes, items with their archival codes, packages. Words of order 79 and DA/T 94, OAIS for packages."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Created, Key
from models.identity import LegalEntity


class ArchiveVolume(Base):
    """案卷: items of one entity, class, month and retention. `last_item` is the locked counter of item numbers."""

    __tablename__ = "archive_volume"
    __table_args__ = (
        UniqueConstraint("legal_entity_id", "record_class", "year", "retention", "number"),
        Index(
            "uq_archive_volume_open",
            "legal_entity_id",
            "record_class",
            "month",
            "retention",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Key]
    legal_entity_id: Mapped[UUID] = mapped_column(ForeignKey("legal_entity.id"))
    record_class: Mapped[str]  #: PZ, ZB, BB, QT
    year: Mapped[int] = mapped_column(Integer)
    month: Mapped[str]  #: 2026-11
    retention: Mapped[str]  #: Y, D30, D10, D5
    number: Mapped[int] = mapped_column(Integer)
    last_item: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    state: Mapped[str]
    created_at: Mapped[Created]
    legal_entity: Mapped[LegalEntity] = relationship()


class ArchiveItem(Base):
    """件: one posting voucher's worth of documents. The code is given once and never changed."""

    __tablename__ = "archive_item"
    __table_args__ = (UniqueConstraint("volume_id", "number"), Index("ix_archive_item_created", "created_at", "id"))

    id: Mapped[Key]
    source_kind: Mapped[str]  #: subject kind of the approved case, such as `invoice`
    source_id: Mapped[UUID]
    source_instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    filing_instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    legal_entity_id: Mapped[UUID] = mapped_column(ForeignKey("legal_entity.id"))
    title: Mapped[str]
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)  #: the neutral filing request
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=text("'{}'"))
    checks: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    volume_id: Mapped[UUID | None] = mapped_column(ForeignKey("archive_volume.id"))
    number: Mapped[int | None] = mapped_column(Integer)
    code: Mapped[str | None] = mapped_column(unique=True)  #: 档号
    retention: Mapped[str | None]
    keep_until: Mapped[date | None] = mapped_column(Date)  #: last day of keeping; null is permanent
    state: Mapped[str]  #: `collecting`, `filed`, `sealed`, `revoked`
    created_at: Mapped[Created]
    volume: Mapped[ArchiveVolume | None] = relationship()
    package: Mapped["ArchivePackage | None"] = relationship(back_populates="item", uselist=False)


class ArchivePackage(Base):
    """A BagIt bag on disk, below the archive folder; `digest` is the SHA-256 of its tag manifest."""

    __tablename__ = "archive_package"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("archive_item.id"), primary_key=True)
    path: Mapped[str]
    digest: Mapped[str]
    files: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(BigInteger)
    sealed_at: Mapped[Created]
    item: Mapped[ArchiveItem] = relationship(back_populates="package")
