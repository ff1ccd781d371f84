"""The inventory of a bag on disk: every file with its digest, compared with what the bag says of itself. Every fault is found and named."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath

from engine.errors import Fault
from processes.archive.bag import CHUNK, DECLARATION, DECLARED, INFO, MANIFEST, TAG_MANIFEST

MOST_TAG_BYTES = 32 << 20  #: no tag file of ours comes near; a larger one is not read into memory
_LINE = re.compile(r"([0-9A-Fa-f]{64})[ \t]+\*?(.+)")
_OXUM = re.compile(r"([0-9]{1,18})\.([0-9]{1,12})")


@dataclass(slots=True)
class Inventory:
    """What was read: the bag-info, the digests of the files on disk by path, the bytes of the payload, and every fault."""

    folder: Path
    digest: str = ""
    info: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    bytes: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def files(self) -> int:
        """The number of payload files on disk."""
        return sum(path.startswith("data/") for path in self.digests)


def take(folder: Path) -> Inventory:
    """Return what a bag holds, with every fault of its structure, counts and digests. Nothing outside the folder is touched."""
    found = Inventory(folder)
    if not folder.is_dir() or folder.is_symlink():
        found.faults.append(Fault("bag-missing", "归档包不存在", "There is no such folder", path=str(folder)))
        return found
    _take_stock(found)
    for name in (DECLARATION, INFO, MANIFEST, TAG_MANIFEST):
        if name not in found.digests:
            found.faults.append(Fault("tag-file-missing", "缺少标签文件", "A tag file is missing", path=name))
    found.digest = found.digests.get(TAG_MANIFEST, "")
    declared = _tag_file(found, DECLARATION)
    if declared is not None and declared.replace("\r\n", "\n") != DECLARED.decode():
        found.faults.append(_fault("declaration-wrong", "bagit.txt 内容不符", "Not the declaration of BagIt 1.0 in UTF-8", DECLARATION))
    found.info = _info(found)
    _compare_oxum(found)
    _compare_manifest(found, MANIFEST, {path for path in found.digests if path.startswith("data/")})
    _compare_manifest(found, TAG_MANIFEST, {path for path in found.digests if not path.startswith("data/") and path != TAG_MANIFEST})
    return found


def _take_stock(found: Inventory) -> None:
    """Digest every file below the folder; links and other things that are no files are faults and are not opened."""
    for place, kind in sorted(_walk(found.folder)):
        path = place.relative_to(found.folder).as_posix()
        if kind != "file":
            found.faults.append(_fault("not-a-file", "包内不允许链接或特殊文件", "A bag holds plain files only", path, "file", kind))
            continue
        size, found.digests[path] = digest_file(place)
        if path.startswith("data/"):
            found.bytes += size


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    for entry in os.scandir(folder):
        place = Path(entry.path)
        if entry.is_symlink():
            yield place, "link"
        elif entry.is_dir():
            yield from _walk(place)
        else:
            yield place, "file" if entry.is_file() else "special"


def digest_file(place: Path) -> tuple[int, str]:
    """Return size and SHA-256 of a file."""
    digest, size = sha256(), 0
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def _tag_file(found: Inventory, name: str) -> str | None:
    """Return the text of a tag file; None, with a fault, when it cannot be read."""
    if name not in found.digests:
        return None
    place = found.folder / name
    if place.stat().st_size > MOST_TAG_BYTES:
        found.faults.append(_fault("tag-file-too-large", "标签文件过大", "The tag file is too large", name))
        return None
    try:
        return place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        found.faults.append(_fault("tag-file-unreadable", "标签文件不是 UTF-8", "The tag file is not UTF-8", name))
        return None


def _info(found: Inventory) -> dict[str, str]:
    """Return the bag-info; a line that begins with a blank goes on with the one above."""
    info: dict[str, str] = {}
    label = ""
    for number, line in enumerate((_tag_file(found, INFO) or "").splitlines(), start=1):
        if line[:1] in (" ", "\t") and label:
            info[label] += " " + line.strip()
        elif ":" in line:
            label, _, value = line.partition(":")
            info[label] = value.strip()
        elif line.strip():
            found.faults.append(Fault("info-unreadable", "标签行无法读取", "A line of the bag-info cannot be read", path=INFO, line=number))
    return info


def _compare_oxum(found: Inventory) -> None:
    stated = found.info.get("Payload-Oxum", "")
    parts = _OXUM.fullmatch(stated)
    if parts is None:
        found.faults.append(_fault("oxum-missing", "缺少 Payload-Oxum", "Payload-Oxum is missing", INFO, "bytes.files", stated))
        return
    if int(parts[1]) != found.bytes:
        found.faults.append(_fault("oxum-bytes-differ", "总字节数不符", "The number of bytes differs", "data", parts[1], str(found.bytes)))
    if int(parts[2]) != found.files:
        found.faults.append(_fault("oxum-files-differ", "文件数不符", "The number of files differs", "data", parts[2], str(found.files)))


def _compare_manifest(found: Inventory, name: str, present: set[str]) -> None:
    """Compare what a manifest lists with what is there."""
    listed: dict[str, str] = {}
    for number, line in enumerate((_tag_file(found, name) or "").splitlines(), start=1):
        parts = _LINE.fullmatch(line)
        path = _decoded(parts[2]) if parts else ""
        if parts is None:
            found.faults.append(
                Fault(
                    "manifest-unreadable",
                    "清单行无法读取",
                    "A line of the manifest cannot be read",
                    path=name,
                    line=number,
                    found=line[:120],
                )
            )
        elif not is_inside(path) or path.startswith("data/") != (name == MANIFEST):
            found.faults.append(
                Fault("path-refused", "清单中的路径越界", "A path that leads out of the bag", path=name, line=number, found=path[:120])
            )
        elif listed.setdefault(path, parts[1].lower()) != parts[1].lower():
            found.faults.append(Fault("manifest-twice", "清单中文件重复", "A file is listed twice", path=path, line=number))
    for path in sorted(listed):
        if path not in present:
            found.faults.append(_fault("file-missing", "文件缺失", "The file is missing", path, listed[path]))
        elif found.digests[path] != listed[path]:
            found.faults.append(
                _fault("digest-differs", "文件内容与清单不符", "The content was changed", path, listed[path], found.digests[path])
            )
    for path in sorted(present - listed.keys()):
        found.faults.append(_fault("file-unexpected", "清单之外的文件", "The file is in no manifest", path, None, found.digests[path]))


def is_inside(path: str) -> bool:
    """Tell whether a path of a manifest or container stays inside the folder it is relative to, on any system."""
    parts = PurePosixPath(path).parts
    return (
        bool(parts)
        and not path.startswith(("/", "~"))
        and ".." not in parts
        and "\\" not in path
        and "\0" not in path
        and ":" not in parts[0]
    )


def _fault(code: str, zh: str, en: str, path: str, expected: str | None = None, found: str | None = None) -> Fault:
    return Fault(code, zh, en, path=path, expected=expected, found=found)


def _decoded(path: str) -> str:
    for code, character in (("%0A", "\n"), ("%0a", "\n"), ("%0D", "\r"), ("%0d", "\r"), ("%25", "%")):
        path = path.replace(code, character)
    return path
