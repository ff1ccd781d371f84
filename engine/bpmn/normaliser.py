"""The XML that runs: the author's, with what the standard leaves out written down.

The normalised XML is stored beside the author's and is what runs, so a better normaliser never changes a running case.
Ids of the author's elements are never changed; pictures and history speak of the elements as drawn.
"""

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.naming import name_parts
from engine.bpmn.reader import NOTHING, processes
from engine.bpmn.reading import written
from engine.bpmn.work import mappings
from engine.bpmn.xml import SHENPI, is_bpmn, local, tag

#: beside the processes of a file, and of no meaning to them
PICTURES = frozenset(
    {"process", "choreography", "globalConversation", "relationship", "import", "extensionElements", "documentation", "category"}
)


def normalise(root: etree._Element, delegates: Mapping[str, str] = NOTHING) -> bytes:
    """Return canonical XML of the executable processes and of all that they may refer to, in which every element and flow has an id.

    What the administrator mapped is written into it, so that a later change of the mapping changes no running case.
    """
    definitions = etree.Element(tag("definitions"), nsmap=root.nsmap)
    definitions.set("targetNamespace", root.get("targetNamespace") or "urn:shenpi:deployed")
    running = processes(root)
    used = {name: operation for process in running for name, operation in mappings(process, {**written(root), **delegates})}
    for process in running:
        name_parts(process)
    if used:
        definitions.append(extension(used))
    for node in list(root.iterchildren(etree.Element)):
        if node in running or (is_bpmn(node) and local(node) not in PICTURES):
            definitions.append(node)
    try:
        return etree.tostring(definitions, method="c14n")
    except etree.C14NError:  # a namespace that is no absolute address has no canonical form; the same file still gives the same bytes
        return etree.tostring(definitions, encoding="UTF-8")


def extension(used: Mapping[str, str]) -> etree._Element:
    """Return the mapping of Java names as it is kept in the XML."""
    found = etree.Element(tag("extensionElements"))
    for name in sorted(used):
        etree.SubElement(found, f"{{{SHENPI}}}delegate", name=name, operation=used[name])
    return found


def include(root: etree._Element, files: Mapping[str, bytes]) -> None:
    """Put scripts that are deployed beside a drawing into it; a script that is in none of the files stays where it is, and is a fault when it is read."""
    for node in root.iter(etree.Element):
        places = [name for name in node.attrib if etree.QName(str(name)).localname == "resource"]
        text = script(node.get(places[0]) or "", files) if places else None
        if text is None:
            continue
        if local(node) == "scriptTask":
            holder = node.find(tag("script"))
            holder = etree.SubElement(node, tag("script")) if holder is None else holder
            holder.text = text
        else:
            node.text = text
        del node.attrib[places[0]]


def script(resource: str, files: Mapping[str, bytes]) -> str | None:
    """Return the text of a file that a resource names by its address or its name."""
    name = resource.rpartition("://")[2].lstrip("/")
    content = files.get(name, files.get(name.rpartition("/")[2]))
    try:
        text = content.decode("utf-8-sig") if content is not None else None
    except UnicodeDecodeError:
        return None
    return text if text is not None and all(letter.isprintable() or letter in "\t\r\n" for letter in text) else None
