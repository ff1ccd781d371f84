"""What a file is, told from its content; its name and extension are never asked."""

import re
from typing import Literal

from lxml import etree

from processes.invoice.formats import cii, einvoice, tax_disk, ubl, xbrl
from processes.invoice.invoice import Invoice
from processes.invoice.refusal import refuse
from processes.invoice.xml import Node

MediaType = Literal["application/xml", "application/pdf", "application/ofd", "image/jpeg", "image/png"]

_UBL = re.compile(r"urn:oasis:names:specification:ubl:schema:xsd:(Invoice|CreditNote)-2")
_CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
BLANK = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"


def media_type(data: bytes, file: str) -> MediaType:
    """Return the type by the first bytes; an empty file and every other type is refused."""
    if not data:
        refuse("empty-file", "文件是空的。", "The file is empty.", file=file)
    if data.startswith(b"PK\x03\x04"):
        return "application/ofd"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:64].lstrip(BLANK).startswith(b"<"):
        return "application/xml"
    if b"%PDF-" in data[:1024]:  # readers of PDF forgive some bytes before the header
        return "application/pdf"
    refuse(
        "unknown-type",
        "不支持的文件类型，请上传 XML、OFD、PDF、JPG 或 PNG。",
        "Unknown type of file; XML, OFD, PDF, JPG and PNG are read.",
        file=file,
    )


def read_root(root: Node) -> Invoice | None:
    """Read an XML document by its root element; None for an XBRL voucher that is no invoice, and an unknown root is refused."""
    qualified = etree.QName(root.element)
    namespace, name = qualified.namespace or "", qualified.localname
    if _UBL.fullmatch(namespace) and name in ("Invoice", "CreditNote"):
        return ubl.read(root)
    if namespace == _CII and name == "CrossIndustryInvoice":
        return cii.read(root)
    if name == "EInvoice":
        return einvoice.read(root)
    if name == "eInvoice":
        return tax_disk.read(root)
    if name == "xbrl" and xbrl.taxonomy(root):
        return xbrl.read(root)
    refuse(
        "unknown-document",
        f"不认识的 XML：{name}。",
        f"Unknown XML document: {name}.",
        file=root.file,
        line=root.element.sourceline,
        found=str(qualified.text)[:200],
    )


def is_known(root: Node) -> bool:
    """Return whether `read_root` has a reader for this root."""
    qualified = etree.QName(root.element)
    if qualified.localname == "xbrl":
        return xbrl.taxonomy(root) is not None
    known = _UBL.fullmatch(qualified.namespace or "") or qualified.namespace == _CII
    return bool(known) or qualified.localname in ("EInvoice", "eInvoice")
