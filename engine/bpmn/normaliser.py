"""The XML that runs: the author's, with what the standard leaves out written down.

The normalised XML is stored beside the author's and is what runs, so a better normaliser never changes a running case.
Ids of the author's elements are never changed; pictures and history speak of the elements as drawn.
"""

from lxml import etree

from engine.bpmn.naming import name_parts
from engine.bpmn.reader import processes
from engine.bpmn.xml import is_bpmn, local, tag

#: beside the processes of a file, and of no meaning to them
PICTURES = frozenset(
    {"process", "choreography", "globalConversation", "relationship", "import", "extensionElements", "documentation", "category"}
)


def normalise(root: etree._Element) -> bytes:
    """Return canonical XML of the executable processes and of all that they may refer to, in which every element and flow has an id."""
    definitions = etree.Element(tag("definitions"), nsmap=root.nsmap)
    definitions.set("targetNamespace", root.get("targetNamespace") or "urn:shenpi:deployed")
    running = processes(root)
    for process in running:
        name_parts(process)
    for node in list(root.iterchildren(etree.Element)):
        if node in running or (is_bpmn(node) and local(node) not in PICTURES):
            definitions.append(node)
    return etree.tostring(definitions, method="c14n")
