"""Input and output parameters, injected fields and free properties of every vendor, as neutral values."""

from lxml import etree

from engine.bpmn.model import Value
from engine.bpmn.reading import Reading
from engine.bpmn.scripts import inline, read_value
from engine.bpmn.xml import local, spiff_children, text_of, vendor_children

Pairs = tuple[tuple[str, Value], ...]


def read_parameters(node: etree._Element, kind: str, reading: Reading, *above: str) -> Pairs:
    """Return the `inputParameter` or `outputParameter` pairs of an element: name and value."""
    return tuple((item.get("name") or "", read_parameter(item, reading)) for item in vendor_children(node, *above, "inputOutput", kind))


def read_parameter(item: etree._Element, reading: Reading) -> Value:
    """Return what a parameter, a list's item or a map's entry is given."""
    inner = next(iter(item.iterchildren(etree.Element)), None)
    return Value("text", text_of(item) or "") if inner is None else definition(inner, reading)


def definition(node: etree._Element, reading: Reading) -> Value:
    """Return the value of `list`, `map`, `script`, `value` or `string`."""
    match local(node):
        case "list":
            return Value("list", items=tuple(("", definition(child, reading)) for child in node.iterchildren(etree.Element)))
        case "map":
            entries = [child for child in node.iterchildren(etree.Element) if local(child) == "entry"]
            return Value("map", items=tuple((entry.get("key") or "", read_parameter(entry, reading)) for entry in entries))
        case "script":
            text, language = inline(node, reading)
            return read_value(text, language, reading, node)
        case "value" | "string" | "expression":
            return Value("text", text_of(node) or "")
        case name:
            zh, en = f"参数的内容 {name} 无法读取", f"A parameter cannot be given {name}"
            reading.fault("extension-not-supported", zh, en, node, name)
            return Value()


def read_fields(node: etree._Element, reading: Reading, *above: str) -> Pairs:
    """Return the fields that would be injected into a Java class: they become inputs of the operation it is mapped to."""
    return tuple((field.get("name") or "", read_field(field, reading)) for field in vendor_children(node, *above, "field"))


def read_field(field: etree._Element, reading: Reading) -> Value:
    for attribute in ("stringValue", "expression"):
        if field.get(attribute) is not None:
            return Value("text", field.get(attribute) or "")
    return read_parameter(field, reading)


def read_properties(node: etree._Element) -> tuple[tuple[str, str], ...]:
    """Return the free properties of an element: names and texts that mean something to whoever reads them."""
    found = [*vendor_children(node, "properties", "property"), *spiff_children(node, "properties", "property")]
    return tuple((item.get("name") or item.get("id") or "", item.get("value") or "") for item in found)
