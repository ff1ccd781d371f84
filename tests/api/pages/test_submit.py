"""Uploading on the page: every file is answered in words, and nothing typed is lost."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from pages_support import Office
from werkzeug.test import TestResponse

from processes.invoice.samples.generate import default_number, make

Words = Callable[[TestResponse], str]
#: what the sample says; a person reads it off the print
TYPED = {
    "net": "9380.53", "tax": "1219.47", "seller.name": "华东办公用品有限公司", "seller.taxId": "91330100MA0000023P", "buyer.name": "上海申批科技有限公司",
    "buyer.taxId": "91310115MA0000015C",
}  # fmt: skip


def test_a_good_file_becomes_a_case_and_the_same_file_again_leads_to_it(office: Office, words: Words) -> None:
    desk, file = office.desk("li.na"), office.sample()
    first, second = words(desk.upload(file)), words(desk.upload(file))
    assert "新" in first
    assert "已进入审批" in first
    assert "已存在" in second
    key = next(part for part in first.split() if part.startswith("FP-"))
    assert key in second


def test_another_file_of_a_known_invoice_is_attached(office: Office, words: Words) -> None:
    desk, file = office.desk("li.na"), office.sample()
    desk.upload(file)
    assert "附加到 FP-" in words(desk.upload(("copy.xml", file[1] + b"\n")))


def test_a_print_asks_for_what_it_does_not_say_and_marks_what_was_typed(office: Office, words: Words) -> None:
    desk, file = office.desk("li.na"), office.sample("pdf")
    asked = desk.upload(file)
    assert "需要补充" in words(asked)
    assert 'name="seller.name"' in asked.text
    labels = [label.strip() for label in re.findall(r"<label[^>]*>([^<]*)", asked.text)]
    assert {"不含税金额", "税额", "销售方名称", "销售方税号", "购买方名称", "购买方税号"} <= set(labels) and "" not in labels
    wrong = desk.upload(file, **{**TYPED, "net": "abc"})
    assert "格式不正确" in words(wrong)
    assert 'value="abc"' in wrong.text, "what was typed is still there"
    assert 'value="91330100MA0000023P"' in wrong.text
    good = words(desk.upload(file, **TYPED))
    assert "已进入审批" in good
    assert "由您填写" in good and "销售方名称" in good.partition("由您填写")[2]


def test_bad_files_are_answered_in_words_and_good_ones_beside_them_go_on(office: Office, words: Words) -> None:
    files = (
        ("notes.txt", b"hello"),
        ("empty.xml", b""),
        ("broken.xml", b"<EInvoice><a>"),
        ("bomb.pdf", b"%PDF-1.7 nonsense"),
        office.sample(),
    )
    answer = office.desk("li.na").upload(*files, script=False)
    assert answer.status_code == 200
    page = words(answer)
    assert page.count("无法识别") >= 4
    assert "不支持的文件类型" in page
    assert "文件是空的" in page
    assert "已进入审批" in page


def test_no_file_at_all_is_told(office: Office, words: Words) -> None:
    answer = office.desk("li.na").upload(script=False)
    assert answer.status_code == 422
    assert "没有收到文件" in words(answer)


def test_a_file_above_the_limit_is_told_and_not_kept(office: Office, words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = office.web.app.config["SETTINGS"]
    monkeypatch.setitem(office.web.app.config, "SETTINGS", replace(settings, max_upload=1024))
    assert "文件太大" in words(office.desk("li.na").upload(office.sample()))


def test_an_invoice_that_fails_its_checks_leads_to_correcting_it(office: Office, words: Words) -> None:
    answer = office.desk("li.na").upload(office.sample(buyer=("别的公司", "91310000MA0000099X")))
    assert "项不通过" in words(answer)
    assert "/tasks/" in answer.text


def test_a_name_with_markup_is_shown_as_it_is(office: Office) -> None:
    answer = office.desk("li.na").upload(('<img src=x onerror="alert(1)">.xml', office.sample()[1]))
    assert "<img" not in answer.text


def test_pages_of_a_pdf_and_photos_are_pictures_and_everything_else_is_a_download(office: Office) -> None:
    desk = office.desk("li.na")
    for kind in ("pdf", "photo", "einvoice"):
        name, data = office.sample(kind)
        desk.upload((name, data), **({} if kind == "einvoice" else TYPED))
    rows = {kind: office.row(FILE, syntax=kind) for kind in ("pdf", "image", "einvoice")}
    page = desk.get(f"/invoices/{rows['pdf'].invoice_id}/files/{rows['pdf'].sha256}/pages/1.png")
    assert page.data.startswith(b"\x89PNG\r\n\x1a\n")
    assert "immutable" in page.headers["Cache-Control"]
    assert page.headers["Cache-Control"].startswith("private")
    again = desk.get(page.request.path, headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    assert desk.get(page.request.path.replace("/1.png", "/2.png")).status_code == 404
    assert desk.get(page.request.path.replace("/1.png", "/0.png")).status_code == 404
    picture = desk.get(f"/invoices/{rows['image'].invoice_id}/files/{rows['image'].sha256}/picture")
    assert picture.mimetype == "image/png"
    xml = desk.get(f"/invoices/{rows['einvoice'].invoice_id}/files/{rows['einvoice'].sha256}")
    assert xml.headers["Content-Disposition"].startswith("attachment")
    assert xml.headers["Content-Security-Policy"].startswith("sandbox")
    assert desk.get(f"{xml.request.path}/picture").status_code == 404
    assert office.desk("qian.yi").get(page.request.path).status_code == 404
    other = desk.get(f"/invoices/{rows['image'].invoice_id}/files/{rows['pdf'].sha256}")
    assert other.status_code == 404, "a file is only reached through its own invoice"


FILE = "SELECT invoice_id, sha256 FROM carrier WHERE syntax = :syntax ORDER BY created_at DESC LIMIT 1"


def test_an_invoice_without_a_picture_is_shown_in_a_layout_that_says_it_is_not_the_original(office: Office, words: Words) -> None:
    case = office.submitted("ofd")
    page = words(office.desk("zhao.lei").get(f"/invoices/{case.invoice_id}"))
    assert "本系统根据数据生成的版式，非原件" in page
    assert make("ofd")[0].endswith(".ofd")


def test_what_was_typed_wrong_comes_back_to_be_put_right(office: Office, words: Words) -> None:
    desk, file = office.desk("li.na"), office.sample("pdf")
    blocked = desk.upload(file, **{**TYPED, "net": "9000.00"})
    assert "项不通过" in words(blocked)
    asked = desk.upload(file)
    assert "请改正上次填写的内容" in words(asked)
    assert 'value="9000.00"' in asked.text and 'value="华东办公用品有限公司"' in asked.text
    right = desk.upload(file, **TYPED)
    assert "已更正" in words(right)
    assert "/tasks/" in right.text
    invoice = right.text.split("/tasks/")[1].split('"')[0]
    page = words(desk.get(f"/tasks/{invoice}"))
    assert "9,380.53" in page


def test_a_file_that_contradicts_what_is_kept_is_answered_with_both_values(office: Office, words: Words) -> None:
    desk = office.desk("li.na")
    office.running += 1
    number = default_number("einvoice", office.running)
    desk.upload(make("einvoice", number=number, gross=Decimal("500000.00")))
    answer = desk.upload(make("einvoice", number=number, gross=Decimal("9000.00")))
    page = words(answer)
    assert "与已有记录不一致" in page
    assert "9000.00" in page and "500000.00" in page and "FP-" in page


def test_a_file_that_is_refused_while_the_process_is_suspended_is_a_row_like_others_and_keeps_what_was_typed(
    office: Office, words: Words
) -> None:
    desk, file, print_ = office.desk("li.na"), office.sample(), office.sample("pdf")
    process = "/process-definitions/invoice_approval"
    assert office.web.post("ma.lin", f"{process}/suspend", json={"reason": "盘点"}).status_code == 200
    try:
        row = desk.upload(file)
        assert row.status_code == 422 and "<html" not in row.text
        assert "已挂起" in words(row) and "没有提交" in words(row) and "没有保存，过后可以再提交" in words(row)

        page = desk.upload(file, ("notes.txt", b"hello"), script=False)
        assert page.status_code == 200 and page.text.count("<article") == 2
        assert "已挂起" in words(page) and "无法识别" in words(page)

        asked = desk.upload(print_, **TYPED)
        assert "已挂起" in words(asked) and 'value="华东办公用品有限公司"' in asked.text
    finally:
        assert office.web.post("ma.lin", f"{process}/resume", json={"reason": "好了"}).status_code == 200
    assert "已进入审批" in words(desk.upload(print_, **TYPED))
