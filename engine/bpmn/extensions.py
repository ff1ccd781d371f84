"""What stands in the `camunda:` namespace and its forks, and in `shenpi:`, read into neutral attributes."""

from lxml import etree

from engine.bpmn.model import DEFAULT_OUTCOMES, Assignment, FormField
from engine.bpmn.xml import BPMN, SHENPI, vendor, vendor_children


def ours(node: etree._Element, name: str) -> str | None:
    """Return a `shenpi:` attribute."""
    return node.get(f"{{{SHENPI}}}{name}")


def read_assignment(node: etree._Element) -> Assignment:
    """Return who is to do a user task, as written."""
    return Assignment(
        assignee=vendor(node, "assignee"),
        candidate_users=vendor(node, "candidateUsers"),
        candidate_groups=vendor(node, "candidateGroups"),
        due_date=vendor(node, "dueDate"),
    )


def read_outcomes(node: etree._Element) -> tuple[str, ...]:
    """Return the outcomes a user task may have, `approve reject return` unless it names others."""
    text = ours(node, "outcomes")
    return tuple(text.split()) if text else DEFAULT_OUTCOMES


def read_parameters(node: etree._Element, kind: str) -> tuple[tuple[str, str], ...]:
    """Return the `inputParameter` or `outputParameter` pairs of an element: name and expression."""
    found = vendor_children(node, "inputOutput", kind)
    return tuple((item.get("name") or "", (item.text or "").strip()) for item in found)


def read_form(node: etree._Element) -> tuple[FormField, ...]:
    """Return the fields of an embedded `formData`."""
    return tuple(_field(item) for item in vendor_children(node, "formData", "formField"))


def _field(item: etree._Element) -> FormField:
    constraints = {child.get("name"): child.get("config") for child in item.iter() if etree.QName(child).localname == "constraint"}
    options = tuple(
        (child.get("id") or "", child.get("name") or child.get("id") or "") for child in item if etree.QName(child).localname == "value"
    )
    properties = {child.get("id"): child.get("value") for child in item.iter() if etree.QName(child).localname == "property"}
    return FormField(
        name=item.get("id") or "",
        label=item.get("label") or item.get("id") or "",
        type=item.get("type") or "string",
        required="required" in constraints,
        pattern=properties.get("pattern") or constraints.get("pattern"),
        options=options,
        default=item.get("defaultValue"),
    )


def read_summary(process: etree._Element) -> tuple[tuple[str, str], ...]:
    """Return the label and expression of each `shenpi:summary/shenpi:item` of a process."""
    items = process.findall(f"{{{BPMN}}}extensionElements/{{{SHENPI}}}summary/{{{SHENPI}}}item")
    return tuple((item.get("label") or "", item.get("value") or "") for item in items)
