"""A process as a graph: who follows whom, who is attached to whom, who stands in what. Made once, so that no check walks the flows for each element."""

from dataclasses import dataclass, field

from engine.bpmn import model
from engine.bpmn.model import Element, Flow, ProcessModel


@dataclass(slots=True)
class Shape:
    """The flows and elements of a process by the ends they have."""

    process: ProcessModel
    outgoing: dict[str, list[Flow]] = field(default_factory=dict)
    incoming: dict[str, list[Flow]] = field(default_factory=dict)
    inside: dict[str | None, list[Element]] = field(default_factory=dict)
    attached: dict[str, list[Element]] = field(default_factory=dict)
    catches: dict[tuple[str | None, str | None], list[Element]] = field(default_factory=dict)  #: of links, by scope and name
    throws: dict[tuple[str | None, str | None], list[Element]] = field(default_factory=dict)

    def parent(self, element: Element) -> Element | None:
        """Return the sub-process an element stands in, None if it stands in the process."""
        return self.process.elements.get(element.parent or "")

    def begins(self, parent: str | None) -> list[Element]:
        """Return where the tokens of a process or sub-process begin: its start events, else whatever nothing leads to."""
        elements = self.inside.get(parent, [])
        starts = [element for element in elements if element.kind == model.START or element.instantiate]
        return starts or [element for element in elements if not self.incoming.get(element.id) and not is_called_upon(element)]


def is_called_upon(element: Element) -> bool:
    """Say whether an element begins by something else than a flow: its activity, its event, a compensation, a link."""
    catches_link = element.kind == model.CATCH and element.event(model.LINK) is not None
    return element.kind == model.BOUNDARY or element.by_event or element.compensates or catches_link


def shape_of(process: ProcessModel) -> Shape:
    """Return the graph of a process; flows that lead nowhere are left out."""
    shape = Shape(process)
    for flow in process.flows.values():
        shape.outgoing.setdefault(flow.source, []).append(flow)
        shape.incoming.setdefault(flow.target, []).append(flow)
    for element in process.elements.values():
        shape.inside.setdefault(element.parent, []).append(element)
        if element.kind == model.BOUNDARY:
            shape.attached.setdefault(element.attached_to or "", []).append(element)
        for event in element.events:
            if event.kind == model.LINK and element.kind in (model.CATCH, model.THROW):
                ends = shape.catches if element.kind == model.CATCH else shape.throws
                ends.setdefault((element.parent, event.name), []).append(element)
    return shape


def reached(shape: Shape) -> set[str]:
    """Return every element that a token can come to."""
    found: set[str] = set()
    waiting = begun(shape, None)
    while waiting:
        element = waiting.pop()
        if element.id in found:
            continue
        found.add(element.id)
        targets = [flow.target for flow in shape.outgoing.get(element.id, [])]
        waiting.extend(shape.process.elements[target] for target in targets if target in shape.process.elements)
        waiting.extend(shape.attached.get(element.id, []))
        if element.kind in model.SCOPES:
            waiting.extend(begun(shape, element.id))
        if element.handler in shape.process.elements:
            waiting.append(shape.process.elements[element.handler or ""])
        if element.kind == model.THROW:
            for event in element.events:
                waiting.extend(shape.catches.get((element.parent, event.name), []) if event.kind == model.LINK else [])
    return found


def begun(shape: Shape, parent: str | None) -> list[Element]:
    """Return what can be entered of a scope without a flow: its beginnings and its event sub-processes."""
    return [*shape.begins(parent), *(element for element in shape.inside.get(parent, []) if element.by_event)]
