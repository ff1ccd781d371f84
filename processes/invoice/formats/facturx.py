"""Invoice data embedded in a PDF: Factur-X and ZUGFeRD (CII), and the XBRL or XML that Chinese issuers attach.

Attachments are listed with pikepdf: the factur-x package reads only known file names and raises whatever pypdf raises.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pikepdf

from engine.errors import InvoiceUnreadable
from processes.invoice import limits
from processes.invoice.formats import detect
from processes.invoice.invoice import Invoice
from processes.invoice.refusal import refuse
from processes.invoice.xml import document

_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")  # Factur-X 1, ZUGFeRD 2, XRechnung profile


def read(data: bytes, name: str) -> Invoice | None:
    """Return the embedded invoice, or None when no attachment is one; a broken attachment with a name of the standard is refused."""
    faults = []
    for attached, content in attachments(data, name):
        if not content[:64].lstrip(detect.BLANK).startswith(b"<"):
            continue
        try:
            root = document(content, f"{name}!{attached}")
            invoice = detect.read_root(root) if detect.is_known(root) else None
        except InvoiceUnreadable as error:
            faults += error.faults
            continue
        if invoice is not None:
            return replace(invoice, syntax="facturx") if invoice.syntax in ("cii", "ubl") else invoice
    if faults:
        raise InvoiceUnreadable(faults)
    return None


def attachments(data: bytes, name: str) -> list[tuple[str, bytes]]:
    """Return the embedded files, those with a name of the standard first; a PDF that cannot be opened is refused."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            found = list(_listed(pdf)) or list(_associated(pdf))
    except pikepdf.PasswordError:
        refuse("pdf-encrypted", "PDF 已加密，无法读取。", "The PDF is encrypted and cannot be read.", file=name)
    except Exception as error:  # qpdf and its binding raise many kinds on a stranger's bytes
        refuse("pdf-broken", f"PDF 损坏：{error}", f"The PDF is broken: {error}", file=name)
    return sorted(found, key=lambda item: item[0].lower() not in _NAMES)


def _listed(pdf: pikepdf.Pdf) -> Iterator[tuple[str, bytes]]:
    for number, (key, attached) in enumerate(pdf.attachments.items()):
        if number < limits.PDF_ATTACHMENTS:
            yield attached.filename or key, _bounded(attached.obj)


def _associated(pdf: pikepdf.Pdf) -> Iterator[tuple[str, bytes]]:
    """Files that are only named in the catalogue's /AF list."""
    listed: Any = pdf.Root.get("/AF", [])
    for specification in list(listed)[: limits.PDF_ATTACHMENTS]:
        yield str(specification.get("/UF", specification.get("/F", ""))), _bounded(specification)


def _bounded(specification: Any) -> bytes:
    """Return one embedded file, or nothing when it unpacks beyond the limit or is packed in a way that no invoice issuer uses."""
    stream = specification.EF.get("/F", specification.EF.get("/UF"))
    packed: bytes = stream.read_raw_bytes()
    packing = stream.get("/Filter")
    if packing is None:
        return packed[: limits.XML_BYTES + 1]
    names = [str(packing)] if isinstance(packing, pikepdf.Name) else [str(name) for name in packing]
    if names != ["/FlateDecode"]:
        return b""
    return zlib.decompressobj().decompress(packed, limits.XML_BYTES + 1)
