"""Signing in with a password: who gets in, who is kept out, and what a foreign site cannot make a browser do."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from sqlalchemy import text
from tests_support import SHIPPED
from web_support import Web, sign_in, token_of, web

from api import accounts
from api.cli.company import PASSWORD
from engine.database import transaction
from engine.errors import InvalidVariables

__all__ = ["web"]


def test_a_person_with_her_password_gets_a_session(web: Web) -> None:
    client = web.browser("li.na")

    assert client.get("/api/v1/user-tasks").status_code == 200
    assert "李娜" in client.get("/me").text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(web: Web) -> None:
    cookie = sign_in(web.browser(), "li.na").headers["Set-Cookie"]

    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("key", "password"), [("li.na", "wrong"), ("nobody", PASSWORD), ("", ""), ("li.na", ""), ("LI.NA", PASSWORD), ("li.na\0", PASSWORD)]
)
def test_what_does_not_fit_answers_the_same_401(web: Web, key: str, password: str) -> None:
    answer = sign_in(web.browser(), key, password)

    assert answer.status_code in (401, 422)
    assert "账号或密码不正确" in answer.text or answer.status_code == 422


def test_five_failures_lock_for_fifteen_minutes_even_with_the_right_password(web: Web) -> None:
    client = web.browser()
    for _ in range(5):
        assert sign_in(client, "zhao.lei", "wrong").status_code == 401

    assert sign_in(client, "zhao.lei").status_code == 401

    with web.inside(), transaction() as session:
        left = session.execute(
            text("SELECT locked_until - now() AS left FROM account a JOIN person p ON p.id = a.person_id WHERE p.key = 'zhao.lei'")
        )
        assert 14 * 60 < left.scalar_one().total_seconds() <= 15 * 60
        session.execute(text("UPDATE account SET locked_until = now() - interval '1 second' WHERE locked_until IS NOT NULL"))
    assert sign_in(client, "zhao.lei").status_code == 303


def test_four_failures_and_a_success_begin_to_count_anew(web: Web) -> None:
    client = web.browser()
    for _ in range(2):
        for _ in range(4):
            sign_in(client, "wu.gang", "wrong")
        assert sign_in(client, "wu.gang").status_code == 303


def test_failures_at_once_are_all_counted(web: Web) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: sign_in(web.browser(), "zheng.hao", "wrong"), range(5)))

    assert sign_in(web.browser(), "zheng.hao").status_code == 401


def test_a_session_begun_before_signing_in_is_not_taken_over(web: Web) -> None:
    client = web.browser()
    page = client.get("/sign-in").text
    before = client.get_cookie("shenpi").value

    client.post("/sign-in", data={"key": "li.na", "password": PASSWORD, "csrf_token": token_of(page)})

    after = client.get_cookie("shenpi").value
    assert after != before
    stranger = web.browser()
    stranger.set_cookie("shenpi", before)
    assert stranger.get("/api/v1/user-tasks").status_code == 401


def test_a_forged_cookie_is_nobody(web: Web) -> None:
    client = web.browser()
    for value in ("x", "eyJhY2NvdW50IjoiMSJ9.aaaaaa.bbbbbb", "", "é"):
        client.set_cookie("shenpi", quote(value))
        assert client.get("/api/v1/user-tasks").status_code == 401


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "evil", "/%09/evil", "http:evil.example", "/\t/evil.example", " //evil.example",
    ],
)  # fmt: skip
def test_signing_in_never_leads_to_another_site(web: Web, target: str) -> None:
    location = sign_in(web.browser(), "li.na", next=target).headers["Location"]

    assert location.startswith("/") and not location.startswith(("//", "/\\"))


def test_a_target_that_is_no_address_leads_home(web: Web) -> None:
    assert web.browser().get("/sign-in?next=//[").status_code == 200


def test_it_leads_to_the_page_that_was_asked_for(web: Web) -> None:
    assert sign_in(web.browser(), "li.na", next="/me?x=1").headers["Location"] == "/me?x=1"


def test_no_form_is_taken_without_the_token_of_its_session(web: Web) -> None:
    client = web.browser("li.na")

    assert client.post("/sign-out").status_code == 400
    assert client.post("/sign-out", data={"csrf_token": "wrong"}).status_code == 400
    assert client.get("/api/v1/user-tasks").status_code == 200
    assert web.browser().post("/sign-in", data={"key": "li.na", "password": PASSWORD}).status_code == 400


def test_a_browser_changes_nothing_over_rest_without_its_token(web: Web) -> None:
    client, case = web.browser("li.na"), web.start()["id"]
    stranger = token_of(web.browser().get("/sign-in").text)

    for headers in ({}, {"X-CSRFToken": "wrong"}, {"X-CSRFToken": stranger}):
        assert client.post(f"/api/v1/process-instances/{case}/withdraw", json={}, headers=headers).status_code == 403
    own = token_of(client.get("/sign-in").text)
    assert client.post(f"/api/v1/process-instances/{case}/withdraw", json={}, headers={"X-CSRFToken": own}).status_code == 200


def test_signing_out_ends_the_session(web: Web) -> None:
    client = web.browser("li.na")

    assert client.post("/sign-out", data={"csrf_token": token_of(client.get("/sign-in").text)}).status_code == 303

    assert client.get("/api/v1/user-tasks").status_code == 401


def test_a_new_password_ends_every_session(web: Web) -> None:
    client = web.browser("sun.mei")

    with web.inside(), transaction() as session:
        accounts.set_password(session, "sun.mei", "a new and long one")

    assert client.get("/api/v1/user-tasks").status_code == 401
    assert sign_in(web.browser(), "sun.mei").status_code == 401
    assert sign_in(web.browser(), "sun.mei", "a new and long one").status_code == 303


def test_a_short_password_is_refused(web: Web) -> None:
    with web.inside(), pytest.raises(InvalidVariables), transaction() as session:
        accounts.set_password(session, "sun.mei", "123456789")


def test_passwords_are_kept_as_argon2id(web: Web) -> None:
    with web.inside(), transaction() as session:
        kept = session.execute(text("SELECT password_hash FROM account")).scalars().all()

    assert kept and all(value.startswith("$argon2id$") for value in kept)


def test_a_guess_costs_at_least_what_owasp_asks_for() -> None:
    # OWASP Password Storage Cheat Sheet: argon2id with at least 19 MiB of memory, 2 iterations, 1 degree of parallelism
    assert (SHIPPED.memory_cost >= 19 * 1024, SHIPPED.time_cost >= 2, SHIPPED.parallelism >= 1) == (True, True, True)
