"""The XML that runs: the author's, with what the standard leaves out written down.

The normalised XML is stored beside the author's and is what runs, so a better normaliser never changes a running case.
Ids of the author's elements are never changed; pictures and history speak of the elements as drawn.
"""

from lxml import etree

from engine.bpmn.reader import processes, tag


def normalise(root: etree._Element) -> bytes:
    """Return canonical XML of the executable processes in which every sequence flow has an id."""
    definitions = etree.Element(tag("definitions"), nsmap=root.nsmap)
    definitions.set("targetNamespace", root.get("targetNamespace") or "urn:shenpi:deployed")
    for process in processes(root):
        definitions.append(process)
    taken = {node.get("id") for node in definitions.iter() if node.get("id")}
    for flow in definitions.iter(tag("sequenceFlow")):
        if not flow.get("id"):
            base = f"flow_{flow.get('sourceRef')}_{flow.get('targetRef')}"
            name, number = base, 1
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            flow.set("id", name)
            taken.add(name)
    return etree.tostring(definitions, method="c14n")
