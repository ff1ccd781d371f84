"""The sheets of a task's page: return to a step, delegate, add and remove signers, take a decision back, each said in words afterwards."""

from collections.abc import Callable
from uuid import UUID

import pytest
from drawings import END, START, drawing, human, path
from lxml import html
from pages_support import Office
from sqlalchemy import text
from werkzeug.test import TestResponse

from engine import definitions, instances
from engine.database import transaction
from engine.permissions import load_actor

Words = Callable[[TestResponse | str], str]


@pytest.fixture
def case(office: Office) -> UUID:
    """A case at its second step."""
    xml = drawing(
        START,
        human("起草"),
        human("审核", "zhao.lei"),
        human("批准", "wu.gang"),
        END,
        path("start", "起草", "审核", "批准", "end"),
        key="row",
    )
    with office.web.inside(), transaction() as session:
        definitions.deploy(session, {"row.bpmn": xml}, by=None)
        li_na = load_actor(session, "li.na")
        assert li_na is not None
        found = instances.start(session, "row", by=li_na).case.id
    office.desk("wang.fang").decide(office.task(found))
    return found


def press(office: Office, who: str, task: UUID, verb: str, **values: str) -> TestResponse:
    """Send one of the forms of a task's page and follow it."""
    address = f"/tasks/{task}"
    answer = office.desk(who).send(address, f"{address}/{verb}", **values)
    assert answer.status_code == 303, answer.text
    return office.desk(who).get(answer.headers["Location"])


def open_at(office: Office, case: UUID) -> list[tuple[str, str]]:
    with office.web.inside(), transaction() as session:
        rows = session.execute(text("SELECT element, assignee FROM user_task WHERE instance_id = :case AND state = 'open'"), {"case": case})
        return [(row.element, row.assignee) for row in rows]


def test_an_approver_returns_a_case_to_a_step_from_a_list(office: Office, case: UUID, words: Words) -> None:
    page = press(office, "zhao.lei", office.task(case), "return", step="起草", comment="请补充合同")
    assert "您已退回" in words(page)
    assert open_at(office, case) == [("起草", "wang.fang")]
    story = words(office.desk("li.na").get(f"/cases/{case}"))
    assert "退回到 起草" in story and "请补充合同" in story


def test_a_signer_before_is_named_while_the_task_waits_for_her(office: Office, case: UUID, words: Words) -> None:
    task = office.task(case)
    page = press(office, "zhao.lei", task, "signers", place="before", person="吴刚", reason="请把关")
    assert "正在等 吴刚 加签" in words(page)
    assert open_at(office, case) == [("审核", "wu.gang")]
    office.desk("wu.gang").decide(office.task(case))
    assert open_at(office, case) == [("审核", "zhao.lei")]
    assert "加签" in words(office.desk("li.na").get(f"/cases/{case}"))


def test_a_signer_beside_is_taken_away_again(office: Office, case: UUID, words: Words) -> None:
    task = office.task(case)
    page = press(office, "zhao.lei", task, "signers", place="beside", person="wu.gang")
    assert "已请 吴刚 加签（并行）" in words(page)
    with office.web.inside(), transaction() as session:
        signer = session.execute(text("SELECT id FROM user_task WHERE parent_id = :task"), {"task": task}).scalar_one()
    press(office, "zhao.lei", task, f"remove-signer/{signer}")
    assert open_at(office, case) == [("审核", "zhao.lei")]


def test_a_delegated_task_is_with_somebody_else_and_comes_back(office: Office, case: UUID, words: Words) -> None:
    task = office.task(case)
    page = press(office, "zhao.lei", task, "delegate", person="吴刚", reason="请核实")
    assert "这项待办现在由 吴刚 办理" in words(page)
    office.desk("wu.gang").decide(task, comment="没有问题")
    assert open_at(office, case) == [("审核", "zhao.lei")]
    assert "没有问题" in words(office.desk("zhao.lei").get(f"/tasks/{task}"))


@pytest.mark.parametrize(("person", "said"), [("没有这个人", "没有“没有这个人”这个人"), ("", "请从列表中选择一个人")])
def test_nobody_is_asked_whom_nobody_knows_and_what_was_typed_stays(
    office: Office, case: UUID, words: Words, person: str, said: str
) -> None:
    task = office.task(case)
    answer = office.desk("zhao.lei").send(f"/tasks/{task}", f"/tasks/{task}/signers", place="after", person=person)
    assert answer.status_code == 422
    assert said in words(answer)
    assert open_at(office, case) == [("审核", "zhao.lei")]


@pytest.mark.parametrize(
    ("verb", "typed"),
    [
        ("signers", {"place": "after", "person": "没有这个人", "reason": "请会签"}),
        ("delegate", {"person": "没有这个人", "reason": "请核实"}),
        ("return", {"step": "nowhere", "straight": "1", "comment": "长" * 2001}),
        ("transfer", {"to": "nobody", "reason": "出差"}),
    ],
)
def test_what_was_typed_stays_in_the_form_that_was_refused_and_stands_in_no_other(
    office: Office, case: UUID, verb: str, typed: dict[str, str]
) -> None:
    task = office.task(case)
    answer = office.desk("zhao.lei").send(f"/tasks/{task}", f"/tasks/{task}/{verb}", **typed)
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    (form,) = page.xpath(f"//details[@open]//form[@action='/tasks/{task}/{verb}']")
    kept = {name: value for name, value in typed.items() if name not in ("step", "to")}  # those two are chosen from what there is
    assert {name: form.fields[name] for name in kept} == kept
    written = typed.get("reason") or typed["comment"]
    others = [other for other in page.forms if other is not form]
    assert not any(value == written for other in others for value in other.fields.values())


def test_a_decision_is_taken_back_from_the_page_that_follows_it_while_nobody_has_acted(office: Office, case: UUID, words: Words) -> None:
    task = office.task(case)
    office.desk("zhao.lei").decide(task)
    address = f"/tasks/{task}"
    assert "拿回" in words(office.desk("zhao.lei").get(address))

    answer = office.desk("zhao.lei").send(address, f"{address}/take-back")
    assert answer.status_code == 303
    assert open_at(office, case) == [("审核", "zhao.lei")]

    office.desk("zhao.lei").decide(office.task(case))
    office.desk("wu.gang").decide(office.task(case))
    assert "拿回" not in words(office.desk("zhao.lei").get(address))
