"""What Feishu tells us: a button pressed on a card (door `callback`), and events of the contacts (door `events`).

A press is authenticated by a token alone (三方快捷审批回调): there is no signature, no time and no id. So a key encrypts it, the nonce of the task must come
back with it, and its dedupe key is made of what was pressed. Events are signed, timed and numbered (事件订阅).
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from engine.errors import InvalidContent, NotPermitted
from engine.oa.callback import malformed, read, text, unreadable
from engine.oa.contract import Connection, Event, RawRequest, Received, Reply, Said
from engine.oa.feishu.crypto import decrypt, signature
from engine.oa.items import task_of

WINDOW = timedelta(minutes=5)
OUTCOMES: Mapping[str, tuple[Literal["task.approved", "task.rejected"], str]] = {
    "APPROVE": ("task.approved", "approve"),
    "REJECT": ("task.rejected", "reject"),
}
EVENTS: Mapping[str, Literal["user.changed", "user.disabled", "department.changed"]] = {
    "contact.user.created_v3": "user.changed",
    "contact.user.updated_v3": "user.changed",
    "contact.user.deleted_v3": "user.disabled",
    "contact.department.created_v3": "department.changed",
    "contact.department.updated_v3": "department.changed",
    "contact.department.deleted_v3": "department.changed",
}
ACTION: Literal["task.action"] = "task.action"
UNSUPPORTED: Literal["unsupported"] = "unsupported"
REFUSED = 409  #: Feishu shows the message of an answer above 400


def receive(connection: Connection, request: RawRequest, now: datetime) -> Received:
    """Return the press or event of a request. Refuses with `NotPermitted` what is not from this app, with `InvalidContent` what cannot be read."""
    if request.door == "events":
        return received_event(connection, request, now)
    return received_press(connection, request)


def received_press(connection: Connection, request: RawRequest) -> Received:
    key = connection.credentials.get("callback_key", "")
    sealed = read(request.body)
    try:
        body = opened(key, sealed)
    except InvalidContent:
        # what is wrong in its padding must not be told from what is wrong behind it: a padding attack lives on the difference
        raise NotPermitted(reason="encryption") from None
    prove(connection.credentials.get("callback_token", ""), body.get("token"))
    action, task, nonce = text(body, "action_type"), text(body, "task_id"), text(body, "action_context")
    person, instance = text(body, "user_id"), text(body, "instance_id")
    kind, outcome = OUTCOMES.get(action) or (ACTION, action)
    digest = hashlib.sha256("\n".join((instance, task, action, nonce)).encode()).hexdigest()
    event = Event(
        connector=connection.key, kind=kind, dedupe_key=f"press:{digest}", raw_digest=hashlib.sha256(request.body).hexdigest(), task_key=task_of(task),
        nonce=nonce, actor=person, outcome=outcome, comment=str(body.get("reason") or "")[:2000] or None,
        id_type=str(connection.settings.get("user_id_type") or "user_id"),
    )  # fmt: skip
    return Received((event,))


def received_event(connection: Connection, request: RawRequest, now: datetime) -> Received:
    key = connection.credentials.get("event_key", "")
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = read(request.body)
    if key and "encrypt" in body:
        stamp, nonce, signed = (headers.get(f"x-lark-{name}", "") for name in ("request-timestamp", "request-nonce", "signature"))
        if signed or "x-lark-request-timestamp" in headers:
            if not hmac.compare_digest(signature(key, stamp, nonce, request.body).encode(), signed.encode()):
                raise NotPermitted(reason="signature")
            if not stamp.isdecimal() or abs(now - datetime.fromtimestamp(int(stamp[:11]), UTC)) > WINDOW:
                raise NotPermitted(reason="window")
        try:
            content = opened(key, body)
        except InvalidContent:
            if not signed:
                raise NotPermitted(reason="encryption") from None
            return Received((unreadable(connection, request.body),), Reply(b"{}"))  # it is Feishu's all the same, and would come again
        if not signed and content.get("type") != "url_verification":  # only the first look at our address comes unsigned
            raise NotPermitted(reason="signature")
        body = content
    elif key:
        raise NotPermitted(reason="encryption")
    header = within(body, "header")
    prove(connection.credentials.get("event_token", ""), body.get("token") or header.get("token"))
    if body.get("type") == "url_verification":
        return Received(reply=Reply(orjson.dumps({"challenge": str(body.get("challenge", ""))})))
    return Received((contact_event(connection, body, header, request.body),), Reply(b"{}"))


def contact_event(connection: Connection, body: Mapping[str, Any], header: Mapping[str, Any], raw: bytes) -> Event:
    kind = EVENTS.get(str(header.get("event_type"))) or UNSUPPORTED
    thing = within(within(body, "event"), "object")
    id_type = str(connection.settings.get("user_id_type") or "user_id")
    actor = thing.get(id_type if kind.startswith("user.") else "department_id")
    number = header.get("event_id") or body.get("uuid")
    if not isinstance(number, str) or not number:
        raise malformed("event_id")
    return Event(
        connection.key, kind, f"event:{number[:200]}", hashlib.sha256(raw).hexdigest(), actor=str(actor) if actor else None, id_type=id_type
    )


def reply(said: Said) -> Reply:
    """Return the answer to a press: Feishu shows the message of a refusal to the person, without a prefix."""
    if said.accepted:
        return Reply(b"{}")
    return Reply(orjson.dumps({"message": said.message, "without_prefix": True}), REFUSED)


def opened(key: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a body: decrypted where a key is set, for then nothing else is believed."""
    if not key:
        return dict(body)
    sealed = body.get("encrypt")
    if not isinstance(sealed, str):
        raise NotPermitted(reason="encryption")
    return read(decrypt(key, sealed))


def prove(expected: str, given: Any) -> None:
    if not expected or not hmac.compare_digest(expected.encode(), str(given or "").encode(errors="replace")):
        raise NotPermitted(reason="token")


def within(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}
