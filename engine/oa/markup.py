"""XML from outside: no DOCTYPE and so no entities, nothing fetched, and of a known size."""

from lxml import etree

from engine.errors import Fault, InvalidContent

MOST = 1_000_000  #: bytes
DEEPEST = 50


def parsed(raw: bytes) -> etree._Element:
    """Return the root of a document. Refuses with `InvalidContent` what is no XML, brings a DOCTYPE, or is too large or too deep."""
    if len(raw) > MOST or b"<!DOCTYPE" in raw[:MOST].replace(b"\0", b"").upper():
        raise no_xml()
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise no_xml() from None
    if root.getroottree().docinfo.doctype or any(not isinstance(one.tag, str) for one in root.iter()) or depth(root) > DEEPEST:
        raise no_xml()
    return root


def depth(root: etree._Element) -> int:
    deepest, level = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def local_name(one: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return etree.QName(one).localname


def texts(root: etree._Element) -> dict[str, str]:
    """Return the texts of the children of an element by their names; of several of one name the first."""
    found: dict[str, str] = {}
    for one in root:
        found.setdefault(local_name(one), one.text or "")
    return found


def no_xml() -> InvalidContent:
    return InvalidContent([Fault("xml", "内容不是可以读取的 XML", "the content is no XML that can be read", path="$")])
