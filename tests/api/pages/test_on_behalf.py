"""Somebody who stands in for another: her pages say for whom, before and after, and so does the story of the case."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pages_support import Office
from werkzeug.test import TestResponse

Words = Callable[[TestResponse | str], str]


def test_a_substitute_reads_for_whom_she_decides_and_everybody_does_afterwards(office: Office, words: Words) -> None:
    away = {"substitute": "chen.jing", "startsAt": (datetime.now(UTC) - timedelta(hours=1)).isoformat(), "reason": "出差"}
    assert office.web.post("wang.fang", "/substitutions", json=away).status_code == 201
    case = office.web.start("leave")["id"]
    task = office.task(case)

    assert "您代 王芳 办理" in words(office.desk("chen.jing").get(f"/tasks/{task}"))
    assert "您代" not in words(office.desk("wang.fang").get(f"/tasks/{task}"))
    assert office.desk("chen.jing").decide(task, comment="代批").status_code == 303

    assert "您已同意" in words(done := office.desk("chen.jing").get(f"/tasks/{task}")) and "代 王芳" in words(done)
    assert "陈静 · 财务部 代 王芳" in words(office.desk("li.na").get(f"/cases/{case}"))


def test_a_task_says_why_it_is_hers(office: Office, words: Words) -> None:
    case = office.submitted().case_id
    assert "发起人所在部门的负责人" in words(office.desk("wang.fang").get(f"/tasks/{office.task(case)}"))
    assert "发起人所在部门的负责人" in words(office.desk("li.na").get(f"/cases/{case}?tab=history"))
    grouped = office.web.start("grouped")["id"]
    page = words(office.desk("zhao.lei").get(f"/tasks/{office.task(grouped)}"))
    assert "候选：财务、吴刚" in page and "finance" not in page.split("流程", 1)[1].split("转办", 1)[0]
    assert "图中指定" in words(office.desk("wang.fang").get(f"/tasks/{office.task(office.web.start('leave')['id'])}"))
