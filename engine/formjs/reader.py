"""A form file read into the neutral model. What it says and cannot be done here is a fault with the file and the place in it; nothing is dropped silently."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.errors import Fault
from engine.formjs.feel import Condition
from engine.formjs.model import HOLDERS, INPUTS, KINDS, SEVERAL, TEXTS, Component, Form, Option
from engine.formjs.properties import JSON, Properties

MAX_FORM = 256 * 1024  #: bytes of one form
MOST_COMPONENTS = 500
MOST_OPTIONS = 500
MOST_DEPTH = 10
MOST_ROWS = 500
NAME = re.compile(r"[^\W\d_]\w{0,199}")
DOTTED = re.compile(r"[^\W\d_]\w{0,99}(\.[^\W\d_]\w{0,99}){1,5}")
RESERVED = frozenset({"outcome", "decisions", "this", "parent", "i"})
#: they would bring foreign content into our page
REFUSED = {"image": "图片", "iframe": "内嵌网页", "html": "HTML", "documentPreview": "文档预览"}


def read_form(text: str | bytes, file: str) -> tuple[Form | None, list[Fault]]:
    """Return the form of a file, and everything in it that cannot be read; without a form at all, None."""
    reading = Reading(file)
    if len(text) > MAX_FORM:
        reading.fault("too-large", f"表单超过 {MAX_FORM} 字节", f"A form has at most {MAX_FORM} bytes", "")
        return None, reading.faults
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        reading.fault("malformed", f"不是有效的 JSON：{error.msg}", f"Not readable as JSON: {error.msg}", f"line {error.lineno}")
        return None, reading.faults
    if not isinstance(found, dict) or not isinstance(found.get("components"), list):
        reading.fault("form-invalid", "不是 form-js 表单：缺少 components", "This is no form-js form: it has no components", "components")
        return None, reading.faults
    components = reading.components(found["components"], "components", {}, 0)
    identity = found.get("id")
    source = text if isinstance(text, str) else text.decode()
    return Form(identity if isinstance(identity, str) else file, source, components), reading.faults


@dataclass(slots=True)
class Reading(Properties):
    """One file while it is read."""

    room: int = MOST_COMPONENTS

    def components(self, found: Any, place: str, taken: dict[str, str], depth: int) -> tuple[Component, ...]:
        """Read the components of one level; `taken` are the names of this level that others have."""
        if not isinstance(found, list):
            self.fault("form-invalid", "components 不是列表", "The components are no list", place)
            return ()
        if depth > MOST_DEPTH:
            self.fault("too-complex", f"表单嵌套超过 {MOST_DEPTH} 层", f"A form is nested at most {MOST_DEPTH} deep", place)
            return ()
        read = []
        for number, one in enumerate(found):
            self.room -= 1
            if self.room < 0:
                if self.room == -1:
                    self.fault(
                        "too-complex", f"表单组件超过 {MOST_COMPONENTS} 个", f"A form has at most {MOST_COMPONENTS} components", place
                    )
                break
            component = self.component(one, f"{place}[{number}]", taken, depth)
            if component is not None:
                read.append(component)
        return tuple(read)

    def component(self, one: Any, place: str, taken: dict[str, str], depth: int) -> Component | None:
        kind = one.get("type") if isinstance(one, dict) else None
        if not isinstance(one, dict) or not isinstance(kind, str) or kind not in KINDS:
            word = REFUSED.get(kind, kind) if isinstance(kind, str) else None
            self.fault(
                "component-unknown", f"表单不支持组件 {word}", f"A component of type {kind} cannot be shown here", f"{place}.type", kind
            )
            return None
        checks = self.mapping(one, "validate", place)
        length = (
            {"shortest": self.whole(checks, "minLength", place), "longest": self.whole(checks, "maxLength", place)} if kind in TEXTS else {}
        )
        limits = (
            {
                "least": self.number(checks, "min", f"{place}.validate"),
                "most": self.number(checks, "max", f"{place}.validate"),
                "step": self.number(one, "increment", place),
            }
            if kind == "number"
            else {}
        )
        key = self.key(one, kind, place, taken)
        readonly = self.truth(one, "disabled", place) or self.switch(one, "readonly", place)
        if "." in key and readonly is not True:
            self.fault("field-name", f"{key}：带点的名称只能只读", f"{key}: a name with a dot can only be read", f"{place}.key", key)
        options, options_from = self.options(one, place) if kind in SEVERAL or kind in ("radio", "select") else ((), None)
        inner = taken if kind == "group" else {}
        found = Component(
            kind=kind,
            key=key,
            label=self.text(one, "label") or key,
            place=place,
            text=self.text(one, "text"),
            description=self.text(one, "description"),
            components=self.components(one.get("components", []), f"{place}.components", inner, depth + 1) if kind in HOLDERS else (),
            hide=self.expression(self.mapping(one, "conditional", place), "hide", f"{place}.conditional"),
            readonly=readonly,
            required=kind in INPUTS and self.truth(checks, "required", f"{place}.validate"),
            pattern=self.pattern(checks, place) if kind in TEXTS else None,
            format=self.one_of(checks, "validationType", ("email", "phone", "custom"), f"{place}.validate") if kind in TEXTS else None,
            digits=self.whole(one, "decimalDigits", place, 30) if kind == "number" else None,
            as_text=self.truth(one, "serializeToString", place),
            subtype=self.one_of(one, "subtype", ("date", "time", "datetime"), place) or "date" if kind == "datetime" else "date",
            options=options,
            options_from=options_from,
            value=self.value(one, kind, place),
            default=one.get("defaultValue"),
            multiple=self.truth(one, "multiple", place),
            accept=self.text(one, "accept"),
            rows=min(self.whole(one, "defaultRepetitions", place, MOST_ROWS) or 0, MOST_ROWS) if "defaultRepetitions" in one else 1,
            fixed=kind == "dynamiclist" and one.get("allowAddRemove") is False,
            columns=self.columns(one, place) if kind == "table" else (),
            **length,  # type: ignore[arg-type]
            **limits,  # type: ignore[arg-type]
        )
        if kind == "dynamiclist":
            self.rows(found)
        return found

    def key(self, one: JSON, kind: str, place: str, taken: dict[str, str]) -> str:
        """Return the name that a component fills, which nothing else of its level has."""
        path = one.get("path")
        if kind == "group" and path not in (None, ""):
            self.fault("field-name", "不支持分组的 path", "The path of a group is not supported", f"{place}.path", path)
        if kind not in INPUTS and kind not in ("expression", "dynamiclist"):
            return ""
        where = "path" if kind == "dynamiclist" and "path" in one else "key"
        key = one.get(where)
        if not isinstance(key, str) or not (NAME.fullmatch(key) or DOTTED.fullmatch(key)) or key.partition(".")[0] in RESERVED:
            self.fault(
                "field-name", f"字段名无效：{str(key)[:50]}", f"{str(key)[:50]!r} cannot be the name of a field", f"{place}.{where}", key
            )
            return ""
        if kind in ("dynamiclist", "expression") and "." in key:
            self.fault(
                "field-name", f"字段名无效：{key}", f"{key!r} cannot be the name of rows or of a computed value", f"{place}.{where}", key
            )
        if key in taken:
            self.fault(
                "field-twice",
                f"字段名重复：{key}（另见 {taken[key]}）",
                f"The name {key} is taken by {taken[key]}",
                f"{place}.{where}",
                key,
            )
        taken.setdefault(key, place)
        return key

    def rows(self, found: Component) -> None:
        """Rows that come and go cannot hold fields that are only read: nobody could tell which row they belong to."""
        inner = Form("", "", found.components)
        if not found.fixed and any(one.fills and one.readonly is True for one in inner.top()):
            zh, en = "可增删的行里不能有只读字段", "Rows that may be added and removed can hold no read-only field"
            self.fault("list-readonly", zh, en, found.place, found.key)

    def options(self, one: JSON, place: str) -> tuple[tuple[Option, ...], Condition | None]:
        if "valuesExpression" in one:
            return (), self.expression(one, "valuesExpression", place)
        if "valuesKey" in one:
            key = one["valuesKey"]
            if not isinstance(key, str) or not (NAME.fullmatch(key) or DOTTED.fullmatch(key)):
                self.fault(
                    "options-invalid", "选项的变量名无效", "The name of the variable with the options is none", f"{place}.valuesKey", key
                )
                return (), None
            return (), self.compiled(f"={key}", f"{place}.valuesKey")
        values = one.get("values")
        if not isinstance(values, list) or not values or len(values) > MOST_OPTIONS:
            self.fault(
                "options-invalid", f"须有 1 到 {MOST_OPTIONS} 个选项", f"There must be 1 to {MOST_OPTIONS} options", f"{place}.values"
            )
            return (), None
        found = [option for option in map(option_of, values) if option is not None]
        if len(found) < len(values) or len({str(each.value) for each in found}) < len(found):
            zh, en = "选项须有各不相同的值", "Each option has a value of its own, a text or a whole number"
            self.fault("options-invalid", zh, en, f"{place}.values")
        return tuple(found), None

    def value(self, one: JSON, kind: str, place: str) -> Condition | None:
        """Return what an expression computes, or what a table shows."""
        if kind == "expression":
            if "expression" not in one:
                self.fault("condition-invalid", "缺少表达式", "The expression is missing", f"{place}.expression")
            return self.expression(one, "expression", place)
        if kind == "table":
            source = one.get("dataSource")
            if not isinstance(source, str) or not source.strip():
                self.fault("table-invalid", "表格没有 dataSource", "The table has no dataSource", f"{place}.dataSource")
                return None
            return self.compiled(source if source.startswith("=") else f"={source}", f"{place}.dataSource")
        return None

    def columns(self, one: JSON, place: str) -> tuple[tuple[str, str], ...]:
        columns = one.get("columns")
        found = (
            [each for each in columns if isinstance(each, dict) and isinstance(each.get("key"), str)] if isinstance(columns, list) else []
        )
        if not found or len(found) < len(columns or []) or len(found) > MOST_OPTIONS:
            self.fault(
                "table-invalid", "表格须列出 columns，每列有 key", "The table lists its columns, each with a key", f"{place}.columns"
            )
        return tuple((each["key"], str(each.get("label") or each["key"])) for each in found[:MOST_OPTIONS])


def option_of(value: Any) -> Option | None:
    """Return an option: a mapping with value and label, or a bare value; None for what is none."""
    label = None
    if isinstance(value, Mapping):
        label, value = value.get("label"), value.get("value")
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        return None
    return Option(value, label if isinstance(label, str) and label else str(value))
