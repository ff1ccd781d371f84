"""Archival codes (档号), as in `S001-KU·PZ·2026-D30-0001-0020`: fonds, category KU with class and year, retention, volume, item.

Rules of DA/T 13-2022: upper-case letters and digits, `-` between levels and `·` inside one, four digits of the year, running numbers filled with zeros.
Given once and never changed.
"""

import re
from dataclasses import dataclass

from engine.errors import Fault, InvalidContent
from processes.archive.retention import TERMS

CATEGORY = "KU"  #: 门类 of accounting archives
CLASSES = {"PZ": "会计凭证", "ZB": "会计账簿", "BB": "财务会计报告", "QT": "其他会计资料"}

FONDS = re.compile(r"[A-Z0-9]{1,20}")
_CODE = re.compile(
    r"(?P<fonds>[A-Z0-9]{1,20})-KU·(?P<record_class>[A-Z0-9]{2})·(?P<year>[0-9]{4})-(?P<retention>Y|D30|D10|D5)"
    r"-(?P<volume>[0-9]{4,8})-(?P<item>[0-9]{4,8})"
)


@dataclass(frozen=True, slots=True)
class ArchivalCode:
    """The parts of a code; `str` gives the code as it is written on a volume."""

    fonds: str
    record_class: str
    year: int
    retention: str
    volume: int
    item: int

    def __str__(self) -> str:
        return f"{self.fonds}-{CATEGORY}·{self.record_class}·{self.year:04d}-{self.retention}-{self.volume:04d}-{self.item:04d}"

    @property
    def volume_code(self) -> str:
        """The code of the volume (案卷级档号): everything above the item."""
        return str(self).rpartition("-")[0]

    @property
    def file_name(self) -> str:
        """The code as a folder name that every file system takes; no two codes share one, since `.` never stands in a code."""
        return str(self).replace("·", ".")


def make(fonds: str, record_class: str, year: int, retention: str, volume: int, item: int) -> ArchivalCode:
    """Return a code of these parts. Refuses with `InvalidContent`, naming every part that no code may have."""
    faults = []
    if not FONDS.fullmatch(fonds):
        faults.append(_fault("fonds", "全宗号只能由大写字母和数字组成", "The fonds must be upper-case letters and digits", fonds))
    if record_class not in CLASSES:
        faults.append(_fault("recordClass", "类别号未知", "Unknown record class", record_class))
    if not 1000 <= year <= 9999:
        faults.append(_fault("year", "年度必须为四位数", "The year must have four digits", str(year)))
    if retention not in TERMS:
        faults.append(_fault("retention", "保管期限未知", "Unknown retention", retention))
    for name, number in (("volume", volume), ("item", item)):
        if not 0 < number < 10**8:
            faults.append(_fault(name, "顺序号必须为正数", "Running numbers are positive", str(number)))
    if faults:
        raise InvalidContent(faults)
    return ArchivalCode(fonds, record_class, year, retention, volume, item)


def parse(text: str) -> ArchivalCode:
    """Return the parts of a code; `InvalidContent` for a text that is none, or that writes one in another way."""
    found = _CODE.fullmatch(text)
    if found is None:
        raise InvalidContent([_fault("code", "不是档号", "Not an archival code", text[:100])])
    parts = found.groupdict()
    code = make(parts["fonds"], parts["record_class"], int(parts["year"]), parts["retention"], int(parts["volume"]), int(parts["item"]))
    if str(code) != text:
        raise InvalidContent([_fault("code", "档号写法不规范", "The code is written in another way", text[:100])])
    return code


def _fault(path: str, zh: str, en: str, found: str) -> Fault:
    return Fault("code-part", zh, en, path=path, found=found)
