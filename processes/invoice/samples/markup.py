"""Writing XML: elements from names, texts and children, where None writes nothing."""

from datetime import date
from decimal import Decimal

from lxml import etree

Content = str | Decimal | date | etree._Element | None


class Maker:
    """Makes elements of one namespace; `maker("Name", "text", child, attribute="value")`."""

    def __init__(self, namespace: str | None = None, prefix: str | None = None, **others: str) -> None:
        self.namespace = namespace
        self.prefixes: dict[str | None, str] = dict(others.items())
        if namespace:
            self.prefixes[prefix] = namespace

    def __call__(self, name: str, *content: Content, **attributes: str) -> etree._Element:
        tag = f"{{{self.namespace}}}{name}" if self.namespace else name
        made = etree.Element(tag, {key.rstrip("_"): value for key, value in attributes.items()}, nsmap=self.prefixes)
        for part in content:
            if isinstance(part, etree._Element):
                made.append(part)
            elif part is not None:
                made.text = _text(part)
        return made


def serialise(root: etree._Element) -> bytes:
    """Return the document in UTF-8 with its declaration and without needless namespace declarations."""
    etree.cleanup_namespaces(root, keep_ns_prefixes=[prefix for prefix in root.nsmap if prefix])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _text(value: str | Decimal | date) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value if isinstance(value, str) else value.isoformat()
