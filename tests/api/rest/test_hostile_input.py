"""What a hostile caller sends is answered, and costs little."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from web_support import Web, multipart

from engine.database import transaction
from processes.invoice.samples.generate import make


@pytest.mark.parametrize("route", ["/process-instances", "/messages", "/api-tokens"])
def test_a_number_of_5000_digits_is_the_callers_to_put_right(web: Web, route: str) -> None:
    answer = web.post("ma.lin", route, data='{"a":' + "9" * 5000 + "}", content_type="application/json")
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize(("body", "status"), [({}, 422), ({"connection": "nobody"}, 404)])
def test_sending_again_needs_a_connection_that_is_there(web: Web, body: dict[str, Any], status: int) -> None:
    assert web.post("ma.lin", "/resends", json=body).status_code == status


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_an_invoice_of_the_first_or_last_day_of_the_calendar_is_answered(web: Web, day: date) -> None:
    answer = web.post("li.na", "/invoices", **multipart(("file", *make("einvoice", issue_date=day))))
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("least", ["1e999999999", "-1e999999999", "1e-999999", "1e-999999999", "NaN", "1" * 5000, "1.0000001"])
def test_an_amount_in_the_address_that_is_none_is_told_and_left_out(web: Web, least: str) -> None:
    answer = web.browser("wang.fang").get("/", query_string={"least": least})
    assert answer.status_code == 200 and "不是金额" in answer.text


def test_a_secret_that_is_told_once_is_not_kept_with_the_answer(web: Web) -> None:
    body = {"key": "hook", "name": "钩子", "kind": "webhook", "baseUrl": "https://203.0.113.7"}
    first, second = (web.post("ma.lin", "/connections", json=body, headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert first.status_code == 201 and first.json["secret"]
    assert second.json == {name: value for name, value in first.json.items() if name != "secret"}
    with web.inside(), transaction() as session:
        kept = session.execute(text("SELECT convert_from(answer, 'UTF8') FROM idempotency_record")).scalars().all()
    assert kept and not any(first.json["secret"] in answer for answer in kept)


@pytest.mark.parametrize("verb", ["transfer", "delegate"])
def test_a_reason_that_is_too_long_is_refused_and_not_cut(web: Web, verb: str) -> None:
    task = web.task()
    page = web.browser("wang.fang")
    form = page.get(f"/tasks/{task}").text
    assert f"/tasks/{task}/{verb}" in form
    answer = web.post("wang.fang", f"/user-tasks/{task}/{verb}", json={"to": "wu.gang", "reason": "长" * 3000})
    assert answer.status_code == 422, answer.text


def test_chinese_callers_are_told_in_chinese(web: Web) -> None:
    answer = web.post("li.na", "/process-instances", json={}, headers={"Accept-Language": "zh"})
    assert answer.status_code == 422
    assert all(not fault["zh"].isascii() for fault in answer.json["faults"]), answer.json
