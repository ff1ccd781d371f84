"""Packages come as a folder or as a ZIP file; both are looked at as a folder."""

import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from engine.errors import EvidenceBroken, Fault
from processes.archive.bag import CHUNK, DECLARATION
from processes.archive.inventory import is_inside

MOST_FILES = 20_000
MOST_BYTES = 4 << 30


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Give the folder of a package. Refuses with `EvidenceBroken` a ZIP file that is damaged, encrypted, too large or whose names lead elsewhere."""
    if path.is_dir() or not path.exists():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="shenpi-verify-") as name:
        folder = Path(name)
        try:
            with ZipFile(path) as archive:
                _extract(archive, folder, path.name)
        except (BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            raise EvidenceBroken(
                [_fault("zip-damaged", "压缩包已损坏", "The ZIP file is damaged", path.name, found=str(error)[:200])]
            ) from error
        yield _root(folder)


def _root(folder: Path) -> Path:
    """Return the bag in an unpacked folder: itself, or the only folder in it."""
    inside = list(folder.iterdir())
    if not (folder / DECLARATION).exists() and len(inside) == 1 and inside[0].is_dir():
        return inside[0]
    return folder


def _extract(archive: ZipFile, folder: Path, name: str) -> None:
    entries = archive.infolist()
    faults = [fault for entry in entries for fault in _refused(entry, name)]
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        faults.append(_fault("zip-too-large", "压缩包过大", "The ZIP file holds too much", name))
    faults += [
        _fault("zip-name-twice", "压缩包内文件重名", "Two entries have the same name", entry, found=str(count))
        for entry, count in Counter(entry.filename for entry in entries).items()
        if count > 1
    ]
    if faults:
        raise EvidenceBroken(faults)
    for entry in entries:
        place = folder / entry.filename
        if entry.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, place.open("xb") as target:  # no more comes out than the directory of the file states
            while chunk := source.read(CHUNK):
                target.write(chunk)


def _refused(entry: ZipInfo, name: str) -> Iterator[Fault]:
    if not is_inside(entry.filename):
        yield _fault("path-refused", "压缩包内的路径越界", "A path that leads out of the package", name, found=entry.filename[:120])
    if stat.S_ISLNK(entry.external_attr >> 16):
        yield _fault("not-a-file", "包内不允许链接", "A package holds plain files only", entry.filename[:120], "file", "link")
    if entry.flag_bits & 1:
        yield _fault("zip-encrypted", "压缩包已加密", "The package is encrypted", entry.filename[:120])


def _fault(code: str, zh: str, en: str, path: str, expected: str | None = None, found: str | None = None) -> Fault:
    return Fault(code, zh, en, path=path, expected=expected, found=found)
