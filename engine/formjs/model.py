"""What a form-js form says, free of JSON: its components in the order of the file, and what each takes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.formjs.feel import Condition

#: components that fill a name
TEXTS = frozenset({"textfield", "textarea"})
CHOICES = frozenset({"radio", "select"})
SEVERAL = frozenset({"checklist", "taglist"})
INPUTS = TEXTS | CHOICES | SEVERAL | {"number", "checkbox", "datetime", "filepicker"}
#: components that hold others
HOLDERS = frozenset({"group", "dynamiclist"})
#: components that only show something; a button does nothing here, because the page has its own
SHOWN = frozenset({"text", "separator", "spacer", "table", "button"})
TEMPLATE = re.compile(r"\{\{\s*([^\W\d]\w*)")
KINDS = INPUTS | HOLDERS | SHOWN | {"expression"}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: the value it stands for, and what people read."""

    value: Any
    label: str


@dataclass(frozen=True, slots=True)
class Component:
    """One component. `key` is the name it fills, of a `dynamiclist` the name of its rows; empty for what only shows or groups."""

    kind: str
    key: str = ""
    label: str = ""
    place: str = ""  #: in the file: `components[2].components[0]`
    text: str = ""  #: what a text shows, in Markdown
    description: str = ""
    components: tuple["Component", ...] = ()
    hide: Condition | None = None
    readonly: Condition | bool = False  #: read-only or disabled: shown, never written
    required: bool = False
    shortest: int | None = None
    longest: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    pattern: str | None = None
    format: str | None = None  #: email or phone
    digits: int | None = None  #: after the decimal point; 0 makes it a whole number
    step: Decimal | None = None  #: a number is a multiple of it
    as_text: bool = False  #: of a number: the browser holds it as a text
    subtype: str = "date"  #: of a datetime: date, time or datetime
    options: tuple[Option, ...] = ()
    options_from: Condition | None = None
    value: Condition | None = None  #: of an expression or table: what it shows
    default: Any = None
    multiple: bool = False
    accept: str = ""
    rows: int = 1  #: of a dynamiclist: how many it begins with
    fixed: bool = False  #: of a dynamiclist: nobody adds or removes rows
    columns: tuple[tuple[str, str], ...] = ()  #: of a table: key and label

    @property
    def fills(self) -> bool:
        """Whether a value of this name may come from whoever fills in the form."""
        return self.kind in INPUTS or self.kind == "dynamiclist"

    @property
    def conditions(self) -> Iterator[Condition]:
        """Everything about it that reads data."""
        for each in (self.hide, self.readonly, self.options_from, self.value):
            if isinstance(each, Condition):
                yield each


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `source` is the author's JSON, which the viewer draws."""

    id: str
    source: str
    components: tuple[Component, ...] = ()

    def walk(self) -> Iterator[Component]:
        """Yield every component at every depth, in the order of the file."""
        stack = list(reversed(self.components))
        while stack:
            one = stack.pop()
            yield one
            stack.extend(reversed(one.components))

    def top(self) -> Iterator[Component]:
        """Yield the components whose names are variables: those of groups too, those inside of rows not."""
        stack = list(reversed(self.components))
        while stack:
            one = stack.pop()
            yield one
            if one.kind != "dynamiclist":
                stack.extend(reversed(one.components))

    @property
    def reads(self) -> frozenset[str]:
        """The names that its conditions, options, tables, computed values and texts (`{{name}}`) read."""
        found = {name for one in self.walk() for each in one.conditions for name in each.names}
        return frozenset(found | {name for one in self.walk() for name in TEMPLATE.findall(f"{one.text} {one.label} {one.description}")})

    @property
    def shows(self) -> frozenset[str]:
        """The variables that its fields show or fill; a dotted key shows one part of a variable."""
        return frozenset(one.key for one in self.top() if one.key)

    @property
    def writes(self) -> frozenset[str]:
        """The variables that whoever fills it in may write, always or under a condition."""
        return frozenset(one.key for one in self.top() if one.key and one.fills and one.readonly is not True)

    @property
    def gives(self) -> frozenset[str]:
        """The variables that surely have a value once it is filled in."""
        return frozenset(one.key for one in self.components if one.key and one.required and one.hide is None and one.readonly is False)
