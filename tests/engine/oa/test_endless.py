"""Contacts that say they go on and not where, and answers and events that no database can hold: each ends, and says why."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from engine_support import rows
from flask import Flask
from sinks_support import office
from websockets.sync.server import Server, ServerConnection, serve

from engine import worker
from engine.database import transaction
from engine.listening import keep
from engine.oa import vault
from engine.oa.contract import Connection
from engine.oa.dingtalk import stream
from models.desk import OaDirectory
from models.oa import OaConnection

PERSON = {"feishu": {"user_id": "wang_fang", "name": "王芳"}, "dingtalk": {"userid": "wang_fang", "name": "王芳"}}


@pytest.fixture(params=["feishu", "dingtalk"])
def kind(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    name: str = request.param
    with transaction() as session:
        for row in session.query(OaConnection):
            row.active = False
        settings = {"app_id": "a", "app_key": "a", "oapi_url": "http://oapi.example"}
        session.add(
            OaConnection(
                key=name, kind=name, name=name, base_url="http://oa.example", credentials=vault.seal(name, {"app_secret": "s"}), settings=settings, active=True
            )
        )  # fmt: skip
    yield name
    worker.hands.connectors.close()


def directory(kind: str) -> OaDirectory:
    worker.look_at_directory(kind)
    with transaction() as session:
        row = session.get_one(OaDirectory, kind)
        session.expunge(row)
    return row


def answering(kind: str, page: dict[str, Any], asked: list[str]) -> Any:
    """Answer as the vendor does: a token, no departments, and the same page of people for ever."""

    def answer(request: httpx.Request) -> Any:
        path = request.url.path
        if "token" in path.lower():
            return {"code": 0, "tenant_access_token": "t", "expire": 7200, "accessToken": "t", "expireIn": 7200}
        if "department" in path and "users" not in path:
            return {"code": 0, "errcode": 0, "data": {"items": []}, "result": []}
        asked.append(path)
        assert len(asked) < 50, "it would go on for ever"
        return {"code": 0, "errcode": 0, "data": page, "result": page}

    return answer


@pytest.mark.parametrize(
    "page",
    [
        {"has_more": True},
        {"has_more": True, "page_token": "", "next_cursor": None},
        {"has_more": True, "page_token": "same", "next_cursor": 7},
    ],
    ids=["no mark", "an empty mark", "the same mark"],
)
def test_a_list_of_people_that_goes_on_without_saying_where_is_no_list(
    kind: str, monkeypatch: pytest.MonkeyPatch, page: dict[str, Any]
) -> None:
    asked: list[str] = []
    office(monkeypatch, answering(kind, page | {"items": [PERSON[kind]], "list": [PERSON[kind]]}, asked))
    found = directory(kind)

    assert "without an end" in (found.failure or "")
    assert found.people == [] and found.fetched_at is None, "half a list would let the other half leave"


def test_a_name_with_a_nul_is_kept_without_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person = PERSON[kind] | {"name": "王\0芳"}
    office(monkeypatch, answering(kind, {"has_more": False, "items": [person], "list": [person]}, []))
    found = directory(kind)

    assert found.failure is None and found.fetched_at is not None
    assert [one["name"] for one in found.people] == ["王\ufffd芳"]


FRAMES = {
    "a NUL": {"data": '{"userId": ["wang\\u0000fang"]}'},
    "a NUL in its number": {"data": "{}", "eventId": "e\0"},
    "deep": {"data": '{"userId": ' + "[" * 300 + "]" * 300 + "}"},
    "no object": {"data": "[]"},
    "a deep frame": {"data": "{}", "more": orjson.loads("[" * 200 + "]" * 200)},
}


def test_events_over_the_stream_that_cannot_be_read_are_acknowledged_and_kept_as_ignored(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        session.add(
            OaConnection(key="ding", kind="dingtalk", name="钉钉", base_url="http://oa.example", credentials=b"", settings={}, active=True)
        )  # fmt: skip
    heard: list[Any] = []

    def gateway(connection: ServerConnection) -> None:
        for name, frame in FRAMES.items():
            about = {"eventType": "user_modify_org", "eventId": frame.get("eventId", name), "messageId": name, "topic": "*"}
            connection.send(
                orjson.dumps(
                    {"type": "EVENT", "headers": about, **{name: frame[name] for name in ("data", "more") if name in frame}}
                ).decode()
            )
        connection.send("[" * 5000)
        about = {"eventType": "user_modify_org", "eventId": "good", "messageId": "good", "topic": "*"}
        connection.send(orjson.dumps({"type": "EVENT", "headers": about, "data": '{"userId": ["wang_fang"]}'}).decode())
        for _ in range(len(FRAMES) + 1):
            heard.append(orjson.loads(connection.recv(timeout=20)))
        connection.send(orjson.dumps({"type": "SYSTEM", "headers": {"topic": "disconnect"}}).decode())

    server: Server = serve(gateway, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(stream, "address", lambda *_: f"ws://127.0.0.1:{server.socket.getsockname()[1]}/connect?ticket=x")
    connection = Connection("ding", "dingtalk", "http://oa.example", {}, {})
    try:
        stream.listen(connection, None, lambda events: keep("ding", events), threading.Event())  # type: ignore[arg-type]
    finally:
        server.shutdown()
        thread.join()
    assert [one["headers"]["messageId"] for one in heard] == [*FRAMES, "good"]

    for row in rows("SELECT id FROM oa_message WHERE connection = 'ding'"):
        worker.apply_message(str(row.id))
    kept = rows(
        "SELECT state, event ->> 'kind' AS kind, event ->> 'comment' AS comment FROM oa_message WHERE connection = 'ding' ORDER BY received_at, id"
    )
    assert [(row.state, row.kind, "无法读取" in (row.comment or "")) for row in kept] == [
        *[("ignored", "unsupported", True)] * len(FRAMES), ("applied", "user.changed", False),
    ]  # fmt: skip
