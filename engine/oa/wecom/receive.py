"""What WeCom tells us (接收消息与事件): a look at our address, a button pressed on a card, a change of the contacts. All of it is sealed and signed.

A press has no id of its own: who, when, which card and which button make its dedupe key. A callback is answered with nothing at all; who pressed sees what
became of it on the card.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from engine.errors import Fault, InvalidContent, NotPermitted
from engine.oa.contract import Connection, Desk, Event, RawRequest, Received, Reply
from engine.oa.envelope import Envelope
from engine.oa.markup import parsed, texts
from engine.oa.wecom.card import OPEN, Kept, read_kept, task_id

WINDOW = timedelta(minutes=5)
EMPTY = Reply(b"", content_type="text/plain")
PRESS = "template_card_event"
OUTCOMES: Mapping[str, Literal["task.approved", "task.rejected"]] = {"approve": "task.approved", "reject": "task.rejected"}
ACTION: Literal["task.action"] = "task.action"
CHANGES: Mapping[str, Literal["user.changed", "user.disabled", "department.changed"]] = {
    "create_user": "user.changed", "update_user": "user.changed", "delete_user": "user.disabled", "create_party": "department.changed",
    "update_party": "department.changed", "delete_party": "department.changed",
}  # fmt: skip
KEY_LENGTH = len("t-") + 36 + len("-") + 10  #: of a row; a number may follow


def receive(connection: Connection, desk: Desk, request: RawRequest, now: datetime) -> Received:
    """Return the press or change of a request. Refuses with `NotPermitted` what is not of this company, with `InvalidContent` what cannot be read."""
    owner = str(connection.settings.get("callback_owner") or connection.settings.get("corp_id") or "")
    try:
        envelope = Envelope(connection.credentials.get("callback_token", ""), connection.credentials.get("callback_key", ""), owner)
    except InvalidContent:
        raise NotPermitted(reason="encryption") from None
    given = {name: request.query.get(name, "") for name in ("msg_signature", "timestamp", "nonce", "echostr")}
    sealed = given["echostr"] if request.method == "GET" else texts(parsed(request.body)).get("Encrypt", "")
    content = envelope.open(given["msg_signature"], given["timestamp"], given["nonce"], sealed)
    stamp = given["timestamp"]
    if not (stamp.isascii() and stamp.isdecimal()) or abs(now - datetime.fromtimestamp(int(stamp[:11]), UTC)) > WINDOW:
        raise NotPermitted(reason="window")
    if request.method == "GET":
        return Received(reply=Reply(content, content_type="text/plain"))
    told, digest = texts(parsed(content)), hashlib.sha256(request.body).hexdigest()
    if told.get("Event") == PRESS:
        return Received((pressed(connection, desk, told, digest),))
    if told.get("Event") == "change_contact":
        return Received((changed(connection, told, digest),), EMPTY)
    return Received(reply=EMPTY)


def pressed(connection: Connection, desk: Desk, told: Mapping[str, str], digest: str) -> Event:
    """Return a press. The code that came with it closes the card, even one that is too old to be closed by its own."""
    person, card, key, at = (wanted(told, name) for name in ("FromUserName", "TaskId", "EventKey", "CreateTime"))
    action, _, nonce = key.partition("#")
    row = card[:KEY_LENGTH]
    remember(desk, row, card, person, told.get("ResponseCode", ""))
    unique = hashlib.sha256("\n".join((person, at, card, key)).encode()).hexdigest()
    if action == OPEN:
        return Event(connection.key, "unsupported", f"press:{unique}", digest)
    return Event(
        connector=connection.key, kind=OUTCOMES.get(action) or ACTION, dedupe_key=f"press:{unique}", raw_digest=digest,
        task_key=row.removeprefix("t-")[:36], nonce=nonce, actor=person, outcome=action, occurred_at=time_of(at), id_type="userid",
    )  # fmt: skip


def remember(desk: Desk, row: str, card: str, person: str, code: str) -> None:
    """Keep the code of a press with its card, if it is the person's own and no former one: a code closes the card that it came from."""
    one = desk.shown([row]).get(row)
    kept = read_kept(one.remote_id) if one is not None else None
    if one is not None and kept is not None and code and kept.to.lower() == person.lower() and card == task_id(row, kept.number):
        found = Kept(kept.to, code[:500], kept.number, fresh=True, message=kept.message)
        desk.settle(row, found.text(), status=one.status, version=one.version)


def changed(connection: Connection, told: Mapping[str, str], digest: str) -> Event:
    change = told.get("ChangeType", "")
    kind = CHANGES.get(change) or "unsupported"
    actor = told.get("UserID" if kind.startswith("user.") else "Id")
    unique = hashlib.sha256("\n".join((wanted(told, "CreateTime"), change, actor or "")).encode()).hexdigest()
    return Event(connection.key, kind, f"event:{unique}", digest, actor=actor or None, id_type="userid")


def time_of(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds[:11]), UTC) if seconds.isascii() and seconds.isdecimal() else None


def wanted(told: Mapping[str, str], name: str) -> str:
    found = told.get(name, "")
    if not found or len(found) > 2000:
        raise InvalidContent([Fault("callback", f"回调内容的 {name} 缺失或有误", f"{name} of the callback is missing or wrong", path=name)])
    return found
