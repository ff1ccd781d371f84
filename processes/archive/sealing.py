"""Sealing an item: its package is written by a worker outside any transaction, then the row and the event `archive:sealed` are written together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.database import transaction
from engine.errors import EvidenceBroken, ExecutionFailed, Fault
from engine.operations import Outcome, Situation
from engine.permissions import SYSTEM
from engine.settings import read_settings
from engine.step import lock
from models.archive import ArchiveItem, ArchivePackage
from models.oa import OaDelivery
from models.repository import ProcessDefinition, Resource
from models.runtime import ProcessInstance
from processes.archive import codes, contents, package, sources
from processes.archive.chronicle import element_names, elements_of, events_of, field_labels
from processes.archive.collecting import item_of
from processes.archive.contents import Chronicle, Material
from processes.archive.opinion import personal_of
from processes.archive.package import Stored


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker needs to write a package."""

    item_id: str
    organisation: str
    material: Material


def write_package(told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Write the package of an item that has its code, and seal the item; repeating finds the same package.

    Fails with `ExecutionFailed` without a code or with a document whose bytes are gone, with `EvidenceBroken` when another package was sealed for the item.
    """
    with transaction() as session:
        sealed = _sealed(session, told)
        order = None if sealed else _order(session, told)
    if order is None:
        assert sealed is not None
        return _outcome(*sealed)
    code = codes.parse(order.material.code)
    stored = package.write(read_settings().archive_folder, code, order.item_id, contents.payload(order.material), _info(order))
    with transaction() as session:
        _record(session, told, str(code), stored)
    return _outcome(str(code), stored)


def _outcome(code: str, stored: Stored) -> Outcome:
    value = {"code": code, "digest": stored.digest, "path": stored.path, "files": stored.files, "bytes": stored.bytes}
    return Outcome(value, value)


def _sealed(session: Session, told: Situation) -> tuple[str, Stored] | None:
    item = item_of(session, told)
    found = item.package
    return (item.code or "", Stored(found.path, found.digest, found.files, found.bytes)) if found else None


def _info(order: Order) -> list[tuple[str, str]]:
    return [
        ("Bag-Software-Agent", f"shenpi {_version()}"),
        ("Bagging-Date", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("Source-Organization", order.organisation),
        ("External-Description", order.material.title),
    ]


def _version() -> str:
    try:
        return version("shenpi")
    except PackageNotFoundError:
        return "(development)"


# --- what goes in


def _order(session: Session, told: Situation) -> Order:
    item = item_of(session, told)
    if item.code is None or item.filing_instance_id is None:
        raise ExecutionFailed(element=told.element, reason="the item has no archival code yet")
    source = sources.get(item.source_kind, told.element)
    described = source.describe(session, item.source_id)
    approval = _chronicle(session, "approval", item.source_instance_id)
    filing = _chronicle(session, "filing", item.filing_instance_id)
    material = Material(
        code=item.code,
        title=item.title,
        kind=source.kind,
        metadata=item.metadata_,
        content=described.content if described else {},
        documents=[(document, _bytes(session, source, document, told)) for document in item.request["documents"]],
        checks=item.checks,
        receipts=_receipts(session, [approval, filing]),
        chronicles=[approval, filing],
        time_zone=read_settings().time_zone,
    )
    return Order(str(item.id), item.request["legalEntity"]["name"], material)


def _bytes(session: Session, source: sources.Source, document: Mapping[str, Any], told: Situation) -> bytes:
    content = source.load(session, document["sha256"])
    if content is None:
        raise ExecutionFailed(element=told.element, reason=f"the stored bytes of {document['name']} are gone")
    return content


def _chronicle(session: Session, name: str, instance_id: UUID) -> Chronicle:
    instance = session.get_one(ProcessInstance, instance_id)
    definition = session.get_one(ProcessDefinition, instance.definition_id)
    elements = elements_of(session, instance.id)
    return Chronicle(
        name=name,
        instance=str(instance.id),
        business_key=instance.business_key,
        process=definition.name or definition.key,
        rows=events_of(session, instance.id),
        files=_deployed(session, definition),
        element_names=element_names(elements),
        field_labels=field_labels(elements),
    )


def _deployed(session: Session, definition: ProcessDefinition) -> dict[str, bytes]:
    """Return the author's own files of a definition: its drawing, its decision tables and forms."""
    digests: dict[str, str] = {**definition.manifest["bpmn"], **definition.manifest["others"]}
    found = session.execute(select(Resource.sha256, Resource.content).where(Resource.sha256.in_(digests.values())))
    contents_of = dict(found.all())
    return {name: contents_of[digest] for name, digest in sorted(digests.items())}


def _receipts(session: Session, chronicles: list[Chronicle]) -> dict[str, Any]:
    """Return what office systems and other outside parties answered so far."""
    instances = [UUID(chronicle.instance) for chronicle in chronicles]
    delivered = session.scalars(
        select(OaDelivery)
        .where(OaDelivery.instance_id.in_(instances), OaDelivery.state == "sent")
        .order_by(OaDelivery.instance_id, OaDelivery.version, OaDelivery.connection)
    )
    return {
        "deliveries": [
            {
                "connection": row.connection, "instance": str(row.instance_id), "version": row.version, "receipt": row.receipt,
                "deliveredAt": row.delivered_at.astimezone(UTC).isoformat() if row.delivered_at else None,
            }
            for row in delivered
        ],
        "jobs": [
            {"instance": chronicle.instance, "event": row.number, "element": row.element, **personal_of(row)}
            for chronicle in chronicles
            for row in chronicle.rows
            if row.type == "job:completed"
        ],
    }  # fmt: skip


# --- what is remembered


def _record(session: Session, told: Situation, code: str, stored: Stored) -> None:
    """Write the package's row and the event that names its digest, in one step of the filing; nothing when that was done before."""
    step = lock(session, told.instance_id, running=True)
    item: ArchiveItem = item_of(session, told)
    if item.package is not None:
        if item.package.digest != stored.digest:
            raise EvidenceBroken([_other_digest(stored, item.package.digest)])
        return
    session.add(ArchivePackage(item_id=item.id, path=stored.path, digest=stored.digest, files=stored.files, bytes=stored.bytes))
    item.state = "sealed"
    session.flush()
    step.recorder.record(
        "archive:sealed",
        actor=SYSTEM.key,
        element=told.element,
        data={"code": code, "digest": stored.digest, "files": stored.files, "bytes": stored.bytes, "path": stored.path},
    )
    step.write()


def _other_digest(stored: Stored, sealed: str) -> Fault:
    return Fault(
        "package-differs", "归档包与已登记的摘要不符", "Another package was sealed", path=stored.path, expected=sealed, found=stored.digest
    )
