"""Camunda Forms that are deployed beside a drawing: their fields are written into the element that refers to the form, and read there like any other."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from lxml import etree

from engine.bpmn.xml import CAMUNDA, EXTENSIONS, tag, vendor

TYPES = {"textfield": "string", "textarea": "string", "checkbox": "boolean", "select": "enum", "radio": "enum", "number": "decimal"}
LIMITS = {"minLength": "minlength", "maxLength": "maxlength", "min": "min", "max": "max", "pattern": "pattern"}
MOST = 500


def forms_of(files: Mapping[str, bytes]) -> dict[str, list[dict[str, Any]]]:
    """Return the fields of each form file, by the form's id and by the file's name. What is no form is left to whoever refers to it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, content in files.items():
        if name.endswith(".form"):
            try:
                form = orjson.loads(content)
            except orjson.JSONDecodeError:
                continue
            if isinstance(form, dict) and isinstance(form.get("components"), list):
                fields = list(fields_of(form["components"]))[:MOST]
                found[name] = fields
                if isinstance(form.get("id"), str):
                    found[form["id"]] = fields
    return found


def fields_of(components: list[Any], depth: int = 10) -> Iterator[dict[str, Any]]:
    """Yield the components that fill a variable; those of a group stand between its neighbours."""
    for component in components:
        if isinstance(component, dict):
            inner = component.get("components")
            if isinstance(component.get("key"), str):
                yield component
            elif isinstance(inner, list) and depth:
                yield from fields_of(inner, depth - 1)


def fill(root: etree._Element, files: Mapping[str, bytes]) -> None:
    """Write the fields of forms into the user tasks and start events that refer to them."""
    forms = forms_of(files)
    for node in root.iter(tag("userTask"), tag("startEvent"), tag("globalUserTask")) if forms else ():
        key = (vendor(node, "formRef") or vendor(node, "formKey") or "").removeprefix("camunda-forms:").removeprefix("deployment:")
        fields = forms.get(key) or forms.get(key.rpartition("/")[2])
        if fields:
            holder = node.find(EXTENSIONS)
            if holder is None:
                holder = etree.Element(EXTENSIONS)
                node.insert(0, holder)
            data = etree.SubElement(holder, f"{{{CAMUNDA}}}formData")
            for field in fields:
                write(data, field)


def write(data: etree._Element, field: dict[str, Any]) -> None:
    """Add one field. A kind of component that no field can be keeps its name, and is a fault when it is read."""
    kind = (
        "date"
        if field.get("type") == "datetime" and field.get("subtype") == "date"
        else TYPES.get(str(field.get("type")), str(field.get("type")))
    )
    if kind == "decimal" and field.get("decimalDigits") == 0:
        kind = "long"
    node = etree.SubElement(
        data, f"{{{CAMUNDA}}}formField", id=clean(field["key"]), label=clean(str(field.get("label") or field["key"])), type=clean(kind)
    )
    if isinstance(field.get("defaultValue"), str | int | float | bool):
        given = field["defaultValue"]
        node.set("defaultValue", clean(str(given).lower() if isinstance(given, bool) else str(given)))
    found = field.get("validate")
    checks: dict[str, Any] = found if isinstance(found, dict) else {}
    validation = etree.SubElement(node, f"{{{CAMUNDA}}}validation")
    if checks.get("required") is True:
        constrain(validation, "required", "true")
    if field.get("readonly") is True or field.get("disabled") is True:
        constrain(validation, "readonly", "true")
    for name, ours in LIMITS.items():
        if isinstance(checks.get(name), str | int | float):
            constrain(validation, ours, str(checks[name]))
    values = field.get("values")
    for value in values[:MOST] if isinstance(values, list) else ():
        if isinstance(value, dict) and isinstance(value.get("value"), str | int):
            label = str(value.get("label") or value["value"])
            etree.SubElement(node, f"{{{CAMUNDA}}}value", id=clean(str(value["value"])), name=clean(label))


def constrain(validation: etree._Element, name: str, config: str) -> None:
    etree.SubElement(validation, f"{{{CAMUNDA}}}constraint", name=name, config=clean(config))


def clean(text: str) -> str:
    """Return a text that XML can hold."""
    return "".join(letter for letter in text if letter.isprintable())
