"""Collecting an item: its subject is described anew, and its metadata are put together from the subject and from the approval's own record.

Runs as a job: the filing starts inside the step that ends the approval, and what that step writes can be read only after its commit.
"""

from typing import Any

from sqlalchemy.orm import Session

from engine.database import transaction
from engine.errors import ExecutionFailed
from engine.operations import Outcome, Situation
from models.archive import ArchiveItem
from processes.archive import metadata, sources
from processes.archive.chronicle import element_names, elements_of, events_of
from processes.archive.opinion import initiator, opinions


def collect(told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Bring an item's documents and metadata up to date; what was added to the subject since the last round is seen."""
    with transaction() as session:
        item = item_of(session, told)
        gather(session, item, told.element)
        documents = item.request["documents"]
        return Outcome(
            {"itemId": str(item.id), "title": item.title, "documents": len(documents)}, {"documents": documents, "metadata": item.metadata_}
        )


def item_of(session: Session, told: Situation) -> ArchiveItem:
    """Return the locked item of a filing; `ExecutionFailed` when the case is about something else."""
    item = session.get(ArchiveItem, told.subject_id, with_for_update=True, populate_existing=True) if told.subject_id else None
    if item is None or item.filing_instance_id not in (None, told.instance_id):
        raise ExecutionFailed(element=told.element, reason="the case has no archive item")
    return item


def gather(session: Session, item: ArchiveItem, element: str) -> None:
    """Fill request and metadata of an item that has no code yet; one that has a code is never changed again."""
    if item.code is not None:
        return
    found = sources.get(item.source_kind, element).describe(session, item.source_id)
    if found is None:
        raise ExecutionFailed(element=element, reason="the subject of the filed case is gone")
    item.request = item.request | {
        "documents": [document.as_json() for document in found.documents],
        "metadata": dict(found.metadata),
        "originalMissing": found.original_missing,
    }
    events = events_of(session, item.source_instance_id)
    said = opinions(events, element_names(elements_of(session, item.source_instance_id)))
    item.metadata_ = metadata.build(item.request, said, initiator(events))
    session.flush()
