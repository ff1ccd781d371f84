"""WeCom's callbacks: sealed and signed, in a window of five minutes, with XML that may be anybody's invention until it is opened."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from offices_support import MemoryDesk, connection
from sinks_support import CASE, TASK, task

from engine.errors import InvalidContent, NotPermitted
from engine.oa.contract import Event, RawRequest, Received
from engine.oa.envelope import Envelope
from engine.oa.items import task_key
from engine.oa.wecom import EMPTY, WeCom
from engine.oa.wecom.card import Kept, read_kept

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
ROW = task_key(task().task_key)
PRESS = {
    "ToUserName": "ww1", "FromUserName": "wang.fang", "CreateTime": "1795856400", "MsgType": "event", "Event": "template_card_event",
    "EventKey": "approve#nonce-1", "TaskId": ROW, "CardType": "button_interaction", "ResponseCode": "code-of-the-press", "AgentID": "7",
}  # fmt: skip


def wecom(desk: MemoryDesk | None = None, **settings: Any) -> WeCom:
    found = connection(
        "http://wx.example", "wecom", settings={"corp_id": "ww1"} | settings, corp_secret="s", callback_token="simtoken", callback_key=KEY
    )
    return WeCom(found, desk or MemoryDesk())


def xml(fields: dict[str, str]) -> bytes:
    return ("<xml>" + "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in fields.items()) + "</xml>").encode()


def sealed(content: bytes, *, at: datetime = NOW, owner: str = "ww1", token: str = "simtoken", method: str = "POST") -> RawRequest:
    envelope = Envelope(token, KEY, owner)
    text, stamp = envelope.seal(content), str(int(at.timestamp()))
    query = {"msg_signature": envelope.signature(stamp, "n0nce", text), "timestamp": stamp, "nonce": "n0nce"}
    if method == "GET":
        return RawRequest("GET", "callback", query | {"echostr": text}, {}, b"")
    return RawRequest("POST", "callback", query, {}, xml({"ToUserName": "ww1", "Encrypt": text}))


def received(fields: dict[str, str], **more: Any) -> Received:
    return wecom().receive(sealed(xml(fields), **more), NOW)


def only(found: Received) -> Event:
    (event,) = found.events
    return event


def test_the_vendors_class_and_ours_read_the_same() -> None:
    """A text sealed by another library, and its signature."""
    sealed_text = "4j/AuRx71kQlxVlzbpsMWN8XtjwRdOcH+n7e3hsaZgEMcwZUcfF7dIDeZ037cZxfLkQY5SFzU8WGopotS2b7qg=="
    envelope = Envelope("simtoken", KEY, "dingsimappkey")
    assert envelope.open("2de4250724dbaa7f7e3787eb5390a0607cfbd9d2", "1700000000", "n0nce", sealed_text) == b'{"EventType":"check_url"}'
    assert envelope.seal(b'{"EventType":"check_url"}', b"0123456789abcdef") == sealed_text


def test_the_first_look_at_our_address_is_answered_with_the_echo() -> None:
    found = wecom().receive(sealed(b"8791235", method="GET"), NOW)
    assert found.reply is not None and found.reply.body == b"8791235" and found.events == ()


def test_a_press_is_read_and_answered_with_nothing() -> None:
    event = only(received(PRESS))
    assert (event.kind, event.outcome, event.actor, event.nonce, event.id_type) == (
        "task.approved",
        "approve",
        "wang.fang",
        "nonce-1",
        "userid",
    )
    assert event.task_key == TASK and event.comment is None
    assert event.occurred_at == datetime.fromtimestamp(1795856400, UTC)
    assert wecom().reply(Received((event,)), None) == EMPTY  # type: ignore[arg-type]
    assert EMPTY.body == b"" and EMPTY.status == 200
    assert only(received(PRESS | {"TaskId": f"{ROW}-2"})).task_key == TASK


def test_one_press_is_one_key_and_another_button_another() -> None:
    keys = {only(received(PRESS)).dedupe_key for _ in range(2)}
    assert len(keys) == 1
    for change in ({"FromUserName": "li.na"}, {"CreateTime": "1795856401"}, {"TaskId": f"{ROW}-2"}, {"EventKey": "reject#nonce-1"}):
        keys.add(only(received(PRESS | change)).dedupe_key)
    assert len(keys) == 5


@pytest.mark.parametrize(("key", "kind"), [("reject#n", "task.rejected"), ("return#n", "task.action"), ("open#n", "unsupported")])
def test_every_button_says_what_it_stands_for(key: str, kind: str) -> None:
    assert only(received(PRESS | {"EventKey": key})).kind == kind


def test_the_code_of_a_press_is_kept_with_her_own_card_alone() -> None:
    desk = MemoryDesk()
    desk.settle(ROW, Kept("Wang.Fang", "old").text(), status="stale", version=3, instance_key=CASE)
    wecom(desk).receive(sealed(xml(PRESS | {"FromUserName": "somebody.else"})), NOW)
    assert read_kept(desk.kept[ROW].remote_id).code == "old"
    wecom(desk).receive(sealed(xml(PRESS)), NOW)
    kept = read_kept(desk.kept[ROW].remote_id)
    assert (kept.code, kept.fresh, desk.kept[ROW].status, desk.kept[ROW].version) == ("code-of-the-press", True, "stale", 3)


def test_the_code_of_a_former_card_is_not_kept_with_the_one_that_she_has_now() -> None:
    desk = MemoryDesk()
    desk.settle(ROW, Kept("Wang.Fang", "of-the-second", 2).text(), status="open", version=2, instance_key=CASE)
    wecom(desk).receive(sealed(xml(PRESS)), NOW)
    assert read_kept(desk.kept[ROW].remote_id).code == "of-the-second"
    wecom(desk).receive(sealed(xml(PRESS | {"TaskId": f"{ROW}-2"})), NOW)
    assert read_kept(desk.kept[ROW].remote_id).code == "code-of-the-press"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("create_user", "user.changed"),
        ("delete_user", "user.disabled"),
        ("update_party", "department.changed"),
        ("update_tag", "unsupported"),
    ],
)
def test_changes_of_the_contacts_are_told(change: str, kind: str) -> None:
    told = {
        "FromUserName": "sys",
        "CreateTime": "1795856400",
        "Event": "change_contact",
        "ChangeType": change,
        "UserID": "wang.fang",
        "Id": "4",
    }
    event = only(received(told))
    assert event.kind == kind and event.dedupe_key.startswith("event:")
    assert event.actor == ("wang.fang" if kind.startswith("user.") else "4")


def test_other_events_are_passed_over() -> None:
    found = received({"Event": "enter_agent", "FromUserName": "wang.fang", "CreateTime": "1"})
    assert found.events == () and found.reply == EMPTY


@pytest.mark.parametrize(
    "request_",
    [
        sealed(xml(PRESS), at=NOW - timedelta(minutes=6)),
        sealed(xml(PRESS), at=NOW + timedelta(minutes=6)),
        sealed(xml(PRESS), owner="wwanother"),
        sealed(xml(PRESS), token="guessed"),
        RawRequest("POST", "callback", {}, {}, xml({"Encrypt": "AAAA"})),
        RawRequest("POST", "callback", {"timestamp": "²"}, {}, xml({"Encrypt": ""})),
        RawRequest("GET", "callback", {"echostr": "x"}, {}, b""),
    ],
)
def test_what_is_not_this_company_s_is_refused(request_: RawRequest) -> None:
    with pytest.raises(NotPermitted):
        wecom().receive(request_, NOW)


HOSTILE = [
    b"", b"<xml>", b"\xff\xfe", b"{}", b"<xml><a></xml>", b'<!DOCTYPE x [<!ENTITY e "x">]><xml><Encrypt>&e;</Encrypt></xml>',
    b'<?xml version="1.0"?><!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>', b"<xml>" * 200 + b"</xml>" * 200, b"<xml>" + b"a" * 2_000_000 + b"</xml>",
    '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY e "x">]><xml><Encrypt>&e;</Encrypt></xml>'.encode("utf-16"),
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE)
def test_xml_that_means_harm_or_nothing_is_refused(body: bytes) -> None:
    with pytest.raises((InvalidContent, NotPermitted)):
        wecom().receive(RawRequest("POST", "callback", {}, {}, body), NOW)
    with pytest.raises((InvalidContent, NotPermitted)):
        wecom().receive(sealed(body), NOW) if body != b"" else wecom().receive(sealed(b"<"), NOW)


@given(st.binary(max_size=400), st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce", "echostr"]), st.text(max_size=40)))
def test_nothing_from_outside_ends_in_another_error(body: bytes, query: dict[str, str]) -> None:
    for method in ("GET", "POST"):
        with pytest.raises((InvalidContent, NotPermitted)):
            wecom().receive(RawRequest(method, "callback", query, {}, body), NOW)


@given(st.binary(max_size=300))
def test_whatever_is_sealed_is_opened_as_it_was(message: bytes) -> None:
    envelope = Envelope("simtoken", KEY, "ww1")
    text = envelope.seal(message)
    assert envelope.open(envelope.signature("1", "n", text), "1", "n", text) == message


@pytest.mark.parametrize("missing", ["FromUserName", "TaskId", "EventKey", "CreateTime"])
def test_a_press_without_one_of_its_parts_is_none(missing: str) -> None:
    with pytest.raises(InvalidContent):
        received({name: text for name, text in PRESS.items() if name != missing})


def test_the_digest_is_that_of_the_body() -> None:
    request = sealed(xml(PRESS))
    assert only(wecom().receive(request, NOW)).raw_digest == hashlib.sha256(request.body).hexdigest()
