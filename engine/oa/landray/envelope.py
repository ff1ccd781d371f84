"""SOAP 1.1 as EKP's web service of to-dos speaks it: one argument a call, its fields in the order of the alphabet, and an answer of a state and a message."""

import re
from collections.abc import Mapping

from lxml import etree

from engine.errors import InvalidContent
from engine.oa.markup import local_name, parsed

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://webservice.notify.sys.kmss.landray.com/"
CLIENT = "http://sys.webservice.client"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def written(operation: str, fields: Mapping[str, str], user: str, password: str) -> bytes:
    """Return the envelope of a call; without a user there is no header."""
    root = etree.Element(etree.QName(SOAP, "Envelope"), nsmap={"soapenv": SOAP, "web": SERVICE})
    header = etree.SubElement(root, etree.QName(SOAP, "Header"))
    if user:
        proof = etree.SubElement(header, etree.QName(CLIENT, "RequestSOAPHeader"), nsmap={"tns": CLIENT})
        for name, text in (("user", user), ("password", password)):
            etree.SubElement(proof, etree.QName(CLIENT, name)).text = readable(text)
    argument = etree.SubElement(
        etree.SubElement(etree.SubElement(root, etree.QName(SOAP, "Body")), etree.QName(SERVICE, operation)), "arg0"
    )
    for name, text in sorted(fields.items()):
        etree.SubElement(argument, name).text = readable(text)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read(text: str) -> tuple[str, str] | None:
    """Return `returnState` and `message` of an answer, the name `fault` and its words of a fault, or None for what is neither."""
    try:
        root = parsed(_DECLARATION.sub("", text, count=1).encode(errors="replace"))
    except InvalidContent:
        return None
    if local_name(root) != "Envelope":
        return None
    found: dict[str, str] = {}
    for one in root.iter():
        found.setdefault(local_name(one), one.text or "")
    if "Fault" in found:
        return "fault", found.get("faultstring", "")
    return (found["returnState"].strip(), found.get("message", "")) if "returnState" in found else None


def readable(text: str) -> str:
    """Return a text without the characters that no XML may hold."""
    return _CONTROL.sub("", text)
