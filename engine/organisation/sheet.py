"""Tables as people keep them: CSV in UTF-8 or GB18030, and XLSX. Everything becomes text with its row; nothing is run, fetched or guessed.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and read without.
"""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import openpyxl

from engine.errors import Fault

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 50_000, 50, 2_000
MAX_UNPACKED = 200 * 1024 * 1024  #: bytes of an XLSX, which is a packed folder
MAX_PARTS = 1_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")  #: what a spreadsheet begins a formula with (OWASP, CSV injection)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its file, its name without an ending, and its rows that are not empty, each with its number as a spreadsheet counts."""

    file: str
    title: str
    rows: list[tuple[int, list[str]]]


def read_sheets(files: Mapping[str, bytes]) -> tuple[list[Sheet], list[Fault]]:
    """Return the tables of files with what could not be read."""
    sheets: list[Sheet] = []
    faults: list[Fault] = []
    for name, content in files.items():
        try:
            found = _workbook(name, content) if content[:4] == b"PK\x03\x04" else [_csv(name, content)]
        except Unreadable as error:
            faults.append(error.fault(name))
            continue
        sheets.extend(sheet for sheet in found if sheet.rows)
        if not any(sheet.rows for sheet in found):
            faults.append(Fault("file-empty", "文件是空的", "The file is empty", file=name))
    return sheets, faults


class Unreadable(Exception):
    """Why a file is no table, Chinese and English, and where if it is known."""

    def __init__(self, code: str, zh: str, en: str, line: int | None = None) -> None:
        self.code, self.zh, self.en, self.line = code, zh, en, line
        super().__init__(en)

    def fault(self, file: str) -> Fault:
        return Fault(self.code, self.zh, self.en, file=file, line=self.line)


def _csv(name: str, content: bytes) -> Sheet:
    text = _decoded(content)
    if "\0" in text:
        raise Unreadable("file-unreadable", "文件不是 CSV 或 XLSX", "The file is neither CSV nor XLSX")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            _keep(rows, number, row)
    except csv.Error as error:
        raise Unreadable("row-unreadable", "这一行的引号不配对或格式有误", f"This row is no CSV: {error}", number + 1) from error
    return Sheet(name, _title(name), rows)


def _decoded(content: bytes) -> str:
    """UTF-8 is tried first: GB18030 would take almost anything for text."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("encoding-unknown", "文字编码须为 UTF-8 或 GB18030", "The text must be UTF-8 or GB18030")


def _workbook(name: str, content: bytes) -> list[Sheet]:
    broken = Unreadable("file-unreadable", "文件不是可读的 XLSX", "The file is no XLSX that can be read")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise Unreadable("too-large", "解开后太大", "It is too large when unpacked")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of looks and charts that it does not know
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheets = []
            for sheet in book.worksheets:
                rows: list[tuple[int, list[str]]] = []
                for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1), 1):
                    _keep(rows, number, [_text(value) for value in row])
                sheets.append(Sheet(f"{name}/{sheet.title}", sheet.title.strip(), rows))
            book.close()
    except Unreadable:
        raise
    except Exception as error:  # openpyxl lets through whatever its parts raise at a file that is not what it says
        raise broken from error
    return sheets


def _keep(rows: list[tuple[int, list[str]]], number: int, row: Iterable[str]) -> None:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    if not cells:
        return
    if len(rows) >= MAX_ROWS or number > 20 * MAX_ROWS:
        raise Unreadable("too-many-rows", f"超过 {MAX_ROWS} 行", f"More than {MAX_ROWS} rows", number)
    if len(cells) > MAX_COLUMNS:
        raise Unreadable("too-many-columns", f"超过 {MAX_COLUMNS} 列", f"More than {MAX_COLUMNS} columns", number)
    if any(len(cell) > MAX_CELL for cell in cells):
        raise Unreadable("cell-too-long", f"单元格超过 {MAX_CELL} 字", f"A cell has more than {MAX_CELL} characters", number)
    rows.append((number, [bare(cell) for cell in cells]))


def _text(value: object) -> str:
    """Return a cell as people see it: a work number that a spreadsheet took for a number has no `.0`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _title(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0].strip()


def bare(cell: str) -> str:
    """Take off the apostrophe that `guarded` put on."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA and len(cell) > 1 else cell


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def write_csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """Return a table as CSV in UTF-8 with a mark, which spreadsheets need to read Chinese; every cell is guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([guarded(cell.strip()) for cell in row] for row in (header, *rows))
    return b"\xef\xbb\xbf" + out.getvalue().encode()
