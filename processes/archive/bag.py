"""BagIt bags (RFC 8493): written so that a crash leaves a whole bag or none, read so that every fault is found and named.

One digest method, SHA-256. The digest of a package is the SHA-256 of its `tagmanifest-sha256.txt`, which holds the digest of the manifest, which holds
those of every file.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath

from engine.errors import Fault

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
CHUNK = 1 << 20
MOST_TAG_BYTES = 32 << 20  #: no tag file of ours comes near; a larger one is not read into memory
_LINE = re.compile(r"([0-9A-Fa-f]{64})[ \t]+\*?(.+)")
_OXUM = re.compile(r"([0-9]{1,18})\.([0-9]{1,12})")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the package digest (hex), the number of payload files and their bytes."""

    digest: str
    files: int
    bytes: int


@dataclass(slots=True)
class Bag:
    """What was read: the bag-info, the digests found on disk by path, and every fault."""

    folder: Path
    digest: str = ""
    info: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    bytes: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def files(self) -> int:
        """The number of payload files on disk."""
        return sum(path.startswith("data/") for path in self.found)


# --- writing


def write(folder: Path, payload: Mapping[str, bytes], info: Iterable[tuple[str, str]]) -> Written:
    """Write a bag into an empty folder and force it to disk; paths of the payload begin with `data/`."""
    size = sum(len(content) for content in payload.values())
    lines = [*info, ("Payload-Oxum", f"{size}.{len(payload)}")]
    tags = {
        DECLARATION: DECLARED,
        INFO: "".join(f"{label}: {_one_line(value)}\n" for label, value in lines).encode(),
        MANIFEST: manifest(payload),
    }
    tag_manifest = manifest(tags)
    for path, content in {**payload, **tags, TAG_MANIFEST: tag_manifest}.items():
        _write_file(folder, path, content)
    for place in [*(path for path in folder.rglob("*") if path.is_dir()), folder]:
        sync_folder(place)
    return Written(sha256(tag_manifest).hexdigest(), len(payload), size)


def manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of some files."""
    return "".join(f"{sha256(files[path]).hexdigest()}  {_encoded(path)}\n" for path in sorted(files)).encode()


def _write_file(folder: Path, path: str, content: bytes) -> None:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    place.chmod(0o444)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _encoded(path: str) -> str:
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _decoded(path: str) -> str:
    for code, character in (("%0A", "\n"), ("%0a", "\n"), ("%0D", "\r"), ("%0d", "\r"), ("%25", "%")):
        path = path.replace(code, character)
    return path


# --- reading


def read(folder: Path) -> Bag:
    """Return what a bag holds, with every fault of its structure, counts and digests. Nothing outside the folder is touched."""
    bag = Bag(folder)
    if not folder.is_dir() or folder.is_symlink():
        bag.faults.append(Fault("bag-missing", "归档包不存在", "There is no such folder", path=str(folder)))
        return bag
    _take_stock(bag)
    for name in (DECLARATION, INFO, MANIFEST, TAG_MANIFEST):
        if name not in bag.found:
            bag.faults.append(Fault("tag-file-missing", "缺少标签文件", "A tag file is missing", path=name))
    bag.digest = bag.found.get(TAG_MANIFEST, "")
    declared = _tag_file(bag, DECLARATION)
    if declared is not None and declared.replace("\r\n", "\n") != DECLARED.decode():
        bag.faults.append(_fault("declaration-wrong", "bagit.txt 内容不符", "Not the declaration of BagIt 1.0 in UTF-8", DECLARATION))
    bag.info = _info(bag)
    _compare_oxum(bag)
    _compare_manifest(bag, MANIFEST, {path for path in bag.found if path.startswith("data/")})
    _compare_manifest(bag, TAG_MANIFEST, {path for path in bag.found if not path.startswith("data/") and path != TAG_MANIFEST})
    return bag


def _take_stock(bag: Bag) -> None:
    """Digest every file below the folder; links and other things that are no files are faults and are not opened."""
    for place, kind in sorted(_walk(bag.folder)):
        path = place.relative_to(bag.folder).as_posix()
        if kind != "file":
            bag.faults.append(_fault("not-a-file", "包内不允许链接或特殊文件", "A bag holds plain files only", path, "file", kind))
            continue
        size, bag.found[path] = digest_file(place)
        if path.startswith("data/"):
            bag.bytes += size


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


def _tag_file(bag: Bag, name: str) -> str | None:
    """Return the text of a tag file; None, with a fault, when it cannot be read."""
    if name not in bag.found:
        return None
    place = bag.folder / name
    if place.stat().st_size > MOST_TAG_BYTES:
        bag.faults.append(_fault("tag-file-too-large", "标签文件过大", "The tag file is too large", name))
        return None
    try:
        return place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        bag.faults.append(_fault("tag-file-unreadable", "标签文件不是 UTF-8", "The tag file is not UTF-8", name))
        return None


def _info(bag: Bag) -> dict[str, str]:
    """Return the bag-info; a line that begins with a blank goes on with the one above."""
    info: dict[str, str] = {}
    label = ""
    for number, line in enumerate((_tag_file(bag, INFO) or "").splitlines(), start=1):
        if line[:1] in (" ", "\t") and label:
            info[label] += " " + line.strip()
        elif ":" in line:
            label, _, value = line.partition(":")
            info[label] = value.strip()
        elif line.strip():
            bag.faults.append(Fault("info-unreadable", "标签行无法读取", "A line of the bag-info cannot be read", path=INFO, line=number))
    return info


def _compare_oxum(bag: Bag) -> None:
    stated = bag.info.get("Payload-Oxum", "")
    parts = _OXUM.fullmatch(stated)
    if parts is None:
        bag.faults.append(_fault("oxum-missing", "缺少 Payload-Oxum", "Payload-Oxum is missing", INFO, "bytes.files", stated))
        return
    if int(parts[1]) != bag.bytes:
        bag.faults.append(_fault("oxum-bytes-differ", "总字节数不符", "The number of bytes differs", "data", parts[1], str(bag.bytes)))
    if int(parts[2]) != bag.files:
        bag.faults.append(_fault("oxum-files-differ", "文件数不符", "The number of files differs", "data", parts[2], str(bag.files)))


def _compare_manifest(bag: Bag, name: str, present: set[str]) -> None:
    """Compare what a manifest lists with what is there."""
    listed: dict[str, str] = {}
    for number, line in enumerate((_tag_file(bag, name) or "").splitlines(), start=1):
        parts = _LINE.fullmatch(line)
        path = _decoded(parts[2]) if parts else ""
        if parts is None:
            bag.faults.append(
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
            bag.faults.append(
                Fault("path-refused", "清单中的路径越界", "A path that leads out of the bag", path=name, line=number, found=path[:120])
            )
        elif listed.setdefault(path, parts[1].lower()) != parts[1].lower():
            bag.faults.append(Fault("manifest-twice", "清单中文件重复", "A file is listed twice", path=path, line=number))
    for path in sorted(listed):
        if path not in present:
            bag.faults.append(_fault("file-missing", "文件缺失", "The file is missing", path, listed[path]))
        elif bag.found[path] != listed[path]:
            bag.faults.append(
                _fault("digest-differs", "文件内容与清单不符", "The content was changed", path, listed[path], bag.found[path])
            )
    for path in sorted(present - listed.keys()):
        bag.faults.append(_fault("file-unexpected", "清单之外的文件", "The file is in no manifest", path, None, bag.found[path]))


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
