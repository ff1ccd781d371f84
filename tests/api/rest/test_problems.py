"""What a program reads when something is refused: RFC 9457, in its language, and never the inside of ours; and the headers of every answer."""

from typing import Any

import pytest
from tests_support import ROOT
from web_support import Web, multipart, unknown
from werkzeug.test import TestResponse

from processes.invoice.samples.generate import make

MEMBERS = {"type", "title", "status", "detail", "code", "facts", "reference"}


def refusals(web: Web, **headers: str) -> list[tuple[int, TestResponse]]:
    """Return one refusal of each kind, with the status it must have."""
    task = web.task()
    web.complete("wang.fang", task)
    leave = {"processDefinitionKey": "leave"}
    return [
        (401, web.get(None, "/user-tasks", headers=headers)),
        (403, web.get("qian.yi", "/incidents", headers=headers)),
        (404, web.get("li.na", f"/user-tasks/{unknown()}", headers=headers)),
        (404, web.get("li.na", "/nowhere", headers=headers)),
        (405, web.call("li.na", "PUT", "/user-tasks", headers=headers)),
        (409, web.complete("wang.fang", task, headers=headers)),
        (412, web.complete("wang.fang", web.task(), headers={"If-Match": '"9"', **headers})),
        (413, web.post("li.na", "/process-instances", json={**leave, "variables": {"a": "x" * 2_000_000}}, headers=headers)),
        (415, web.post("li.na", "/process-instances", data={"a": "b"}, headers=headers)),
        (422, web.post("li.na", "/process-instances", json={}, headers=headers)),
        (422, web.post("li.na", "/process-instances", json={**leave, "variables": {"outcome": 1}}, headers=headers)),
        (400, web.post("li.na", "/process-instances", data="{", content_type="application/json", headers=headers)),
    ]


def test_every_refusal_is_a_problem_document(web: Web) -> None:
    for status, answer in refusals(web):
        assert answer.status_code == status, answer.text
        assert answer.mimetype == "application/problem+json", answer.text
        body: dict[str, Any] = answer.get_json(force=True)
        assert set(body) - {"faults"} == MEMBERS
        assert body["status"] == status
        assert body["type"].startswith("/problems/")
        assert all(isinstance(body[name], str) and body[name] for name in ("type", "title", "detail", "code", "reference"))


def test_no_refusal_shows_what_is_inside(web: Web) -> None:
    for _, answer in refusals(web):
        for sign in ("Traceback", str(ROOT), "site-packages", "psycopg", "SELECT", "sqlalchemy", 'File "'):
            assert sign not in answer.text


@pytest.mark.parametrize(
    ("asked", "said"), [("zh-CN,zh;q=0.9", "已关闭"), ("en", "is closed"), ("de", "is closed"), ("en;q=0.1,zh;q=0.9", "已关闭")]
)
def test_the_detail_is_in_the_language_the_caller_asked_for(web: Web, asked: str, said: str) -> None:
    task = web.task()
    web.complete("wang.fang", task)

    assert said in web.complete("wang.fang", task, headers={"Accept-Language": asked}).json["detail"]


def test_faults_are_listed_with_their_path_in_both_languages(web: Web) -> None:
    answer = web.post("li.na", "/process-instances", json={"variables": [], "surprise": 1})

    faults = {fault["path"]: fault for fault in answer.get_json(force=True)["faults"]}
    assert {path.rpartition(".")[2] for path in faults} == {"processDefinitionKey", "variables", "surprise"}
    assert all(fault["en"] and fault["zh"] for fault in faults.values())


def test_401_says_how_to_sign_in_and_405_what_is_allowed(web: Web) -> None:
    assert web.get(None, "/user-tasks").headers["WWW-Authenticate"] == "Bearer"
    assert "GET" in web.call("li.na", "PUT", "/user-tasks").headers["Allow"]


def test_the_unexpected_is_answered_without_a_word_about_it(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr("engine.worklist.my_tasks", broken)

    answer = web.get("li.na", "/user-tasks")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert set(answer.get_json(force=True)) == MEMBERS


@pytest.mark.parametrize("route", ["/api/v1/user-tasks", "/api/v1/nowhere", "/sign-in", "/health/live", "/api/openapi.json"])
def test_every_answer_tells_browsers_to_be_careful(web: Web, route: str) -> None:
    headers = web.browser().get(route).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert "frame-ancestors" in policy and policy["base-uri"] == "'self'"


def test_an_original_is_a_download_in_a_sandbox(web: Web) -> None:
    from_samples = make("einvoice")
    invoice = web.post("li.na", "/invoices", **multipart(("file", *from_samples))).json["invoiceId"]
    digest = web.get("li.na", f"/invoices/{invoice}").json["carriers"][0]["sha256"]

    answer = web.get("li.na", f"/invoices/{invoice}/files/{digest}")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data == from_samples[1]
