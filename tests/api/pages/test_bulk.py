"""Working through to-dos on pages: tabs, filters, orders, several decisions at once, and handing over what somebody has open."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from drawings import END, START, drawing, human, node, path
from lxml import html
from pages_support import Office
from werkzeug.test import TestResponse

from engine import definitions
from engine.database import transaction

Words = Callable[[TestResponse], str]
FIELD = """<extensionElements><camunda:formData><camunda:formField id="voucher" label="凭证号" type="string"><camunda:validation>
<camunda:constraint name="required"/></camunda:validation></camunda:formField></camunda:formData></extensionElements>"""
PLAIN = drawing(
    START, human("decide", "${boss}"), END, path("start", "decide", "end"), key="plain", name="请示", shenpi_title="${title}", shenpi_amount="${amount}",
    shenpi_currency="${currency}",
)  # fmt: skip
FORMED = drawing(
    START, node("userTask", "book", FIELD, name="记账", camunda_assignee="${boss}"), END, path("start", "book", "end"), key="formed", name="记账流程",
    shenpi_title="${title}",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _drawn(office: Office) -> Iterator[None]:
    with office.web.inside(), transaction() as session:
        for xml in (PLAIN, FORMED):
            definitions.deploy(session, {"p.bpmn": xml}, by=None)
    yield


def ask(office: Office, title: str, amount: str | None = None, boss: str = "zheng.hao", currency: str = "CNY", key: str = "plain") -> str:
    return office.web.task(key, variables={"title": title, "amount": amount, "boss": boss, "currency": currency})


def listed(answer: TestResponse) -> list[str]:
    return [link.text_content().strip() for link in html.fromstring(answer.text).iter("a") if "row-link" in (link.get("class") or "")]


def choose(office: Office, who: str, *tasks: str, outcome: str = "approve") -> TestResponse:
    """Tick tasks on the list and press a button of the bar."""
    desk = office.desk(who)
    page = html.fromstring(desk.get("/").data)
    values = {str(box.get("value")).partition(":")[0]: str(box.get("value")) for box in page.iter("input") if box.get("name") == "task"}
    token = next(field.get("value") for field in page.iter("input") if field.get("name") == "csrf_token")
    return desk.client.post("/bulk", data={"csrf_token": token, "outcome": outcome, "task": [values.get(task, task) for task in tasks]})


def confirm(office: Office, who: str, answer: TestResponse, comment: str = "同意") -> TestResponse:
    form = next(form for form in html.fromstring(answer.text).iter("form") if form.get("action") == "/bulk/decide")
    fields = [(str(field.get("name")), str(field.get("value"))) for field in form.iter("input") if field.get("type") == "hidden"]
    data: dict[str, list[str]] = {"comment": [comment]}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return office.desk(who).client.post("/bulk/decide", data=data)


def test_chosen_tasks_are_shown_with_number_and_sums_and_each_tells_its_result(office: Office, words: Words) -> None:
    first, second, third = ask(office, "甲", "10.00"), ask(office, "乙", "20.50"), ask(office, "丙", "5.00", currency="USD")
    asked = choose(office, "zheng.hao", first, second, third)
    said = words(asked)
    assert "同意 3 项" in said and "¥30.50" in said and "USD 5.00" in said
    assert office.row("SELECT count(*) AS n FROM user_task WHERE state = 'open' AND assignee = 'zheng.hao'").n == 3
    assert office.web.complete("zheng.hao", second, "reject").status_code == 200

    done = words(confirm(office, "zheng.hao", asked, "都好"))

    assert "已同意 2 项" in done and "1 项没有办成" in done and "乙" in done
    kept = office.row("SELECT outcome, comment FROM user_task WHERE id = :id", id=first)
    assert tuple(kept) == ("approve", "都好")
    assert office.row("SELECT outcome FROM user_task WHERE id = :id", id=second).outcome == "reject"
    again = words(confirm(office, "zheng.hao", asked, "都好"))
    assert "已同意 2 项" in again and "1 项没有办成" in again


def test_a_task_that_changed_after_it_was_shown_is_not_decided(office: Office, words: Words) -> None:
    task = ask(office, "会变", "10.00")
    asked = choose(office, "zheng.hao", task)
    office.row("UPDATE user_task SET revision = revision + 1 WHERE id = :id RETURNING id", id=task)
    assert "1 项没有办成" in words(confirm(office, "zheng.hao", asked))
    assert office.row("SELECT state FROM user_task WHERE id = :id", id=task).state == "open"
    assert "已驳回 1 项" in words(confirm(office, "zheng.hao", choose(office, "zheng.hao", task, outcome="reject"), "重做"))


def test_a_task_that_asks_for_something_is_not_approved_together_and_says_why(office: Office, words: Words) -> None:
    plain, formed = ask(office, "普通", "1.00"), ask(office, "要凭证", key="formed")
    assert "须单独同意：请填写 凭证号" in words(office.desk("zheng.hao").get("/"))
    asked = choose(office, "zheng.hao", plain, formed)
    assert "同意 1 项" in words(asked) and "1 项须单独办理" in words(asked) and "请填写 凭证号" in words(asked)
    assert "已同意 1 项" in words(confirm(office, "zheng.hao", asked))
    assert "须单独" not in words(choose(office, "zheng.hao", formed, outcome="reject"))


def test_what_is_not_mine_or_is_nothing_is_not_shown_and_not_decided(office: Office, words: Words) -> None:
    others = ask(office, "别人的", "77.00", boss="wu.gang")
    ask(office, "自己的", "3.00")
    asked = choose(office, "zheng.hao", others, str(uuid4()), "x", "y:z")
    assert "2 项已不在您的待办里" in words(asked) and "77.00" not in words(asked) and "别人的" not in words(asked)
    desk = office.desk("zheng.hao")
    token = {"csrf_token": str(html.fromstring(desk.get("/").data).xpath("//input[@name='csrf_token']/@value")[0])}
    for data in ({}, {"task": "x", "outcome": "approve"}, {"task": others, "outcome": "resubmit"}, {"task": others}):
        for address in ("/bulk", "/bulk/decide"):
            assert desk.client.post(address, data=token | data).status_code == 303, (address, data)
    result = desk.client.post(
        "/bulk/decide", data=token | {"task": [others, f"{others}:999999999999"], "outcome": "approve", "comment": "x"}
    )
    assert "没有办成" in words(result) and "别人的" not in words(result)
    assert desk.client.post("/bulk/decide", data=token | {"task": others, "outcome": "approve", "comment": "长" * 2001}).status_code == 422
    assert office.row("SELECT state FROM user_task WHERE id = :id", id=others).state == "open"


def test_filters_orders_and_chips(office: Office, words: Words) -> None:
    for title, amount in (("小额", "1.00"), ("大额 华东", "9000.00"), ("中额", "300.00")):
        ask(office, title, amount, boss="qian.yi")
    desk = office.desk("qian.yi")
    assert listed(desk.get("/?sort=amount")) == ["大额 华东", "中额", "小额"]
    assert listed(desk.get("/?least=2&most=8,999")) == ["中额"]
    assert listed(desk.get("/?q=华东 李娜")) == ["大额 华东"]
    assert listed(desk.get("/?department=it")) == []
    assert listed(desk.get("/?process=formed")) == []
    page = desk.get("/?department=office&least=x&sort=nothing")
    assert "“x”不是金额，没有用上" in words(page) and "行政部" in words(page)
    assert len(listed(page)) == 3
    for address in (
        "/?due=week",
        "/?due=today&returned=1",
        "/?tab=done&least=1",
        "/?tab=behalf&sort=age",
        "/?tab=copied&q=x&unread=1",
        "/?tab=nothing",
    ):
        assert desk.get(address).status_code == 200, address
    assert desk.get("/?sort=amount&after=x").status_code == 422


def test_tabs_say_what_is_on_behalf_and_what_was_copied_and_read(office: Office, words: Words) -> None:
    ask(office, "替她看", "8.00", boss="chen.jing")
    body = {"substitute": "qian.yi", "startsAt": "2026-01-01T00:00:00Z", "reason": "休假"}
    assert office.web.post("chen.jing", "/substitutions", json=body).status_code == 201
    case = office.web.start("plain", variables={"title": "抄给我", "amount": None, "boss": "wu.gang", "currency": "CNY"})["id"]
    office.web.post("li.na", f"/process-instances/{case}/copies", json={"to": ["qian.yi"]})
    desk = office.desk("qian.yi")
    page = desk.get("/?tab=behalf")
    assert listed(page) == ["替她看"] and "代 陈静" in words(page) and "代办 1" in words(page) and "抄送 1" in words(page)
    assert "未读" in words(desk.get("/?tab=copied")) and "李娜 抄送" in words(desk.get("/?tab=copied"))
    desk.get(f"/cases/{case}")
    assert listed(desk.get("/?tab=copied&unread=1")) == [] and "已读" in words(desk.get("/?tab=copied"))


def test_an_administrator_hands_over_on_the_page_of_a_person(office: Office, words: Words) -> None:
    task = ask(office, "移交我", "8.00", boss="sun.mei")
    desk = office.desk("ma.lin")
    assert "移交待办" in words(desk.get("/people/sun.mei"))
    address = "/people/sun.mei/handover"
    assert "移交我" in words(desk.get(address))
    assert "请填写原因" in words(desk.send(address, address, person="wu.gang", reason=" "))
    assert "没有“没有”这个人" in words(desk.send(address, address, person="没有", reason="离职"))
    assert desk.send(address, address, person="sun.mei", reason="离职").status_code == 409
    done = desk.send(address, address, person="吴刚", reason="离职")
    assert "已移交 1 项" in words(done) and "孙梅 → 吴刚" in words(done)
    assert office.row("SELECT assignee FROM user_task WHERE id = :id", id=task).assignee == "wu.gang"
    assert "没有可移交的待办" in words(desk.get(address))
    assert office.desk("wang.fang").get(address).status_code == 403
    assert desk.get("/people/nobody/handover").status_code == 404
