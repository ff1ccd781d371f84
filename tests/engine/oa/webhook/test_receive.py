"""Callbacks: what is taken, and what is refused."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offices_support import MemoryDesk, connection

from engine.errors import InvalidContent, NotPermitted
from engine.oa.contract import RawRequest
from engine.oa.webhook import Webhook
from engine.oa.webhook.receive import receive
from engine.oa.webhook.signature import headers

NOW = datetime(2026, 11, 22, 1, 41, 7, tzinfo=UTC)
CONNECTION = connection("https://oa.example/hook", secret="whsec", former_secret="former")
PRESS: dict[str, Any] = {
    "eventId": "evt-1",
    "kind": "task.action",
    "taskKey": "t-1",
    "nonce": "n-1",
    "outcome": "approve",
    "comment": "同意",
    "actor": "wang.fang",
    "occurredAt": "2026-11-22T09:41:00+08:00",
}


@pytest.fixture
def connector() -> Iterator[Webhook]:
    found = Webhook(CONNECTION, MemoryDesk())
    yield found
    found.close()


def take(body: Any, event_id: str = "evt-1", secret: str = "whsec") -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return receive(CONNECTION, headers(secret, event_id, raw, NOW), raw, NOW)


def test_a_press_becomes_an_event(connector: Webhook) -> None:
    raw = json.dumps(PRESS).encode()

    (event,) = connector.receive(RawRequest("POST", "callback", {}, headers("whsec", "evt-1", raw, NOW), raw), NOW).events

    assert event.as_json() == {
        "connector": "oa-1",
        "kind": "task.action",
        "dedupeKey": "evt-1",
        "rawDigest": hashlib.sha256(raw).hexdigest(),
        "taskKey": "t-1",
        "nonce": "n-1",
        "actor": "wang.fang",
        "outcome": "approve",
        "comment": "同意",
        "occurredAt": "2026-11-22T01:41:00Z",
        "idType": "",
        "proof": "nonce",
    }
    assert type(event).from_json(event.as_json()) == event
    assert "n-1" not in repr(event)


def test_the_former_secret_is_still_accepted() -> None:
    assert take(PRESS, secret="former").dedupe_key == "evt-1"


@pytest.mark.parametrize(("kind", "outcome"), [("task.approved", "approve"), ("task.rejected", "reject")])
def test_a_kind_may_say_the_outcome(kind: str, outcome: str) -> None:
    assert take({**PRESS, "kind": kind, "outcome": None}).outcome == outcome


def test_an_unknown_kind_is_unsupported_and_no_error() -> None:
    event = take({"eventId": "evt-1", "kind": "comment.added", "text": "hello"})

    assert (event.kind, event.dedupe_key, event.task_key) == ("unsupported", "evt-1", None)


@pytest.mark.parametrize("missing", ["eventId", "kind", "taskKey", "nonce", "actor", "outcome"])
def test_a_press_that_lacks_something_is_refused_by_its_path(missing: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        take({name: value for name, value in PRESS.items() if name != missing})

    assert [fault.path for fault in caught.value.faults] == [missing]


@pytest.mark.parametrize(
    "changes",
    [
        {"taskKey": 5},
        {"nonce": None},
        {"actor": ["wang.fang"]},
        {"comment": "x" * 30_000},
        {"comment": "a\x00b"},
        {"occurredAt": "yesterday"},
        {"occurredAt": "2026-11-22T09:41:00"},
        {"occurredAt": 1},
        {"eventId": "evt-2"},
    ],
)
def test_a_press_with_wrong_values_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidContent):
        take({**PRESS, **changes})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 5000, b" " * 70_000])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidContent):
        take(body)


def test_a_body_is_not_looked_at_before_its_signature() -> None:
    with pytest.raises(NotPermitted):
        take(b"{", secret="guessed")


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_any_signed_body_is_an_event_or_refused(body: bytes) -> None:
    try:
        take(body)
    except InvalidContent as error:
        assert error.faults
