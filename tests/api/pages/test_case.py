"""One case on its page: what it waits for, and operators who suspend, resume and end it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from drawings import END, START, definition, gateway, node, path, script, task, timer, whole
from lxml import html
from pages_support import Office
from sqlalchemy import text
from werkzeug.test import TestResponse

from engine import definitions, incidents
from engine.database import transaction
from engine.database.transaction import read_clock

Words = Callable[[TestResponse], str]

#: a case that waits for everything at once
PURCHASE = whole(
    START, gateway("fork", "parallel"), gateway("join", "parallel"), END,
    task("sign", "userTask", name="经理审批", camunda_assignee="wang.fang"), timer("late", "P2D", name="两天未办", attachedToRef="sign"),
    task("remind", "userTask", name="跟进", camunda_assignee="wu.gang"), path("late", "remind"),
    node("intermediateCatchEvent", "paid", definition("message", "bank.paid"), name="等银行回执"),
    node("intermediateCatchEvent", "closed", definition("signal", "quarter.closed"), name="等关账"),
    timer("cool", "P7D", name="冷静期"),
    task("tell", "serviceTask", name="通知供应商", shenpi_operation="oa.notify"),
    task("keep", "userTask", name="存档确认", camunda_assignee="chen.jing", camunda_asyncBefore="true"),
    script("divide", "share = 100 / parts"),
    path("start", "fork", "sign", "join", "end"),
    *(path("fork", name, "join") for name in ("paid", "closed", "cool", "tell", "keep", "divide")),
    key="purchase", name="采购付款",
)  # fmt: skip


@pytest.fixture(scope="module")
def purchase(office: Office) -> Callable[[], str]:
    """Start a case that waits for everything at once, and give the address of its page."""
    with office.web.inside(), transaction() as session:
        definitions.deploy(session, {"purchase.bpmn": PURCHASE}, by=None)
    return lambda: f"/cases/{office.web.start('purchase', variables={'parts': 0})['id']}"


def waits(answer: TestResponse) -> dict[str, str]:
    """Return what the panel says, by the place it says it of."""
    rows = html.fromstring(answer.text).xpath("//ul[@class='waits']/li")
    return {row.findtext(".//strong"): " ".join(" ".join(row.itertext()).split()) for row in rows}


def order(answer: TestResponse, *texts: str) -> list[str]:
    return sorted(texts, key=answer.text.index)


def events(office: Office, address: str) -> list[str]:
    """Return what was done with the case as a whole."""
    types = "SELECT string_agg(type, ' ' ORDER BY number) AS types FROM history_event WHERE instance_id = :case AND type LIKE 'instance:%'"
    return str(office.row(types, case=address.rpartition("/")[2]).types).split()


def act(office: Office, address: str, what: str, reason: str = "有疑问", person: str = "ma.lin") -> TestResponse:
    """Send the form of a case's page and return the page it leads to, or the one that refuses it."""
    answer = office.desk(person).send(address, f"{address}/{what}", reason=reason)
    if answer.status_code in (409, 422):
        return answer
    assert answer.status_code == 303, answer.text
    return office.desk(person).get(answer.headers["Location"])


def ended(office: Office, address: str, reason: str) -> TestResponse:
    """One administrator asks for the end of a case, another one does it."""
    with office.web.inside(), transaction() as session:
        session.execute(
            text(
                "INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang' ON CONFLICT DO NOTHING"
            )
        )
    office.desk("ma.lin").send(address, f"{address}/intervene", kind="terminate", reason=reason)
    page = office.desk("wu.gang").get(address).text
    confirm = re.search(rf'"({re.escape(address)}/interventions/[^/"]+/confirm)"', page)
    assert confirm is not None, page
    answer = office.desk("wu.gang").send(address, confirm[1])
    assert answer.status_code == 303
    return office.desk("ma.lin").get(address)


def test_a_case_says_what_it_waits_for_besides_people(office: Office, purchase: Callable[[], str]) -> None:
    found = waits(office.desk("ma.lin").get(purchase()))

    with office.web.inside(), transaction() as session:
        days = {number: f"{(read_clock(session) + timedelta(days=number, hours=8)):%Y-%m-%d}" for number in (2, 7)}
    assert found["divide"] == "divide 被异常挡住 等运维处理"
    assert found["通知供应商"] == "通知供应商 系统作业 通知办公系统"
    assert found["等银行回执"] == "等银行回执 消息 bank.paid"
    assert found["等关账"] == "等关账 信号 quarter.closed"
    assert found["存档确认"] == "存档确认 保存点 由后台继续"
    assert found["两天未办"].startswith(f"两天未办 定时 经理审批 {days[2]} ")
    assert found["冷静期"].startswith(f"冷静期 定时 {days[7]} ")
    assert "（还有 6 天" in found["冷静期"]
    assert len(found) == 7


def test_a_job_that_is_put_off_says_how_often_it_was_tried_and_when_it_is_again(office: Office, purchase: Callable[[], str]) -> None:
    address = purchase()
    job = office.row("SELECT id FROM job WHERE instance_id = :case", case=address.rpartition("/")[2]).id
    with office.web.inside():
        with transaction() as session:
            incidents.take(session, job)
        with transaction() as session:
            incidents.fail(session, job, "503", lasting=False)

    said = waits(office.desk("ma.lin").get(address))["通知供应商"]

    assert "已尝试 1 次" in said
    assert said.endswith("再试")


def test_what_only_listens_beside_the_work_stands_behind_the_story_and_the_rest_before_it(
    office: Office, purchase: Callable[[], str]
) -> None:
    invoice = office.desk("li.na").get(f"/cases/{office.submitted().case_id}")
    everything = office.desk("ma.lin").get(purchase())

    assert set(waits(invoice)) == {"超时未办"}
    assert order(invoice, '<h2 class="h3">等待', '<h2 class="h3">经过') == ['<h2 class="h3">经过', '<h2 class="h3">等待']
    assert order(everything, '<h2 class="h3">等待', '<h2 class="h3">经过') == ['<h2 class="h3">等待', '<h2 class="h3">经过']


def test_the_drawing_shows_where_a_case_waits_and_not_what_it_goes_on_without(office: Office, purchase: Callable[[], str]) -> None:
    holder = html.fromstring(office.desk("ma.lin").get(purchase()).text).find(".//div[@data-bpmn-url]")

    assert set(holder.get("data-current").split()) == {"sign", "tell", "paid", "closed", "cool", "keep"}


def test_nothing_is_waited_for_when_a_case_is_over(office: Office, purchase: Callable[[], str], words: Words) -> None:
    address = purchase()

    page = ended(office, address, "重复付款")

    assert waits(page) == {}
    assert "已终止" in words(page)
    assert "重复付款" in words(page)


def test_a_suspended_case_says_so_to_everybody_and_by_whom_and_why(office: Office, purchase: Callable[[], str], words: Words) -> None:
    address = purchase()

    act(office, address, "suspend", "供应商账号有疑问")

    for person in ("ma.lin", "li.na", "wang.fang"):
        page = words(office.desk(person).get(address))
        assert "已挂起 供应商账号有疑问 马琳 · 信息部" in page, person
        assert "恢复之前，待办、定时和消息都不会往下走" in page
    assert events(office, address) == ["instance:started", "instance:suspended"]


def test_a_task_of_a_suspended_case_cannot_be_decided_and_says_why(office: Office, words: Words) -> None:
    case = office.submitted()
    task, address = f"/tasks/{office.task(case.case_id)}", f"/cases/{case.case_id}"
    act(office, address, "suspend", "等法务答复")

    held = office.desk("wang.fang").get(task)
    owner = office.desk("li.na").get(address)
    act(office, address, "resume", "法务已答复")
    again = office.desk("wang.fang").get(task)

    assert "等法务答复" in words(held)
    assert 'name="outcome"' not in held.text
    assert f"{address}/withdraw" not in owner.text
    assert 'name="outcome"' in again.text
    assert "已挂起" not in words(again)


def test_a_resumed_case_tells_the_story_and_can_be_suspended_again(office: Office, purchase: Callable[[], str], words: Words) -> None:
    address = purchase()
    act(office, address, "suspend")

    page = act(office, address, "resume", "核实无误")

    assert "核实无误" in words(page)
    assert f"{address}/suspend" in page.text
    assert f"{address}/resume" not in page.text
    act(office, address, "suspend")
    assert events(office, address)[1:] == ["instance:suspended", "instance:resumed", "instance:suspended"]


@pytest.mark.parametrize("before", [(), ("suspend",)])
def test_a_case_is_ended_whether_it_runs_or_is_suspended(
    office: Office, purchase: Callable[[], str], before: tuple[str, ...], words: Words
) -> None:
    address = purchase()
    for what in before:
        act(office, address, what)

    ended(office, address, "供应商已注销")

    case = address.rpartition("/")[2]
    row = office.row("SELECT status FROM process_instance WHERE id = :case", case=case)
    assert row.status == "terminated"
    assert office.row("SELECT count(*) AS n FROM user_task WHERE instance_id = :case AND state = 'open'", case=case).n == 0
    page = office.desk("ma.lin").get(address).text
    assert not any(f"{address}/{what}" in page for what in ("suspend", "resume", "intervene"))


@pytest.mark.parametrize("what", ["suspend", "resume", "intervene", "withdraw"])
def test_without_a_reason_nothing_is_done(office: Office, what: str, words: Words) -> None:
    address = f"/cases/{office.submitted().case_id}"
    if what == "resume":
        act(office, address, "suspend")
    before = events(office, address)

    page = act(office, address, what, "  ", "li.na" if what == "withdraw" else "ma.lin")

    assert "请写明原因，没有改变任何内容" in words(page)
    assert events(office, address) == before


@pytest.mark.parametrize("what", ["suspend"])
def test_a_form_that_is_sent_twice_counts_once(office: Office, purchase: Callable[[], str], what: str) -> None:
    address = purchase()
    desk = office.desk("ma.lin")
    form = {**desk.form(address, f"{address}/{what}"), "reason": "有疑问"}

    answers = [desk.client.post(f"{address}/{what}", data=form) for _ in range(2)]

    assert [answer.headers["Location"] for answer in answers] == [address, address]
    assert len(events(office, address)) == 2


@pytest.mark.parametrize(
    ("first", "late", "said"),
    [
        ("suspend", "suspend", "流程已经挂起，没有改变任何内容"),
        ("end", "suspend", "流程已经结束，没有改变任何内容"),
        ("end", "intervene", "流程已经结束，没有改变任何内容"),
    ],
)
def test_who_comes_second_is_told_what_happened(
    office: Office, purchase: Callable[[], str], first: str, late: str, said: str, words: Words
) -> None:
    address = purchase()
    desk = office.desk("ma.lin")
    stale = desk.form(address, f"{address}/{late}")
    ended(office, address, "作废") if first == "end" else act(office, address, first)

    answer = desk.client.post(
        f"{address}/{late}", data={**stale, "idempotency_key": "another", "reason": "再来", "kind": "terminate"}, follow_redirects=True
    )

    assert said in words(answer)
    assert len(events(office, address)) == 2


def test_who_resumes_what_goes_on_already_is_told(office: Office, purchase: Callable[[], str], words: Words) -> None:
    address = purchase()
    act(office, address, "suspend")
    stale = office.desk("ma.lin").form(address, f"{address}/resume")
    act(office, address, "resume")

    late = {**stale, "idempotency_key": "another", "reason": "再来"}
    answer = office.desk("ma.lin").client.post(f"{address}/resume", data=late, follow_redirects=True)

    assert "流程没有挂起，没有改变任何内容" in words(answer)


@pytest.mark.parametrize("person", ["li.na", "wang.fang", "zheng.hao", "sun.mei"])
@pytest.mark.parametrize("what", ["suspend", "resume", "intervene"])
def test_who_is_no_operator_neither_sees_the_buttons_nor_may_press_them(
    office: Office, purchase: Callable[[], str], person: str, what: str
) -> None:
    address = purchase()
    desk = office.desk(person)
    page = desk.get(address)
    form: dict[str, Any] = {"csrf_token": desk.form("/me", "/sign-out")["csrf_token"], "idempotency_key": what, "reason": "x"}

    assert f"{address}/{what}" not in page.text
    assert desk.client.post(f"{address}/{what}", data=form).status_code == 403
    assert events(office, address) == ["instance:started"]


def test_what_a_case_waits_for_is_told_in_english_too(office: Office, purchase: Callable[[], str], words: Words) -> None:
    address, desk = purchase(), office.desk("ma.lin")
    desk.get("/language/en")
    page = desk.get(address)
    desk.get("/language/zh")

    assert waits(page)["等银行回执"] == "等银行回执 Message bank.paid"
    assert waits(page)["存档确认"] == "存档确认 Save point goes on in the background"
    assert "Waiting for" in words(page) and "Suspend it" in words(page)
