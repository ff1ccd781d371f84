"""Data objects, properties, stores and associations: each is a variable, and each association is a value that goes in or out."""

from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.model import Mapping, Value
from engine.bpmn.parameters import Pairs
from engine.bpmn.reading import Reading, unprefixed
from engine.bpmn.xml import local, tag, text_of, vendor_children
from engine.language import as_template

PLACEHOLDER = "__targetRef_placeholder"  #: what Camunda Modeler draws an association to when it means nothing to the run
NUMBERS = {"int", "integer", "long", "short", "double", "float", "decimal"}


@dataclass(frozen=True, slots=True)
class Association:
    """One arrow: `source` and `target` are ids as written, `text` is the template that gives the value."""

    source: str | None
    target: str | None
    text: str


@dataclass(slots=True)
class Associations:
    """All arrows into and out of one activity or event. What a loop takes for its collections is not mapped a second time."""

    reading: Reading
    incoming: list[Association] = field(default_factory=list)
    outgoing: list[Association] = field(default_factory=list)

    def given(self, reference: str | None) -> str | None:
        """Return the variable behind a data input, and take the arrow that leads into it."""
        arrow = next((found for found in self.incoming if found.target == reference), None)
        if arrow is not None:
            self.incoming.remove(arrow)
        return self.reading.variable(arrow.source if arrow is not None else reference)

    def taken(self, reference: str | None) -> str | None:
        """Return the variable behind a data output, and take the arrow that leads out of it."""
        arrow = next((found for found in self.outgoing if found.source == reference), None)
        if arrow is not None:
            self.outgoing.remove(arrow)
        return self.reading.variable(arrow.target if arrow is not None else reference)

    def source_of(self, target: str | None) -> str | None:
        """Return the variable whose value goes to an output item, and take the arrow between them."""
        arrow = next((found for found in self.outgoing if found.target == target), None)
        if arrow is None:
            return None
        self.outgoing.remove(arrow)
        return self.reading.variable(arrow.source)

    def inputs(self) -> Pairs:
        """Return names that are local to the activity and what they are given."""
        return pairs(self.incoming, self.reading)

    def results(self, node: etree._Element) -> tuple[str, ...]:
        """Return the data outputs that arrows lead out of: they are seen only inside of their activity (BPMN 2.0, 10.4.1)."""
        declared = {item.get("id") for item in node.iterfind(f"{tag('ioSpecification')}/{tag('dataOutput')}")}
        names = (self.reading.variable(arrow.source) for arrow in self.outgoing if arrow.source in declared)
        return tuple(dict.fromkeys(name for name in names if name))

    def outputs(self) -> Pairs:
        """Return names around the activity and what they are given."""
        return pairs(self.outgoing, self.reading)


def pairs(arrows: list[Association], reading: Reading) -> Pairs:
    found = [(reading.variable(arrow.target), Value("text", arrow.text)) for arrow in arrows]
    return tuple((name, value) for name, value in found if name and value.text != f"${{{name}}}")


def read_associations(node: etree._Element, reading: Reading) -> Associations:
    """Return the arrows of an activity or event. An arrow that only decorates is left out."""
    drawn = {item.get("id") for item in node.iter(tag("property")) if item.get("name") == PLACEHOLDER}
    found = Associations(reading)
    for kind, arrows in (("dataInputAssociation", found.incoming), ("dataOutputAssociation", found.outgoing)):
        for item in node.findall(tag(kind)):
            arrows.extend(arrow for arrow in read_arrows(item, reading) if arrow.target not in drawn)
    return found


def read_arrows(node: etree._Element, reading: Reading) -> list[Association]:
    sources = [unprefixed(text_of(item) or "", item) for item in node.findall(tag("sourceRef"))]
    target = unprefixed(text_of(node.find(tag("targetRef"))) or "", node) or None
    source = sources[0] if sources else None
    for end in (*sources, target):
        if end and end not in reading.variables and not reading.loose:
            zh, en = f"数据关联的一端不存在：{end}", f"There is no data object, store, property or data input {end!r}"
            reading.fault("reference-unknown", zh, en, node, end)
    assignments = node.findall(tag("assignment"))
    transformation = text_of(node.find(tag("transformation")))
    if assignments:
        return [Association(source, destination(item, target), wrapped(text_of(item.find(tag("from"))))) for item in assignments]
    if transformation:
        return [Association(source, target, wrapped(transformation))]
    if len(sources) > 1:
        zh, en = "有多个来源的数据关联需要 transformation", "A data association with several sources needs a transformation"
        reading.fault("association-invalid", zh, en, node)
    return [Association(source, target, f"${{{reading.variable(source)}}}")] if source and target else []


def destination(assignment: etree._Element, target: str | None) -> str | None:
    """Return where an assignment writes: what it names itself, or the end of its arrow."""
    text = text_of(assignment.find(tag("to"))) or ""
    if text[:2] in ("${", "#{") and text.endswith("}"):
        text = text[2:-1].strip()
    return text or target


def wrapped(text: str | None) -> str:
    """Return an expression as a template; one that is written as a template stays."""
    text = text or "null"
    return text if "${" in text or "#{" in text else as_template(text)


def called_inputs(node: etree._Element, data: Associations) -> tuple[Mapping, ...]:
    """Return what the data inputs of a call activity hand in; one without arrow is the variable of the same name."""
    arrows = {arrow.target: arrow for arrow in data.incoming}
    names = [item.get("id") for item in node.iterfind(f"{tag('ioSpecification')}/{tag('dataInput')}")]
    found = [(data.reading.variable(name), arrows.get(name)) for name in dict.fromkeys((*names, *arrows))]
    return tuple(Mapping(name, expression=arrow.text) if arrow else Mapping(name, name) for name, arrow in found if name)


def called_outputs(node: etree._Element, data: Associations) -> tuple[Mapping, ...]:
    """Return what the data outputs of a call activity give back."""
    arrows = {arrow.source: arrow for arrow in data.outgoing}
    names = [item.get("id") for item in node.iterfind(f"{tag('ioSpecification')}/{tag('dataOutput')}")]
    found = []
    for name in dict.fromkeys((*names, *arrows)):
        inner, arrow = data.reading.variable(name), arrows.get(name)
        outer = data.reading.variable(arrow.target) if arrow else inner
        if outer:
            found.append(Mapping(outer, expression=arrow.text) if arrow else Mapping(outer, inner))
    return tuple(found)


def read_local(node: etree._Element, reading: Reading) -> tuple[str, ...]:
    """Return the variables that live in a sub-process: its data objects and properties."""
    found = [item for item in node.iterchildren(etree.Element) if local(item) in ("dataObject", "property")]
    return tuple(dict.fromkeys(reading.variables[item.get("id") or ""] for item in found if item.get("name") != PLACEHOLDER))


def read_shared(process: etree._Element, reading: Reading) -> tuple[str, ...]:
    """Return the variables that live in a process: its data objects and properties, and every data store that is spoken of in it."""
    stores = [reading.variables[node.get("id") or ""] for node in process.iter(tag("dataStoreReference"))]
    return tuple(dict.fromkeys((*read_local(process, reading), *stores)))


def read_initial(node: etree._Element, reading: Reading) -> Pairs:
    """Return the values that data objects of Flowable have from the beginning, in their types."""
    found = []
    for item in node.iterchildren(tag("dataObject")):
        value = next(iter(vendor_children(item, "value")), None)
        if value is not None:
            kind = (item.get("itemSubjectRef") or "").rpartition(":")[2].lower()
            found.append((reading.variables[item.get("id") or ""], Value("text", literal(text_of(value) or "", kind))))
    return tuple(found)


def literal(text: str, kind: str) -> str:
    """Return a template that gives a value of an XML Schema type."""
    if kind in NUMBERS:
        return f"${{{text}}}"
    if kind == "boolean":
        return "${true}" if text.lower() in ("true", "1") else "${false}"
    return text.replace("${", "\\${").replace("#{", "\\#{")
