"""The fields that stand in a drawing, written as a form of form-js: one description for whoever draws forms."""

from collections.abc import Iterable
from typing import Any

from engine.errors import ShenpiError

KINDS = {"string": "textfield", "long": "number", "decimal": "number", "boolean": "checkbox", "date": "datetime", "enum": "select"}


def schema_of(fields: Iterable[Any], identity: str) -> dict[str, Any]:
    """Return the schema of flat fields (`engine.bpmn.model.FormField`); a default that is an expression is left out."""
    return {"type": "default", "id": identity, "schemaVersion": 19, "components": [component_of(field) for field in fields]}


def component_of(field: Any) -> dict[str, Any]:
    if field.type not in KINDS:
        raise ShenpiError(type=field.type)
    found: dict[str, Any] = {"type": KINDS[field.type], "id": f"field_{field.name}", "key": field.name, "label": field.label}
    checks: dict[str, Any] = {"required": True} if field.required else {}
    if field.type == "string":
        names = {"pattern": f"^(?:{field.pattern})$" if field.pattern else None, "minLength": field.minimum, "maxLength": field.maximum}
    else:
        names = {"min": field.minimum, "max": field.maximum}
    checks |= {name: value for name, value in names.items() if value}
    if field.type == "long":
        found["decimalDigits"] = 0
    elif field.type == "decimal":
        found["serializeToString"] = True
    elif field.type == "date":
        found |= {"subtype": "date", "dateLabel": field.label}
    elif field.type == "enum":
        found["values"] = [{"value": value, "label": label} for value, label in field.options]
    if field.default and "${" not in field.default and "#{" not in field.default:
        found["defaultValue"] = field.default == "true" if field.type == "boolean" else field.default
    if field.readonly:
        found["readonly"] = True
    return {**found, **({"validate": checks} if checks else {})}
