"""Verifying a package with nothing but its own files: structure, counts, digests, the chains of the histories, and that all of it belongs together.

Needs no database and no network. What a package cannot prove about itself is its own digest: that stands outside, in the filing's history
(`archive:sealed`) and in the office system.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import new
from pathlib import Path
from typing import Any

import bagit
import orjson

from engine.errors import EvidenceBroken, Fault
from engine.history import chain
from processes.archive import bag, chainfile, container, inventory
from processes.archive.inventory import Inventory

METADATA = "data/metadata.json"
ORIGINALS = "data/original/"


@dataclass(slots=True)
class Report:
    """What was checked, in counts, and every fault with its place in the package."""

    code: str = ""
    title: str = ""
    digest: str = ""
    files: int = 0
    bytes: int = 0
    documents: int = 0
    chains: int = 0
    events: int = 0
    erased: int = 0
    info: dict[str, str] = field(default_factory=dict)  #: the bag-info
    ends: dict[str, tuple[int, str]] = field(default_factory=dict)  #: instance id -> number and hash of the last event
    faults: list[Fault] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "code": self.code, "title": self.title, "digest": self.digest, "files": self.files, "bytes": self.bytes, "documents": self.documents,
            "chains": self.chains, "events": self.events, "erased": self.erased, "faults": [fault.as_json() for fault in self.faults],
        }  # fmt: skip


def verify(path: Path) -> Report:
    """Return what a package (folder or ZIP file) proves; faults are collected, never raised."""
    try:
        with container.opened(path) as folder:
            return _verify_folder(folder)
    except EvidenceBroken as error:
        return Report(faults=error.faults)


def require_sound(path: Path) -> Report:
    """Return the report of a sound package; `EvidenceBroken` with every fault of any other."""
    report = verify(path)
    if report.faults:
        raise EvidenceBroken(report.faults)
    return report


def _verify_folder(folder: Path) -> Report:
    found = inventory.take(folder)
    report = Report(digest=found.digest, files=found.files, bytes=found.bytes, info=found.info, faults=found.faults)
    if not report.faults:
        report.faults += _second_opinion(folder)
    if METADATA in found.digests:
        metadata = _read_metadata(found, report)
        if metadata is not None:
            report.code, report.title = metadata["code"], metadata["title"]
            _compare_identifier(found, report)
            _verify_documents(found, metadata["documents"], report)
            _verify_histories(found, metadata["histories"], report)
    elif found.digests:
        report.faults.append(Fault("metadata-missing", "缺少元数据", "There are no metadata", path=METADATA))
    return report


def _second_opinion(folder: Path) -> Iterator[Fault]:
    """Ask the Library of Congress's own library about structure and completeness; it stops at its first fault, so it is asked last."""
    try:
        bagit.Bag(str(folder)).validate(completeness_only=True)
    except bagit.BagError as error:
        yield Fault("bag-invalid", "不符合 BagIt 规范", "Not a valid bag", path=".", found=str(error)[:300])


def _read_metadata(found: Inventory, report: Report) -> dict[str, Any] | None:
    """Return the metadata if they have the form we write; a fault otherwise."""
    try:
        metadata = orjson.loads((found.folder / METADATA).read_bytes())
        texts = [metadata["code"], metadata["title"]]
        texts += [document[name] for document in metadata["documents"] for name in ("path", "sha256", "sm3")]
        texts += [history[name] for history in metadata["histories"] for name in ("path", "instance", "lastHash")]
        numbers = [document["size"] for document in metadata["documents"]] + [history["events"] for history in metadata["histories"]]
        if not all(isinstance(text, str) for text in texts) or not all(isinstance(number, int) for number in numbers):
            raise TypeError("a text or number of another type")
    except (ValueError, KeyError, TypeError) as error:
        report.faults.append(
            Fault("metadata-unreadable", "元数据无法读取", "The metadata cannot be read", path=METADATA, found=repr(error)[:120])
        )
        return None
    return dict(metadata)


def _compare_identifier(found: Inventory, report: Report) -> None:
    stated = found.info.get("External-Identifier", "")
    if stated != report.code:
        report.faults.append(
            Fault(
                "code-differs",
                "档号不一致",
                "The archival code differs from the metadata",
                path=bag.INFO,
                expected=report.code,
                found=stated,
            )
        )


def _verify_documents(found: Inventory, documents: list[dict[str, Any]], report: Report) -> None:
    """Compare the stored originals with the digests in the metadata."""
    for document in documents:
        path = document["path"]
        if path not in found.digests:
            report.faults.append(Fault("document-missing", "缺少原件", "A document is missing", path=path, expected=document["sha256"]))
            continue
        content = (found.folder / path).read_bytes()
        facts = {"size": str(len(content)), "sha256": found.digests[path], "sm3": new("sm3", content).hexdigest()}
        report.documents += 1
        report.faults += [
            Fault(
                f"document-{name}-differs",
                f"原件与元数据不符（{name}）",
                f"A document differs from the metadata ({name})",
                path=path,
                expected=str(document[name]),
                found=fact,
            )
            for name, fact in facts.items()
            if str(document[name]) != fact
        ]
    unnamed = {path for path in found.digests if path.startswith(ORIGINALS)} - {document["path"] for document in documents}
    report.faults += [
        Fault("document-unknown", "元数据中没有该文件", "The metadata do not know this document", path=path) for path in sorted(unnamed)
    ]


def _verify_histories(found: Inventory, histories: list[dict[str, Any]], report: Report) -> None:
    """Check each chain by itself, and that it ends where the metadata say: a cut tail leaves a chain that is right in itself."""
    if not histories:
        report.faults.append(Fault("history-missing", "缺少流转记录", "There is no history", path=METADATA))
    for history in histories:
        path = history["path"]
        if path not in found.digests:
            report.faults.append(Fault("history-missing", "缺少流转记录", "A history is missing", path=path))
            continue
        rows, faults = chainfile.load((found.folder / path).read_bytes(), path)
        check = chain.verify(rows)
        report.chains += 1
        report.events += check.events
        report.erased += check.erased
        report.faults += faults + [_placed(fault, path) for fault in check.faults]
        report.faults += _compare_end(history, check, path, report)


def _placed(fault: Fault, path: str) -> Fault:
    """Return a chain's fault with its place in the package: file and number of the event."""
    number = (fault.path or "").rpartition("/")[2]
    return replace(fault, path=f"{path}:{number}", line=int(number) if number.isdigit() else None)


def _compare_end(history: dict[str, Any], check: chain.Check, path: str, report: Report) -> Iterator[Fault]:
    instance = history["instance"]
    for other in sorted(check.ends.keys() - {instance}):
        yield Fault("history-foreign", "混入其他实例的记录", "Events of another case", path=path, expected=instance, found=other)
    count, digest = check.ends.get(instance, (0, b""))
    report.ends[instance] = (count, digest.hex())
    if (count, digest.hex()) != (history["events"], history["lastHash"]):
        expected, actual = f"{history['events']} {history['lastHash']}", f"{count} {digest.hex()}"
        yield Fault(
            "chain-end-differs",
            "记录末尾与元数据不符",
            "The history does not end where the metadata say",
            path=path,
            expected=expected,
            found=actual,
        )
