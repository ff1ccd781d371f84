"""Where filed things come from: for each kind of subject, how to describe it, how to get its stored bytes, and how to open them again.

The archive knows no invoice. A business area registers a `Source` for its kind, and the archive asks it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from engine.errors import ExecutionFailed

Signature = Literal["right", "wrong", "unknown", "none"]


@dataclass(frozen=True, slots=True)
class Document:
    """One stored file of a subject, named by the digests of its bytes. `role` is `original`, `carrier`, `copy` or `attachment`; `size` is in bytes."""

    sha256: str
    sm3: str
    name: str
    role: str
    media_type: str
    size: int

    def as_json(self) -> dict[str, Any]:
        """Return the document as it stands in a filing request."""
        return {
            "sha256": self.sha256,
            "sm3": self.sm3,
            "name": self.name,
            "role": self.role,
            "mediaType": self.media_type,
            "size": self.size,
        }


@dataclass(frozen=True, slots=True)
class Description:
    """A subject as the archive sees it.

    `metadata` has the names of `processes.archive.metadata.LABELS` and may have more; its values are texts. `content` is the subject itself in JSON.
    `original_missing` is true when only a print or photo of an electronic original is there.
    """

    title: str
    legal_entity_id: UUID | None
    documents: tuple[Document, ...]
    metadata: Mapping[str, str]
    content: Mapping[str, Any]
    original_missing: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file turned out to be when it was opened: its type by content, the metadata it states itself, whether its signature holds."""

    media_type: str
    facts: Mapping[str, str] = field(default_factory=dict)
    signature: Signature = "none"


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of subject. `open` raises `InvalidContent` for bytes that cannot be read; `load` returns None for bytes that are not stored."""

    kind: str
    record: str  #: a kind of record of `processes.archive.retention`
    describe: Callable[[Session, UUID], Description | None]
    load: Callable[[Session, str], bytes | None]
    open: Callable[[bytes, str], Opened]


_registry: dict[str, Source] = {}


def register(*sources: Source) -> None:
    """Add sources; the same kind twice must be the same source."""
    for source in sources:
        if _registry.setdefault(source.kind, source) is not source:
            raise ValueError(f"source {source.kind} is registered twice")


def get(kind: str | None, element: str) -> Source:
    """Return the source of a kind of subject; `ExecutionFailed` on the element when nobody registered one."""
    source = _registry.get(kind or "")
    if source is None:
        raise ExecutionFailed(element=element, reason=f"subjects of kind {kind} cannot be filed")
    return source
