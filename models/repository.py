"""What was deployed: the files by content, the deployments, and the process definitions made from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, Key


class Resource(Base):
    """One deployed file, kept once by the SHA-256 of its bytes."""

    __tablename__ = "resource"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Created]


class Deployment(Base):
    """The act of deploying: who, when, which files (name -> sha256)."""

    __tablename__ = "deployment"

    id: Mapped[Key]
    name: Mapped[str]
    by: Mapped[str | None]
    files: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[Created]


class ProcessDefinition(Base):
    """One version of one BPMN process, pinned by the hash of its manifest.

    `normalised_sha256` names the XML that runs; the author's own stands in the manifest. A better normaliser never changes a running case.
    """

    __tablename__ = "process_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[Key]
    key: Mapped[str]
    version: Mapped[int]
    name: Mapped[str | None]
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployment.id"))
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB)
    manifest_hash: Mapped[str]
    bpmn_sha256: Mapped[str] = mapped_column(ForeignKey("resource.sha256"))
    normalised_sha256: Mapped[str] = mapped_column(ForeignKey("resource.sha256"))
    steps: Mapped[str] = mapped_column(server_default=text("''"))  #: what its user tasks are called, for the search of lists
    subject_kind: Mapped[str | None]
    business_key_prefix: Mapped[str]
    created_at: Mapped[Created]
    suspended_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True)
    )  #: no new case begins while it is; the same for all versions of a key
    suspended_by: Mapped[str | None]
    suspended_reason: Mapped[str | None]
