"""Who may see which page; and that every page says what it needs."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from pages_support import BROWSER, Office
from werkzeug.test import TestResponse

EVERYBODY = ("/", "/?tab=done", "/mine", "/processes", "/people", "/me")
ONLY = {
    "/submit": ({"li.na", "zhao.lei", "ma.lin"}, {"wang.fang", "sun.mei", "qian.yi"}),
    "/cases": ({"sun.mei", "ma.lin"}, {"li.na", "wang.fang", "zhao.lei", "qian.yi"}),
    "/cases.csv": ({"sun.mei", "ma.lin"}, {"li.na", "qian.yi"}),
    "/archive": ({"chen.jing", "sun.mei", "ma.lin"}, {"li.na", "zhao.lei", "qian.yi"}),
    "/incidents": ({"ma.lin"}, {"li.na", "sun.mei", "zheng.hao"}),
    "/people/new": ({"ma.lin"}, {"li.na", "sun.mei"}),
    "/people/li.na": ({"ma.lin"}, {"li.na", "qian.yi"}),
}


@pytest.mark.parametrize("path", EVERYBODY)
@pytest.mark.parametrize("person", ["li.na", "wang.fang", "sun.mei", "ma.lin", "qian.yi"])
def test_everybody_has_the_pages_that_everybody_needs(office: Office, path: str, person: str) -> None:
    assert office.desk(person).get(path).status_code == 200


@pytest.mark.parametrize("path", ONLY)
def test_a_page_opens_for_those_who_may_and_for_nobody_else(office: Office, path: str) -> None:
    may, may_not = ONLY[path]
    assert {person: office.desk(person).get(path).status_code for person in may} == dict.fromkeys(may, 200)
    assert {person: office.desk(person).get(path).status_code for person in may_not} == dict.fromkeys(may_not, 403)


def test_nobody_sees_a_page_before_signing_in_and_is_led_back_to_it(office: Office) -> None:
    stranger = office.web.browser()
    for path in (*EVERYBODY, *ONLY, f"/tasks/{uuid4()}", f"/cases/{uuid4()}", f"/invoices/{uuid4()}"):
        answer = stranger.get(path, headers={"Accept": BROWSER})
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in?next=")


def test_a_case_its_task_and_its_invoice_exist_only_for_those_who_may_know_them(office: Office) -> None:
    case = office.submitted()
    task = office.task(case.case_id)
    pages = [f"/tasks/{task}", f"/cases/{case.case_id}", f"/cases/{case.case_id}/bpmn.xml", f"/cases/{case.case_id}/replay"]
    pages += [f"/cases/{case.case_id}?tab={tab}" for tab in ("documents", "history", "oa", "archive")]
    pages += [f"/invoices/{case.invoice_id}"]
    for person in ("li.na", "wang.fang", "sun.mei", "ma.lin"):
        assert {path: office.desk(person).get(path).status_code for path in pages} == dict.fromkeys(pages, 200), person
    for person in ("qian.yi", "wu.gang", "zheng.hao"):
        assert {path: office.desk(person).get(path).status_code for path in pages} == dict.fromkeys(pages, 404), person
    assert office.desk("qian.yi").get(f"/tasks/{task}/transferred").status_code == 404


def test_what_does_not_exist_is_not_found_whoever_asks(office: Office) -> None:
    for path in ("/tasks/{}", "/cases/{}", "/cases/{}/replay", "/cases/{}/bpmn.xml", "/invoices/{}", "/archive/{}", "/processes/{}"):
        assert office.desk("ma.lin").get(path.format(uuid4())).status_code == 404, path


def test_every_page_declares_the_permission_it_needs(office: Office) -> None:
    views = office.web.app.view_functions
    silent = [
        name for name, view in views.items() if not hasattr(view, "permission") and name != "static" and not name.startswith("api-docs")
    ]
    assert [name for name in silent if name.partition(".")[0] in PAGES] == []


PAGES = ("todos", "task", "submit", "cases", "case", "invoice", "archive_page", "processes", "incidents_page", "people_page", "sign_in")


def test_a_form_without_its_token_changes_nothing(office: Office) -> None:
    case = office.submitted()
    task = office.task(case.case_id)
    answer = office.desk("wang.fang").client.post(f"/tasks/{task}/decide", data={"outcome": "approve", "idempotency_key": "x"})
    assert answer.status_code == 400
    assert office.task(case.case_id) == task


def test_the_navigation_shows_only_what_one_may_open(office: Office, words: Callable[[TestResponse], str]) -> None:
    assert "提交发票" in words(office.desk("li.na").get("/mine"))
    page = words(office.desk("qian.yi").get("/mine"))
    assert "提交发票" not in page
    assert "异常" not in page
