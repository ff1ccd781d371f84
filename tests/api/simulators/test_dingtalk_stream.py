"""DingTalk's Stream mode, with the vendor's own client at the other end."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dingtalk_stream
import httpx
import pytest
from dingtalk_stream import AckMessage
from flask import Flask

from api.simulators.dingtalk import Config, create_app


class Handler(dingtalk_stream.EventHandler):
    """Keeps what comes, and answers with what is next in `answers`, 200 when there is nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []
        self.answers: list[int] = []
        self.arrived = threading.Condition()

    async def process(self, event: Any) -> tuple[int, str]:
        self.loop = asyncio.get_running_loop()
        with self.arrived:
            self.heard.append(event)
            self.arrived.notify_all()
        return (self.answers.pop(0) if self.answers else AckMessage.STATUS_OK), "OK"

    def wait_for(self, number: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.heard) >= number, timeout=30)


@pytest.fixture
def doors(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> httpx.Client:
    url = serve(create_app(Config(store=str(tmp_path / "dingtalk.sqlite"), event_retry=16)))
    monkeypatch.setattr(dingtalk_stream.DingTalkStreamClient, "OPEN_CONNECTION_API", f"{url}/v1.0/gateway/connections/open")
    monkeypatch.setattr(dingtalk_stream.DingTalkStreamClient, "get_host_ip", lambda self: "127.0.0.1")
    client: httpx.Client = open_client(url)
    client.post("/_sim/people", json=people)
    return client


@pytest.fixture
def handler(doors: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """Return the handler of a client that is connected."""
    client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential("dingsimappkey", "simulated-app-secret"))
    made = Handler()
    client.register_all_event_handler(made)
    thread = threading.Thread(target=lambda: asyncio.run(client.start()), daemon=True)
    thread.start()
    for _ in range(3000):
        if doors.post("/_sim/events", json={"kind": "user.updated", "person": "zhao.lei"}).status_code == 200:
            break
        threading.Event().wait(0.01)
    made.wait_for(1)
    made.heard.clear()
    yield made
    # this is how the client is told to connect no more; a closed connection alone makes it connect again
    monkeypatch.setattr(client, "open_connection", interrupt)
    asyncio.run_coroutine_threadsafe(client.websocket.close(), made.loop).result(timeout=30)
    thread.join(timeout=30)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_event_comes_over_the_connection_and_is_acknowledged(doors: httpx.Client, handler: Handler) -> None:
    answer = doors.post("/_sim/events", json={"kind": "user.left", "person": "wang.fang"}).json()

    [event] = handler.heard
    assert (answer["status"], answer["sends"][0]["taken"]) == (200, True)
    assert (event.headers.event_type, event.headers.event_corp_id, event.data) == (
        "user_leave_org",
        "dingsimcorp",
        {"UserId": ["wang.fang"]},
    )


def test_an_event_that_is_not_acknowledged_comes_again_with_the_same_id(doors: httpx.Client, handler: Handler) -> None:
    handler.answers = [AckMessage.STATUS_SYSTEM_EXCEPTION]

    answer = doors.post("/_sim/events", json={"kind": "user.left", "person": "wang.fang"}).json()
    doors.post("/_sim/clock", json={"skip": 16})
    handler.wait_for(2)

    assert answer["sends"][0]["taken"] is False
    assert len({event.headers.event_id for event in handler.heard}) == 1


@pytest.mark.parametrize("body", [{"clientId": "x"}, {"clientId": "dingsimappkey", "clientSecret": "wrong", "subscriptions": [{}]}, {}])
def test_a_stranger_gets_no_ticket(doors: httpx.Client, body: dict[str, Any]) -> None:
    assert doors.post("/v1.0/gateway/connections/open", json=body).status_code in (400, 401)


def test_a_ticket_is_good_once_and_for_a_websocket(doors: httpx.Client) -> None:
    body = {"clientId": "dingsimappkey", "clientSecret": "simulated-app-secret", "subscriptions": [{"type": "EVENT", "topic": "*"}]}
    opened = doors.post("/v1.0/gateway/connections/open", json=body).json()
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }

    def connect(**headers: str) -> tuple[int, str]:
        with doors.stream("GET", "/connect", params={"ticket": opened["ticket"]}, headers=headers) as answer:
            return answer.status_code, answer.headers.get("Sec-WebSocket-Accept", "")

    assert opened["endpoint"].startswith("ws://127.0.0.1:")
    assert connect()[0] == 400, "a plain request is no WebSocket"
    assert connect(**upgrade) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the key and answer of the standard's example"
    assert connect(**upgrade)[0] == 401
