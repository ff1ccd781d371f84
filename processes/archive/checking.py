"""The four-nature check of an item: the evidence is read from the database, the rules are `processes.archive.checks`."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import InvalidContent
from engine.operations import Outcome, Situation
from models.archive import ArchiveItem
from models.runtime import ProcessInstance
from processes.archive import checks, sources
from processes.archive.chronicle import events_of
from processes.archive.collecting import item_of
from processes.archive.evidence import Evidence, Examined
from processes.archive.filing import month_of
from processes.archive.sources import Source


def check(session: Session, told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Check an item and keep the results; the result counts what blocks and what warns."""
    item = item_of(session, told)
    results = checks.run(evidence_of(session, item, told))
    item.checks = results
    session.flush()
    failed = [result["level"] for result in results if result["result"] == "failed"]
    return Outcome({"blocking": failed.count("block"), "warnings": failed.count("warn")}, {"checks": results})


def evidence_of(session: Session, item: ArchiveItem, told: Situation) -> Evidence:
    """Return everything the rules look at."""
    source = sources.get(item.source_kind, told.element)
    # a receipt of an office system may be recorded meanwhile: hold the end of the chain until its events are read
    end = session.execute(
        select(ProcessInstance.event_count, ProcessInstance.event_hash)
        .where(ProcessInstance.id == item.source_instance_id)
        .with_for_update(read=True)
    ).one()
    return Evidence(
        request=item.request,
        metadata=item.metadata_,
        documents=[examine(session, source, document) for document in item.request["documents"]],
        history=events_of(session, item.source_instance_id),
        expected_end=(end.event_count, bytes(end.event_hash)),
        twins=_twins(session, item),
        month_now=month_of(told.now),
    )


def examine(session: Session, source: Source, document: Mapping[str, Any]) -> Examined:
    """Return a document with its stored bytes, opened once more."""
    content = source.load(session, document["sha256"])
    if content is None:
        return Examined(document, None, None)
    try:
        return Examined(document, content, source.open(content, document["name"]))
    except InvalidContent as error:
        return Examined(document, content, None, str(error))


def _twins(session: Session, item: ArchiveItem) -> list[str]:
    """Return the codes of other items that were made of the same subject."""
    statement = select(ArchiveItem.code).where(
        ArchiveItem.source_kind == item.source_kind,
        ArchiveItem.source_id == item.source_id,
        ArchiveItem.id != item.id,
        ArchiveItem.code.is_not(None),
    )
    return [code for code in session.scalars(statement) if code]
