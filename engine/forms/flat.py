"""Fields that stand in a drawing: what people typed, converted to the types that the fields name."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.bpmn.model import FormField
from engine.errors import Fault, InvalidVariables
from engine.execution import values as kept
from engine.language.pattern import compile_pattern

LONGEST = 2000  #: of a text
YES_OR_NO = {"true": True, "on": True, "false": False, "off": False}


def take(form: tuple[FormField, ...], values: Mapping[str, Any], *, complete: bool) -> tuple[dict[str, Any], list[Fault]]:
    """Return the values that fit the fields, and everything that does not; required fields are asked for only when `complete`."""
    fields = {field.name: field for field in form}
    faults = [
        Fault("field-unknown", f"表单没有字段 {name}", f"The form has no field {name}", path=name[:100])
        for name in values
        if name not in fields or fields[name].readonly
    ]
    accepted: dict[str, Any] = {}
    for name, field in fields.items():
        value = values.get(name)
        if value in (None, ""):
            if field.required and complete and not field.readonly:
                faults.append(Fault("field-required", f"请填写 {field.label}", f"{name} is required", path=name))
            continue
        try:
            accepted[name] = kept.clean(within(field, convert(field, value)), name)
        except InvalidVariables as error:
            faults += error.faults
        except (ValueError, InvalidOperation):
            faults.append(
                Fault("field-invalid", f"{field.label} 格式不正确", f"{name} is no {field.type}", path=name, found=str(value)[:100])
            )
    return accepted, faults


def within(field: FormField, value: Any) -> Any:
    """Return a value that keeps to the field's least and most: of a number itself, of a text its length. `ValueError` when it does not."""
    size = len(value) if isinstance(value, str) else value
    if isinstance(size, int | Decimal) and not isinstance(size, bool):
        if field.minimum is not None and size < Decimal(field.minimum):
            raise ValueError(f"less than {field.minimum}")
        if field.maximum is not None and size > Decimal(field.maximum):
            raise ValueError(f"more than {field.maximum}")
    return value


def convert(field: FormField, value: Any) -> Any:
    """Return a form value in its type: text, whole number, Decimal, yes or no, date. `ValueError` when it is none."""
    match field.type:
        case "long":
            return int(str(value))
        case "decimal":
            return _decimal(value)
        case "boolean":
            return value if isinstance(value, bool) else YES_OR_NO[str(value)] if str(value) in YES_OR_NO else _no(value)
        case "date":
            return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value))
        case "enum":
            return str(value) if str(value) in {key for key, _ in field.options} else _no(value)
        case _:
            if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
                raise ValueError(f"{type(value).__name__} is no text")
            text = str(value)
            if len(text) > LONGEST or (field.pattern and not compile_pattern(field.pattern).fits(text)):
                raise ValueError(text[:100])
            return text


def _decimal(value: Any) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("not finite")
    return number


def _no(value: Any) -> Any:
    raise ValueError(str(value)[:100])
