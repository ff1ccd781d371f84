"""Safe reading of XML from strangers: no DOCTYPE, no entities, no network, caps on size, depth and nodes."""

from functools import lru_cache

from lxml import etree

from engine.errors import Fault, InvalidDefinition

MAX_BYTES = 5 * 1024 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 60

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SHENPI = "urn:shenpi:bpmn:1"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
FLOWABLE = "http://flowable.org/bpmn"
ACTIVITI = "http://activiti.org/bpmn"
VENDORS = (CAMUNDA, "http://operaton.org/schema/1.0/bpmn", FLOWABLE, ACTIVITI)
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
WITHIN = f"{{{BPMN}}}"  #: how the tag of an element begins that is BPMN's own
EXTENSIONS = f"{{{BPMN}}}extensionElements"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"


def parse(data: bytes, name: str) -> etree._Element:
    """Return the root of an XML file; refuses with `InvalidDefinition` what is malformed, too large, too deep, or has a DOCTYPE."""
    if len(data) > MAX_BYTES:
        raise InvalidDefinition([Fault("too-large", f"文件超过 {MAX_BYTES} 字节", f"The file is larger than {MAX_BYTES} bytes", file=name)])
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or None
        raise InvalidDefinition(
            [Fault("malformed", f"不是有效的 XML：{error.msg}", f"Not well-formed XML: {error.msg}", file=name, line=line)]
        ) from error
    except ValueError as error:
        raise InvalidDefinition([Fault("malformed", "不是有效的 XML", f"Not readable as XML: {error}", file=name)]) from error
    if root.getroottree().docinfo.doctype:
        raise InvalidDefinition([Fault("doctype", "不允许使用 DOCTYPE", "A DOCTYPE is not allowed", file=name, line=1)])
    _cap(root, name)
    return root


def _cap(root: etree._Element, name: str) -> None:
    """Count nodes and depth without recursion."""
    nodes, stack = 0, [(root, 1)]
    while stack:
        node, depth = stack.pop()
        nodes += 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise InvalidDefinition(
                [Fault("too-complex", "文件过于复杂", "The file has too many or too deeply nested elements", file=name)]
            )
        stack.extend((child, depth + 1) for child in node)


def tag(name: str) -> str:
    """Return a BPMN name with its namespace."""
    return WITHIN + name


def is_bpmn(node: etree._Element) -> bool:
    """Say whether an element is BPMN's own."""
    return str(node.tag).startswith(WITHIN)


def text_of(node: etree._Element | None) -> str | None:
    """Return the text of an element without the white space around it, None without element."""
    return None if node is None else "".join(str(part) for part in node.itertext()).strip()


def line_of(node: etree._Element) -> int | None:
    """Return the line on which an element begins."""
    return int(node.sourceline) if node.sourceline else None


def local(node: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return str(node.tag).rpartition("}")[2]


def vendor(node: etree._Element, name: str) -> str | None:
    """Return an attribute that Camunda or one of its forks names, whichever namespace the file uses."""
    for namespace in VENDORS:
        value = node.get(f"{{{namespace}}}{name}")
        if value is not None:
            return value
    return None


def vendor_children(node: etree._Element, *path: str) -> list[etree._Element]:
    """Return extension elements at a path below `extensionElements`, whichever vendor's namespace the file uses, in the order of the file."""
    return extensions(node, VENDORS, path)


def spiff_children(node: etree._Element, *path: str) -> list[etree._Element]:
    """Return extension elements of SpiffWorkflow at a path below `extensionElements`."""
    return extensions(node, (SPIFF,), path)


def extensions(node: etree._Element, namespaces: tuple[str, ...], path: tuple[str, ...]) -> list[etree._Element]:
    found = list(node.iterchildren(EXTENSIONS))
    for step in path if found else ():
        found = [child for parent in found for child in parent.iterchildren(*spellings(namespaces, step))]
    return found


@lru_cache(maxsize=512)
def spellings(namespaces: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(f"{{{namespace}}}{name}" for namespace in namespaces)


def truth(text: str | None, otherwise: bool) -> bool:
    """Return a boolean of XML Schema; `otherwise` stands for one that is missing."""
    return otherwise if text is None else text.strip() in ("true", "1")
