"""Verifying a whole installation: every chain in the database, and every package on disk against what was recorded about it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from engine import replay
from engine.errors import Fault
from processes.archive import verify
from processes.archive.verify import Report


@dataclass(slots=True)
class Survey:
    """What was checked, in counts, and every fault. `unrecorded` are folders on disk that no row knows, such as one whose sealing was cut off."""

    chains: int = 0
    events: int = 0
    erased: int = 0
    packages: int = 0
    files: int = 0
    unrecorded: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


_PACKAGES = text(
    """
    SELECT p.path, p.digest, i.code, i.filing_instance_id,
           (SELECT e.body FROM history_event e WHERE e.instance_id = i.filing_instance_id AND e.type = 'archive:sealed' ORDER BY e.number DESC LIMIT 1)
             AS sealed
    FROM archive_package p JOIN archive_item i ON i.id = p.item_id ORDER BY p.path
    """
)
_EVENT = text("SELECT hash FROM history_event WHERE instance_id = CAST(:instance AS uuid) AND number = :number")


def verify_installation(session: Session, folder: Path) -> Survey:
    """Check every chain, every chain's end, every package, its recorded digest, and that its histories are the beginning of those in the database."""
    chains = replay.verify_all(session)
    survey = Survey(chains=chains.chains, events=chains.events, erased=chains.erased, faults=list(chains.faults))
    known = set()
    for row in session.execute(_PACKAGES).all():
        known.add(row.path)
        report = verify.verify(folder / row.path)
        survey.packages += 1
        survey.files += report.files
        survey.faults += [replace(fault, file=row.path) for fault in report.faults]
        survey.faults += _compare(session, row, report)
    survey.unrecorded = sorted(path for path in _on_disk(folder) if path not in known)
    return survey


def _compare(session: Session, row: Row[Any], report: Report) -> Iterator[Fault]:
    """Compare a package with its row, with the event that sealed it, and its histories with the database."""
    sealed = orjson.loads(bytes(row.sealed))["data"]["digest"] if row.sealed is not None else None
    for zh, en, expected in (("登记", "row", row.digest), ("封存事件", "sealing event", sealed)):
        if report.digest != expected:
            yield Fault(
                "package-differs",
                f"归档包摘要与{zh}不符",
                f"The digest differs from the {en}",
                file=row.path,
                expected=expected,
                found=report.digest,
            )
    if report.digest and report.code != row.code:
        yield Fault("code-differs", "档号与登记不符", "The code differs from the row", file=row.path, expected=row.code, found=report.code)
    for instance, (number, digest) in report.ends.items():
        found = session.execute(_EVENT, {"instance": instance, "number": number}).scalar() if number else None
        if found is None or bytes(found).hex() != digest:
            yield Fault(
                "history-differs",
                "包内记录与数据库不符",
                "The history is not the one in the database",
                file=row.path,
                path=f"{instance}/{number}",
                expected=bytes(found).hex() if found is not None else None,
                found=digest,
            )


def _on_disk(folder: Path) -> Iterator[str]:
    """Return the packages and drafts below the archive folder: fonds, year, code."""
    return (path.relative_to(folder).as_posix() for path in folder.glob("*/*/*"))
