"""Single properties of a form's components, each read in its type; one that is none of it is a fault with its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.errors import Fault, InvalidExpression
from engine.formjs.feel import Condition, compile_condition
from engine.language.pattern import compile_pattern

LONGEST_TEXT = 100_000  #: that a field may ask for
JSON = Mapping[str, Any]


@dataclass(slots=True)
class Properties:
    """Reads properties of one file and notes what is wrong in them."""

    file: str
    faults: list[Fault] = field(default_factory=list)

    def fault(self, code: str, zh: str, en: str, place: str, found: Any = None) -> None:
        shown = None if found is None else str(found)[:200]
        self.faults.append(Fault(code, zh, en, file=self.file, path=place or None, found=shown))

    def mapping(self, one: JSON, name: str, place: str) -> JSON:
        found = one.get(name)
        if found is not None and not isinstance(found, dict):
            self.fault("form-invalid", f"{name} 不是对象", f"{name} is no object", f"{place}.{name}", found)
        return found if isinstance(found, dict) else {}

    def text(self, one: JSON, name: str) -> str:
        found = one.get(name)
        return found if isinstance(found, str) else ""

    def truth(self, one: JSON, name: str, place: str) -> bool:
        found = one.get(name, False)
        if not isinstance(found, bool):
            self.fault("form-invalid", f"{name} 须为 true 或 false", f"{name} is true or false", f"{place}.{name}", found)
        return found is True

    def switch(self, one: JSON, name: str, place: str) -> Condition | bool:
        """Return a yes or no that may also be an expression."""
        if isinstance(one.get(name), str):
            return self.expression(one, name, place) or False
        return self.truth(one, name, place)

    def whole(self, one: JSON, name: str, place: str, most: int = LONGEST_TEXT) -> int | None:
        found = one.get(name)
        if isinstance(found, str) and found.isascii() and found.isdigit():
            found = int(found[:10])
        if found is None or found == "":
            return None
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= most:
            self.fault(
                "field-limit", f"{name} 须为 0 到 {most} 的整数", f"{name} is a whole number from 0 to {most}", f"{place}.{name}", found
            )
            return None
        return found

    def number(self, one: JSON, name: str, place: str) -> Decimal | None:
        found = one.get(name)
        if found is None or found == "":
            return None
        text = str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else ""
        if not re.fullmatch(r"[-+]?\d{1,30}(\.\d{1,30})?([eE][-+]?\d{1,2})?", text):
            self.fault("field-limit", f"{name} 不是数字", f"{name} is no number", f"{place}.{name}", found)
            return None
        return Decimal(text)

    def pattern(self, checks: JSON, place: str) -> str | None:
        found = checks.get("pattern")
        if found is None or found == "":
            return None
        try:
            compile_pattern(anywhere(found) if isinstance(found, str) else "(")
        except ValueError as error:
            self.fault("pattern-invalid", "格式表达式无效", f"The pattern is none: {error}", f"{place}.validate.pattern", found)
            return None
        return str(found)

    def one_of(self, one: JSON, name: str, allowed: tuple[str, ...], place: str) -> str | None:
        found = one.get(name)
        if found is None or found == "":
            return None
        if found not in allowed:
            self.fault("form-invalid", f"{name} 无效", f"{name} is one of {', '.join(allowed)}", f"{place}.{name}", found)
            return None
        return str(found) if found != "custom" else None

    def expression(self, one: JSON, name: str, place: str) -> Condition | None:
        found = one.get(name)
        if found is None or found == "":
            return None
        if not isinstance(found, str) or not found.startswith("="):
            self.fault("condition-invalid", f"{name} 须以 = 开头", f"{name} begins with =", f"{place}.{name}", found)
            return None
        return self.compiled(found, f"{place}.{name}")

    def compiled(self, text: str, place: str) -> Condition | None:
        try:
            return compile_condition(text)
        except InvalidExpression as error:
            for one in error.faults:
                self.fault(one.code, one.zh, one.en, place, one.found or text)
            return None


def anywhere(pattern: str) -> str:
    """Return a pattern that fits a whole text if the given one is found somewhere in it, as in the browser."""
    return rf"[\s\S]*(?:{pattern})[\s\S]*"
