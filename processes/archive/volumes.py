"""Volumes (案卷): an item is put into the open volume of its entity, class, month and retention, and gets the next number in it.

Numbers come from the volume's row under its lock, so that they have no gaps however many items are filed at once; volumes get theirs under the lock
of the legal entity.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import ExecutionFailed, InvalidContent
from engine.operations import Outcome, Situation
from models.archive import ArchiveItem, ArchiveVolume
from models.identity import LegalEntity
from processes.archive import codes
from processes.archive.codes import ArchivalCode
from processes.archive.collecting import item_of
from processes.archive.retention import keep_from, keep_until

MOST_ITEMS = 9999  #: four digits; a full volume is closed and the next one opened


def assign_code(session: Session, told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Give an item its archival code and its last day of keeping, once: asking again gives the same. `ExecutionFailed` when no code can be made."""
    item = item_of(session, told)
    if item.code is None:
        try:
            give_code(session, item)
        except InvalidContent as error:
            raise ExecutionFailed(element=told.element, reason=str(error)) from error
    code = codes.parse(item.code or "")
    value = {"code": str(code), "title": item.title, "volume": code.volume_code}
    return Outcome(value, value | {"keepUntil": item.metadata_["keepUntil"]})


def give_code(session: Session, item: ArchiveItem) -> ArchivalCode:
    """Put a locked item without a code into its volume; `InvalidContent` when the parts make no archival code."""
    request = item.request
    volume = open_volume(session, item.legal_entity_id, request["recordClass"], request["period"], request["retention"])
    number = volume.last_item + 1
    code = codes.make(request["legalEntity"]["fonds"], volume.record_class, volume.year, volume.retention, volume.number, number)
    volume.last_item = number
    last = keep_until(volume.year, volume.retention)
    item.volume_id, item.number, item.code, item.retention, item.keep_until, item.state = (
        volume.id,
        number,
        str(code),
        volume.retention,
        last,
        "filed",
    )
    item.metadata_ = item.metadata_ | {
        "archivalCode": str(code),
        "volumeCode": code.volume_code,
        "keepFrom": keep_from(volume.year).isoformat(),
        "keepUntil": last.isoformat() if last else "永久",
    }
    session.flush()
    return code


def open_volume(session: Session, entity_id: UUID, record_class: str, month: str, retention: str) -> ArchiveVolume:
    """Return the locked open volume with room for one more item, made now if there is none."""
    found = _locked(session, entity_id, record_class, month, retention)
    if found is not None:
        return found
    # nobody else makes a volume of this entity meanwhile; foreign keys to it (new cases, new items) do not wait for this lock
    session.execute(select(LegalEntity.id).where(LegalEntity.id == entity_id).with_for_update(key_share=True))
    found = _locked(session, entity_id, record_class, month, retention)
    if found is not None:
        return found
    same = {"legal_entity_id": entity_id, "record_class": record_class, "year": int(month[:4]), "retention": retention}
    last = session.execute(select(func.max(ArchiveVolume.number)).filter_by(**same)).scalar() or 0
    volume = ArchiveVolume(**same, month=month, number=last + 1, last_item=0, state="open")
    session.add(volume)
    session.flush()
    return volume


def _locked(session: Session, entity_id: UUID, record_class: str, month: str, retention: str) -> ArchiveVolume | None:
    found = session.scalars(
        select(ArchiveVolume)
        .filter_by(legal_entity_id=entity_id, record_class=record_class, month=month, retention=retention, state="open")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is not None and found.last_item >= MOST_ITEMS:
        found.state = "closed"
        session.flush()
        return None
    return found
