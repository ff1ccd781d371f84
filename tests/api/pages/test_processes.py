"""Processes on their pages: what a designer is told after deploying, and processes that are suspended."""

import io
from collections.abc import Callable

import pytest
from drawings import END, START, drawing, human, node, path, script
from pages_support import Office
from werkzeug.test import TestResponse

from engine import worker

Words = Callable[[TestResponse], str]


def doubtful(key: str, name: str) -> bytes:
    """Return a drawing that runs, with three things to look at."""
    tasks = ('<userTask id="a" name="主管审批"/>', node("userTask", "b", camunda_assignee="zhao.lei", camunda_formKey="review.html"))
    return drawing(START, *tasks, script("s", "x = y"), END, path("start", "a", "b", "s", "end"), key=key, name=name)


def plain(key: str, name: str) -> bytes:
    return drawing(START, human("a"), END, path("start", "a", "end"), key=key, name=name)


def deploy(office: Office, *contents: bytes, person: str = "zheng.hao") -> str:
    """Deploy drawings as the page does; returns the address of the first one's page."""
    desk = office.desk(person)
    files = [(io.BytesIO(content), f"{number}.bpmn") for number, content in enumerate(contents)]
    answer = desk.client.post("/processes", data={**desk.form("/processes", "/processes"), "files": files})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_designer_is_led_to_what_should_be_looked_at(office: Office, words: Words) -> None:
    page = words(office.desk("zheng.hao").get(deploy(office, doubtful("trip", "出差"))))

    assert "已部署：出差 v1" in page
    assert "可以运行，但有 3 处请留意" in page
    assert "主管审批 a 没有指定处理人或候选人，将由管理员处理" in page
    assert "b 表单 review.html 不在文件中，不显示字段" in page
    assert "s 变量 y 可能未定义：须在启动流程时给出" in page


def test_it_stays_there_in_both_languages_for_who_may_deploy_and_for_nobody_else(office: Office, words: Words) -> None:
    address = deploy(office, doubtful("visit", "拜访"))
    desk = office.desk("ma.lin")
    chinese = words(desk.get(address))
    desk.get("/language/en")
    english = words(desk.get(address))
    desk.get("/language/zh")

    assert "可以运行，但有 3 处请留意" in chinese
    assert "It runs; to look at: 3" in english
    assert "主管审批 a Nobody is named; the administrators are asked" in english
    assert "请留意" not in words(office.desk("li.na").get(address))


def test_a_plain_drawing_has_nothing_to_look_at(office: Office, words: Words) -> None:
    assert "请留意" not in words(office.desk("zheng.hao").get(deploy(office, plain("simple", "简单"))))


def test_of_several_processes_the_others_that_should_be_looked_at_are_named(office: Office, words: Words) -> None:
    address = deploy(office, plain("one", "甲流程"), doubtful("two", "乙流程"), plain("three", "丙流程"))

    assert "乙流程 也有需要留意的地方" in words(office.desk("zheng.hao").get(address))


def act(office: Office, address: str, what: str, reason: str = "制度修订", **more: str) -> TestResponse:
    answer = office.desk("ma.lin").send(address, f"{address}/{what}", reason=reason, **more)
    assert answer.status_code == 303, answer.text
    return office.desk("ma.lin").get(answer.headers["Location"])


def begin(office: Office, key: str) -> int:
    return office.web.post("li.na", "/process-instances", json={"processDefinitionKey": key}).status_code


def test_of_a_suspended_process_no_case_begins_until_it_is_resumed(office: Office, words: Words) -> None:
    address = deploy(office, plain("travel", "差旅"))

    suspended = words(act(office, address, "suspend"))
    refused = begin(office, "travel")
    resumed = words(act(office, address, "resume", "修订完成"))

    assert "已挂起 制度修订 马琳" in suspended
    assert "所有版本都不能发起" in suspended
    assert refused == 409
    assert "已恢复，可以发起" in resumed
    assert "制度修订" not in resumed
    assert begin(office, "travel") == 201


def test_the_list_marks_a_suspended_process_and_so_do_its_other_versions(office: Office, words: Words) -> None:
    first = deploy(office, plain("gift", "礼品登记"))
    second = deploy(office, plain("gift", "礼品登记").replace(b"wang.fang", b"wu.gang"))

    act(office, first, "suspend", "暂停登记")

    assert "礼品登记 gift v2 0 个进行中 已挂起" in words(office.desk("li.na").get("/processes"))
    assert "已挂起 暂停登记" in words(office.desk("li.na").get(second))


@pytest.mark.parametrize(("ticked", "status"), [({}, "running"), ({"instances": "true"}, "suspended")])
def test_its_cases_are_suspended_with_it_only_if_that_is_ticked(office: Office, ticked: dict[str, str], status: str, words: Words) -> None:
    key = f"lend_{status}"
    address = deploy(office, plain(key, "借用"))
    case = office.web.start(key)["id"]

    page = words(act(office, address, "suspend", **ticked))
    job = office.row("SELECT args FROM procrastinate_jobs WHERE args ->> 'process' = :key", key=key)
    if job is not None:
        with office.web.inside():
            worker.suspend_cases(**job.args)

    assert ("正在逐个挂起" in page) == bool(ticked)
    assert office.row("SELECT status FROM process_instance WHERE id = :case", case=case).status == status


def test_without_a_reason_or_too_late_nothing_is_done(office: Office, words: Words) -> None:
    address = deploy(office, plain("seal", "用印"))
    stale = office.desk("ma.lin").form(address, f"{address}/suspend")

    blank = words(act(office, address, "suspend", "  "))
    assert begin(office, "seal") == 201
    act(office, address, "suspend")
    late = {**stale, "idempotency_key": "another", "reason": "再来"}
    second = words(office.desk("ma.lin").client.post(f"{address}/suspend", data=late, follow_redirects=True))

    assert "请写明原因，没有改变任何内容" in blank
    assert "已经有人改过状态，没有改变任何内容" in second


@pytest.mark.parametrize("person", ["zheng.hao", "li.na"])
def test_only_operators_and_administrators_suspend_a_process(office: Office, person: str) -> None:
    address = deploy(office, plain(f"car_{person.replace('.', '_')}", "用车"))
    desk = office.desk(person)
    form = {"csrf_token": desk.form("/me", "/sign-out")["csrf_token"], "idempotency_key": "x", "reason": "x"}

    assert f"{address}/suspend" not in desk.get(address).text
    assert desk.client.post(f"{address}/suspend", data=form).status_code == 403
    assert desk.client.post(f"{address}/resume", data=form).status_code == 403
