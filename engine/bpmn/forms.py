"""Forms of a drawing: `formData` of Camunda, `formProperty` of Flowable and Activiti, forms of form-js; and what a task may see and write."""

from dataclasses import replace

from lxml import etree

from engine.bpmn.extensions import ours
from engine.bpmn.model import FormField
from engine.bpmn.reading import Reading, owner
from engine.bpmn.xml import EXTENSIONS, SHENPI, line_of, local, truth, vendor, vendor_children
from engine.formjs import Form
from engine.formjs import read_form as read_schema

TYPES = {
    "string": "string", "text": "string", "multi-line-text": "string", "long": "long", "integer": "long", "int": "long",
    "decimal": "decimal", "double": "decimal",
    "float": "decimal", "boolean": "boolean", "date": "date", "enum": "enum",
}  # fmt: skip
CONSTRAINTS = frozenset({"required", "readonly", "min", "max", "minlength", "maxlength", "pattern"})


def read_form(node: etree._Element, reading: Reading) -> tuple[FormField, ...]:
    """Return the fields of the form of a user task or start event."""
    if vendor(node, "formHandlerClass") is not None:
        reading.fault(
            "java-not-supported", "表单不能由 Java 类处理", "No Java class can handle a form", node, vendor(node, "formHandlerClass")
        )
    for data in vendor_children(node, "formData"):
        if data.get("businessKey") is not None:
            reading.fault(
                "extension-not-supported", "不支持表单的 businessKey", "A form field cannot be the business key", data, "businessKey"
            )
    fields = [read_field(item, reading) for item in vendor_children(node, "formData", "formField")]
    properties = [read_property(item, reading) for item in vendor_children(node, "formProperty") if truth(item.get("readable"), True)]
    return (*fields, *properties)


def read_form_file(node: etree._Element, reading: Reading) -> Form | None:
    """Return the form of form-js that was deployed beside the drawing for a user task or start event, or stands in it."""
    holder = node.find(EXTENSIONS)
    item = holder.find(f"{{{SHENPI}}}form") if holder is not None else None
    if item is None:
        return None
    found, faults = read_schema(item.text or "", item.get("file") or reading.file)
    # a form that is no file of its own is found by the element it stands in
    reading.faults.extend(faults if item.get("file") else [replace(one, line=line_of(item), element=owner(item)) for one in faults])
    return found


def read_names(node: etree._Element, attribute: str) -> tuple[str, ...]:
    """Return the variables that `shenpi:sees` or `shenpi:writes` of a user task names."""
    return tuple(dict.fromkeys((ours(node, attribute) or "").replace(",", " ").split()))


def read_field(item: etree._Element, reading: Reading) -> FormField:
    constraints = {child.get("name") or "": child.get("config") or "" for child in item.iter(etree.Element) if local(child) == "constraint"}
    for name in constraints.keys() - CONSTRAINTS:
        code = "java-not-supported" if name == "validator" else "extension-not-supported"
        reading.fault(code, f"不支持表单校验 {name}", f"The form constraint {name} cannot be checked here", item, constraints[name] or name)
    properties = {child.get("id"): child.get("value") for child in item.iter(etree.Element) if local(child) == "property"}
    return FormField(
        name=item.get("id") or "",
        label=item.get("label") or item.get("id") or "",
        type=type_of(item, reading),
        required=on(constraints, "required"),
        pattern=within(constraints, properties.get("pattern") or constraints.get("pattern")),
        options=options(item),
        default=item.get("defaultValue"),
        minimum=constraints.get("min"),
        maximum=constraints.get("max"),
        readonly=on(constraints, "readonly"),
    )


def on(constraints: dict[str, str], name: str) -> bool:
    return name in constraints and constraints[name].strip().lower() != "false"


def within(constraints: dict[str, str], pattern: str | None) -> str | None:
    """Return a pattern that also holds the least and greatest length."""
    least, most = constraints.get("minlength", ""), constraints.get("maxlength", "")
    if not (least or most):
        return pattern
    length = f"[\\s\\S]{{{least or 0},{most}}}"
    return f"(?={length}$)(?:{pattern})" if pattern else length


def read_property(item: etree._Element, reading: Reading) -> FormField:
    return FormField(
        name=item.get("variable") or item.get("id") or "",
        label=item.get("name") or item.get("id") or "",
        type=type_of(item, reading),
        required=truth(item.get("required"), False),
        options=options(item),
        default=item.get("default") or item.get("expression"),
        readonly=not truth(item.get("writable"), True),
    )


def type_of(item: etree._Element, reading: Reading) -> str:
    name = item.get("type") or "string"
    if name not in TYPES:
        reading.fault("field-type", f"未知的字段类型：{name}", f"A form field of type {name} cannot be filled in here", item, name)
    return TYPES.get(name, "string")


def options(item: etree._Element) -> tuple[tuple[str, str], ...]:
    found = [child for child in item.iterchildren(etree.Element) if local(child) == "value"]
    return tuple((child.get("id") or "", child.get("name") or child.get("id") or "") for child in found)
