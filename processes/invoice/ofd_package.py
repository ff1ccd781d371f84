"""An OFD file as a ZIP of parts (GB/T 33190): opened within limits, nothing ever written to disk.

Refused, because a seal over one reading of the file says nothing about another: two parts of one name (or that differ by case only), names that
climb out, encrypted parts, and archives that unpack to too much.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from processes.invoice import limits
from processes.invoice.refusal import refuse
from processes.invoice.xml import Node, document

_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class OfdPackage:
    """The parts by name, without a leading slash; `by_case` finds a name by its case-folded form."""

    parts: dict[str, bytes]
    by_case: dict[str, str]
    file: str

    def find(self, location: str | None, base: str = "") -> str | None:
        """Return the name of the part that `location`, as written in the part `base`, points to.

        The standard says: absolute from the root, else relative to the writing part. Issuers also write paths relative to the root and get the
        case of letters wrong, so both are tried.
        """
        if not location:
            return None
        wanted = location.strip().replace("\\", "/")
        candidates = [wanted] if wanted.startswith("/") else [posixpath.join(posixpath.dirname(base), wanted), wanted]
        for candidate in candidates:
            name = posixpath.normpath(candidate.lstrip("/"))
            if name in self.parts:
                return name
            if name.casefold() in self.by_case:
                return self.by_case[name.casefold()]
        return None

    def xml(self, name: str) -> Node:
        """Parse one part; its faults name it as `<file>!<part>`."""
        return document(self.parts[name], f"{self.file}!{name}")

    def bodies(self) -> Iterator[Node]:
        """Yield the DocBody elements of OFD.xml."""
        main = self.find("OFD.xml")
        if main is not None:
            yield from self.xml(main).all("DocBody")

    def attachments(self) -> Iterator[str]:
        """Yield the names of the parts that are listed as attachments; a part that merely lies in the ZIP is none."""
        for body in self.bodies():
            root = self.find(body.text("DocRoot"))
            listing = self.find(self.xml(root).text("Attachments"), root) if root else None
            if listing is None:
                continue
            for attachment in self.xml(listing).all("Attachment"):
                name = self.find(attachment.text("FileLoc"), listing)
                if name is not None:
                    yield name

    def signatures(self) -> Iterator[str]:
        """Yield the names of the signature list parts (Signatures.xml), one a document."""
        for body in self.bodies():
            name = self.find(body.text("Signatures"))
            if name is not None:
                yield name


def open_package(data: bytes, file: str) -> OfdPackage | None:
    """Return the parts, or None when the ZIP holds no OFD.xml; a broken or hostile ZIP is refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check(members, len(data), file)
            parts: dict[str, bytes] = {}
            by_case: dict[str, str] = {}
            for member in members:
                name = _name(member, file)
                if name.casefold() in by_case:
                    refuse("zip-same-name", "压缩包内有重名文件。", "Two parts of the ZIP have the same name.", file=file, path=name)
                by_case[name.casefold()] = name
                parts[name] = archive.read(member)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, UnicodeError) as error:
        refuse("zip-broken", f"压缩包损坏：{error}", f"The ZIP is broken: {error}", file=file)
    package = OfdPackage(parts, by_case, file)
    return package if package.find("OFD.xml") else None


def _check(members: list[zipfile.ZipInfo], packed: int, file: str) -> None:
    unpacked = sum(member.file_size for member in members)
    if len(members) > limits.ZIP_MEMBERS:
        refuse(
            "zip-too-many", f"压缩包内文件超过 {limits.ZIP_MEMBERS} 个。", f"The ZIP has more than {limits.ZIP_MEMBERS} parts.", file=file
        )
    if unpacked > limits.ZIP_UNPACKED_BYTES:
        refuse(
            "zip-too-large",
            f"压缩包解压后超过 {limits.ZIP_UNPACKED_BYTES} 字节。",
            f"The ZIP unpacks to more than {limits.ZIP_UNPACKED_BYTES} bytes.",
            file=file,
        )
    if unpacked > limits.ZIP_RATIO_FLOOR and unpacked > packed * limits.ZIP_RATIO:
        refuse("zip-bomb", "压缩比异常，已拒绝。", f"The ZIP unpacks to more than {limits.ZIP_RATIO} times its size.", file=file)


def _name(member: zipfile.ZipInfo, file: str) -> str:
    """Decode the name as its producer most likely wrote it: without the flag, Chinese tools store UTF-8 or GBK bytes."""
    name = member.filename
    if not member.flag_bits & _UTF8 and not name.isascii():
        raw = name.encode("cp437", errors="replace")
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            name = raw.decode("gb18030", errors="replace")
    name = name.replace("\\", "/")
    if ".." in name.split("/") or ":" in name or "\0" in name:
        refuse("zip-path-escape", "压缩包内的路径越界。", "A path in the ZIP climbs out of it.", file=file, path=name[:200])
    return name.lstrip("/")
