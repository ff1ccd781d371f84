"""The approval record as a page that needs nothing else."""

from dataclasses import replace

from archive_support import APPROVAL, approval_rows, chain_of, material_of
from lxml import html

from processes.archive import record_page
from processes.archive.contents import Material


def page(material: Material) -> html.HtmlElement:
    return html.document_fromstring(record_page.render(material, [document for document, _ in material.documents]))


def with_approval(**changes: object) -> Material:
    material = material_of()
    return replace(material, chronicles=[replace(material.chronicles[0], **changes), material.chronicles[1]])  # type: ignore[arg-type]


def test_it_says_who_decided_what_when_and_why() -> None:
    rows = page(material_of()).xpath("//h2[.='审批意见']/following-sibling::table[1]//tbody/tr")

    cells = [" ".join(cell.text_content().split()) for cell in rows[0]]
    assert len(rows) == 1
    assert cells == [
        "部门负责人审批",
        "同意",
        "同意",
        "凭证号：记-1",
        "王芳（li.na）",
        "行政部",
        "2026-11-22 17:41:07",
    ]  # 09:41:07 UTC in Shanghai


def test_it_shows_the_way_without_the_flows_between() -> None:
    assert page(material_of()).xpath("string(//h2[.='经过的环节']/following-sibling::p[1])") == "提交 → 部门负责人审批"


def test_it_loads_nothing_and_runs_nothing() -> None:
    root = page(material_of())

    assert root.xpath("//script | //link | //img | //iframe | //@src | //@href | //@onclick") == []


def test_what_people_wrote_is_text_and_never_markup() -> None:
    hostile = "</td><script>alert(1)</script>"
    personal = {"comment": hostile, "values": {hostile: {"$d": hostile}}, "by": {"name": hostile}}
    rows = chain_of(APPROVAL, [("task:completed", "approve_manager", {"task": "t", "outcome": "approve", "round": 1}, personal)])
    root = page(replace(with_approval(rows=rows), title=hostile))

    assert root.xpath("//script") == []
    assert root.text_content().count(hostile) >= 4


def test_an_erased_opinion_says_so() -> None:
    rows = [row._replace(personal=None, salt=None) for row in approval_rows()]

    assert "（已依法删除）" in page(with_approval(rows=rows)).text_content()


def test_values_are_shown_as_people_write_them() -> None:
    tagged = {"a": {"$d": "10.50"}, "b": True, "c": None, "d": "x", "e": ["y"], "f": 3}

    assert record_page.plain(tagged, {"a": "金额"}) == {"金额": "10.50", "b": "是", "c": "", "d": "x", "e": '["y"]', "f": "3"}
