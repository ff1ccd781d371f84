"""XML from strangers: parsed without a DTD, entities, network or endless size, and read by local names with every fault collected.

Namespaces are compared once, at the root (`detect.py`); inside, local names are enough and forgive the issuers that mix prefixes up.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from engine.errors import Fault, InvoiceUnreadable
from processes.invoice import limits, values
from processes.invoice.refusal import refuse

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def parse(data: bytes, file: str) -> etree._Element:
    """Return the root element; a file that is too large, has a DOCTYPE or is not well formed is refused with its line."""
    if len(data) > limits.XML_BYTES:
        refuse("xml-too-large", f"XML 文件超过 {limits.XML_BYTES} 字节。", f"The XML is larger than {limits.XML_BYTES} bytes.", file=file)
    if data.count(b"<") > limits.XML_TAGS:
        refuse("xml-too-large", f"XML 标签超过 {limits.XML_TAGS} 个。", f"The XML has more than {limits.XML_TAGS} tags.", file=file)
    if _has_doctype(data):
        _refuse_doctype(file)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_pis=True, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        refuse("xml-syntax", f"XML 格式错误：{error.msg}", f"The XML is not well formed: {error.msg}", file=file, line=error.lineno)
    except (ValueError, LookupError) as error:
        refuse("xml-syntax", f"XML 格式错误：{error}", f"The XML is not well formed: {error}", file=file)
    if root is None:
        refuse("xml-syntax", "XML 没有根元素。", "The XML has no root element.", file=file)
    if root.getroottree().docinfo.internalDTD is not None:  # an encoding that the look at the bytes does not see through
        _refuse_doctype(file)
    return root


def _has_doctype(data: bytes) -> bool:
    """Look for a DOCTYPE before the root element, where comments and processing instructions may stand."""
    prolog = data[: limits.XML_BYTES].replace(b"\0", b"")  # UTF-16 and UTF-32 become ASCII enough for this look
    at = 0
    while (at := prolog.find(b"<", at)) >= 0:
        if prolog.startswith(b"<!--", at):
            at = prolog.find(b"-->", at + 4)
        elif prolog.startswith(b"<?", at):
            at = prolog.find(b"?>", at + 2)
        else:
            return prolog[at : at + 9].upper() == b"<!DOCTYPE"
        if at < 0:
            return False
    return False


def _refuse_doctype(file: str) -> None:
    refuse("xml-doctype", "XML 含有 DOCTYPE 声明，已拒绝。", "The XML has a DOCTYPE declaration and is refused.", file=file)


class Node:
    """An element with its file and the list that collects faults; paths are local names joined by `/`."""

    __slots__ = ("element", "faults", "file")

    def __init__(self, element: etree._Element, file: str, faults: list[Fault]) -> None:
        self.element = element
        self.file = file
        self.faults = faults

    @property
    def name(self) -> str:
        return etree.QName(self.element).localname

    def attribute(self, name: str) -> str | None:
        return _clean(self.element.get(name))

    @property
    def content(self) -> str | None:
        """The text of the element alone, or None when it is empty or nil."""
        return None if self.element.get(_NIL) in ("true", "1") else _clean(self.element.text)

    def all(self, path: str) -> Iterator["Node"]:
        head, _, rest = path.partition("/")
        for child in self.element:
            if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == head:
                node = Node(child, self.file, self.faults)
                if rest:
                    yield from node.all(rest)
                else:
                    yield node

    def one(self, path: str) -> "Node | None":
        return next(self.all(path), None)

    def text(self, *paths: str) -> str | None:
        """Return the first text that is not empty at the first path that has one."""
        for path in paths:
            for node in self.all(path):
                if (content := node.content) is not None:
                    return content
        return None

    def required(self, path: str, zh: str) -> str:
        """Return the text; record a fault when there is none."""
        found = self.text(path)
        if found is None:
            self.blame("field-missing", f"缺少{zh}。", f"{path} is missing.", path)
        return found or ""

    def amount(self, *paths: str) -> Decimal | None:
        """Return an amount; what stands there and is no number is recorded as a fault."""
        found = self.text(*paths)
        return None if found is None else self.number(found, paths[0])

    def number(self, found: str, path: str = "") -> Decimal | None:
        try:
            return values.amount(found)
        except ValueError:
            self.blame("not-an-amount", "金额不是数字。", "This is not an amount.", path, found=found[:80])
            return None

    def day(self, path: str, zh: str = "日期") -> date:
        """Return a calendar day; a missing or impossible one is recorded as a fault."""
        found = self.required(path, zh)
        try:
            return values.day(found)
        except ValueError:
            if found:
                self.blame("not-a-date", "日期无效。", "This is not a date.", path, found=found[:80])
            return date.min

    def blame(self, code: str, zh: str, en: str, path: str = "", found: str | None = None) -> None:
        """Record a fault at this element (or below it at `path`); beyond the limit of faults nothing more is told."""
        if len(self.faults) >= limits.FAULTS:
            return
        place = self.element.getroottree().getelementpath(self.element)
        named = "/".join(part for part in (re.sub(r"\{[^}]*\}", "", place), path) if part and part != ".")
        self.faults.append(Fault(code, zh, en, file=self.file, line=self.element.sourceline, path=named or self.name, found=found))

    def raise_faults(self) -> None:
        """Raise every recorded fault at once, if there are any."""
        if self.faults:
            raise InvoiceUnreadable(self.faults)


def document(data: bytes, file: str) -> Node:
    """Parse a file into a node with an empty list of faults."""
    return Node(parse(data, file), file, [])


def _clean(text: str | None) -> str | None:
    return (text.replace("\x00", "").strip()[: limits.TEXT] or None) if text else None
