"""Packages on disk, below the archive folder: `<fonds>/<year>/<code>`. A package is there whole or not at all, and is never written twice.

The bag is written into a draft folder beside its place, forced to disk, and then renamed. Who comes after a crash finds either a draft, which is removed,
or the whole bag, which is adopted.
"""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.crash import point
from engine.errors import Refused, Unavailable
from processes.archive import bag
from processes.archive.codes import ArchivalCode
from processes.archive.verify import verify

ITEM_LABEL = "Internal-Sender-Identifier"  #: a reserved element of RFC 8493: whose bag this is


@dataclass(frozen=True, slots=True)
class Stored:
    """A package on disk: its place relative to the archive folder, its digest, payload files and bytes."""

    path: str
    digest: str
    files: int
    bytes: int


def place_of(code: ArchivalCode) -> str:
    """Return where the package of a code belongs, relative to the archive folder."""
    return f"{code.fonds}/{code.year:04d}/{code.file_name}"


def write(root: Path, code: ArchivalCode, item: str, payload: Mapping[str, bytes], info: Iterable[tuple[str, str]]) -> Stored:
    """Write the package of an item, or adopt the one that an earlier attempt left whole.

    Refuses with `Refused` a place taken by another item's package, with `Unavailable` (try again) while another worker is writing this one.
    """
    relative = place_of(code)
    place = root / relative
    _make_folders(root, place.parent)
    with _draft(place) as draft:
        found = adopt(root, relative, item)
        if found is not None:
            return found
        if place.exists():
            shutil.rmtree(place)  # nobody recorded it and it is not whole
        for child in draft.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        written = bag.write(draft, payload, [*info, ("External-Identifier", str(code)), (ITEM_LABEL, item)])
        point("package.rename:before")
        draft.rename(place)
        point("package.rename:after")
        bag.sync_folder(place.parent)
    return Stored(relative, written.digest, written.files, written.bytes)


def adopt(root: Path, relative: str, item: str) -> Stored | None:
    """Return the whole package that stands in a place, or None when there is none or half of one; `Refused` when it is another item's."""
    place = root / relative
    if not place.is_dir():
        return None
    report = verify(place)
    if not report.sound:
        return None
    if report.info.get(ITEM_LABEL) != item:
        raise Refused(reason=f"{relative} holds the package of another item")
    return Stored(relative, report.digest, report.files, report.bytes)


def _make_folders(root: Path, folder: Path) -> None:
    """Make the folders down to a place and force their names to disk."""
    missing = [path for path in (folder, *folder.parents) if path.is_relative_to(root) and not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in reversed(missing):
        bag.sync_folder(path.parent)


@contextmanager
def _draft(place: Path) -> Iterator[Path]:
    """Give the locked draft folder of a place; it is gone afterwards, renamed or removed."""
    draft = place.parent / f".{place.name}.draft"
    draft.mkdir(exist_ok=True)
    descriptor = os.open(draft, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(reason="another worker is writing this package") from error
        if not _is_open(draft, descriptor):
            raise Unavailable(reason="another worker has just written this package")  # the lock is on a folder that was renamed meanwhile
        try:
            yield draft
        finally:
            if _is_open(draft, descriptor):
                shutil.rmtree(draft)
    finally:
        os.close(descriptor)


def _is_open(folder: Path, descriptor: int) -> bool:
    """Tell whether a folder is still the one that was opened."""
    return folder.exists() and os.path.samestat(folder.stat(), os.fstat(descriptor))
