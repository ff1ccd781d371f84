"""What an import says: people, departments, posts and groups, each row by its key, read from tables with every fault at its row and column.

A column that is missing leaves what it is about as it is; a cell that is empty empties it. A table is known by its name; one CSV of another name lists people.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.errors import Fault
from engine.organisation.sheet import Sheet

LONGEST = 100
MAX_FAULTS = 200

TITLES = {
    "people": {"people", "person", "人员", "员工", "花名册"},
    "departments": {"departments", "department", "部门", "组织"},
    "posts": {"posts", "post", "岗位"},
    "groups": {"groups", "group", "组", "候选组"},
}
#: kind -> column -> how its head may be written; the first is what we write ourselves
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "people": {
        "key": ("工号", "key", "worknumber"),
        "name": ("姓名", "name"),
        "email": ("邮箱", "电子邮箱", "email"),
        "mobile": ("手机", "手机号", "mobile"),
        "department": ("部门", "主部门", "department"),
        "departments": ("其他部门", "兼职部门", "otherdepartments", "departments"),
        "posts": ("岗位", "posts"),
        "groups": ("组", "groups"),
        "active": ("在职", "active"),
    },
    "departments": {
        "key": ("部门编码", "编码", "key"),
        "name": ("部门名称", "名称", "name"),
        "legal_entity": ("法人", "legalentity"),
        "parent": ("上级部门", "parent"),
        "head": ("负责人", "head"),
        "active": ("启用", "active"),
    },
    "posts": {"key": ("岗位编码", "编码", "key"), "name": ("岗位名称", "名称", "name"), "active": ("启用", "active")},
    "groups": {"key": ("组编码", "编码", "key"), "name": ("组名称", "名称", "name"), "active": ("启用", "active")},
}
TRUE, FALSE = {"true", "yes", "y", "1", "是", "在职", "启用"}, {"false", "no", "n", "0", "否", "离职", "停用"}
SEPARATORS = ";；、\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: what it says of each column that is there, and where it stands."""

    key: str
    values: dict[str, str]
    heads: dict[str, str]  #: column -> its head as written
    file: str
    line: int

    def fault(self, code: str, column: str, zh: str, en: str) -> Fault:
        """Return a fault at a column of this row."""
        return Fault(
            code, zh, en, file=self.file, line=self.line, path=self.heads.get(column, column), found=self.values.get(column, "")[:LONGEST]
        )


@dataclass(slots=True)
class Roster:
    """Everything an import says, by kind and key."""

    entries: dict[str, dict[str, Entry]] = field(default_factory=lambda: {kind: {} for kind in COLUMNS})
    kinds: set[str] = field(default_factory=set)  #: of which there was a table
    whole: bool = True  #: whether every table could be read, so that what is named and not there is really missing


def read_roster(sheets: Iterable[Sheet]) -> tuple[Roster, list[Fault]]:
    """Read tables; what is wrong in itself, whatever the database holds, is in the faults."""
    roster, faults = Roster(), []
    sheets = list(sheets)
    for sheet in sheets:
        kind = kind_of(sheet, alone=len(sheets) == 1)
        if kind is None:
            zh, en = (
                f"不认识的表“{sheet.title}”：应为人员、部门、岗位或组",
                f"A table {sheet.title!r} is not known: people, departments, posts, groups",
            )
            faults.append(Fault("table-unknown", zh, en, file=sheet.file))
            roster.whole = False
            continue
        roster.kinds.add(kind)
        places, found = _columns(sheet, kind)
        faults.extend(found)
        if {"key", "name"} <= set(places.values()):
            faults.extend(_read(sheet, kind, places, roster.entries[kind]))
        else:
            roster.whole = False
    return roster, faults


def kind_of(sheet: Sheet, *, alone: bool) -> str | None:
    """Return what a table lists, by its name."""
    title = sheet.title.lower()
    return next((kind for kind, titles in TITLES.items() if title in titles), "people" if alone else None)


def _columns(sheet: Sheet, kind: str) -> tuple[dict[int, str], list[Fault]]:
    """Return which column stands where, and what is wrong with the head of a table."""
    first, header = sheet.rows[0]
    places: dict[int, str] = {}
    faults = []
    for place, head in enumerate(header):
        column = next((name for name, heads in COLUMNS[kind].items() if head.lower().replace(" ", "").replace("_", "") in heads), None)
        if column is None:
            zh, en = f"不认识的列“{head[:LONGEST]}”", f"A column {head[:LONGEST]!r} is not known"
            faults.append(Fault("column-unknown", zh, en, file=sheet.file, line=first, path=head[:LONGEST] or str(place + 1)))
        elif column in places.values():
            faults.append(Fault("column-twice", "这一列出现了两次", "The column is there twice", file=sheet.file, line=first, path=head))
        else:
            places[place] = column
    for needed in ("key", "name"):
        if needed not in places.values():
            head = COLUMNS[kind][needed][0]
            zh, en = f"缺少“{head}”列", f"The column {needed} is missing"
            faults.append(Fault("column-missing", zh, en, file=sheet.file, line=first, path=head))
    return places, faults


def _read(sheet: Sheet, kind: str, places: dict[int, str], entries: dict[str, Entry]) -> Iterator[Fault]:
    """Keep every row that has a key of its own, and yield what is wrong with the rows."""
    header = sheet.rows[0][1]
    heads = {column: header[place] for place, column in places.items()}
    for line, row in sheet.rows[1:]:
        values = {column: row[place] if place < len(row) else "" for place, column in places.items()}
        entry = Entry(values["key"], values, heads, sheet.file, line)
        if len(row) > len(header):
            yield entry.fault("row-too-long", "key", "这一行的单元格比表头多", "The row has more cells than the head")
        yield from _faults(entry, kind)
        if entry.key in entries:
            other = entries[entry.key].line
            yield entry.fault("key-twice", "key", f"与第 {other} 行重复", f"The same as in row {other}")
        else:
            entries[entry.key] = entry


def _faults(entry: Entry, kind: str) -> Iterator[Fault]:
    if not is_key(entry.key) or (kind == "people" and entry.key == "system"):
        zh, en = "由字母、数字、点、横线组成，最多 100 字", "Letters, digits, dots and dashes, at most 100"
        yield entry.fault("key-invalid", "key", zh, en)
    name = entry.values["name"]
    if not name or len(name) > LONGEST or not name.isprintable():
        yield entry.fault("name-invalid", "name", f"须填写，最多 {LONGEST} 字", f"It is needed, and has at most {LONGEST} characters")
    email = entry.values.get("email", "")
    if email and (email.count("@") != 1 or len(email) > 200 or not email.isprintable()):
        yield entry.fault("email-invalid", "email", "不是邮箱地址", "It is no mail address")
    mobile = entry.values.get("mobile", "")
    if mobile and not is_mobile(mobile):
        yield entry.fault("mobile-invalid", "mobile", "不是手机号码", "It is no phone number")
    if truth(entry) is None and entry.values.get("active"):
        yield entry.fault("active-invalid", "active", "须为 是 或 否", "It is yes or no")


def is_key(text: str) -> bool:
    """Tell whether a text can be the key of somebody or something."""
    return 0 < len(text) <= LONGEST and all(part.isalnum() for part in text.replace("-", ".").replace("_", ".").split("."))


def is_mobile(text: str) -> bool:
    """Tell whether a text can be a phone number: digits, with a plus, dashes and spaces between."""
    return len(text) <= 30 and sum(letter.isdecimal() for letter in text) >= 5 and all(letter in "+-() 0123456789" for letter in text)


def truth(entry: Entry) -> bool | None:
    """Return what the row says about being active; None when it says nothing."""
    text = entry.values.get("active", "").lower()
    return True if text in TRUE else False if text in FALSE else None


def several(text: str) -> list[str]:
    """Return the names in a cell, each once."""
    for separator in SEPARATORS:
        text = text.replace(separator, ",")
    return list(dict.fromkeys(part.strip() for part in text.replace("，", ",").split(",") if part.strip()))
