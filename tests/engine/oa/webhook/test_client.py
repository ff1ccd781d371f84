"""Addresses, waiting times, and what of an answer reaches an error."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from engine.errors import InvalidContent, OARejected, OAUnavailable
from engine.oa.contract import Connection
from engine.oa.webhook.client import Client, checked, waiting


@pytest.mark.parametrize("url", ["http://oa.example", "https://oa.example:8443/hook/", "http://127.0.0.1:8091", "https://办公.example/x"])
def test_http_addresses_are_accepted(url: str) -> None:
    assert checked(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "oa.example",
        "ftp://oa.example",
        "file:///etc/passwd",
        "http://",
        "http://me:pw-1@oa.example",
        "http://me@oa.example",
        "http://oa.example?k=pw-1",
        "http://oa.example#pw-1",
        "http://oa.example:99999",
        "http://oa.example/a b",
        "http://oa.example/\n",
        "javascript:alert(1)",
        "http://[::1",
    ],
)
def test_other_addresses_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        checked(url)

    assert "pw-1" not in str(caught.value)


def test_a_connection_without_a_secret_is_refused() -> None:
    with pytest.raises(InvalidContent):
        Client(Connection("oa-1", "webhook", "http://oa.example", ""))


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)

    assert waiting("7") == 7
    assert 80 < (waiting(format_datetime(later, usegmt=True)) or 0) <= 90
    assert waiting(format_datetime(later - timedelta(days=1), usegmt=True)) == 0
    assert waiting("") is None
    assert waiting("soon") is None


class Scripted:
    """Answers with what the test says, and keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.answer: Any = httpx.Response(200, json={})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        assert isinstance(self.answer, httpx.Response)
        said = self.answer
        return httpx.Response(said.status_code, headers=said.headers, stream=httpx.ByteStream(said.content))


@pytest.fixture
def other() -> Scripted:
    return Scripted()


@pytest.fixture
def client(other: Scripted) -> Iterator[Client]:
    found = Client(Connection("oa-1", "webhook", "http://oa.example/hook/", "whsec"), httpx.MockTransport(other))
    yield found
    found.close()


def test_every_try_carries_the_same_key_and_event_id(client: Client, other: Scripted) -> None:
    client.post("/requests", b"{}", "k:1")
    client.post("/requests", b"{}", "k:1")

    assert {(each.headers["Idempotency-Key"], each.headers["X-OA-Event-Id"]) for each in other.sent} == {("k:1", "k:1")}
    assert str(other.sent[0].url) == "http://oa.example/hook/requests"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_statuses_that_pass_are_unavailable(client: Client, other: Scripted, status: int) -> None:
    other.answer = httpx.Response(status, headers={"Retry-After": "3"})

    with pytest.raises(OAUnavailable) as caught:
        client.post("/snapshots", b"{}", "k")

    assert caught.value.facts["retry_after"] == 3


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 405, 410, 413, 422])
def test_statuses_that_last_are_rejections_and_redirects_are_not_followed(client: Client, other: Scripted, status: int) -> None:
    other.answer = httpx.Response(status, headers={"Location": "http://elsewhere.example/"})

    with pytest.raises(OARejected):
        client.post("/snapshots", b"{}", "k")

    assert len(other.sent) == 1


@pytest.mark.parametrize("content", [b"<html>log in</html>", b"[]", b"null", b"{", b"\xff"])
def test_a_success_that_is_no_json_object_proves_nothing(client: Client, other: Scripted, content: bytes) -> None:
    other.answer = httpx.Response(200, content=content)

    with pytest.raises(OAUnavailable):
        client.post("/snapshots", b"{}", "k")


def test_an_empty_success_is_an_answer(client: Client, other: Scripted) -> None:
    other.answer = httpx.Response(204)

    assert client.post("/snapshots", b"{}", "k").data == {}


def test_an_endless_answer_is_cut_off(client: Client, other: Scripted) -> None:
    other.answer = httpx.Response(200, content=b"x" * 2_000_000)

    with pytest.raises(OAUnavailable):
        client.post("/snapshots", b"{}", "k")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx.ConnectError("refused"), "no-connection"),
        (httpx.ConnectTimeout("late"), "no-connection"),
        (httpx.PoolTimeout("full"), "no-connection"),
        (httpx.ReadTimeout("late"), "answer-lost"),
        (httpx.ReadError("reset"), "answer-lost"),
        (httpx.WriteError("reset"), "answer-lost"),
        (httpx.RemoteProtocolError("closed"), "answer-lost"),
    ],
)
def test_no_error_of_http_gets_out(client: Client, other: Scripted, error: Exception, reason: str) -> None:
    other.answer = error

    with pytest.raises(OAUnavailable) as caught:
        client.post("/snapshots", b"{}", "k")

    assert caught.value.facts["reason"] == reason
    assert client.health().ok is False


def test_a_secret_that_the_other_side_repeats_is_not_shown(client: Client, other: Scripted) -> None:
    other.answer = httpx.Response(400, json={"message": "bad secret whsec\x1b[31m"})

    with pytest.raises(OARejected) as caught:
        client.post("/snapshots", b"{}", "k")

    assert caught.value.facts["reason"] == "HTTP 400: bad secret ***[31m"
