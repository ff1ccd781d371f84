"""A task that separation of duties keeps from the only person it is for: told in words, an exception asked for there, approved, and the task goes to her."""

from collections.abc import Callable
from uuid import UUID

import pytest
from browser_support import DESK, PHONE, barriers, served
from drawings import END, START, drawing, node, path
from pages_support import Office
from playwright.sync_api import Browser, Page, expect
from werkzeug.test import TestResponse

from api.cli.company import PASSWORD
from engine import definitions, instances
from engine.database import transaction
from engine.permissions import load_actor
from engine.replay import rerun_instance, verify_instance

Words = Callable[[TestResponse | str], str]

#: the person who checks is the only one who could pay
PAYING = drawing(
    START, node("userTask", "check", name="初审", camunda_assignee="wang.fang"),
    node("userTask", "pay", name="付款", camunda_assignee="wang.fang", shenpi_notBy="initiator, check"), END, path("start", "check", "pay", "end"),
    key="paying", name="付款",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(office: Office) -> Office:
    """The office with an operator who is no administrator: Wu Gang."""
    with office.web.inside(), transaction() as session:
        definitions.deploy(session, {"paying.bpmn": PAYING}, by=None)
    office.row("INSERT INTO role_grant (person_id, role) SELECT id, 'operator' FROM person WHERE key = 'wu.gang' RETURNING role")
    return office


@pytest.fixture
def case(house: Office) -> UUID:
    """A case whose second step nobody may do: Wang Fang, whom the drawing names, has done the first."""
    with house.web.inside(), transaction() as session:
        li_na = load_actor(session, "li.na")
        assert li_na is not None
        found = instances.start(session, "paying", by=li_na).case.id
    assert house.desk("wang.fang").decide(house.task(found)).status_code == 303
    return found


def incident(office: Office, case: UUID) -> UUID:
    return UUID(str(office.row("SELECT id FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=case).id))


def send(office: Office, who: str, case: UUID, verb: str, **values: str) -> TestResponse:
    """Fill in a form of the case's page."""
    return office.desk(who).send(f"/cases/{case}", f"/incidents/{incident(office, case)}/{verb}", **values)


def ask(office: Office, case: UUID, who: str = "wu.gang", reason: str = "出纳只有她一人") -> TestResponse:
    return send(office, who, case, "exception", rule="notBy:check", person="wang.fang", reason=reason)


def approve(office: Office, case: UUID, verdict: str = "approve", note: str = "") -> None:
    found = office.row("SELECT id FROM duty_override WHERE instance_id = :case AND state = 'asked'", case=case).id
    address = f"/duties/overrides/{found}"
    token = office.desk("ma.lin").form("/duties", f"{address}/approve")
    assert office.desk("ma.lin").client.post(f"{address}/{verdict}", data=token | {"note": note}).status_code == 303


def holder(office: Office, case: UUID) -> str | None:
    found: str | None = office.row("SELECT assignee FROM user_task WHERE instance_id = :case AND state = 'open'", case=case).assignee
    return found


def prove(office: Office, case: UUID) -> None:
    """The chain verifies and the record, run again, leads to the same case."""
    with office.web.inside(), transaction() as session:
        assert not verify_instance(session, case).faults
        assert not rerun_instance(session, case).faults


def test_the_incident_says_who_must_not_do_it_by_which_rule_in_both_languages(house: Office, case: UUID, words: Words) -> None:
    said = "王芳 不能办理这项待办：已办理过“初审”的人不能办理"
    assert said in words(house.desk("wu.gang").get("/incidents"))
    page = words(house.desk("wu.gang").get(f"/cases/{case}"))
    assert said in page and "为 王芳 申请例外" in page and "指定其他人" in page
    house.desk("wu.gang").get("/language/en")
    english = words(house.desk("wu.gang").get(f"/cases/{case}"))
    house.desk("wu.gang").get("/language/zh")
    assert "Nobody may do this task" in english and "Ask for an exception for 王芳" in english

    own = words(house.desk("li.na").get(f"/cases/{case}"))
    assert said in own and "申请例外" not in own and "指定其他人" not in own, "who waits is told, and offered nothing she could not do"

    listed = house.web.get("ma.lin", "/incidents?state=open&limit=200").json["items"]
    (one,) = [item for item in listed if item["processInstanceId"] == str(case)]
    assert [(each["rule"], each["person"]) for each in one["conflicts"]] == [("notBy:check", "wang.fang")]
    assert "wang.fang 不能办理“付款”" in one["messageZh"] and "wang.fang must not work on pay" in one["message"]
    story = words(house.desk("sun.mei").get(f"/cases/{case}?tab=history"))
    assert "王芳 不能办理这项待办" in story


def test_the_task_goes_to_her_once_a_second_person_has_approved_the_exception(house: Office, case: UUID, words: Words) -> None:
    assert ask(house, case).status_code == 303
    waiting = words(house.desk("wu.gang").get(f"/cases/{case}"))
    assert "例外待第二个人批准" in waiting and "出纳只有她一人" in waiting and "为 王芳 申请例外" not in waiting
    assert "去批准" in words(house.desk("ma.lin").get(f"/cases/{case}")), "the second person is led to where it is approved"

    early = send(house, "wu.gang", case, "retry")
    assert early.status_code == 303 and holder(house, case) is None, "nothing is allowed yet: it is an incident again"

    approve(house, case, note="仅此一次")
    ready = words(house.desk("wu.gang").get(f"/cases/{case}"))
    assert "重试，交给 王芳" in ready and "例外已批准" in ready and "仅此一次" in ready
    assert send(house, "wu.gang", case, "retry", at_case="1").headers["Location"].endswith(f"/cases/{case}")
    assert holder(house, case) == "wang.fang"

    assert house.desk("wang.fang").decide(house.task(case)).status_code == 303
    assert house.row("SELECT status FROM process_instance WHERE id = :case", case=case).status == "completed"
    assert "经批准的职责分离例外" in words(house.desk("sun.mei").get(f"/cases/{case}?tab=history"))
    prove(house, case)


def test_an_exception_that_was_refused_says_why_and_may_be_asked_for_again(house: Office, case: UUID, words: Words) -> None:
    ask(house, case)
    approve(house, case, "refuse", "请交给赵蕾")
    page = words(house.desk("wu.gang").get(f"/cases/{case}"))
    assert "例外没有批准" in page and "请交给赵蕾" in page and "为 王芳 申请例外" in page
    assert ask(house, case, reason="她已经休假").status_code == 303


def test_another_person_is_named_and_the_record_says_by_whom_and_why(house: Office, case: UUID, words: Words) -> None:
    sent = send(house, "wu.gang", case, "assign", person="赵蕾", reason="出纳休假")
    assert sent.status_code == 303
    assert holder(house, case) == "zhao.lei"
    assert house.row("SELECT resolution FROM incident WHERE instance_id = :case", case=case).resolution == "assigned"
    assert "已指定处理人" in words(house.desk("wu.gang").get("/incidents?state=resolved"))
    story = words(house.desk("sun.mei").get(f"/cases/{case}?tab=history"))
    assert "转给 赵蕾 · 出纳休假" in story and "吴刚" in story
    assert house.desk("zhao.lei").decide(house.task(case)).status_code == 303
    prove(house, case)


def test_whoever_is_named_is_bound_by_the_rule_too_and_an_exception_is_offered_for_her(house: Office, case: UUID, words: Words) -> None:
    refused = send(house, "wu.gang", case, "assign", person="li.na", reason="让她自己来")
    assert refused.status_code == 409
    said = words(refused)
    assert "李娜 不能办理这项待办：发起人不能办理" in said and "为 李娜 申请例外" in said and holder(house, case) is None
    asked = send(house, "wu.gang", case, "exception", rule="notBy:initiator", person="li.na", reason="没有别人")
    assert asked.status_code == 303
    approve(house, case)
    page = house.desk("wu.gang").get(f"/cases/{case}")
    assert "李娜" in words(page) and 'value="li.na"' in page.text, "she is proposed now"
    assert send(house, "wu.gang", case, "assign", person="li.na", reason="没有别人").status_code == 303
    assert holder(house, case) == "li.na"
    prove(house, case)


def test_naming_somebody_needs_a_reason_an_active_person_and_not_oneself(house: Office, case: UUID, words: Words) -> None:
    for values, status, told in (
        ({"person": "zhao.lei", "reason": " "}, 409, "请写明原因"), ({"person": "nobody", "reason": "请办"}, 422, "没有“nobody”这个人"),
        ({"person": "wu.gang", "reason": "我来"}, 409, "不能把别人的待办移交给自己"),
    ):  # fmt: skip
        answer = send(house, "wu.gang", case, "assign", **values)
        assert answer.status_code == status and told in words(answer)
    assert holder(house, case) is None
    empty = ask(house, case, reason=" ")
    assert empty.status_code == 422 and "请写明原因" in words(empty)


def test_a_task_for_which_nobody_is_there_is_told_in_words_and_given_to_somebody(house: Office, words: Words) -> None:
    case = UUID(house.web.start("named", variables={"boss": "gone.away", "due": None})["id"])
    page = words(house.desk("wu.gang").get(f"/cases/{case}"))
    assert "“decide”没有处理人：gone.away 不是在职人员" in page and "指定其他人" in page and "申请例外" not in page
    assert "gone.away is nobody who works here" in house.web.get("ma.lin", "/incidents?state=open&limit=200").text
    assert send(house, "wu.gang", case, "assign", person="王芳", reason="由她办理").status_code == 303
    assert holder(house, case) == "wang.fang"
    prove(house, case)


def test_programs_name_somebody_too_and_get_the_facts_of_a_conflict(house: Office, case: UUID) -> None:
    place = f"/incidents/{incident(house, case)}/assign"
    assert house.web.post("li.na", place, json={"person": "zhao.lei", "reason": "x"}).status_code == 403
    conflict = house.web.post("ma.lin", place, json={"person": "wang.fang", "reason": "x"})
    assert conflict.status_code == 409 and conflict.json["code"] == "duty-conflict"
    assert house.web.post("ma.lin", place, json={"person": "nobody", "reason": "x"}).status_code == 404
    assert house.web.post("ma.lin", place, json={"person": "zhao.lei"}).status_code == 422
    assert house.web.post("ma.lin", place, json={"person": "zhao.lei", "reason": "出纳休假"}).status_code == 200
    assert house.web.post("ma.lin", place, json={"person": "zhao.lei", "reason": "出纳休假"}).status_code == 409, "it is resolved"
    _case, other = house.web.incident()
    assert house.web.post("ma.lin", f"/incidents/{other}/assign", json={"person": "zhao.lei", "reason": "x"}).status_code == 409


@pytest.mark.browser
def test_an_operator_does_all_of_it_on_the_page_of_the_case(browser: Browser, house: Office, case: UUID) -> None:
    with served(house.web.app) as address:
        for size in (PHONE, DESK):
            page = signed_in(browser, address, "wu.gang", size)
            page.goto(f"/cases/{case}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert barriers(page) == []
            page.goto("/incidents")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert barriers(page) == []
        page.goto(f"/cases/{case}")
        page.get_by_text("为 王芳 申请例外").click()
        page.get_by_label("为什么必须由 王芳 办理").fill("出纳只有她一人")
        page.get_by_role("button", name="提交申请").click()
        expect(page.get_by_text("例外待第二个人批准")).to_be_visible()
        approve(house, case)
        page.reload()
        page.get_by_role("button", name="重试，交给 王芳").click()
        expect(page.get_by_text("这项待办没有可以办理的人")).to_have_count(0)
    assert holder(house, case) == "wang.fang"


def signed_in(browser: Browser, address: str, who: str, size: dict[str, int]) -> Page:
    context = browser.new_context(viewport=size, base_url=address, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#key", who)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    expect(page.locator(".topbar-person")).to_be_visible()
    return page
