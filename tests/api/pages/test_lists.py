"""Lists: order, paging by key, search, filters, CSV, empty states."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal

from engine_support import execute
from lxml import html
from pages_support import Office
from werkzeug.test import TestResponse

from api.pages.cases import harmless

Words = Callable[[TestResponse], str]


def rows(answer: TestResponse) -> list[str]:
    """Return the addresses of the rows of a list."""
    page = html.fromstring(f"<table>{answer.text}</table>" if answer.text.lstrip().startswith("<tr") else answer.text)
    return [str(link.get("href")) for link in page.iter("a") if "row-link" in (link.get("class") or "")]


def more(answer: TestResponse) -> str | None:
    """Return the address of the next page."""
    page = html.fromstring(f"<table>{answer.text}</table>")
    return next((str(link.get("href")) for link in page.iter("a") if link.get("hx-get")), None)


def test_a_long_list_is_walked_page_by_page_without_a_gap_or_a_repetition(office: Office) -> None:
    wanted = {f"/tasks/{office.task(office.submitted().case_id)}" for _ in range(35)}
    desk, seen = office.desk("wang.fang"), []
    address: str | None = "/"
    while address:
        answer = desk.get(address)
        seen += rows(answer)
        address = more(answer)
    assert wanted <= set(seen)
    assert len(seen) == len(set(seen))


def test_script_gets_only_the_rows_of_the_next_page(office: Office) -> None:
    for _ in range(31):
        office.submitted()
    address = more(office.desk("wang.fang").get("/"))
    assert address is not None
    answer = office.desk("wang.fang").get(address, headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith("<tr")
    assert "<html" not in answer.text
    assert rows(answer)
    assert "HX-Request" in answer.headers["Vary"]


def test_what_is_overdue_stands_first(office: Office, words: Words) -> None:
    late = office.task(office.submitted().case_id)
    then = "shenpi_now() - interval '50 hours'"
    office.row(f"UPDATE user_task SET due_at = {then}, due_key = {then} WHERE id = :id RETURNING id", id=late)
    answer = office.desk("wang.fang").get("/")
    assert rows(answer)[0] == f"/tasks/{late}"
    assert "已逾期 2 天" in words(answer)


def test_words_find_a_to_do_by_number_seller_and_initiator_and_nothing_else(office: Office, words: Words) -> None:
    case = office.submitted()
    task = f"/tasks/{office.task(case.case_id)}"
    desk = office.desk("wang.fang")
    assert rows(desk.get(f"/?q={case.business_key}")) == [task]
    assert task in rows(desk.get(f"/?q={case.invoice.number if case.invoice else ''}"))
    assert "没有找到" in words(desk.get("/?q=100%25"))
    assert rows(desk.get("/?q=_")) == []
    assert desk.get("/?q=%00").status_code == 200


def test_a_broken_paging_mark_is_refused_in_words(office: Office) -> None:
    for path in ("/?after=x", "/mine?after=x", "/cases?after=x", "/incidents?after=x", "/archive?after=x"):
        assert office.desk("ma.lin").get(path).status_code == 422, path


def test_an_empty_list_says_what_belongs_there(office: Office, words: Words) -> None:
    assert "没有待办" in words(office.desk("qian.yi").get("/"))
    assert "还没有提交过" in words(office.desk("qian.yi").get("/mine"))


def test_mine_holds_only_my_own_cases(office: Office) -> None:
    case = office.submitted()
    assert f"/cases/{case.case_id}" in rows(office.desk("li.na").get("/mine"))
    assert rows(office.desk("ma.lin").get("/mine")) == []


def test_cases_are_filtered_by_state_person_amount_and_words(office: Office) -> None:
    small, large = office.submitted(gross="77.10"), office.submitted(gross="9999999.10")
    office.desk("wang.fang").decide(office.task(small.case_id), "reject", comment_reject="重复")
    desk = office.desk("ma.lin")
    first, second = f"/cases/{small.case_id}", f"/cases/{large.case_id}"
    assert first in rows(desk.get("/cases?state=reject"))
    assert first not in rows(desk.get("/cases?state=running&least=70&most=80"))
    assert rows(desk.get("/cases?least=9,999,999.00&most=9999999.99")) == [second]
    assert rows(desk.get(f"/cases?q={small.business_key}")) == [first]
    assert first in rows(desk.get("/cases?person=wang.fang"))
    assert rows(desk.get("/cases?to=2020-01-01")) == []


def test_a_filter_that_cannot_be_read_is_told_and_left_out(office: Office, words: Words) -> None:
    office.submitted()
    answer = office.desk("ma.lin").get("/cases?from=gestern&least=viel")
    assert answer.status_code == 200
    assert "没有用上" in words(answer)
    assert rows(answer)


def test_csv_holds_every_case_begins_with_a_bom_and_is_safe_in_a_spreadsheet(office: Office) -> None:
    case = office.submitted(gross="12345.60")
    answer = office.desk("ma.lin").get("/cases.csv")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    found = {line["单号"]: line for line in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))}
    assert Decimal(found[case.business_key]["金额"]) == Decimal("12345.60")
    assert found[case.business_key]["发起人"] == "李娜"
    total = office.row("SELECT count(*) AS n FROM process_instance").n
    assert len(found) == total


def test_no_text_of_a_csv_can_act_as_a_formula() -> None:
    for text in ("=1+1", "+cmd", "-cmd", "@SUM(A1)", "\tx", "\rx", "＝1"):
        assert harmless(text) == f"'{text}"
    for text in ("-12.50", "12.50", "发票 1", "FP-2026-000001", ""):
        assert harmless(text) == text


def test_a_case_shows_who_did_what_where_it_is_and_what_was_sent(office: Office, words: Words) -> None:
    case = office.submitted()
    office.desk("wang.fang").decide(office.task(case.case_id), comment="数量已核对")
    page = office.desk("li.na").get(f"/cases/{case.case_id}")
    assert "数量已核对" in words(page)
    assert "财务（待领取）" in words(page)
    holder = html.fromstring(page.text).find(".//div[@data-bpmn-url]")
    assert holder.get("data-current") == "approve_finance"
    assert {"submitted", "submitted_to_again", "approve_manager"} <= set(holder.get("data-taken").split())
    history = words(office.desk("li.na").get(f"/cases/{case.case_id}?tab=history"))
    events = office.row("SELECT count(*) AS n FROM history_event WHERE instance_id = :case", case=case.case_id).n
    assert f"流转记录 {events} 条" in history
    assert "办公系统模拟器" in words(office.desk("li.na").get(f"/cases/{case.case_id}?tab=oa"))
    assert "还没有归档" in words(office.desk("li.na").get(f"/cases/{case.case_id}?tab=archive"))


def test_only_the_initiator_withdraws_and_a_case_that_is_over_says_so(office: Office, words: Words) -> None:
    case = office.submitted()
    path, action = f"/cases/{case.case_id}", f"/cases/{case.case_id}/withdraw"
    assert action not in office.desk("wang.fang").get(path).text
    form = office.desk("li.na").form(path, action)
    wrong = office.desk("wang.fang")
    token = wrong.form("/me", "/sign-out")["csrf_token"]
    assert wrong.client.post(action, data={"csrf_token": token, "idempotency_key": "k1", "reason": "x"}).status_code == 403
    assert "已撤回" in words(office.desk("li.na").client.post(action, data={**form, "reason": "填错"}, follow_redirects=True))
    late = {**form, "idempotency_key": "another", "reason": "再来"}
    assert "流程已经结束" in words(office.desk("li.na").client.post(action, data=late, follow_redirects=True))


def test_a_task_leads_to_the_one_behind_it_in_the_list_and_to_the_one_before(office: Office) -> None:
    first, second = office.task(office.submitted().case_id), office.task(office.submitted().case_id)

    def leads(task: object, key: str) -> list[str | None]:
        page = html.fromstring(office.desk("wang.fang").get(f"/tasks/{task}").text)
        return [link.get("href") for link in page.iter("a") if link.get("data-key") == key]

    assert leads(first, "j") == [f"/tasks/{second}"] and leads(second, "k") == [f"/tasks/{first}"]
    assert leads(first, "k") != [f"/tasks/{second}"] and leads(second, "j") == []


def test_a_follow_up_date_stands_on_the_list_and_at_the_task(office: Office, words: Words) -> None:
    case = office.submitted()
    task = office.task(case.case_id)
    for ahead, said in (("+ interval '3 days'", "跟进"), ("- interval '1 day'", "该跟进了")):
        with office.web.inside():
            execute(f"UPDATE user_task SET follow_up_at = shenpi_now() {ahead} WHERE id = :task", task=task)
        for path in (f"/?q={case.business_key}", f"/tasks/{task}"):
            assert said in words(office.desk("wang.fang").get(path)), path
