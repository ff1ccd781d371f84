"""Values held against a form, on the server as in the browser: what is hidden is dropped, what may only be read is refused, every misfit has its path.

First every value is brought into its type; then the conditions are looked at, with the values as the browser holds them; then what is shown must fit.
Amounts become Decimal or whole numbers, never floats; times become datetimes.
"""

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from engine.errors import Fault
from engine.formjs.feel import Condition
from engine.formjs.model import CHOICES, SEVERAL, TEXTS, Component, Form
from engine.formjs.reader import MOST_ROWS
from engine.formjs.typed import Misfit, all_chosen, chosen, files_of, moment_of, number_of, options_of, text_of

MOST_FAULTS = 200  #: told at once
MOST_IN_ALL = 2000  #: rows of all tables of a form; each may have conditions that look at all others
TRUTH = {"true": True, "on": True, "false": False, "off": False}
Values = Mapping[str, Any]


@dataclass(slots=True)
class Taken:
    """What a form takes from whoever filled it in. `files` are the attachments that its file fields name."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    files: list[UUID] = field(default_factory=list)


def accept(form: Form, values: Values, data: Values, *, complete: bool, zone: ZoneInfo) -> Taken:
    """Return what a form takes of `values`, and everything that does not fit it.

    `data` are the variables that the form may see. Without `complete`, required fields are not asked for. Values must be clean: text, numbers, lists and
    mappings, nothing else, and not too deep.
    """
    taking = Taking(form, data, complete, zone)
    typed = taking.convert(form.components, values, data, "")
    taking.top = {**browser(data), **taking.seen(form.components, typed, data)}
    taking.compute(form.components, typed, taking.top, {"this": taking.top})
    found = taking.settle(form.components, typed, values, taking.top, {"this": taking.top}, "", False)
    del taking.taken.faults[MOST_FAULTS:]
    taking.taken.values = found
    return taking.taken


def browser(value: Any) -> Any:
    """Return data as the browser holds it: numbers stay numbers, dates and times are texts."""
    if isinstance(value, Mapping):
        return {str(name): browser(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [browser(each) for each in value]
    if value is None or isinstance(value, bool | int | Decimal | str):
        return value
    return value.isoformat() if isinstance(value, date | time) else str(value)


class Taking:
    """One form while values are held against it."""

    def __init__(self, form: Form, data: Values, complete: bool, zone: ZoneInfo) -> None:
        self.form, self.data, self.complete, self.zone = form, data, complete, zone
        self.taken = Taken()
        self.wrong: dict[str, Fault] = {}  #: path -> why its value does not fit
        self.top: dict[str, Any] = {}
        self.room = MOST_IN_ALL

    # --- every value in its type

    def convert(self, components: Iterable[Component], given: Values, held: Any, path: str) -> dict[str, Any]:
        """Return the values of one level in their types; what is of no field is a fault at once."""
        fields = {one.key: one for one in level(components) if one.key}
        found: dict[str, Any] = {}
        for name in given:
            if name not in fields or "." in name:
                self.refuse("field-unknown", f"表单没有字段 {name[:100]}", f"The form has no field {name[:100]}", joined(path, name))
        for name, one in fields.items():
            if name not in given or not one.fills or one.readonly is True:
                continue
            here = joined(path, name)
            try:
                found[name] = self.listed(one, given[name], held, here) if one.kind == "dynamiclist" else self.typed(one, given[name])
            except Misfit as misfit:
                label = f"{one.label}{in_row(here)}"
                self.wrong[here] = Fault(
                    "field-invalid", f"{label}：{misfit.zh}", f"{here} {misfit.en}", path=here, found=str(given[name])[:100]
                )
        return found

    def listed(self, one: Component, given: Any, held: Any, path: str) -> Any:
        if given in (None, ""):
            given = []
        if not isinstance(given, list) or not all(isinstance(row, Mapping) for row in given):
            raise Misfit("不是表格的行", "is no list of rows")
        self.room -= len(given)
        if len(given) > MOST_ROWS or self.room < 0:
            raise Misfit(f"超过 {MOST_ROWS} 行", f"has more than {MOST_ROWS} rows")
        kept = rows_of(held, one.key)
        if one.fixed and len(given) != (len(kept) or one.rows):
            raise Misfit("不能增加或删除行", "takes no more and no fewer rows than it has")
        return [
            self.convert(one.components, row, kept[number] if number < len(kept) else {}, f"{path}[{number}]")
            for number, row in enumerate(given)
        ]

    def typed(self, one: Component, value: Any) -> Any:
        if value is None or value == "" or value == []:
            return [] if one.kind in SEVERAL or one.kind == "filepicker" else False if one.kind == "checkbox" else None
        if one.kind in TEXTS:
            return text_of(one, value)
        match one.kind:
            case "number":
                return number_of(one, value)
            case "checkbox":
                if not isinstance(value, bool) and TRUTH.get(str(value)) is None:
                    raise Misfit("只能是或否", "is neither true nor false")
                return value if isinstance(value, bool) else TRUTH[str(value)]
            case "datetime":
                return moment_of(one, value, self.zone)
            case "filepicker":
                return files_of(one, value)
            case _:
                return value  # a choice: its options may depend on what is computed later

    # --- what the browser sees

    def seen(self, components: Iterable[Component], typed: Values, held: Any) -> dict[str, Any]:
        """Return the values of one level as the browser holds them; a field without one shows what the case has."""
        found: dict[str, Any] = {}
        for one in level(components):
            if not one.key or "." in one.key:
                continue
            value = typed.get(one.key, held.get(one.key) if isinstance(held, Mapping) else None)
            if one.kind == "dynamiclist" and isinstance(value, list):
                kept = rows_of(held, one.key)
                rows = [row for row in value if isinstance(row, Mapping)]
                old = [kept[number] if number < len(kept) else {} for number in range(len(rows))]
                value = [{**browser(was), **self.seen(one.components, row, was)} for row, was in zip(rows, old, strict=True)]
            elif one.as_text and isinstance(value, int | Decimal) and not isinstance(value, bool):
                value = format(value, "f")
            found[one.key] = browser(value)
        return found

    def compute(self, components: Iterable[Component], typed: dict[str, Any], row: dict[str, Any], scope: dict[str, Any]) -> None:
        """Work out the computed values of one level, each from what stands above it and what was filled in."""
        for one in level(components):
            if one.kind == "expression" and one.value is not None and one.key:
                typed[one.key] = row[one.key] = one.value.evaluate(ChainMap(scope, self.top))
            elif one.kind == "dynamiclist" and isinstance(typed.get(one.key), list):
                for number, each in enumerate(typed[one.key]):
                    self.compute(one.components, each, row[one.key][number], inside(scope, row[one.key][number], number))

    # --- what is shown must fit

    def settle(
        self, components: Iterable[Component], typed: Values, given: Values, row: Values, scope: dict[str, Any], path: str, hidden: bool
    ) -> dict[str, Any]:
        """Return the values of one level that count."""
        found: dict[str, Any] = {}
        names = ChainMap(scope, self.top)
        for one in components:
            away = hidden or (one.hide is not None and one.hide.holds(names))
            if one.kind == "group":
                found |= self.settle(one.components, typed, given, row, scope, path, away)
            if not one.key or "." in one.key:
                continue
            here = joined(path, one.key)
            if one.kind == "expression":
                if not away and one.key in typed:
                    found[one.key] = typed[one.key]
                continue
            if one.readonly is True or (isinstance(one.readonly, Condition) and one.readonly.evaluate(names) is True):
                if one.key in given:
                    self.refuse("field-readonly", f"{one.label} 只读，不能填写", f"{one.key} can only be read", here)
                continue
            if away:
                continue
            if here in self.wrong:
                self.note(self.wrong[here])
            elif one.kind == "dynamiclist":
                if one.key in typed:
                    found[one.key] = self.settled_rows(one, typed[one.key], given[one.key], row, scope, here)
            else:
                self.settle_field(one, typed, names, here, found)
        return found

    def settled_rows(self, one: Component, typed: list[Any], given: list[Any], row: Values, scope: dict[str, Any], path: str) -> list[Any]:
        shown = row.get(one.key)
        kept = rows_of(self.data, one.key) if "[" not in path else []
        found = []
        for number, each in enumerate(typed):
            this = shown[number] if isinstance(shown, list) and number < len(shown) else {}
            inner = inside(scope, this, number)
            held = kept[number] if one.fixed and number < len(kept) else {}
            mine = self.settle(one.components, each, given[number], this, inner, f"{path}[{number}]", False)
            found.append({**held, **mine})
        return found

    def settle_field(self, one: Component, typed: Values, names: Values, path: str, found: dict[str, Any]) -> None:
        value = typed.get(one.key)
        if value in (None, "", []) or (one.kind == "checkbox" and value is False and one.required):
            if one.required and self.complete:
                self.refuse("field-required", f"请填写 {one.label}{in_row(path)}", f"{path} is required", path)
            elif one.key in typed:
                found[one.key] = value
            return
        try:
            if one.kind in CHOICES:
                value = chosen(options_of(one, names), value)
            elif one.kind in SEVERAL:
                value = all_chosen(options_of(one, names), value)
        except Misfit as misfit:
            self.refuse("field-invalid", f"{one.label}{in_row(path)}：{misfit.zh}", f"{path} {misfit.en}", path, value)
            return
        if one.kind == "filepicker":
            self.taken.files += map(UUID, value)
        found[one.key] = value

    def refuse(self, code: str, zh: str, en: str, path: str, found: Any = None) -> None:
        self.note(Fault(code, zh, en, path=path[:200], found=None if found is None else str(found)[:100]))

    def note(self, fault: Fault) -> None:
        if len(self.taken.faults) < MOST_FAULTS:
            self.taken.faults.append(fault)


def level(components: Iterable[Component]) -> Iterable[Component]:
    """Yield the components of one level of names: those of groups too, those of rows not."""
    for one in components:
        yield one
        if one.kind == "group":
            yield from level(one.components)


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def inside(scope: dict[str, Any], row: Values, number: int) -> dict[str, Any]:
    """Return the names that the viewer knows in a row: itself, what is around it, and its numbers from 1."""
    return {"this": row, "parent": scope.get("this"), "i": [*(scope.get("i") or []), Decimal(number + 1)]}


def in_row(path: str) -> str:
    """Return the row of a path for people, who count from one."""
    numbers = re.findall(r"\[(\d+)\]", path)
    return f"（第 {'、'.join(str(int(number) + 1) for number in numbers)} 行）" if numbers else ""


def rows_of(held: Any, name: str) -> list[Any]:
    """Return the rows that the case has already."""
    found = held.get(name) if isinstance(held, Mapping) else None
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
