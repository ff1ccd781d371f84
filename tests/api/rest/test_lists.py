"""Lists over REST: filters, orders, on behalf, copies, counts; and what is handed over when somebody leaves."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from drawings import END, START, drawing, human, node, path
from sqlalchemy import text
from web_support import Web, unknown, web

from engine import definitions
from engine.database import transaction
from engine.replay import rerun_instance, verify_instance

__all__ = ["web"]

BOSS = drawing(
    START, human("decide", "${boss}"), END, path("start", "decide", "end"), key="boss", name="请示", shenpi_title="${title}", shenpi_amount="${amount}",
    shenpi_currency="${currency}",
)  # fmt: skip
#: somebody asked by name beside a group; and a step that its initiator must not do
ASKED = drawing(
    START, node("userTask", "check", camunda_candidateGroups="finance", camunda_candidateUsers="wu.gang,sun.mei", shenpi_transfers="false"), END,
    path("start", "check", "end"), key="asked", name="会审", shenpi_title="${title}",
)  # fmt: skip
APART = drawing(
    START, node("userTask", "first", camunda_assignee="wu.gang", shenpi_notBy="initiator"), END, path("start", "first", "end"), key="apart",
    name="分离", shenpi_title="${title}",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _drawn(web: Web) -> Iterator[None]:
    with web.inside(), transaction() as session:
        for xml in (BOSS, ASKED, APART):
            definitions.deploy(session, {"p.bpmn": xml}, by=None)
    yield


@pytest.fixture
def ask(web: Web) -> Callable[..., str]:
    def start(title: str, amount: str | None = None, boss: str = "wang.fang", currency: str = "CNY") -> str:
        return web.task("boss", variables={"title": title, "amount": amount, "boss": boss, "currency": currency})

    return start


def titles(web: Web, who: str, query: str = "") -> list[str]:
    answer = web.get(who, f"/user-tasks?{query}")
    assert answer.status_code == 200, answer.text
    return [str(item["title"]) for item in answer.json["items"]]


def test_filters_and_orders_of_my_tasks(web: Web, ask: Callable[..., str]) -> None:
    ask("华东采购", "20.00")
    ask("会议费", "500.00")
    mine = "processDefinitionKey=boss"
    assert titles(web, "wang.fang", f"{mine}&sort=amount") == ["会议费", "华东采购"]
    assert titles(web, "wang.fang", f"{mine}&sort=age") == ["华东采购", "会议费"]
    assert titles(web, "wang.fang", f"{mine}&words=华东 李娜") == ["华东采购"]
    assert titles(web, "wang.fang", f"{mine}&amountFrom=20.01&amountTo=500") == ["会议费"]
    assert titles(web, "wang.fang", f"{mine}&department=office") == ["华东采购", "会议费"]
    assert titles(web, "wang.fang", f"{mine}&department=it") == []
    assert titles(web, "wang.fang", f"{mine}&due=overdue") == []
    first = web.get("wang.fang", f"/user-tasks?{mine}&sort=amount&limit=1").json
    assert titles(web, "wang.fang", f"{mine}&sort=amount&limit=1&after={first['after']}") == ["华东采购"]
    assert web.get("wang.fang", f"/user-tasks?sort=due&after={first['after']}").status_code == 422


def test_the_tasks_of_one_case_are_found_open_and_decided(web: Web, ask: Callable[..., str]) -> None:
    task, other = ask("设备", "30.00"), ask("设备", "40.00")
    case = web.get("wang.fang", f"/user-tasks/{task}").json["processInstanceId"]
    of_it = f"processInstanceId={case}"
    assert titles(web, "wang.fang", of_it) == ["设备"]
    assert titles(web, "wang.fang", f"{of_it}&words=设备&sort=amount") == ["设备"]
    assert titles(web, "wang.fang", f"{of_it}&words=会议") == []
    assert titles(web, "zhao.lei", of_it) == [], "what is not hers is not shown because she names its case"
    assert titles(web, "wang.fang", f"processInstanceId={unknown()}") == []

    for each in (task, other):
        assert web.post("wang.fang", f"/user-tasks/{each}/complete", json={"outcome": "approve"}).status_code == 200
    assert titles(web, "wang.fang", of_it) == []
    decided = web.get("wang.fang", f"/user-tasks?state=completed&{of_it}").json["items"]
    assert [item["id"] for item in decided] == [task]


@pytest.mark.parametrize(
    "query",
    [
        "sort=name",
        "processInstanceId=mine",
        "due=yesterday",
        "amountFrom=x",
        "amountFrom=NaN",
        "amountFrom=1e999999999",
        "amountTo=1e-999999999",
        "behalf=perhaps",
    ],
)
def test_a_filter_that_cannot_be_read_answers_422(web: Web, query: str) -> None:
    assert web.get("wang.fang", f"/user-tasks?{query}").status_code in ((200, 422) if "e-9" in query else (422,))


def test_on_behalf_and_counts(web: Web, ask: Callable[..., str]) -> None:
    before = web.get("zheng.hao", "/user-tasks/counts").json
    assert before == {"open": 0, "overdue": 0, "behalf": 0, "unreadCopies": 0}
    task = ask("代她办", "10.00", boss="chen.jing")
    body = {"substitute": "zheng.hao", "startsAt": "2026-01-01T00:00:00Z", "reason": "休假"}
    assert web.post("chen.jing", "/substitutions", json=body).status_code == 201
    assert titles(web, "zheng.hao", "behalf=true") == ["代她办"]
    assert titles(web, "zheng.hao") == []
    assert web.get("zheng.hao", "/user-tasks/counts").json["behalf"] == 1
    assert web.get("zheng.hao", "/user-tasks?behalf=true").json["items"][0]["onBehalfOf"] == "chen.jing"
    assert web.complete("zheng.hao", task).status_code == 200
    assert web.get("zheng.hao", "/user-tasks?state=completed").json["items"][0]["onBehalfOf"] == "chen.jing"


def test_copies_with_whether_they_were_read(web: Web) -> None:
    case = web.start("boss", variables={"title": "抄送", "amount": None, "boss": "wang.fang", "currency": "CNY"})["id"]
    assert web.post("li.na", f"/process-instances/{case}/copies", json={"to": ["sun.mei"]}).status_code == 201
    found = web.get("sun.mei", "/copies?unread=true").json["items"]
    assert [(item["id"], item["sentBy"], item["readAt"]) for item in found] == [(case, "li.na", None)]
    assert web.get("sun.mei", "/user-tasks/counts").json["unreadCopies"] == 1
    web.post("sun.mei", f"/process-instances/{case}/read")
    assert web.get("sun.mei", "/copies?unread=true").json["items"] == []
    assert web.get("sun.mei", "/copies?words=抄送").json["items"][0]["readAt"]
    assert web.get("sun.mei", "/copies?words=没有").json["items"] == []


def hand_over(web: Web, person: str, to: str, reason: str = "离职", by: str = "ma.lin") -> Any:
    return web.post(by, f"/people/{person}/handover", json={"to": to, "reason": reason})


def one(web: Web, sql: str, **values: Any) -> Any:
    with web.inside(), transaction() as session:
        return session.execute(text(sql), values).one()


def test_what_somebody_has_open_goes_to_her_successor_each_with_one_event(web: Web, ask: Callable[..., str]) -> None:
    held = ask("在手", boss="wu.gang")
    delegated = ask("委派出去", boss="wu.gang")
    assert web.post("wu.gang", f"/user-tasks/{delegated}/delegate", json={"to": "sun.mei"}).status_code == 200
    asked = web.task("asked", variables={"title": "指名"})
    apart = web.task("apart", by="li.na", variables={"title": "须分开"})

    answer = hand_over(web, "wu.gang", "li.na")

    assert answer.status_code == 200
    results = {item["id"]: item for item in answer.json["items"]}
    assert {identity: item["ok"] for identity, item in results.items()} == {held: True, delegated: True, asked: True, apart: False}
    assert results[apart]["problem"]["code"] == "duty-conflict"
    assert answer.json["more"] is False
    assert web.get("li.na", f"/user-tasks/{held}").json["assignee"] == "li.na"
    assert one(web, "SELECT owner, assignee FROM user_task WHERE id = :id", id=delegated) == ("li.na", "sun.mei")
    names = "SELECT string_agg(kind || name, ' ' ORDER BY name) AS n FROM candidate WHERE task_id = :id"
    assert one(web, names, id=asked).n == "gfinance uli.na usun.mei"
    assert web.post("sun.mei", f"/user-tasks/{delegated}/resolve", json={"comment": "可以"}).status_code == 200
    for task in (held, delegated, asked):
        case = one(web, "SELECT instance_id AS id FROM user_task WHERE id = :id", id=task).id
        kept = one(
            web,
            """SELECT actor, convert_from(body, 'UTF8')::jsonb -> 'data' AS data, convert_from(personal, 'UTF8')::jsonb ->> 'reason' AS reason
               FROM history_event WHERE instance_id = :case AND type = 'task:transferred'""",
            case=case,
        )
        assert (kept.actor, kept.data["from"], kept.data["to"], kept.reason) == ("ma.lin", "wu.gang", "li.na", "离职")
        assert web.complete("li.na", task).status_code == 200
        with web.inside(), transaction() as session:
            assert not verify_instance(session, case).faults
            assert not rerun_instance(session, case).faults
    again = hand_over(web, "wu.gang", "li.na").json["items"]
    assert [item["id"] for item in again] == [apart]


def test_a_handover_that_may_not_be_is_refused_before_anything_happens(web: Web, ask: Callable[..., str]) -> None:
    task = ask("留着", boss="qian.yi")
    for to, reason, by, status in (
        ("zhao.lei", "离职", "wang.fang", 403), ("nobody", "离职", "ma.lin", 404), ("qian.yi", "离职", "ma.lin", 409), ("ma.lin", "离职", "ma.lin", 409),
        ("zhao.lei", "", "ma.lin", 422), ("zhao.lei", " ", "ma.lin", 422), ("zhao\0lei", "离职", "ma.lin", 422), ("x" * 300, "离职", "ma.lin", 422),
    ):  # fmt: skip
        assert hand_over(web, "qian.yi", to, reason, by).status_code == status, (to, reason, by)
    assert hand_over(web, unknown(), "zhao.lei").status_code == 404
    assert hand_over(web, f"{uuid4()}", "zhao.lei").status_code == 404
    assert web.get("qian.yi", f"/user-tasks/{task}").json["assignee"] == "qian.yi"


def test_a_claimed_task_and_one_that_waits_for_a_signer_go_over_too(web: Web, ask: Callable[..., str]) -> None:
    waiting = ask("等加签", boss="chen.jing")
    assert web.post("chen.jing", f"/user-tasks/{waiting}/signers", json={"who": "sun.mei", "place": "before"}).status_code == 200
    claimed = web.task("grouped", variables={})
    assert web.post("zhao.lei", f"/user-tasks/{claimed}/claim").status_code == 200
    assert [item["ok"] for item in hand_over(web, "zhao.lei", "wang.fang").json["items"]] == [True]
    assert web.complete("wang.fang", claimed).status_code == 200
    assert waiting in [item["id"] for item in hand_over(web, "chen.jing", "wang.fang").json["items"] if item["ok"]]
    signer = one(web, "SELECT id FROM user_task WHERE parent_id = :id", id=waiting).id
    assert web.complete("sun.mei", str(signer)).status_code == 200
    assert web.complete("wang.fang", waiting).status_code == 200


def test_a_suspended_case_keeps_its_task_and_says_so(web: Web, ask: Callable[..., str]) -> None:
    task = ask("挂起", boss="zheng.hao")
    case = one(web, "SELECT instance_id AS id FROM user_task WHERE id = :id", id=task).id
    web.post("ma.lin", f"/process-instances/{case}/suspend", json={"reason": "核查"})
    found = hand_over(web, "zheng.hao", "wang.fang").json["items"]
    assert [(item["id"], item["problem"]["code"]) for item in found] == [(task, "instance-suspended")]
    web.post("ma.lin", f"/process-instances/{case}/resume", json={"reason": "核查完毕"})
    assert [item["ok"] for item in hand_over(web, "zheng.hao", "wang.fang").json["items"]] == [True]
