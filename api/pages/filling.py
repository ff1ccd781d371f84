"""What somebody filled in on a page: by the form viewer as one JSON text, or without script as the fields of an ordinary form; and the files beside it.

A field of an ordinary form is called `field.` and its path (`field.items[2].amount`), a file `file.`, a file that is kept already `kept.` and its path.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from json import JSONDecodeError, loads
from typing import Any
from uuid import UUID

import orjson
from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from api.security import current
from engine import attachments, forms
from engine.bpmn.model import Element
from engine.database import transaction
from engine.errors import Fault, InvalidVariables
from engine.execution.values import clean
from engine.formjs.accepting import level
from engine.formjs.model import SEVERAL, Component
from engine.formjs.reader import MOST_ROWS
from engine.formjs.typed import MOST_FILES, options_of
from models.attachment import Attachment

STEP = re.compile(r"([^.\[\]]{1,200})|\[(\d{1,3})\]")
BESIDE = "attachment"  #: files of the decision that belong to no field


@dataclass(slots=True)
class Filling:
    """What came with one request. `kept` are uploads by the path of their field; `more` asks for another row of that table and for nothing else."""

    values: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, list[UUID]] = field(default_factory=dict)
    more: str = ""

    @property
    def beside(self) -> list[UUID]:
        """The files that belong to the decision as a whole."""
        return self.kept.get(BESIDE, [])


def read(element: Element | None, task_id: UUID | None) -> Filling:
    """Return what the request brings for an element's form; its files are kept first, so that they are not lost when something else does not fit.

    Refuses with `InvalidVariables` what is no form of ours, and as `attachments.store` does.
    """
    found = Filling(more=request.form.get("more", ""))
    found.kept = keep(task_id)
    if element is None or element.schema is None:
        names = [each.name for each in element.form] if element is not None else []
        found.values = {name: request.form.get(f"field.{name}", "").strip() for name in names}
        return found
    if request.form.get("filled"):
        found.values = parsed(request.form["filled"])
    else:
        found.values = typed(element.schema.components, "")
    for path, ids in found.kept.items():
        if path != BESIDE:
            put(found.values, path, [str(each) for each in ids])
    return found


def parsed(text: str) -> dict[str, Any]:
    """Return the values that the viewer wrote as JSON, as the engine keeps values; amounts are never floats."""
    try:
        values = loads(text, parse_float=Decimal, parse_constant=str)
    except (JSONDecodeError, RecursionError, ValueError):
        values = None
    if not isinstance(values, dict):
        raise InvalidVariables([Fault("form-invalid", "表单不完整，请刷新页面后重试", "The form is not complete; load the page again")])
    kept: dict[str, Any] = clean(values)
    return kept


def typed(components: Iterable[Component], path: str) -> dict[str, Any]:
    """Return the values of the fields of one level; rows in which nothing was typed are left out."""
    found: dict[str, Any] = {}
    for one in level(components):
        if not one.fills or one.readonly is True:
            continue
        here = f"{path}{one.key}"
        name = f"field.{here}"
        if one.kind == "dynamiclist":
            rows = [typed(one.components, f"{here}[{number}].") for number in range(rows_in(here))]
            found[one.key] = rows if one.fixed else [row for row in rows if any(each not in ("", False, [], None) for each in row.values())]
        elif one.kind in SEVERAL:
            found[one.key] = request.form.getlist(name)[:MOST_ROWS]
        elif one.kind == "checkbox":
            found[one.key] = name in request.form
        elif one.kind != "filepicker":
            found[one.key] = request.form.get(name, "").strip().replace("\r\n", "\n")
    return found


def rows_in(path: str) -> int:
    """Return how many rows of a table the page had."""
    text = request.form.get(f"rows.{path}", "")
    return min(int(text), MOST_ROWS) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def keep(task_id: UUID | None) -> dict[str, list[UUID]]:
    """Keep the files of the request as uploads; returns them, and those that were kept before, by the path of their field."""
    found: dict[str, list[UUID]] = {}
    for name in request.form:
        if name.startswith("kept."):
            found[name[5:]] = [
                UUID(each) for each in request.form.getlist(name)[:MOST_FILES] if re.fullmatch("[0-9a-f-]{36}", each) and is_uuid(each)
            ]
    chosen = [
        (name, file)
        for name, files in request.files.lists()
        for file in files
        if file.filename and (name == BESIDE or name.startswith("file."))
    ]
    if chosen:
        with transaction() as session:
            for name, file in chosen[: 5 * MOST_FILES]:
                found.setdefault(name.removeprefix("file."), []).append(store(session, file, task_id))
    return found


def is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def store(session: Session, file: FileStorage, task_id: UUID | None) -> UUID:
    content = file.stream.read()
    file.stream.seek(0)  # the digest of the request reads it again
    return attachments.store(session, by=current(), task_id=task_id, name=file.filename or "", content=content).id


def put(values: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a path; nothing when the path leads nowhere: then the file belongs to a row that is not there any more."""
    steps = [match[1] if match[1] is not None else int(match[2]) for match in STEP.finditer(path)]
    place: Any = values
    for step in steps[:-1]:
        if isinstance(place, dict) and isinstance(step, str):
            place = place.get(step)
        elif isinstance(place, list) and isinstance(step, int) and step < len(place):
            place = place[step]
        else:
            return
    if isinstance(place, dict) and steps and isinstance(steps[-1], str):
        place[steps[-1]] = value


# --- what a page shows


def shown(session: Session, element: Element | None, variables: Mapping[str, Any], filling: Filling | None, url: str) -> dict[str, Any]:
    """Return what the part `form_fields.html` needs: the form, its data, what was filled in so far, and the words for what is kept."""
    if element is None or element.schema is None:
        return {}
    data = forms.visible(element, variables)
    values = filling.values if filling is not None else {}
    names = {**data, **values}
    ids = [each for found in filling.kept.values() for each in found] if filling is not None else []
    return {
        "form": element.schema,
        "url": url,
        "data": data,
        "values": values,
        "json": orjson.dumps(forms.data_of(values)).decode() if filling is not None else "",
        "kept": {path: kept_of(session, found) for path, found in filling.kept.items()} if ids and filling is not None else {},
        "options": lambda one: options_of(one, names),
        "table": lambda one: table_of(one, names),
        "rows": lambda one, path, given: rows_of(one, path, given, data, filling),
    }


def kept_of(session: Session, ids: Iterable[UUID]) -> list[Attachment]:
    """Return uploads of the caller that still wait for a decision."""
    found = [session.get(Attachment, each) for each in ids]
    return [each for each in found if each is not None and each.uploaded_by == current().key and each.attached_at is None]


def table_of(one: Component, names: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows that a table shows."""
    found = one.value.evaluate(names) if one.value is not None else None
    return [row for row in found if isinstance(row, Mapping)][:MOST_ROWS] if isinstance(found, list) else []


def rows_of(one: Component, path: str, given: Any, data: Mapping[str, Any], filling: Filling | None) -> list[dict[str, Any]]:
    """Return the rows of a table to fill in: those that were typed, else those of the case, else as many empty ones as the form begins with."""
    rows = given if isinstance(given, list) and given else data.get(one.key) if "[" not in path else None
    found = [dict(row) for row in rows[:MOST_ROWS] if isinstance(row, Mapping)] if isinstance(rows, list) else []
    wanted = rows_in(path) + 1 if filling is not None and filling.more == path else 0 if found else one.rows
    return [*found, *({} for _number in range(len(found), min(wanted, MOST_ROWS)))]


def labels(element: Element) -> list[str]:
    """Return the labels of everything that an element's form asks for."""
    if element.schema is None:
        return [each.label for each in element.form]
    return [one.label for one in element.schema.walk() if one.key]
