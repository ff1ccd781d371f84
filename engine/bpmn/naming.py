"""Ids for what the author left without one. The same file always gets the same ids, and none of the author's is ever changed."""

from lxml import etree

from engine.bpmn import model
from engine.bpmn.xml import local, tag

NODES = model.EVENTS | model.ACTIVITIES | model.GATEWAYS
FLOW = "sequenceFlow"


def name_parts(process: etree._Element) -> None:
    """Give each element and sequence flow of a process that has no id one: elements by their kind and place, flows by their ends."""
    taken = {node.get("id") for node in process.getroottree().getroot().iter(etree.Element) if node.get("id")}
    numbers: dict[str, int] = {}
    for node in process.iter(*map(tag, sorted(NODES | {FLOW}))):
        if not node.get("id"):
            name = f"flow_{node.get('sourceRef')}_{node.get('targetRef')}" if local(node) == FLOW else local(node)
            node.set("id", free(name, taken, numbers))


def free(base: str, taken: set[str | None], numbers: dict[str, int]) -> str:
    """Return a name that nothing has, and take it; `numbers` remembers the last one of each kind, so that none is tried twice."""
    name = base
    while name in taken:
        numbers[base] = numbers.get(base, 1) + 1
        name = f"{base}_{numbers[base]}"
    taken.add(name)
    return name
