"""What DingTalk tells us: a button pressed (door `press-<secret>`), and events (door `events`).

The gateway of buttons documents no signature (自有OA审批：三方流程与页面对接): the address itself is secret, the organisation must be ours, and the task must
be one that we have there. An event is sealed and signed; we hold it to five minutes, which DingTalk does not, and answer with a sealed `success`.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from engine.errors import InvalidContent, NotPermitted
from engine.oa.callback import malformed, read, text, unreadable
from engine.oa.contract import Connection, Desk, Event, RawRequest, Received, Reply, Said
from engine.oa.envelope import Envelope
from engine.oa.items import task_of

WINDOW = timedelta(minutes=5)
OUTCOMES: Mapping[str, tuple[Literal["task.approved", "task.rejected"], str]] = {
    "agree": ("task.approved", "approve"),
    "refuse": ("task.rejected", "reject"),
}
EVENTS: Mapping[str, Literal["user.changed", "user.disabled", "department.changed"]] = {
    "user_add_org": "user.changed",
    "user_modify_org": "user.changed",
    "user_active_org": "user.changed",
    "user_leave_org": "user.disabled",
    "org_dept_create": "department.changed",
    "org_dept_modify": "department.changed",
    "org_dept_remove": "department.changed",
}
UNSUPPORTED: Literal["unsupported"] = "unsupported"
DOOR = "press-"


def receive(connection: Connection, desk: Desk, request: RawRequest, now: datetime) -> Received:
    """Return the press or the events of a request. Refuses with `NotPermitted` what is not this organisation's, with `InvalidContent` what cannot be read."""
    if request.door.startswith(DOOR):
        return pressed(connection, desk, request)
    if request.door == "events":
        return told(connection, request, now)
    raise NotPermitted(reason="address")


def pressed(connection: Connection, desk: Desk, request: RawRequest) -> Received:
    secret = connection.credentials.get("press_secret", "")
    if not secret or not hmac.compare_digest(f"{DOOR}{secret}".encode(), request.door.encode(errors="replace")):
        raise NotPermitted(reason="address")
    body = read(request.body)
    corp = str(connection.settings.get("corp_id") or "")
    if corp and not hmac.compare_digest(corp.encode(), str(body.get("corpId") or "").encode(errors="replace")):
        raise NotPermitted(reason="organisation")
    result, task, operator = text(body, "outResult"), text(body, "taskId"), text(body, "operator")
    if result not in OUTCOMES:
        raise malformed("outResult")
    shown = desk.found(task)
    kind, outcome = OUTCOMES[result]
    nonce = custom_of(body)
    digest = hashlib.sha256("\n".join((task, result, nonce or "")).encode()).hexdigest()
    event = Event(
        connector=connection.key, kind=kind, dedupe_key=f"press:{digest}", raw_digest=hashlib.sha256(request.body).hexdigest(),
        task_key=task_of(shown.key) if shown is not None else f"remote:{task}", nonce=nonce, actor=operator, outcome=outcome,
        comment=str(body.get("remark") or "")[:2000] or None, id_type="userid", proof="id",
    )  # fmt: skip
    return Received((event,))


def custom_of(body: Mapping[str, Any]) -> str | None:
    """Return the nonce that we gave with the task. Where it stands in the call is not documented: beside the rest, or in the list `data`."""
    found = body.get("customData")
    for one in body.get("data") or () if isinstance(body.get("data"), list) else ():
        if found is None and isinstance(one, dict):
            found = one.get("customData") or (one.get("value") if one.get("name") == "customData" else None)
    return found if isinstance(found, str) and 0 < len(found) <= 500 else None


def told(connection: Connection, request: RawRequest, now: datetime) -> Received:
    envelope = Envelope(
        connection.credentials.get("event_token", ""), connection.credentials.get("event_key", ""), str(connection.settings.get("event_owner") or "")
    )  # fmt: skip
    query = request.query
    signature = query.get("msg_signature") or query.get("signature") or ""
    stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    sealed = read(request.body).get("encrypt")
    if not isinstance(sealed, str):
        raise malformed("encrypt")
    opened = envelope.open(signature, stamp, nonce, sealed)
    at = int(stamp[:13]) / (1000 if len(stamp) > 11 else 1) if stamp.isdecimal() else 0
    if abs(now - datetime.fromtimestamp(at, UTC)) > WINDOW:
        raise NotPermitted(reason="window")
    reply = success(envelope)
    try:
        content = read(opened)
    except InvalidContent:  # it is DingTalk's all the same, and would come again
        return Received((unreadable(connection, opened),), reply)
    if content.get("EventType") == "check_url":
        return Received(reply=reply)
    return Received(tuple(events_of(connection, content, request.body)), reply)


def events_of(connection: Connection, content: Mapping[str, Any], raw: bytes) -> list[Event]:
    """Return one event for each person or department that is spoken of; one that says nothing to us where we know no such kind."""
    kind = EVENTS.get(str(content.get("EventType"))) or UNSUPPORTED
    digest = hashlib.sha256(raw).hexdigest()
    number = str(
        content.get("eventId") or content.get("EventId") or hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    )[:200]
    spoken = next((content[name] for name in ("UserId", "userId", "DeptId", "deptId") if content.get(name)), None)
    listed = spoken if kind != UNSUPPORTED else None
    subjects = [str(one)[:200] for one in listed] if isinstance(listed, list) else [str(listed)[:200]] if listed else []
    return [
        Event(connection.key, kind, f"event:{number}:{subject}", digest, actor=subject or None, id_type="userid")
        for subject in subjects or [""]
    ]


def success(envelope: Envelope) -> Reply:
    """Return `success`, sealed and signed, which is the only answer that is an acknowledgement."""
    stamp, nonce = str(time.time_ns() // 1_000_000), os.urandom(8).hex()
    sealed = envelope.seal(b"success")
    return Reply(
        orjson.dumps({"msg_signature": envelope.signature(stamp, nonce, sealed), "timeStamp": stamp, "nonce": nonce, "encrypt": sealed})
    )


def reply(said: Said) -> Reply:
    """Return the answer to a press: always 200, for anything else is shown as an error of the system; the words say what became of it."""
    return Reply(orjson.dumps({"success": said.accepted, "message": said.message}))
