"""What an office system tells us: one press of a button, signed.

{"eventId": "e-1", "kind": "task.action", "taskKey": "...", "nonce": "...", "outcome": "approve", "comment": "同意",
 "actor": "the OA's id of the person", "occurredAt": "2026-11-22T09:41:07Z"}
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from engine.errors import Fault, InvalidContent
from engine.oa.codec import decode
from engine.oa.contract import Connection, Event
from engine.oa.webhook.signature import verify

BODY_BYTES = 64_000
#: kinds that say the outcome by their name
SAID = {"task.approved": "approve", "task.rejected": "reject"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every callback has."""

    event_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Press:
    """What a press has beside it."""

    task_key: str
    actor: str
    nonce: str = field(repr=False)
    outcome: str | None = None
    comment: str | None = None
    occurred_at: datetime | None = None


def receive(connection: Connection, headers: Mapping[str, str], body: bytes, now: datetime) -> Event:
    """Return the event of a callback: `task.approved`, `task.rejected`, `task.action`, or `unsupported` for a kind we do not know.

    Refuses with `NotPermitted` (fact `reason`: headers, signature, window) what the connection's secrets have not signed, or not lately; with
    `InvalidContent` a body that is too large, is no JSON object, or lacks what its kind needs.
    """
    if len(body) > BODY_BYTES:
        raise malformed(f"内容超过 {BODY_BYTES} 字节", f"the body is larger than {BODY_BYTES} bytes")
    event_id = verify([connection.credentials.get("secret", ""), connection.credentials.get("former_secret", "")], headers, body, now)
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise malformed("内容不是 JSON", "the body is no JSON") from None
    envelope = decode(Envelope, data)
    if envelope.event_id != event_id:
        raise malformed("eventId 与签名的编号不同", "eventId is not the one that was signed", path="eventId")
    digest = hashlib.sha256(body).hexdigest()
    if envelope.kind not in SAID and envelope.kind != "task.action":
        return Event(connection.key, "unsupported", event_id, digest)
    press = decode(Press, data)
    outcome = SAID.get(envelope.kind, press.outcome)
    if not outcome:
        raise malformed("缺少 outcome", "outcome is missing", path="outcome")
    return Event(
        connector=connection.key,
        kind=envelope.kind,  # type: ignore[arg-type]
        dedupe_key=event_id,
        raw_digest=digest,
        task_key=press.task_key,
        nonce=press.nonce,
        actor=press.actor,
        outcome=outcome,
        comment=press.comment,
        occurred_at=press.occurred_at,
    )


def malformed(zh: str, en: str, path: str | None = None) -> InvalidContent:
    return InvalidContent([Fault("callback", zh, en, path=path)])
