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
        name_flows(process)
    return etree.tostring(definitions, method="c14n")


def name_flows(process: etree._Element) -> None:
    """Give each sequence flow of a process that has no id one that is made from its ends; the same file always gets the same ids."""
    taken = {node.get("id") for node in process.iter() if node.get("id")}
    for flow in process.iter(tag("sequenceFlow")):
        if not flow.get("id"):
            base = f"flow_{flow.get('sourceRef')}_{flow.get('targetRef')}"
            name, number = base, 1
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            flow.set("id", name)
            taken.add(name)
