"""Forms on pages without script: a case is begun, rows are added, files are kept, drafts are offered, and nothing that was typed is lost."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import pytest
from forms_support import CLAIM, ROWS, claim_office, claims, definition_id, filled
from lxml import html
from pages_support import Office
from werkzeug.test import TestResponse

from api.pages import unsent
from engine import definitions
from engine.database import transaction
from engine.instances import beginning

__all__ = ["claim_office", "claims"]
Words = Callable[[TestResponse], str]

START = {"field.reason": "去杭州谈合同", "rows.items": "2"} | {
    f"field.items[{number}].{name}": value for number, row in enumerate(ROWS) for name, value in row.items()
}


def begin(office: Office, **more: object) -> UUID:
    case = office.web.start("expense_claim", variables=filled(**more))["id"]
    return office.task(UUID(case))


def pdf(name: str = "票据.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(b"%PDF-1.7 " + name.encode()), name


def start_page(office: Office) -> str:
    return f"/processes/{definition_id(office.web)}/start"


def test_a_case_begins_by_its_start_form_which_is_linked_from_where_people_look(claim_office: Office, words: Words) -> None:
    desk, address = claim_office.desk("li.na"), start_page(claim_office)
    assert address in desk.get("/submit").text and address in desk.get(address.removesuffix("/start")).text

    answer = desk.send(address, address, outcome="start", **START, **{"file.receipts": [pdf(), pdf("二.pdf")]})

    assert answer.status_code == 303, words(answer)
    case = answer.headers["Location"]
    assert "报销 去杭州谈合同" in words(desk.get(case))
    documents = desk.get(f"{case}?tab=documents")
    assert "票据.pdf" in words(documents) and "二.pdf" in words(documents)
    link = html.fromstring(documents.data).xpath("//ul[@class='files']//a/@href")[0]
    assert desk.get(link).data.startswith(b"%PDF-1.7")


def test_who_may_not_begin_cases_is_offered_none(claim_office: Office) -> None:
    address = start_page(claim_office)

    assert claim_office.desk("wang.fang").get(address).status_code == 403
    assert address not in claim_office.desk("wang.fang").get(address.removesuffix("/start")).text
    assert claim_office.desk("li.na").get(f"/processes/{UUID(int=1)}/start").status_code == 404


def test_what_does_not_fit_comes_back_with_everything_that_was_typed_and_with_its_files(claim_office: Office, words: Words) -> None:
    desk, address = claim_office.desk("li.na"), start_page(claim_office)
    wrong = {**START, "field.reason": "x", "field.items[1].amount": "一千"}

    answer = desk.send(address, address, outcome="start", **wrong, **{"file.receipts": [pdf()]})

    assert answer.status_code == 422
    page = words(answer)
    assert "至少 2 字" in page and "金额（元）（第 2 行）" in page and "票据.pdf（已上传）" in page
    assert 'value="一千"' in answer.text and 'value="553.50"' in answer.text
    kept = html.fromstring(answer.data).xpath("//input[@name='kept.receipts']/@value")
    case = desk.send(address, address, outcome="start", **START, **{"kept.receipts": kept}).headers["Location"]
    assert "票据.pdf" in words(desk.get(f"{case}?tab=documents"))


def test_a_row_is_added_without_losing_the_others_and_empty_rows_do_not_count(claim_office: Office) -> None:
    desk, address = claim_office.desk("li.na"), start_page(claim_office)

    answer = desk.send(address, address, more="items", **START)

    assert answer.status_code == 200
    rows = html.fromstring(answer.data).xpath("//fieldset[@class='form-row-box']")
    assert len(rows) == 3 and 'value="820.00"' in answer.text
    assert desk.send(address, address, outcome="start", **{**START, "rows.items": "3"}).status_code == 303


def test_the_page_of_a_task_shows_what_the_form_shows_and_takes_what_it_takes(claim_office: Office, words: Words) -> None:
    task, desk = begin(claim_office, country="只给发起人看"), claim_office.desk("wang.fang")
    page = desk.get(f"/tasks/{task}")
    assert "高铁" in words(page) and "1373.50" in page.text and "只给发起人看" not in page.text

    wrong = desk.decide(task, **{"field.account": "", "field.total": "1"}, **{"attachment": [pdf("意见.pdf")]})  # type: ignore[arg-type]
    assert wrong.status_code == 422 and "请填写 入账科目" in words(wrong) and "意见.pdf（已上传）" in words(wrong)
    kept = html.fromstring(wrong.data).xpath("//input[@name='kept.attachment']/@value")[0]

    answer = desk.decide(task, comment="同意", **{"field.account": "6602.01", "file.proof": [pdf("佐证.pdf")], "kept.attachment": kept})  # type: ignore[arg-type]
    assert answer.status_code == 303
    case = claim_office.web.get("wang.fang", f"/user-tasks/{task}").json["processInstanceId"]
    documents = words(claim_office.desk("li.na").get(f"/cases/{case}?tab=documents"))
    assert "佐证.pdf" in documents and "意见.pdf" in documents


def test_what_the_viewer_sends_is_checked_as_anything_else(claim_office: Office, words: Words) -> None:
    task, desk = begin(claim_office), claim_office.desk("wang.fang")

    for sent, said in (
        ("{", "表单不完整"),
        ("[1]", "表单不完整"),
        ('{"total": 1, "account": "6602.01"}', "只读"),
        ('{"account": NaN}', "不是可选的值"),
    ):
        answer = desk.decide(task, filled=sent)
        assert (answer.status_code, said in words(answer)) == (422, True), sent
    assert desk.decide(task, filled='{"account": "6602.01", "approvalNumber": null}').status_code == 303


def test_amounts_that_the_viewer_sends_are_never_floats(claim_office: Office) -> None:
    desk, address = claim_office.desk("li.na"), start_page(claim_office)
    rows = '[{"day":"2026-11-20","kind":"meal","amount":0.1},{"day":"2026-11-20","kind":"meal","amount":0.2}]'

    answer = desk.send(address, address, outcome="start", filled=f'{{"reason":"加班餐","foreign":false,"items":{rows}}}')

    case = answer.headers["Location"].rsplit("/", 1)[1]
    assert claim_office.web.get("li.na", f"/process-instances/{case}/variables").json["total"] == {"$d": "0.3"}


def test_a_draft_is_offered_to_who_returns_and_can_be_thrown_away(claim_office: Office, words: Words) -> None:
    task, desk = begin(claim_office), claim_office.desk("wang.fang")
    claim_office.web.call("wang.fang", "PUT", f"/user-tasks/{task}/draft", json={"values": {"account": "6602.02"}, "comment": "先写一半"})
    page = desk.get(f"/tasks/{task}")
    assert "写了一半" in words(page) and "先写一半" not in page.text
    assert "写了一半" not in words(claim_office.desk("li.na").get(f"/tasks/{task}"))

    continued = desk.get(f"/tasks/{task}?draft=1")
    assert "先写一半" in continued.text
    assert html.fromstring(continued.data).xpath("//input[@name='field.account' and @checked]/@value") == ["6602.02"]
    viewer = html.fromstring(continued.data).xpath("//*[@data-form-values]/@data-form-values")[0]
    assert orjson.loads(str(viewer)) == {"account": "6602.02"}

    desk.send(f"/tasks/{task}", f"/tasks/{task}/draft/discard")
    assert "写了一半" not in words(desk.get(f"/tasks/{task}"))


def test_fields_of_a_drawing_keep_a_draft_too(claim_office: Office) -> None:
    task, desk = claim_office.web.task(), claim_office.desk("wang.fang")
    claim_office.web.call("wang.fang", "PUT", f"/user-tasks/{task}/draft", json={"values": {"reason": "事假", "days": "3"}, "comment": ""})

    page = desk.get(f"/tasks/{task}?draft=1").text
    assert 'value="事假"' in page and 'value="3"' in page


def test_a_version_that_has_a_newer_one_begins_nothing_and_the_newer_form_is_shown(claim_office: Office, words: Words) -> None:
    desk, address = claim_office.desk("li.na"), start_page(claim_office)
    stale = desk.form(address, address)
    with claim_office.web.inside(), transaction() as session:
        definitions.deploy(session, {**CLAIM, "about.txt": b"newer"}, by="zheng.hao")

    answer = desk.client.post(address, data={**stale, **START, "outcome": "start"})

    assert answer.status_code == 409 and "刚刚更新" in words(answer)
    newer = start_page(claim_office)
    assert newer != address and newer in answer.text and 'value="820.00"' in answer.text
    assert desk.send(newer, newer, outcome="start", **START).status_code == 303


def test_crafted_paths_and_names_hurt_nobody(claim_office: Office) -> None:
    task, desk = begin(claim_office), claim_office.desk("wang.fang")
    odd: dict[str, Any] = {
        "rows.items": "99999999999", "kept.a[999].b": "x", "kept.account": str(UUID(int=3)), "field.[": "1", "field.items[0].": "1", "kept.": "1",
        "file.nowhere[3].x": [pdf()], "more": "",
    }  # fmt: skip

    assert desk.decide(task, **odd).status_code == 422


@pytest.mark.parametrize(
    "typed", [{"field.account": "6602.01", "field.approvalNumber": "批-7"}, {"filled": '{"account": "6602.01", "approvalNumber": "批-7"}'}]
)
def test_what_was_filled_into_a_form_that_is_gone_can_be_copied_under_its_labels(
    claim_office: Office, words: Words, typed: dict[str, str]
) -> None:
    task, desk = begin(claim_office), claim_office.desk("wang.fang")
    form = {**desk.form(f"/tasks/{task}", f"/tasks/{task}/decide"), **typed, "outcome": "approve"}
    assert desk.send(f"/tasks/{task}", f"/tasks/{task}/delegate", person="zhao.lei").status_code == 303

    for files in ({}, {"attachment": [pdf("意见.pdf")]}):
        answer = desk.client.post(f"/tasks/{task}/decide", data={**form, **files})
        page = words(answer)
        assert answer.status_code == 409
        assert "没有办理成功" in page and "入账科目 差旅费 超标审批单号 批-7" in page
        assert ("附件 意见.pdf" in page) == bool(files)


def test_each_row_that_was_typed_stands_under_its_number_and_a_choice_under_its_label(claim_office: Office) -> None:
    with claim_office.web.inside(), transaction() as session:
        element = beginning(definitions.get(session, UUID(definition_id(claim_office.web))).model)
    with claim_office.web.app.test_request_context("/", method="POST", data={**START, "field.foreign": "true"}):
        lines = {line.label: line.text for line in unsent.of_task(element)}

    assert (lines["事由"], lines["境外发生"]) == ("去杭州谈合同", "是")
    assert (lines["明细 第 1 行 · 类别"], lines["明细 第 2 行 · 类别"], lines["明细 第 2 行 · 金额（元）"]) == ("交通", "住宿", "820.00")
