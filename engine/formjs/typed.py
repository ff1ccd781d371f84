"""Single values brought into the type of their field; each that does not fit is a `Misfit` with the reason."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from engine.formjs.model import Component, Option
from engine.formjs.properties import anywhere
from engine.formjs.reader import option_of
from engine.language.pattern import compile_pattern

MOST_FILES = 20  #: of one field
MOST_CHOSEN = 500
LONGEST = {"textfield": 2000, "textarea": 20_000}  #: unless the field says otherwise
MARGIN = 1000  #: white space around a text
EXACT = Context(prec=200, traps=[])  #: a remainder that cannot be had is not a number, and no multiple
NUMBER = re.compile(r"\s*[-+]?\d{1,30}(\.\d{1,30})?([eE][-+]?\d{1,2})?\s*")
EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}\.[^\s@.]{2,63}")
PHONE = re.compile(r"\+?[0-9][0-9 ()\-]{4,28}[0-9]")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?")


class Misfit(Exception):
    """A value does not fit its field: why, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en


def text_of(one: Component, value: Any) -> str:
    if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
        raise Misfit("不是文字", "is no text")
    text = str(value)
    trimmed = len(text.strip())
    longest = one.longest if one.longest is not None else LONGEST[one.kind]
    if len(text) > longest + MARGIN or trimmed > longest:
        raise Misfit(f"不能超过 {longest} 字", f"is longer than {longest} characters")
    if one.shortest is not None and trimmed < one.shortest:
        raise Misfit(f"至少 {one.shortest} 字", f"is shorter than {one.shortest} characters")
    if one.pattern and not compile_pattern(anywhere(one.pattern)).fits(text):
        raise Misfit("格式不正确", "is not as its pattern says")
    if one.format == "email" and not EMAIL.fullmatch(text):
        raise Misfit("不是邮箱地址", "is no mail address")
    if one.format == "phone" and not PHONE.fullmatch(text):
        raise Misfit("不是电话号码", "is no phone number")
    return text


def number_of(one: Component, value: Any) -> int | Decimal:
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or not NUMBER.fullmatch(text):
        raise Misfit("不是数字", "is no number")
    number = Decimal(str(value).strip()) if isinstance(value, str) else Decimal(value)
    if one.digits is not None and decimals(number) > one.digits:
        raise Misfit(f"最多 {one.digits} 位小数" if one.digits else "须为整数", f"has more than {one.digits} digits after the point")
    if one.least is not None and number < one.least:
        raise Misfit(f"不能小于 {one.least}", f"is less than {one.least}")
    if one.most is not None and number > one.most:
        raise Misfit(f"不能大于 {one.most}", f"is more than {one.most}")
    if one.step and EXACT.remainder(number, one.step) != 0:
        raise Misfit(f"须为 {one.step} 的倍数", f"is no multiple of {one.step}")
    return int(number) if one.digits == 0 else number


def decimals(number: Decimal) -> int:
    """Return how many digits after the point count; `normalize` would round a long number."""
    _, _, fraction = format(number, "f").partition(".")
    return len(fraction.rstrip("0"))


def moment_of(one: Component, value: Any, zone: ZoneInfo) -> Any:
    """Return a date, a datetime with its zone, or the text of a time; a time without zone is one of the installation's."""
    if one.subtype == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return value
    if one.subtype == "datetime" and isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    text = value if isinstance(value, str) and len(value) < 40 else ""
    try:
        if one.subtype == "time":
            if not TIME.fullmatch(text):
                raise ValueError(text)
            return text
        if one.subtype == "date":
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                raise ValueError(text)
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
        if "T" not in text:
            raise ValueError(text)
        return found if found.tzinfo else found.replace(tzinfo=zone)
    except ValueError:
        words = {"date": ("日期", "date"), "time": ("时间", "time of day"), "datetime": ("日期和时间", "date and time")}[one.subtype]
        raise Misfit(f"不是{words[0]}", f"is no {words[1]}") from None


def files_of(one: Component, value: Any) -> list[str]:
    ids = value if isinstance(value, list) else [value]
    most = MOST_FILES if one.multiple else 1
    if len(ids) > most:
        raise Misfit(f"最多 {most} 个文件", f"takes at most {most} file(s)")
    try:
        found = [str(UUID(each)) if isinstance(each, str) else str(UUID(str(each.hex))) for each in ids if isinstance(each, str | UUID)]
    except ValueError:
        raise Misfit("不是已上传的附件", "is no attachment") from None
    if len(found) < len(ids) or len(set(found)) < len(found):
        raise Misfit("不是已上传的附件", "is no attachment")
    return found


def options_of(one: Component, names: Mapping[str, Any]) -> tuple[Option, ...]:
    """Return the options of a choice: those of the form, or those that the data has."""
    if one.options_from is None:
        return one.options
    found = one.options_from.evaluate(names)
    options = map(option_of, found) if isinstance(found, list) else ()
    return tuple(option for option in options if option is not None)


def chosen(options: Iterable[Option], value: Any) -> Any:
    """Return the option's own value; a choice is recognised by its text, because a page sends texts only."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        for option in options:
            if str(option.value) == str(value):
                return option.value
    raise Misfit("不是可选的值", "is none of the options")


def all_chosen(options: tuple[Option, ...], value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_CHOSEN:
        raise Misfit(f"最多选 {MOST_CHOSEN} 项", f"has more than {MOST_CHOSEN} choices")
    found = [chosen(options, each) for each in values]
    if len({str(each) for each in found}) < len(found):
        raise Misfit("重复选择", "has a choice twice")
    return found
