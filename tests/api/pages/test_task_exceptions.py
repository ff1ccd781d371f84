"""Exceptions from the separation of duties on a task's page: asked for by one person, approved by a second, and then the decision goes through."""

from collections.abc import Callable
from uuid import UUID

import pytest
from drawings import END, START, drawing, human, node, path
from pages_support import Office
from werkzeug.test import TestResponse

from engine import definitions, instances
from engine.database import transaction
from engine.permissions import load_actor

Words = Callable[[TestResponse | str], str]


@pytest.fixture
def case(office: Office) -> UUID:
    """A case whose second step the initiator is asked for among others, although she must not do it; Wang Fang, who did the first, must not either."""
    second = node("userTask", "批准", name="批准", camunda_candidateUsers="li.na,wu.gang", shenpi_notBy="initiator, 初审")
    xml = drawing(START, human("初审"), second, END, path("start", "初审", "批准", "end"), key="apart")
    with office.web.inside(), transaction() as session:
        definitions.deploy(session, {"apart.bpmn": xml}, by=None)
        li_na = load_actor(session, "li.na")
        assert li_na is not None
        found = instances.start(session, "apart", by=li_na).case.id
    assert office.desk("wang.fang").decide(office.task(found)).status_code == 303
    return found


def ask(office: Office, task: UUID, reason: str = "其他人都在休假", **more: str) -> TestResponse:
    return office.desk("li.na").send(f"/tasks/{task}", f"/tasks/{task}/exception", reason=reason, **more)


def settle(office: Office, case: UUID, verdict: str, note: str = "") -> None:
    """Ma Lin approves or refuses the exception of a case on his page."""
    found = office.row("SELECT id FROM duty_override WHERE instance_id = :case AND state = 'asked'", case=case).id
    address = f"/duties/overrides/{found}"
    token = office.desk("ma.lin").form("/duties", f"{address}/approve")
    assert office.desk("ma.lin").client.post(f"{address}/{verdict}", data=token | {"note": note}).status_code == 303


def decided(office: Office, case: UUID) -> bool:
    return office.row("SELECT status FROM process_instance WHERE id = :case", case=case).status == "completed"


def test_who_must_not_decide_asks_for_an_exception_in_place_of_deciding(office: Office, case: UUID, words: Words) -> None:
    task = office.task(case)
    page = office.desk("li.na").get(f"/tasks/{task}")
    assert "您不能办理这项待办：发起人不能办理" in words(page) and "申请例外" in words(page)
    assert 'name="outcome"' not in page.text, "no button that could only be refused"

    assert ask(office, task).status_code == 303
    waiting = words(office.desk("li.na").get(f"/tasks/{task}"))
    assert "已申请例外，正在等第二个人批准" in waiting and "其他人都在休假" in waiting and "提交申请" not in waiting
    assert not decided(office, case)


def test_the_decision_goes_through_once_a_second_person_has_approved(office: Office, case: UUID, words: Words) -> None:
    task = office.task(case)
    ask(office, task)
    settle(office, case, "approve", "仅此一次")

    page = words(office.desk("li.na").get(f"/tasks/{task}"))
    assert "例外已批准，您可以办理" in page and "马琳" in page and "仅此一次" in page
    assert office.desk("li.na").decide(task).status_code == 303
    assert decided(office, case)
    event = office.row(
        "SELECT convert_from(body, 'UTF8') AS body FROM history_event WHERE instance_id = :case AND type = 'task:completed' AND actor = 'li.na'",
        case=case,
    )
    assert '"exceptions":["notBy:initiator"]' in event.body
    assert "仅此一次" in words(office.desk("sun.mei").get("/duties")), "and the auditor finds it"


def test_an_exception_that_was_not_approved_says_why_and_may_be_asked_for_again(office: Office, case: UUID, words: Words) -> None:
    task = office.task(case)
    ask(office, task)
    settle(office, case, "refuse", "请转给吴刚")

    page = words(office.desk("li.na").get(f"/tasks/{task}"))
    assert "例外没有批准" in page and "请转给吴刚" in page
    assert ask(office, task, "只有我在").status_code == 303
    assert "正在等第二个人批准" in words(office.desk("li.na").get(f"/tasks/{task}"))


def test_an_exception_without_a_reason_is_refused_and_asked_for_once_only(office: Office, case: UUID, words: Words) -> None:
    task = office.task(case)
    answer = ask(office, task, reason=" ")
    assert answer.status_code == 422 and "请写明原因" in words(answer)
    form = office.desk("li.na").form(f"/tasks/{task}", f"/tasks/{task}/exception")
    ask(office, task)
    again = office.desk("li.na").client.post(f"/tasks/{task}/exception", data=form | {"reason": "再说一次"})
    assert again.status_code == 409


def test_a_transfer_that_a_rule_forbids_offers_the_exception_and_goes_through_with_it(office: Office, case: UUID, words: Words) -> None:
    task, desk = office.task(case), office.desk("li.na")
    ask(office, task)
    settle(office, case, "approve")

    refused = desk.send(f"/tasks/{task}", f"/tasks/{task}/transfer", to="wang.fang", reason="请代办")
    assert refused.status_code == 409
    assert "王芳 不能办理这项待办：已办理过“初审”的人不能办理" in words(refused)
    token = desk.form(f"/tasks/{task}", f"/tasks/{task}/transfer")
    sent = desk.client.post(f"/tasks/{task}/exception", data=token | {"rule": "notBy:初审", "person": "wang.fang", "reason": "只有她懂"})
    assert sent.status_code == 303
    assert "已为 王芳 申请例外" in words(desk.get(f"/tasks/{task}"))
    early = desk.send(f"/tasks/{task}", f"/tasks/{task}/transfer", to="wang.fang")
    assert early.status_code == 409 and "例外还没有批准" in words(early)

    settle(office, case, "approve")
    assert "例外已批准，可以由 王芳 办理" in words(desk.get(f"/tasks/{task}"))
    assert desk.send(f"/tasks/{task}", f"/tasks/{task}/transfer", to="wang.fang").status_code == 303
    assert office.desk("wang.fang").decide(task).status_code == 303
    assert decided(office, case)
    assert words(office.desk("sun.mei").get(f"/cases/{case}")).count("经批准的职责分离例外") == 2, "at the transfer and at the decision"


def test_a_rule_made_while_somebody_reads_her_task_refuses_the_decision_and_offers_the_exception(office: Office, words: Words) -> None:
    task, desk = office.web.task("leave", by="ma.lin"), office.desk("wang.fang")
    assert (
        desk.client.post(
            f"/tasks/{task}/transfer", data=desk.form(f"/tasks/{task}", f"/tasks/{task}/transfer") | {"to": "ma.lin"}
        ).status_code
        == 303
    )
    desk = office.desk("ma.lin")
    form = desk.form(f"/tasks/{task}", f"/tasks/{task}/decide")
    rule = {"kind": "initiator", "processDefinitionKey": "leave", "reason": "内控手册 3.2"}
    assert office.web.post("ma.lin", "/duty-rules", json=rule).status_code == 201

    refused = desk.client.post(f"/tasks/{task}/decide", data=form | {"outcome": "approve", "comment": "先批了"})

    assert refused.status_code == 409
    assert "发起人不能审批自己的流程" in words(refused) and "申请例外" in words(refused) and "先批了" in refused.text
