"""API tokens: shown once, kept as a digest, with an end, a scope, and a way to revoke them."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from web_support import Web

from api import accounts
from engine.database import transaction


def make(web: Web, by: str = "li.na", **body: Any) -> dict[str, Any]:
    answer = web.post(by, "/api-tokens", json={"name": uuid4().hex, **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def status(web: Web, secret: str, route: str = "/user-tasks", scheme: str = "Bearer") -> int:
    return web.app.test_client().get(f"/api/v1{route}", headers={"Authorization": f"{scheme} {secret}"}).status_code


def test_a_token_stands_only_as_its_sha256_in_the_database(web: Web) -> None:
    made = make(web)

    with web.inside(), transaction() as session:
        row = session.execute(text("SELECT * FROM api_token WHERE id = :id"), {"id": made["id"]}).one()

    assert bytes(row.digest) == sha256(made["token"].encode()).digest()
    assert made["token"] not in str(row)
    assert "token" not in str(web.get("li.na", "/api-tokens").json["items"][0].keys())


def test_a_token_lives_as_many_days_as_it_was_given(web: Web) -> None:
    ends = datetime.fromisoformat(make(web, days=3)["expiresAt"])

    assert abs(ends - (datetime.now(UTC) + timedelta(days=3))) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "body", [{"days": 0}, {"days": 367}, {"days": "x"}, {"name": ""}, {"name": "n" * 101}, {"scopes": ["everything"]}, {"surprise": 1}]
)
def test_a_token_that_cannot_be_is_refused(web: Web, body: dict[str, Any]) -> None:
    assert web.post("li.na", "/api-tokens", json={"name": "n", **body}).status_code == 422


def test_a_name_that_is_taken_answers_409_until_its_token_is_revoked(web: Web) -> None:
    made = make(web, name="nightly")
    assert web.post("li.na", "/api-tokens", json={"name": "nightly"}).status_code == 409

    web.call("li.na", "DELETE", f"/api-tokens/{made['id']}")

    assert web.post("li.na", "/api-tokens", json={"name": "nightly"}).status_code == 201


def test_an_expired_token_opens_nothing(web: Web) -> None:
    made = make(web)
    assert status(web, made["token"]) == 200

    with web.inside(), transaction() as session:
        session.execute(text("UPDATE api_token SET expires_at = now() WHERE id = :id"), {"id": made["id"]})

    assert status(web, made["token"]) == 401


def test_a_revoked_token_opens_nothing_and_may_be_revoked_again(web: Web) -> None:
    made = make(web)

    assert web.call("li.na", "DELETE", f"/api-tokens/{made['id']}").status_code == 204
    assert web.call("li.na", "DELETE", f"/api-tokens/{made['id']}").status_code == 204

    assert status(web, made["token"]) == 401


def test_nobody_revokes_anothers_token(web: Web) -> None:
    made = make(web)

    assert web.call("ma.lin", "DELETE", f"/api-tokens/{made['id']}").status_code == 404
    assert status(web, made["token"]) == 200


def test_a_token_cannot_make_one_that_may_more_than_itself(web: Web) -> None:
    small = make(web, by="ma.lin", scopes=["token.manage", "task.work"])["token"]
    client, headers = web.app.test_client(), {"Authorization": f"Bearer {small}"}

    refused = client.post("/api/v1/api-tokens", json={"name": uuid4().hex, "scopes": ["incident.read"]}, headers=headers)
    equal = client.post("/api/v1/api-tokens", json={"name": uuid4().hex}, headers=headers)

    assert refused.status_code == 403
    assert sorted(equal.json["scopes"]) == ["task.work", "token.manage"]
    assert status(web, equal.json["token"], "/incidents") == 403


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Basic bGkubmE6eA==", "Bearer \xff", "x" * 5000, "bearer  ", "Token a b"]
)
def test_a_header_that_is_no_token_answers_401_and_never_falls_back_to_the_cookie(web: Web, header: str) -> None:
    client = web.browser("li.na")

    assert client.get("/api/v1/user-tasks").status_code == 200
    assert client.get("/api/v1/user-tasks", headers={"Authorization": header}).status_code == 401


def test_the_word_bearer_may_be_written_in_any_case(web: Web) -> None:
    secret = make(web)["token"]

    assert {status(web, secret, scheme=scheme) for scheme in ("Bearer", "bearer", "BEARER")} == {200}


def test_a_locked_account_ends_its_tokens_and_its_sessions(web: Web) -> None:
    client = web.browser("chen.jing")
    secret = make(web, by="chen.jing")["token"]

    with web.inside(), transaction() as session:
        accounts.lock(session, "chen.jing")

    assert status(web, secret) == 401
    assert client.get("/api/v1/user-tasks").status_code == 401
