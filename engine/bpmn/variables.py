"""Which variables may be undefined where they are read: a warning to the designer, not a refusal.

A name is defined at an element if every way that leads there has given it a value. What only the starter of a case can give is told too.
"""

from collections.abc import Iterator

from engine.bpmn import model
from engine.bpmn.model import Element, ProcessModel
from engine.bpmn.places import fault
from engine.bpmn.shape import Shape, begun, shape_of
from engine.bpmn.texts import assigned_by, expression, names_of, of_element, of_process
from engine.errors import Fault

Names = frozenset[str]
#: an element's id, and whether it is its end: that of a sub-process comes after what is inside
Point = tuple[str, bool]

GIVEN = frozenset({"businessKey", "execution"})
INSIDE = frozenset({"loopCounter", "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"})
MOST = 40  #: visits of an element, on average; a drawing that needs more is warned of less
DECIDED = frozenset({"decisions", "outcome"})


def undefined_variables(process: ProcessModel) -> list[Fault]:
    """Return a warning for each variable at each element that reads it before every way there has given it a value."""
    known = Known(shape_of(process))
    given = frozenset(name for element in process.elements.values() for name in writes(element))
    found: list[Fault] = []
    for element in process.elements.values():
        found.extend(warning(name, element, name in given) for name in dict.fromkeys(known.missing(element)))
    for name in sorted({name for text in of_process(process) for name in names_of(text)} - given - GIVEN - initial(process)):
        en = f"The variable {name} may be undefined: it must be given when the case is started"
        found.append(Fault("variable-may-be-undefined", f"变量 {name} 可能未定义：须在启动流程时给出", en, element=process.id, found=name))
    return found


def warning(name: str, element: Element, given: bool) -> Fault:
    zh, en = ("须在启动流程时给出", "it must be given when the case is started")
    if given:
        zh, en = ("并非每条路径都给它赋值", "not every way there gives it a value")
    return fault("variable-may-be-undefined", f"变量 {name} 可能未定义：{zh}", f"The variable {name} may be undefined: {en}", element, name)


def initial(process: ProcessModel) -> Names:
    return frozenset((*process.local, *(name for name, _ in process.initial)))


def writes(element: Element) -> Names:
    """Return the names that have a value around an element when it has ended; what a sub-process writes is seen from its ends."""
    found = {name for name, _ in element.outputs} | {
        name for name in (element.result_variable, element.initiator, element.completer) if name
    }
    if element.loop is not None and element.loop.output_collection:
        found.add(element.loop.output_collection)
    if element.kind == model.HUMAN:
        found |= DECIDED
    if element.kind in (model.HUMAN, model.START):
        found |= {field.name for field in element.form if field.required}
        found |= element.schema.gives if element.schema is not None else set()
    for event in element.events:
        found |= {name for name in (event.code_variable, event.message_variable) if name}
    if element.called is not None:
        found |= {mapping.target for mapping in element.called.outputs if mapping.target and not element.called.local_outputs}
        found |= {element.called.id_variable} if element.called.id_variable else set()
    local = {name for name, _ in element.inputs}
    return frozenset(found | {name for name in assigned_by(element.script) if name not in local})


def held(element: Element) -> Names:
    """Return the names that live inside of an activity only."""
    loop = element.loop
    found = {*element.local, *(name for name, _ in element.inputs)}
    if loop is not None and loop.kind != "standard":
        found |= INSIDE | ({loop.element_variable} if loop.element_variable else set())
    return frozenset(found)


class Known:
    """The names that surely have a value at each point that can be reached; worked out by going on until nothing changes."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.names: dict[Point, Names] = {}
        self.changed: dict[Point, None] = {}  #: in the order they changed
        for element in begun(shape, None):
            self.arrive((element.id, False), GIVEN | initial(shape.process))
        visits = MOST * (len(shape.process.elements) + 1)
        while self.changed and visits:
            visits -= 1
            point = next(iter(self.changed))
            del self.changed[point]
            for target, names in self.onward(shape.process.elements[point[0]], point[1], self.names[point]):
                self.arrive(target, names)

    def arrive(self, point: Point, names: Names) -> None:
        """Note what one way to a point knows, and look at what follows it if that changes anything."""
        old = self.names.get(point)
        if old is not None:
            # a parallel gateway goes on when all ways have come
            names = old | names if self.shape.process.elements[point[0]].kind == model.PARALLEL else old & names
        if names != old:
            self.names[point] = names
            self.changed[point] = None

    def onward(self, element: Element, ended: bool, names: Names) -> Iterator[tuple[Point, Names]]:
        """Yield where a token may come next, with the names that are known there."""
        elements = self.shape.process.elements
        scope = element.kind in model.SCOPES
        if not ended:
            for event in self.shape.attached.get(element.id, []):
                yield (event.id, False), names
            if element.handler in elements:
                yield (element.handler or "", False), names
            beginnings = begun(self.shape, element.id) if scope else []
            for beginning in beginnings:
                yield (beginning.id, False), names | held(element)
            if scope and not beginnings:
                yield (element.id, True), names
        if scope and not ended:
            return
        after = names | writes(element)
        targets = [flow.target for flow in self.shape.outgoing.get(element.id, []) if flow.target in elements]
        links = [event.name for event in element.events if event.kind == model.LINK and element.kind == model.THROW]
        targets += [target.id for name in links for target in self.shape.catches.get((element.parent, name), [])]
        for target in targets:
            yield (target, False), after
        parent = self.shape.parent(element)
        if parent is not None and not targets and not element.by_event and not element.compensates:
            yield (parent.id, True), after - held(parent)

    def missing(self, element: Element) -> Iterator[str]:
        """Yield the names that an element may read before they have a value."""
        before = self.names.get((element.id, False))
        if before is None:
            return
        inside = before | held(element)
        end = self.names.get((element.id, True), before) | inside | writes(element)
        seen = {"begin": before, "input": inside, "run": inside, "inside": end, "end": end}
        for text in of_element(element):
            if text.role in seen:
                yield from sorted(names_of(text) - seen[text.role])
        for flow in self.shape.outgoing.get(element.id, []):
            for text in expression(flow.condition):
                yield from sorted(names_of(text) - (end - held(element)) - (held(element) & before) - writes(element))
