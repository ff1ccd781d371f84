"""What people do with a whole case on its page: copies and who has read them, urges, comments, steps by hand of two people, taking back what has passed."""

from collections.abc import Callable
from uuid import UUID

import pytest
from drawings import END, START, drawing, gateway, node, path
from lxml import html
from pages_support import Office
from werkzeug.test import TestResponse

from engine import definitions
from engine.database import transaction

Words = Callable[[TestResponse | str], str]

SPLIT = drawing(
    START, gateway("split", "parallel"), node("userTask", "law", name="法务", camunda_assignee="wu.gang"),
    node("userTask", "money", name="财务", camunda_assignee="zhao.lei"), gateway("join", "parallel"), END, path("start", "split", "law", "join", "end"),
    path("split", "money", "join"), key="beside", name="并行", shenpi_revoke="initiator",
)  # fmt: skip


@pytest.fixture
def case(office: Office) -> UUID:
    """Li Na's case that waits at two steps at once."""
    with office.web.inside(), transaction() as session:
        definitions.deploy(session, {"beside.bpmn": SPLIT}, by=None)
    return UUID(office.web.start("beside")["id"])


def send(office: Office, who: str, case: UUID, verb: str, **values: str) -> TestResponse:
    """Fill in a sheet of the case's page and follow where it leads; what is refused is told on the page that answers."""
    answer = office.desk(who).send(f"/cases/{case}", f"/cases/{case}/{verb}", **values)
    if answer.status_code in (409, 422):
        return answer
    assert answer.status_code == 303
    return office.desk(who).get(answer.headers["Location"])


def second(office: Office) -> None:
    """Chen Jing is an administrator too."""
    office.row(
        "INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'chen.jing' ON CONFLICT DO NOTHING RETURNING role"
    )


def test_copies_go_to_people_by_name_and_to_groups_and_the_page_says_who_has_read_hers(office: Office, case: UUID, words: Words) -> None:
    page = words(send(office, "li.na", case, "copy", to="孙梅，zheng.hao、archivists"))
    assert "已抄送" in page and "孙梅 · 总经办" in page and page.count("抄送，未读") == 3
    office.desk("sun.mei").get(f"/cases/{case}")
    page = words(office.desk("li.na").get(f"/cases/{case}"))
    assert page.count("抄送，未读") == 2 and "已读" in page
    for name in ("没有此人", "，"):
        refused = words(send(office, "li.na", case, "copy", to=name))
        assert "已抄送" not in refused
        assert ("没有“没有此人”这个人" in refused) == (name == "没有此人")
    assert words(office.desk("li.na").get(f"/cases/{case}")).count("抄送，未读") == 2


def test_of_two_people_of_one_name_neither_is_chosen(office: Office, case: UUID, words: Words) -> None:
    office.row("UPDATE person SET name = '孙梅' WHERE key = 'zheng.hao' RETURNING key")
    assert "“孙梅”有几位同名的人，请用工号" in words(send(office, "li.na", case, "copy", to="孙梅"))


def test_each_step_that_waits_is_urged_by_itself_and_not_twice_in_half_an_hour(office: Office, case: UUID, words: Words) -> None:
    law, money = (
        office.row("SELECT id FROM user_task WHERE instance_id = :case AND element = :at", case=case, at=at).id for at in ("law", "money")
    )
    page = office.desk("li.na").get(f"/cases/{case}")
    assert "催办“法务”" in words(page) and "催办“财务”" in words(page)
    token = office.desk("li.na").form(f"/cases/{case}", f"/cases/{case}/urge/{law}")
    for task, key in ((law, "one"), (money, "two")):
        done = office.desk("li.na").client.post(f"/cases/{case}/urge/{task}", data=token | {"idempotency_key": key, "reason": "请尽快"})
        assert done.status_code == 303 and "已催办" in words(office.desk("li.na").get(done.headers["Location"]))
    again = office.desk("li.na").client.post(f"/cases/{case}/urge/{law}", data=token | {"idempotency_key": "three", "reason": "再催"})
    assert again.status_code == 409 and "操作过于频繁" in words(again)
    assert "已催办" in words(office.desk("zhao.lei").get(f"/tasks/{money}"))


def test_a_comment_stands_in_the_story(office: Office, case: UUID, words: Words) -> None:
    assert "合同在路上" in words(send(office, "li.na", case, "comment", reason="合同在路上"))


@pytest.mark.parametrize(("who", "verb", "field"), [("li.na", "copy", "to"), ("ma.lin", "intervene", "reason")])
def test_a_form_that_is_refused_stays_open_with_what_was_typed(office: Office, case: UUID, who: str, verb: str, field: str) -> None:
    typed = "没有此人 <b>x</b>"
    answer = send(office, who, case, verb, **{field: typed, "kind": "jump", "element": "nowhere"})
    assert answer.status_code in (409, 422)
    assert html.fromstring(answer.text).xpath(f"//details[@open]//form[contains(@action, '/{verb}')]//input[@name='{field}']/@value") == [
        typed
    ]


def test_a_comment_that_comes_too_late_is_shown_to_her_who_wrote_it(office: Office, case: UUID, words: Words) -> None:
    form = office.desk("li.na").form(f"/cases/{case}", f"/cases/{case}/comment")
    send(office, "li.na", case, "withdraw", reason="重复提交")  # in another tab
    answer = office.desk("li.na").client.post(f"/cases/{case}/comment", data={**form, "reason": "合同 <b>在路上</b>"})
    assert answer.status_code == 409
    assert "流程已经结束" in words(answer) and "没有保存：合同 <b>在路上</b>" in words(answer)


def test_an_end_by_hand_is_asked_for_by_one_and_done_by_another(office: Office, case: UUID, words: Words) -> None:
    assert "请求终止流程 重复提交" in words(send(office, "ma.lin", case, "intervene", kind="terminate", reason="重复提交"))
    asked = office.row("SELECT id FROM intervention WHERE instance_id = :case", case=case).id
    confirm = f"/cases/{case}/interventions/{asked}/confirm"
    assert confirm not in office.desk("ma.lin").get(f"/cases/{case}").text, "a second person has to do it"
    second(office)
    page = words(send(office, "chen.jing", case, f"interventions/{asked}/confirm"))
    assert "已执行" in page and "已终止" in page and "重复提交" in page
    assert office.row("SELECT count(*) AS n FROM user_task WHERE instance_id = :case AND state = 'open'", case=case).n == 0


def test_a_jump_that_would_leave_a_join_waiting_for_ever_is_refused_in_words(office: Office, case: UUID, words: Words) -> None:
    send(office, "ma.lin", case, "intervene", kind="jump", element="law", reason="重新法务")
    asked = office.row("SELECT id FROM intervention WHERE instance_id = :case", case=case).id
    second(office)
    assert "该节点在并行分支之内" in words(send(office, "chen.jing", case, f"interventions/{asked}/confirm"))


def test_what_has_passed_is_revoked_by_its_initiator(office: Office, case: UUID, words: Words) -> None:
    for who in ("wu.gang", "zhao.lei"):
        task = office.row("SELECT id FROM user_task WHERE instance_id = :case AND state = 'open' AND assignee = :who", case=case, who=who)
        assert office.desk(who).decide(task.id).status_code == 303
    page = words(send(office, "li.na", case, "revoke", reason="供应商退款"))
    assert "已撤销" in page and "供应商退款" in page
    assert "/revoke" not in office.desk("wu.gang").get(f"/cases/{case}").text
