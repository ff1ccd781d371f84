"""A form that comes after its session: nothing is taken, the way back is one press away, and what was typed can be copied."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from pages_support import BROWSER, Desk, Office
from web_support import sign_in, token_of
from werkzeug.test import TestResponse

from api import lapsed
from api.cli.company import PASSWORD

Words = Callable[[TestResponse], str]
TYPED = {
    "outcome": "approve",
    "comment": "情况属实",
    "comment_reject": "重复报销",
    "field.voucherNumber": "记-7",
    "password": "hunter2hunter2",
}
SHOWN = {"意见": "情况属实", "驳回的意见": "重复报销", "voucherNumber": "记-7"}


def lost(answer: TestResponse) -> dict[str, str]:
    found = html.fromstring(answer.data).xpath("//dl[@class='unsent']/div")
    return {each.find("dt").text_content(): each.find("dd").text_content() for each in found}


def links(answer: TestResponse) -> list[str]:
    return [str(each) for each in html.fromstring(answer.data).xpath("//a[contains(@class, 'btn-primary')]/@href")]


def opened(office: Office) -> tuple[UUID, FlaskClient, dict[str, str]]:
    """Return a task, a browser of its own that has its page open, and the form of that page."""
    client = office.web.browser("wang.fang")
    client.environ_base["HTTP_ACCEPT"] = BROWSER
    task = office.task(office.submitted().case_id)
    return task, client, {**Desk(client).form(f"/tasks/{task}", f"/tasks/{task}/decide"), **TYPED}


def test_a_form_whose_session_is_over_leads_to_sign_in_and_back_and_shows_what_was_typed(office: Office, words: Words) -> None:
    task, client, form = opened(office)
    client.delete_cookie("shenpi")

    answer = client.post(f"/tasks/{task}/decide", data=form)

    assert (answer.status_code, lost(answer)) == (401, SHOWN)
    page = words(answer)
    assert "登录已经结束" in page and "CSRF" not in page
    assert "hunter2" not in answer.text and form["csrf_token"] not in answer.text and form["idempotency_key"] not in answer.text
    (way,) = links(answer)
    assert way == f"/sign-in?next=/tasks/{task}"
    token = token_of(client.get(way).text)
    again = client.post("/sign-in", data={"key": "wang.fang", "password": PASSWORD, "csrf_token": token, "next": f"/tasks/{task}"})
    assert again.headers["Location"] == f"/tasks/{task}"
    assert office.task(office.row("SELECT instance_id FROM user_task WHERE id = :task", task=task).instance_id) == task


def test_a_form_from_before_one_signed_in_again_leads_back_to_its_page(office: Office, words: Words) -> None:
    task, client, form = opened(office)
    assert sign_in(client, "wang.fang").status_code == 303

    answer = client.post(f"/tasks/{task}/decide", data=form, headers={"Referer": f"http://localhost/tasks/{task}?draft=1"})

    assert (answer.status_code, lost(answer), links(answer)) == (400, SHOWN, [f"/tasks/{task}?draft=1"])
    assert "又登录过一次" in words(answer) and "我发起" in words(answer), "with the navigation of somebody who is signed in"


def test_a_session_that_an_administrator_ended_is_told_as_one_that_is_over_in_the_language_of_before(office: Office, words: Words) -> None:
    task, client, form = opened(office)
    client.get("/language/en")
    office.row(
        "UPDATE account SET generation = generation + 1 WHERE person_id = (SELECT id FROM person WHERE key = 'wang.fang') RETURNING id"
    )

    answer = client.post(f"/tasks/{task}/decide", data=form)

    assert (answer.status_code, links(answer)) == (401, [f"/sign-in?next=/tasks/{task}"])
    assert "You are no longer signed in" in words(answer) and lost(answer)["voucherNumber"] == "记-7"
    assert "You are no longer signed in" in words(client.post(f"/tasks/{task}/decide", data=form)), "and once more"


def test_the_sign_in_page_asks_again_when_its_cookie_is_gone(office: Office, words: Words) -> None:
    client = office.web.browser()
    form = {"key": "li.na", "password": "hunter2hunter2", "next": "/me", "csrf_token": token_of(client.get("/sign-in").text)}
    client.delete_cookie("shenpi")

    answer = client.post("/sign-in", data=form, headers={"Accept": BROWSER})

    assert answer.status_code == 401 and "请再登录一次" in words(answer) and "hunter2" not in answer.text
    page = html.fromstring(answer.data)
    assert page.xpath("//input[@name='key']/@value") == ["li.na"] and page.xpath("//input[@name='next']/@value") == ["/me"]
    assert client.post("/sign-in", data={**form, "csrf_token": token_of(answer.text)}).status_code == 401, (
        "the new form is taken: it is the password"
    )
    assert client.post("/sign-out", headers={"Accept": BROWSER}).headers["Location"] == "/sign-in", "who is out already is led there"


def test_a_part_of_a_page_leads_the_whole_page_to_sign_in_unless_somebody_may_be_typing_there(office: Office, words: Words) -> None:
    stranger = office.web.browser()
    headers = {"Accept": "text/html", "HX-Request": "true", "HX-Current-URL": "http://localhost/cases?state=running"}
    answer = stranger.get("/cases?after=x", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=/cases?state%3Drunning")

    asked = stranger.get("/people/choose?q=li", headers=headers)
    assert asked.status_code == 401 and "HX-Redirect" not in asked.headers
    assert "登录已经结束" in words(asked) and "<html" not in asked.text

    _task, client, _form = opened(office)
    sent = client.post("/submit", data={"net": "12.00"}, headers={"HX-Request": "true"})
    assert (sent.status_code, lost(sent)) == (400, {"net": "12.00"}) and "<html" not in sent.text


def test_programs_are_answered_as_programs(office: Office) -> None:
    task, client, form = opened(office)
    for path in (f"/api/v1/user-tasks/{task}/complete", f"/tasks/{task}/decide"):
        answer = client.post(path, data={**form, "csrf_token": "wrong"}, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.mimetype) == (403 if "/api/" in path else 400, "application/problem+json")


@pytest.mark.parametrize(
    "came", ["https://evil.example/tasks", "http://localhost//evil.example", "http://[", "http://localhost/sign-in?next=/x", ""]
)
def test_the_way_back_is_never_another_site_and_is_a_page_that_can_be_opened(office: Office, came: str) -> None:
    case, task = uuid4(), uuid4()
    for path, page in (
        (f"/cases/{case}/urge/{task}", f"/cases/{case}"),
        ("/submit", "/submit"),
        ("/sign-out", "/"),
        ("/people/li.na/lock", "/people/li.na"),
    ):
        with office.web.app.test_request_context(path, method="POST", headers={"Referer": came}):
            assert lapsed.back() == page


def test_nothing_secret_and_nothing_that_nobody_types_is_shown_and_long_texts_are_cut() -> None:
    data = {
        "secret.token": "s", "old_password": "s", "signature": "data:", "rows.items": "2", "kept.proof": "x", "task": str(uuid4()), "empty": " ",
        "filled": '{"account": "6602", "items": [{"day": 1}], "none": null, "password": "s"}', "reason": "长" * 20_000,
    }  # fmt: skip
    with Flask("x").test_request_context("/", method="POST", data=data):
        found = dict(lapsed.typed())
    assert found == {"account": "6602", "items": '[{"day":1}]', "reason": "长" * 10_000 + "…"}
    for odd in ("{", "[1]", "[" * 900, '{"a": ' + "[" * 500 + "]" * 500 + "}"):
        with Flask("x").test_request_context("/", method="POST", data={"filled": odd}):
            assert list(lapsed.typed()) == []
