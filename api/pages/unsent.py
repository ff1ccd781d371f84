"""What somebody typed into a form of a task that she has not on the page any more: to be read and copied, under the words it was asked for with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from api.pages import filling
from api.pages.words.cases import decision
from engine.bpmn.model import Element
from engine.errors import InvalidVariables
from engine.formjs.accepting import level
from engine.formjs.model import Component

#: what the forms of a task ask for beside its fields
NAMES = {"comment": _l("意见"), "reason": _l("说明"), "person": _l("人员")}
LONGEST = 10_000  #: characters of one text


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was typed, with its label."""

    label: str
    text: str


def of_task(element: Element | None) -> list[Line]:
    """Return what the request brings for a task at this element, in the order of its page; what is empty is left out, and so is what nobody types."""
    lines = [*_fields(element), *_words(), *_files()]
    return [Line(line.label, line.text[:LONGEST]) for line in lines if line.text.strip()]


def _fields(element: Element | None) -> Iterator[Line]:
    if element is None:
        return
    if element.schema is not None:
        yield from _level(element.schema.components, _values(element.schema.components), "")
    for each in element.form:
        text = request.form.get(f"field.{each.name}", "")
        yield Line(each.label, _("是") if each.type == "boolean" and text else dict(each.options).get(text, text))


def _values(components: tuple[Component, ...]) -> Mapping[str, Any]:
    if not request.form.get("filled"):
        return filling.typed(components, "")
    try:
        return filling.parsed(request.form["filled"])
    except InvalidVariables:
        return {}


def _level(components: tuple[Component, ...], values: Mapping[str, Any], before: str) -> Iterator[Line]:
    """Yield a line for each field of one level, and for those of each row."""
    for one in level(components):
        value = values.get(one.key)
        if not one.fills or one.readonly is True or one.kind == "filepicker":
            continue
        label = f"{before}{one.label or one.key}"
        if one.kind == "dynamiclist":
            for number, row in enumerate(value if isinstance(value, list) else (), 1):
                yield from _level(
                    one.components, row if isinstance(row, Mapping) else {}, _("%(name)s 第 %(n)s 行", name=label, n=number) + " · "
                )
        else:
            yield Line(label, _written(one, value))


def _written(one: Component, value: Any) -> str:
    """Return a value as it stood on the page: a choice by its label."""
    if isinstance(value, bool):
        return _("是") if value else ""
    if isinstance(value, list):
        return "、".join(_written(one, each) for each in value)
    labels = {str(option.value): option.label for option in one.options}
    return "" if value is None else labels.get(str(value), str(value))


def _words() -> Iterator[Line]:
    for name, text in request.form.items():
        if name.startswith("comment_"):
            yield Line(_("%(outcome)s的意见", outcome=decision(name.removeprefix("comment_")).label), text)
        elif name in NAMES and not (name == "person" and "rule" in request.form):  # whom a rule keeps away is not typed
            yield Line(str(NAMES[name]), text)


def _files() -> Iterator[Line]:
    names = [file.filename or "" for files in request.files.listvalues() for file in files if file.filename]
    yield Line(_("附件"), "、".join(names))
