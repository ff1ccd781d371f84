"""Carriers of our own making that something is wrong with, for tests that must run without the real samples."""

import io
import re
import zipfile
from collections.abc import Callable

from processes.invoice.samples.generate import make


def rewritten(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Return an OFD file with its parts changed; None leaves one out."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = change(name, before.read(name))
            if part is not None:
                after.writestr(name, part)
    return written.getvalue()


def tampered_ofd(number: str) -> bytes:
    """Return a sealed invoice with one part changed after the sealing: `Doc_0/Document.xml`."""

    def change(name: str, part: bytes) -> bytes:
        return part.replace(b"0 0 210 140", b"0 0 210 141") if name == "Doc_0/Document.xml" else part

    return rewritten(make("ofd", number=number)[1], change)


def plain_ofd() -> bytes:
    """Return a sound OFD document that is no invoice: no data, no code, no seal."""

    def change(name: str, part: bytes) -> bytes | None:
        if re.match("Doc_0/(Tags|Signs|Res)/", name):
            return None
        if name == "Doc_0/Pages/Page_0/Content.xml":
            return re.sub(rb"<ofd:ImageObject.*?(/>|</ofd:ImageObject>)", b"", part, flags=re.S)
        if name == "Doc_0/DocumentRes.xml":
            return re.sub(rb"<ofd:MultiMedias>.*</ofd:MultiMedias>", b"", part, flags=re.S)
        return re.sub(rb"<ofd:(CustomDatas|CustomTags|Signatures)>.*?</ofd:\1>", b"", part, flags=re.S)

    return rewritten(make("ofd")[1], change)
