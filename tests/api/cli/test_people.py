"""`shenpi people import` and `export`: whole or not at all, every fault with its row and column, nobody deleted."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from api.cli import main
from engine.organisation import sheet
from engine.organisation.roster import COLUMNS, read_roster
from engine.organisation.sheet import Sheet, read_sheets, write_csv

Run = Callable[..., Result]
Rows = list[list[str]]


@pytest.fixture
def run(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, on a database of the test's own, with files of these contents."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))

    def command(files: Mapping[str, bytes | str], *options: str) -> Result:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return CliRunner().invoke(main, ["people", "import", *options, *(str(tmp_path / name) for name in files)])

    return command


@pytest.fixture
def ask(database: str) -> Callable[..., list[tuple[Any, ...]]]:
    def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(database.replace("+psycopg", "")) as connection:
            return connection.execute(sql, values).fetchall()  # type: ignore[arg-type]

    return rows


def workbook(**sheets: Rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        made = book.create_sheet(title)
        for row in rows:
            made.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WHOLE: dict[str, Rows] = {
    "部门": [
        ["部门编码", "部门名称", "法人", "上级部门", "负责人"],
        ["tax", "税务部", "", "财务部", "he.jun"],
        ["audit", "审计部", "shenpi-sh", "", ""],
    ],
    "岗位": [["编码", "名称"], ["cfo", "财务总监"]],
    "组": [["编码", "名称"], ["payers", "付款"]],
    "人员": [
        ["工号", "姓名", "邮箱", "部门", "其他部门", "岗位", "组"],
        ["he.jun", "何军", "he@example.com", "税务部", "audit；it", "财务总监", "payers、finance"],
        ["zhao.lei", "赵蕾", "zhao.lei@example.com", "finance", "", "cfo@shenpi-sh", "finance"],
    ],
}


def test_a_workbook_brings_departments_heads_posts_groups_and_people_that_refer_to_each_other(run: Run, ask: Any) -> None:
    answer = run({"组织.xlsx": workbook(**WHOLE)})

    assert answer.exit_code == 0, answer.output
    assert "6 changed." in answer.output
    assert ask("SELECT p.key, d.key FROM person p JOIN department d ON d.id = p.department_id WHERE d.key = 'tax'") == [("he.jun", "tax")]
    assert ask(
        "SELECT u.key, h.key FROM department d JOIN department u ON u.id = d.parent_id JOIN person h ON h.id = d.head_id WHERE d.key = 'tax'"
    ) == [("finance", "he.jun")]
    assert ask("SELECT p.key FROM post_holder h JOIN person p ON p.id = h.person_id ORDER BY 1") == [("he.jun",), ("zhao.lei",)]
    groups = "SELECT g.key FROM group_member m JOIN \"group\" g ON g.id = m.group_id JOIN person p ON p.id = m.person_id WHERE p.key = 'he.jun' ORDER BY 1"
    assert ask(groups) == [("finance",), ("payers",)]
    others = "SELECT d.key FROM department_member m JOIN department d ON d.id = m.department_id ORDER BY 1"
    assert ask(others) == [("audit",), ("it",)]


def test_the_same_import_again_changes_nothing(run: Run) -> None:
    files = {"组织.xlsx": workbook(**WHOLE)}
    run(files)

    assert run(files).output.strip() == "0 changed."


def test_a_dry_run_tells_every_change_and_makes_none(run: Run, ask: Any) -> None:
    answer = run({"员工.csv": "工号,姓名,部门,在职\nli.na,李娜娜,财务部,是\nwu.gang,吴刚,board,否\nhe.jun,何军,,\n"}, "--dry-run")

    assert answer.exit_code == 0, answer.output
    assert answer.output.splitlines() == [
        "changed person li.na: name: 李娜 -> 李娜娜, department: office -> finance",
        "changed person wu.gang: active: True -> False",
        "added   person he.jun: name: - -> 何军, active: - -> True",
        "3 would change.",
    ]
    assert ask("SELECT name FROM person WHERE key = 'li.na'") == [("李娜",)]


def test_several_files_are_one_import(run: Run, ask: Any) -> None:
    files = {"posts.csv": "key,name\ncfo,CFO\n", "people.csv": "key,name,posts\nzhao.lei,赵蕾,cfo\n"}

    assert run(files).exit_code == 0
    assert ask("SELECT o.name FROM post_holder h JOIN post o ON o.id = h.post_id") == [("CFO",)]


def test_csv_is_read_in_utf8_with_or_without_a_mark_and_in_gb18030(run: Run, ask: Any) -> None:
    for number, (encoding, delimiter) in enumerate([("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t"), ("gb18030", ",")]):
        text = delimiter.join(("工号", "姓名", "邮箱")) + "\r\n" + delimiter.join(("he.jun", f"何军𠮷{number}", "")) + "\r\n"
        assert run({"人员.csv": text.encode(encoding)}).exit_code == 0
        assert ask("SELECT name, email FROM person WHERE key = 'he.jun'") == [(f"何军𠮷{number}", None)]


def test_a_column_that_is_missing_leaves_things_as_they_are_and_an_empty_cell_empties_them(run: Run, ask: Any) -> None:
    run({"人员.csv": "工号,姓名\nzhao.lei,赵蕾\n"})
    assert ask("SELECT count(*) FROM group_member m JOIN person p ON p.id = m.person_id WHERE p.key = 'zhao.lei'") == [(1,)]
    run({"人员.csv": "工号,姓名,组,邮箱\nzhao.lei,赵蕾,,\n"})
    assert ask("SELECT count(*) FROM group_member m JOIN person p ON p.id = m.person_id WHERE p.key = 'zhao.lei'") == [(0,)]
    assert ask("SELECT email, active FROM person WHERE key = 'zhao.lei'") == [(None, True)]


FAULTS = (
    ("工号,姓名\na b,何军\n", "人员.csv:2:工号", "Letters"),
    ("工号,姓名\nsystem,何军\n", "人员.csv:2:工号", "Letters"),
    ("工号,姓名\nhe.jun,\n", "人员.csv:2:姓名", "needed"),
    ("工号,姓名\nhe.jun,何军\nhe.jun,何军\n", "人员.csv:3:工号", "row 2"),
    ("工号,姓名,邮箱\nhe.jun,何军,nobody\n", "人员.csv:2:邮箱", "mail"),
    ("工号,姓名,部门\nhe.jun,何军,nowhere\n", "人员.csv:2:部门", "nowhere"),
    ("工号,姓名,组\nhe.jun,何军,finance;nothing\n", "人员.csv:2:组", "nothing"),
    ("工号,姓名,岗位\nhe.jun,何军,cfo@shenpi-sh\n", "人员.csv:2:岗位", "cfo"),
    ("工号,姓名,在职\nhe.jun,何军,也许\n", "人员.csv:2:在职", "yes or no"),
    ("工号,姓名,年龄\nhe.jun,何军,30\n", "人员.csv:1:年龄", "not known"),
    ("工号,姓名,姓名\nhe.jun,何军,何军\n", "人员.csv:1:姓名", "twice"),
    ("工号\nhe.jun\n", "人员.csv:1:姓名", "missing"),
    ("工号,姓名\nhe.jun,何军,x\n", "人员.csv:2:工号", "more cells"),
    ('工号,姓名\nhe.jun,"何军\n', "人员.csv:2", "no CSV"),
    ("", "人员.csv", "empty"),
)


def test_a_fault_is_told_with_row_and_column_and_nothing_is_imported(run: Run, ask: Any) -> None:
    for text, place, said in FAULTS:
        answer = run({"人员.csv": text, "groups.csv": "key,name\nnew,New\n"})
        assert answer.exit_code == 1
        (line,) = [line for line in answer.output.splitlines() if line.startswith(f"{place}:")]
        assert said in line, place
    assert ask("SELECT count(*) FROM \"group\" WHERE key = 'new'") == [(0,)]


def test_every_fault_is_told_at_once(run: Run) -> None:
    answer = run(
        {"人员.csv": "工号,姓名,部门,组\nhe.jun,,x,y\nmi.lu,米露,z,\n", "部门.csv": "编码,名称,负责人\nx,X,he.jun\nb c,Y,nobody\n"}
    )

    places = [line.split(":")[:3] for line in answer.output.splitlines()[:-1]]
    assert places == [
        ["人员.csv", "2", "姓名"], ["人员.csv", "2", "组"], ["人员.csv", "3", "部门"], ["部门.csv", "3", "编码"], ["部门.csv", "3", "负责人"],
    ]  # fmt: skip


def test_departments_in_a_circle_are_refused(run: Run) -> None:
    answer = run({"部门.csv": "编码,名称,上级部门\noffice,行政部,finance\nfinance,财务部,行政部\n"})

    assert answer.exit_code == 1
    assert "部门.csv:2:上级部门: The department would stand above itself" in answer.output


def test_who_is_absent_becomes_inactive_only_when_that_is_asked_for(run: Run, ask: Any) -> None:
    everybody = "工号,姓名\nli.na,李娜\nma.lin,马琳\n"
    run({"人员.csv": everybody})
    assert ask("SELECT count(*) FROM person WHERE active") == [(9,)]

    answer = run({"人员.csv": everybody}, "--deactivate-absent")
    assert "7 changed." in answer.output
    assert ask("SELECT key FROM person WHERE active ORDER BY key") == [("li.na",), ("ma.lin",)]
    assert ask("SELECT count(*) FROM person") == [(9,)], "nobody is deleted"
    assert run({"人员.csv": "工号,姓名,在职\nwu.gang,吴刚,是\n"}).exit_code == 0
    assert ask("SELECT count(*) FROM person WHERE active") == [(3,)]


def test_somebody_must_be_left_who_administers(run: Run) -> None:
    assert "One administrator must stay active" in run({"人员.csv": "工号,姓名,在职\nma.lin,马琳,否\n"}).output
    assert "One administrator must stay active" in run({"人员.csv": "工号,姓名\nli.na,李娜\n"}, "--deactivate-absent").output
    assert "nobody can be absent" in run({"组.csv": "key,name\na,A\n"}, "--deactivate-absent").output


def test_a_table_that_nobody_knows_and_a_file_that_is_none_are_refused(run: Run) -> None:
    tables = {"人员": [["工号", "姓名"], ["he.jun", "何军"]], "Sheet2": [["x"]], "Sheet3": []}
    assert "a.xlsx/Sheet2: A table 'Sheet2' is not known" in run({"a.xlsx": workbook(**tables)}).output
    for content in (b"PK\x03\x04 nothing", b"\xff\xfe\x00\x00" * 9, b"\x89PNG\r\n\x1a\n\0\0"):
        answer = run({"人员.csv": content})
        assert answer.exit_code == 1 and "人员.csv" in answer.output, answer.output


def test_numbers_and_formulas_of_a_workbook_are_read_as_what_people_see(run: Run, ask: Any) -> None:
    rows: Any = [["工号", "姓名", "在职"], [1001, "何军", True], [1002.0, "米露", None]]

    assert run({"人员.xlsx": workbook(Sheet1=rows)}).exit_code == 0
    assert ask("SELECT key FROM person WHERE key LIKE '100%%' ORDER BY key") == [("1001",), ("1002",)]


def test_what_is_exported_holds_no_formula_and_is_imported_again_unchanged(run: Run, ask: Any, tmp_path: Path) -> None:
    run({"组织.xlsx": workbook(**WHOLE)})
    run({"人员.csv": "工号,姓名\nhe.jun,=1+1\nmi.lu,@SUM(A1)\nou.yu,-5\n"})
    file = tmp_path / "out.csv"
    assert CliRunner().invoke(main, ["people", "export", str(file)]).exit_code == 0

    text = file.read_bytes().decode("utf-8-sig")
    assert "he.jun,'=1+1,he@example.com,,tax,audit;it,cfo@shenpi-sh,finance;payers,是" in text
    assert "ou.yu,'-5," in text
    assert not any(cell.startswith(sheet.FORMULA) for line in text.splitlines() for cell in line.split(","))
    assert run({"out.csv": file.read_bytes()}).output.strip() == "0 changed."


# --- the reader by itself

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.lists(CELLS, max_size=5), max_size=6), st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_what_was_written_is_read_again(rows: Rows, encoding: str) -> None:
    written = write_csv(["工号", "姓名", "x", "y", "z"], rows).decode("utf-8-sig").encode(encoding)

    sheets, faults = read_sheets({"人员.csv": written})

    assert faults == []
    stripped = [[cell.strip() for cell in row] for row in rows]
    kept = [row[: max((place + 1 for place, cell in enumerate(row) if cell), default=0)] for row in stripped]
    found = [[sheet.bare(cell) for cell in row] for _, row in sheets[0].rows[1:]]
    assert found == [[sheet.bare(sheet.bare(cell)) for cell in row] for row in kept if row]


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: b"PK\x03\x04" + rest))
def test_any_bytes_are_a_table_or_a_fault(content: bytes) -> None:
    sheets, faults = read_sheets({"人员": content})

    assert bool(sheets) != bool(faults)
    read_roster(sheets)


@given(st.sampled_from(sorted(COLUMNS)), st.lists(st.lists(CELLS, max_size=4), min_size=1, max_size=4))
def test_any_table_is_read_or_its_faults_have_their_row(kind: str, rows: Rows) -> None:
    head = [heads[0] for heads in COLUMNS[kind].values()]
    table = [(number, row) for number, row in enumerate([head, *rows], 1) if any(row)]

    roster, faults = read_roster([Sheet("f", kind, table)])

    assert roster.kinds == {kind}
    assert all(fault.line in range(1, len(rows) + 2) and fault.path for fault in faults)


def test_no_file_makes_us_unpack_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(人员=[["工号", "姓名"], ["a" * 1000, "b"]])
    monkeypatch.setattr(sheet, "MAX_UNPACKED", 1000)

    sheets, (fault,) = read_sheets({"人员.xlsx": content})

    assert (sheets, fault.code) == ([], "too-large")


def test_a_table_has_a_last_row_column_and_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MAX_ROWS", 3)
    for content, code in (
        (b"a\n" * 4, "too-many-rows"),
        (b"," * 60 + b"x", "too-many-columns"),
        (b"x" * 2001, "cell-too-long"),
        (b"\n" * 99 + b"a", "too-many-rows"),
    ):
        assert [fault.code for fault in read_sheets({"f": content})[1]] == [code]
