"""A form that came too late: it is not on the page any more, and everything that was typed into it can still be read and copied."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from pages_support import FINANCE, Desk, Office
from werkzeug.test import TestResponse

TYPED = {**FINANCE, "comment": "科目已核对", "comment_return": "请补合同"}
SHOWN = {"记账凭证号": "记-0042", "会计期间": "2026-11", "意见": "科目已核对", "退回的意见": "请补合同"}
Words = Callable[[TestResponse], str]


@pytest.fixture(scope="module")
def colleague(office: Office) -> None:
    """Wu Gang works in finance too."""
    office.row("""INSERT INTO group_member (group_id, person_id) SELECT g.id, p.id FROM "group" g, person p WHERE g.key = 'finance' AND p.key = 'wu.gang'
                  RETURNING person_id""")


def lost(answer: TestResponse) -> dict[str, str]:
    """Return what a page shows of what was typed, by its label."""
    found = html.fromstring(answer.data).xpath("//dl[@class='unsent']/div")
    return {each.find("dt").text_content(): each.find("dd").text_content() for each in found}


def at_finance(office: Office) -> tuple[UUID, Desk, dict[str, str]]:
    """Return a task of the finance group, and a form that Zhao Lei has open."""
    case = office.submitted()
    assert office.desk("wang.fang").decide(office.task(case.case_id)).status_code == 303
    task, desk = office.task(case.case_id), office.desk("zhao.lei")
    return task, desk, desk.form(f"/tasks/{task}", f"/tasks/{task}/decide")


def decided(desk: Desk, task: UUID, form: dict[str, str], **more: Any) -> TestResponse:
    return desk.client.post(f"/tasks/{task}/decide", data={**form, **TYPED, "outcome": "approve", **more})


@pytest.mark.usefixtures("colleague")
def test_what_was_typed_at_a_task_that_a_colleague_claimed_meanwhile_can_be_copied_and_he_is_named(office: Office, words: Words) -> None:
    task, desk, form = at_finance(office)
    assert office.desk("wu.gang").send(f"/tasks/{task}", f"/tasks/{task}/claim").status_code == 303

    answer = decided(desk, task, form)

    assert answer.status_code == 409
    assert lost(answer) == SHOWN
    page = words(answer)
    assert "已由 吴刚 领取" in page and "wu.gang" not in page
    assert "没有保存，可以从这里复制" in page and "都还在下面" not in page


def test_what_was_typed_at_a_task_that_she_handed_over_herself_can_be_copied(office: Office, words: Words) -> None:
    task, desk, form = at_finance(office)
    assert desk.send(f"/tasks/{task}", f"/tasks/{task}/delegate", person="wu.gang", reason="看一下").status_code == 303
    answer = decided(desk, task, form)
    assert (answer.status_code, lost(answer)) == (409, SHOWN)
    assert "现在由 吴刚 办理" in words(answer)

    task, desk, form = at_finance(office)
    assert desk.send(f"/tasks/{task}", f"/tasks/{task}/transfer", to="wu.gang").status_code == 303
    answer = decided(desk, task, form)
    assert (answer.status_code, lost(answer)) == (409, SHOWN)


def test_what_was_typed_at_a_case_that_is_held_meanwhile_can_be_copied(office: Office, words: Words) -> None:
    task, desk, form = at_finance(office)
    case = office.row("SELECT instance_id FROM user_task WHERE id = :task", task=task).instance_id
    assert office.desk("ma.lin").send(f"/cases/{case}", f"/cases/{case}/suspend", reason="核查").status_code == 303

    answer = decided(desk, task, form)

    assert (answer.status_code, lost(answer)) == (409, SHOWN)
    assert "都还在下面" not in words(answer)


def test_a_form_that_is_still_there_is_not_shown_twice(office: Office, words: Words) -> None:
    task, desk, form = at_finance(office)
    answer = decided(desk, task, form, **{"field.accountingPeriod": "2026/11"})
    assert (answer.status_code, lost(answer)) == (422, {})
    assert "都还在下面" in words(answer)


@pytest.mark.usefixtures("colleague")
def test_what_was_typed_at_a_task_that_a_colleague_decided_meanwhile_can_be_copied(office: Office, words: Words) -> None:
    case = office.submitted()
    task, desk = office.task(case.case_id), office.desk("wang.fang")
    form = desk.form(f"/tasks/{task}", f"/tasks/{task}/transfer")
    assert desk.decide(task).status_code == 303

    answer = desk.client.post(f"/tasks/{task}/transfer", data={**form, "to": "wu.gang", "reason": "明天起出差"})
    assert (answer.status_code, lost(answer)) == (409, {"说明": "明天起出差"})

    task = office.task(case.case_id)
    slow = office.desk("zhao.lei")
    form = slow.form(f"/tasks/{task}", f"/tasks/{task}/decide")
    assert office.desk("wu.gang").decide(task, **FINANCE).status_code == 303
    answer = decided(slow, task, form)
    assert (answer.status_code, lost(answer)) == (409, SHOWN)
    page = words(answer)
    assert "您慢了一步" in page and "吴刚 已同意" in page and "没有保存，可以从这里复制" in page
    assert lost(slow.get(f"/tasks/{task}")) == {}, "and nothing of it stands on the page of somebody who only looks"
