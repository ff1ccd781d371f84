"""Callbacks that nobody should believe: refused in one shape, and the engine is never touched."""

import base64
import json
import os
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from engine_support import rows, value
from rehearsal_support import Rehearsal

from engine.oa.envelope import Envelope
from engine.oa.feishu import crypto


def feishu(stage: Rehearsal, **changes: Any) -> bytes:
    """Return a sealed press as Feishu sends it."""
    body = {
        "action_type": "APPROVE", "action_context": "no-nonce", "user_id": "wang_fang", "instance_id": "i-1", "task_id": "t-1-a",
        "token": stage.vendor.credentials["callback_token"], **changes,
    }  # fmt: skip
    return json.dumps(
        {"encrypt": crypto.encrypt(stage.vendor.credentials["callback_key"], json.dumps(body).encode(), os.urandom(16))}
    ).encode()


def flipped(raw: bytes, place: int) -> bytes:
    """Return a sealed press with one byte of its text changed, as somebody who feels for the padding would send it."""
    sealed = bytearray(base64.b64decode(json.loads(raw)["encrypt"]))
    sealed[place] ^= 1
    return json.dumps({"encrypt": base64.b64encode(bytes(sealed)).decode()}).encode()


FEISHU: dict[str, Callable[[Rehearsal], bytes]] = {
    "another token": lambda stage: feishu(stage, token="guessed"),
    "no token": lambda stage: feishu(stage, token=None),
    "not sealed": lambda stage: json.dumps({"action_type": "APPROVE", "token": stage.vendor.credentials["callback_token"]}).encode(),
    "another key": lambda stage: json.dumps({"encrypt": crypto.encrypt("another", b"{}", os.urandom(16))}).encode(),
    "sealed, and no JSON": lambda stage: json.dumps(
        {"encrypt": crypto.encrypt(stage.vendor.credentials["callback_key"], b"no json", os.urandom(16))}
    ).encode(),
    "a flipped byte": lambda stage: flipped(feishu(stage), -1),
    "a flipped byte before the last block": lambda stage: flipped(feishu(stage), -17),
    "a cut text": lambda stage: json.dumps({"encrypt": json.loads(feishu(stage))["encrypt"][:40]}).encode(),
    "no base64": lambda stage: b'{"encrypt": "%%%"}',
}


@pytest.fixture
def count(stage: Rehearsal) -> Callable[[], tuple[int, int]]:
    def found() -> tuple[int, int]:
        return value("SELECT count(*) FROM oa_message"), value("SELECT count(*) FROM history_event")

    return found


def send(stage: Rehearsal, door: str, raw: bytes, **query: str) -> httpx.Response:
    return httpx.post(
        f"{stage.url}/oa/{stage.key}/{door}",
        params=query,
        content=raw,
        headers={"Content-Type": "application/json"},
        timeout=30,
        verify=False,
    )


@pytest.mark.parametrize("name", FEISHU)
def test_a_press_that_is_not_feishu_s_is_refused_in_one_shape(stage: Rehearsal, count: Callable[[], Any], name: str) -> None:
    if stage.vendor.kind != "feishu":
        return
    before = count()
    answer = send(stage, "callback", FEISHU[name](stage))
    assert answer.status_code == 403
    assert set(answer.json()) == set(send(stage, "callback", FEISHU["another token"](stage)).json())
    assert count() == before


LEAVING = b'{"EventType": "user_leave_org", "UserId": ["wang_fang"], "eventId": "e-1"}'


def sealed(
    stage: Rehearsal, *, at: float | None = None, token: str = "simtoken", owner: str = "dingsimappkey", content: bytes = LEAVING
) -> tuple[bytes, dict[str, str]]:  # fmt: skip
    """Return an event as DingTalk sends it, with its query."""
    envelope = Envelope(token, stage.vendor.credentials["event_key"], owner)
    text = envelope.seal(content)
    stamp, nonce = str(round((at or time.time()) * 1000)), "n0nce"
    return json.dumps({"encrypt": text}).encode(), {
        "msg_signature": envelope.signature(stamp, nonce, text),
        "timestamp": stamp,
        "nonce": nonce,
    }


def test_an_event_that_is_not_dingtalk_s_or_is_old_is_refused_in_one_shape(stage: Rehearsal, count: Callable[[], Any]) -> None:
    if stage.vendor.name != "dingtalk":
        return
    before = count()
    good, query = sealed(stage)
    press = {"outResult": "agree", "taskId": 1, "operator": "wang_fang", "corpId": "dingsimcorp"}
    wrong = [
        send(stage, "events", good, **{**query, "msg_signature": "0" * 40}),
        send(stage, "events", good, **{**query, "timestamp": str(int(query["timestamp"]) - 1)}),
        send(stage, "press-guessed", json.dumps(press).encode()),
        send(stage, "press-a-secret-of-the-address", json.dumps(press | {"corpId": "another"}).encode()),
        send(stage, "callback", b"{}"),
    ]
    for raw, given in (sealed(stage, at=time.time() - 600), sealed(stage, token="guessed"), sealed(stage, owner="dingsomebodyelse")):
        wrong.append(send(stage, "events", raw, **given))
    assert {answer.status_code for answer in wrong} == {403}, [answer.status_code for answer in wrong]
    assert len({frozenset(answer.json()) for answer in wrong}) == 1
    assert count() == before
    assert send(stage, "events", good, **query).status_code == 200, "and this is what a good one looks like"


UNREADABLE = {
    "a NUL": b'{"EventType": "user_modify_org", "UserId": ["wang\\u0000fang"], "eventId": "e-2"}',
    "a NUL in its number": b'{"EventType": "user_modify_org", "UserId": ["wang_fang"], "eventId": "e\\u0000"}',
    "deep": b'{"EventType": "user_modify_org", "UserId": ' + b"[" * 300 + b"]" * 300 + b"}",
    "deeper": b'{"EventType": "user_modify_org", "UserId": ' + b"[" * 990 + b"]" * 990 + b"}",
    "deepest": b'{"EventType": "user_modify_org", "UserId": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "no JSON": b"{",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_event_of_dingtalk_s_that_cannot_be_read_is_acknowledged_and_stands_in_the_inbox_as_ignored(stage: Rehearsal, name: str) -> None:
    if stage.vendor.name != "dingtalk":
        return
    raw, query = sealed(stage, content=UNREADABLE[name])
    for _ in range(2):
        assert send(stage, "events", raw, **query).status_code == 200, "else it would come again and again"
    stage.settle()
    kept = rows("SELECT state, note, event ->> 'comment' AS comment FROM oa_message ORDER BY received_at DESC LIMIT 1")[0]
    assert kept.state == "ignored" and kept.note and "无法读取" in kept.comment
    assert (
        value("SELECT count(*) FROM oa_message WHERE raw_digest = (SELECT raw_digest FROM oa_message ORDER BY received_at DESC LIMIT 1)")
        == 1
    )


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_press_that_cannot_be_read_is_refused(stage: Rehearsal, count: Callable[[], Any], name: str) -> None:
    if stage.vendor.kind not in ("dingtalk", "feishu"):
        return
    before = count()
    for door in ("press-a-secret-of-the-address", "callback", "events"):
        assert send(stage, door, UNREADABLE[name]).status_code in (403, 422)
    press = {"action_type": "APPROVE", "reason": "a\0b"}
    if stage.vendor.kind == "feishu":
        assert send(stage, "callback", feishu(stage, **press)).status_code == 403
        assert send(stage, "callback", feishu(stage, token=json.loads("[" * 400 + "]" * 400))).status_code == 403
    assert count() == before


def test_ten_megabytes_are_not_read(stage: Rehearsal, count: Callable[[], Any]) -> None:
    before = count()
    for door in ("callback", "events", "press-a-secret-of-the-address"):
        answer = send(stage, door, b'{"encrypt": "' + b"A" * 10_000_000 + b'"}')
        assert answer.status_code in (403, 413), answer.text[:200]
    assert count() == before


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b"\xff\xfe", b'{"encrypt": 5}', b'{"encrypt": null}', b"null", b'{"a": "' + b"[" * 5000 + b'"}']
)
def test_what_cannot_be_read_gets_a_clear_answer_and_no_500(stage: Rehearsal, count: Callable[[], Any], raw: bytes) -> None:
    before = count()
    for door in ("callback", "events", "press-a-secret-of-the-address", "nowhere"):
        assert send(stage, door, raw).status_code in (400, 403, 404, 422)
    assert count() == before


def test_a_press_on_somebody_else_s_task_with_a_good_seal_decides_nothing(stage: Rehearsal) -> None:
    if stage.vendor.kind != "feishu":
        return
    case = stage.begin()
    stage.settle()
    task = rows("SELECT id FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)[0].id
    for changes in ({"user_id": "qian_yi"}, {"user_id": "nobody"}, {"action_context": "guessed"}, {"action_type": "burn"}):
        answer = send(stage, "callback", feishu(stage, task_id=f"t-{task}-0", instance_id=f"i-{case}", **changes))
        assert answer.status_code == 200, "taken, and looked at by a worker"
    stage.settle()
    assert stage.decisions(case) == []
    assert stage.differences(case) == []
