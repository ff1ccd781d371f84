"""Form values checked on the server, against the form that the definition's version has: every misfit is listed with its path."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from engine.bpmn.model import Element
from engine.bpmn.policies import REQUIRED
from engine.errors import Fault, InvalidVariables
from engine.execution import values as kept
from engine.formjs import accept
from engine.formjs.accepting import Taken
from engine.forms import flat
from engine.forms.showing import visible
from engine.settings import read_settings

MAX_COMMENT = 2000
NOTHING: Mapping[str, Any] = {}
UNFILLED = ("reject", "return")  #: who rejects or returns need not fill in the form


def check_decision(
    element: Element,
    task: Mapping[str, Any],
    outcome: str,
    comment: str,
    values: Mapping[str, Any],
    variables: Mapping[str, Any] = NOTHING,
) -> dict[str, Any]:
    """Return the values a decision brings, converted as the form says; `InvalidVariables` lists everything that does not fit.

    Required fields are asked for only when the task is approved. `variables` are those of the case as the task sees them: conditions, options and fixed rows
    of a form may depend on them. What the form does not let anybody write is written only if the task declares it (`writes`).
    """
    faults = []
    if outcome not in task["outcomes"]:
        allowed = ", ".join(task["outcomes"])
        faults.append(
            Fault("outcome-unknown", f"不允许的结论：{outcome}", f"The outcome is none of {allowed}", path="outcome", found=outcome[:100])
        )
    kept.clean(comment, "comment")
    if len(comment) > MAX_COMMENT:
        faults.append(
            Fault("too-long", f"意见超过 {MAX_COMMENT} 字", f"The comment is longer than {MAX_COMMENT} characters", path="comment")
        )
    accepted, found = take(element, values, variables, complete=outcome not in UNFILLED)
    faults += found
    if faults:
        raise InvalidVariables(faults)
    return accepted


def missing(element: Element) -> tuple[Fault, ...]:
    """Return what is wrong with approving a task of this element with nothing filled in; nothing for one that may be approved so."""
    try:
        _, faults = take(element, NOTHING, NOTHING, complete=True)
    except InvalidVariables as error:
        return tuple(error.faults)
    if element.policy.signature == REQUIRED:
        faults.append(Fault("signature-missing", "请手写签名", "A handwritten signature is needed", path="signature"))
    return tuple(faults)


def check_start(element: Element, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that a start form gives a new case; `InvalidVariables` lists everything that does not fit it."""
    accepted, faults = take(element, values, NOTHING, complete=True)
    if faults:
        raise InvalidVariables(faults)
    return accepted


def take(
    element: Element, values: Mapping[str, Any], variables: Mapping[str, Any], *, complete: bool
) -> tuple[dict[str, Any], list[Fault]]:
    """Return the values that fit an element's form or are declared by it, and everything that does not fit."""
    form = element.form if element.schema is None else ()
    fields = {field.name for field in form} if element.schema is None else {one.key for one in element.schema.top() if one.key}
    extra = {name: values[name] for name in element.writes if name in values and name not in fields}
    rest = {name: value for name, value in values.items() if name not in extra}
    faults: list[Fault] = []
    accepted: dict[str, Any] = {}
    for name, value in extra.items():
        try:
            accepted[name] = kept.clean(value, name)
        except InvalidVariables as error:
            faults += error.faults
    if element.schema is None:
        found, more = flat.take(form, rest, complete=complete)
    else:
        try:
            taken = against(element, kept.clean(rest), variables, complete=complete)
            found, more = {name: kept.clean(value, name) for name, value in taken.values.items()}, taken.faults
        except InvalidVariables as error:
            found, more = {}, error.faults
    return accepted | found, faults + more


def against(element: Element, values: Mapping[str, Any], variables: Mapping[str, Any], *, complete: bool) -> Taken:
    assert element.schema is not None
    return accept(element.schema, values, visible(element, variables), complete=complete, zone=ZoneInfo(read_settings().time_zone))


def files_in(element: Element | None, accepted: Mapping[str, Any]) -> list[UUID]:
    """Return the attachments that the file fields of a form name, among values that were accepted."""
    return list(named(element.schema.components, accepted)) if element is not None and element.schema is not None else []


def named(components: Any, values: Mapping[str, Any]) -> Any:
    for one in components:
        value = values.get(one.key) if one.key else None
        if one.kind == "filepicker":
            yield from map(UUID, value or [])
        elif one.kind == "dynamiclist":
            for row in value or []:
                yield from named(one.components, row)
        elif one.kind == "group":
            yield from named(one.components, values)
