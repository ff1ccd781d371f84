"""A finished case asks to be filed: the archive item, its neutral request, and the filing process that works on it."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import instances
from engine.errors import ExecutionFailed
from engine.operations import Outcome, Situation
from engine.permissions import SYSTEM
from engine.settings import read_settings
from models.archive import ArchiveItem
from models.identity import LegalEntity
from models.runtime import ProcessInstance
from processes.archive import sources
from processes.archive.retention import retention_of
from processes.archive.sources import Description, Source

PROCESS = "archive_filing"
SUBJECT = "archive_item"
RECORD_CLASS = "PZ"
_PERIOD = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")


def open_filing(session: Session, told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Make the archive item of a case and start its filing; a case that is filed already keeps its item and filing.

    Fails with `ExecutionFailed` when the kind of subject cannot be filed, the subject is gone, or nobody knows the legal entity whose archive it is.
    """
    item = session.scalars(select(ArchiveItem).filter_by(source_instance_id=told.instance_id)).first()
    if item is None:
        item = _make(session, told, inputs)
    key = session.execute(select(ProcessInstance.business_key).where(ProcessInstance.id == item.filing_instance_id)).scalar_one()
    return Outcome({"itemId": str(item.id), "instanceId": str(item.filing_instance_id), "businessKey": key})


def _make(session: Session, told: Situation, inputs: dict[str, Any]) -> ArchiveItem:
    source = sources.get(told.subject_kind, told.element)
    found = source.describe(session, told.subject_id) if told.subject_id else None
    if found is None:
        raise ExecutionFailed(element=told.element, reason="the case has nothing to file: its subject is not there")
    entity = _entity(session, told, found)
    request = build_request(told, source, found, entity, inputs)
    item = ArchiveItem(
        source_kind=source.kind, source_id=told.subject_id, source_instance_id=told.instance_id, legal_entity_id=entity.id, title=found.title,
        request=request, retention=request["retention"], state="collecting",
    )  # fmt: skip
    session.add(item)
    session.flush()
    started = instances.start(
        session, PROCESS, by=SYSTEM, variables={"request": request}, subject=(SUBJECT, item.id), legal_entity_id=entity.id, parent_id=told.instance_id
    )  # fmt: skip
    item.filing_instance_id = started.case.id
    session.flush()
    return item


def revoked(session: Session, instance_id: UUID) -> None:
    """Mark the item whose filing ended because its case was revoked; a code that it has stays its own, so that the codes have no gap."""
    item = session.scalars(select(ArchiveItem).filter_by(filing_instance_id=instance_id)).first()
    if item is not None:
        item.state = "revoked"
        session.flush()


def _entity(session: Session, told: Situation, found: Description) -> LegalEntity:
    """Return the legal entity in whose archive a case belongs: its own, or its subject's."""
    own = session.execute(select(ProcessInstance.legal_entity_id).where(ProcessInstance.id == told.instance_id)).scalar()
    identity: UUID | None = own or found.legal_entity_id
    entity = session.get(LegalEntity, identity) if identity else None
    if entity is None:
        raise ExecutionFailed(
            element=told.element, reason="the legal entity is unknown, so no archive can take the case; give the subject its entity"
        )
    return entity


def build_request(told: Situation, source: Source, found: Description, entity: LegalEntity, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the neutral filing request: plain texts, whole numbers, lists and objects only."""
    given = inputs["period"]
    return {
        "title": found.title,
        "sourceKind": source.kind,
        "sourceId": str(told.subject_id),
        "sourceInstance": str(told.instance_id),
        "businessKey": told.business_key,
        "legalEntity": {"key": entity.key, "name": entity.name, "taxId": entity.tax_id, "fonds": entity.fonds},
        "recordClass": RECORD_CLASS,
        "retention": retention_of(source.record),
        "period": given if is_period(given) else month_of(told.now),
        "statedPeriod": given,
        "voucherNumber": inputs["voucherNumber"],
        "documents": [document.as_json() for document in found.documents],
        "metadata": dict(found.metadata),
        "originalMissing": found.original_missing,
    }


def is_period(text: str) -> bool:
    """Tell whether a text is an accounting period, such as `2026-11`."""
    return bool(_PERIOD.fullmatch(text))


def month_of(moment: datetime) -> str:
    """Return the month of a time in the installation's time zone."""
    return f"{moment.astimezone(ZoneInfo(read_settings().time_zone)):%Y-%m}"
