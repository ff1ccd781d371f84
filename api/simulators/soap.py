"""SOAP 1.1, as far as office systems need it: one operation in, one answer or fault out."""

from dataclasses import dataclass
from typing import Any

from flask import Response
from lxml import etree

from api.simulators.fields import Wrong

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class Message:
    """The operation's name and namespace, its arguments in their order, and what the header says, by local names."""

    namespace: str
    operation: str
    arguments: list[etree._Element]
    header: dict[str, str]


def read(raw: bytes) -> Message:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise Wrong("the body is no XML") from error
    if root.getroottree().docinfo.doctype or root.tag != f"{{{ENVELOPE}}}Envelope":
        raise Wrong("the body is no SOAP 1.1 envelope")
    body = root.find(f"{{{ENVELOPE}}}Body")
    operations = [each for each in body if isinstance(each.tag, str)] if body is not None else []
    if len(operations) != 1:
        raise Wrong("the body must hold one operation")
    header = root.find(f"{{{ENVELOPE}}}Header")
    said = {local(each): each.text or "" for each in header.iter() if isinstance(each.tag, str)} if header is not None else {}
    name = etree.QName(operations[0])
    return Message(name.namespace or "", name.localname, [each for each in operations[0] if isinstance(each.tag, str)], said)


def local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def fields(element: etree._Element) -> dict[str, Any]:
    """Return the texts of an element's children by their local names."""
    return {local(each): each.text or "" for each in element if isinstance(each.tag, str)}


def answer(namespace: str, operation: str, name: str, value: str | dict[str, str]) -> Response:
    """Return the answer to an operation: one element `name`, with a text or with children."""
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    body = etree.SubElement(root, f"{{{ENVELOPE}}}Body")
    outer = etree.SubElement(body, f"{{{namespace}}}{operation}Response", nsmap={"ns2": namespace})
    inner = etree.SubElement(outer, name)
    if isinstance(value, str):
        inner.text = value
    else:
        for key, text in value.items():
            etree.SubElement(inner, key).text = text
    return document(root, 200)


def fault(message: str, status: int = 500) -> Response:
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    said = etree.SubElement(etree.SubElement(root, f"{{{ENVELOPE}}}Body"), f"{{{ENVELOPE}}}Fault")
    etree.SubElement(said, "faultcode").text = "soap:Server"
    etree.SubElement(said, "faultstring").text = message
    return document(root, status)


def document(root: etree._Element, status: int) -> Response:
    return Response(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), status, content_type="text/xml; charset=UTF-8")
