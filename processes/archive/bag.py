"""BagIt bags (RFC 8493): written and forced to disk.

One digest method, SHA-256. The digest of a package is the SHA-256 of its `tagmanifest-sha256.txt`, which holds the digest of the manifest, which holds
those of every file.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the package digest (hex), the number of payload files and their bytes."""

    digest: str
    files: int
    bytes: int


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
