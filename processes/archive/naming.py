"""Names of files in a package: as people named them, made safe for every file system, and unique."""

import re
import unicodedata
from pathlib import PurePosixPath

MOST_BYTES = 180
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*%~]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")


def safe(name: str) -> str:
    """Return a file name without folders, control characters, direction marks and what Windows refuses; never empty, at most 180 bytes."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(character for character in text if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    text = _UNSAFE.sub("_", text).strip(" .")
    if not text or _DEVICES.match(text):
        text = f"_{text}"
    suffix = PurePosixPath(text).suffix
    if len(suffix.encode()) > 20:
        suffix = ""
    stem = text.removesuffix(suffix) if suffix else text
    while len((stem + suffix).encode()) > MOST_BYTES:
        stem = stem[:-1]
    return stem + suffix


def unique(name: str, taken: set[str]) -> str:
    """Return a safe name that differs from all taken ones even where case does not count, and take it."""
    wanted = safe(name)
    stem, suffix = wanted.removesuffix(PurePosixPath(wanted).suffix), PurePosixPath(wanted).suffix
    number = 1
    while wanted.casefold() in taken:
        number += 1
        wanted = f"{stem}-{number}{suffix}"
    taken.add(wanted.casefold())
    return wanted
