"""What we send: snapshots and requests. The bytes of a snapshot or request are the same on every retry, and so is its key."""

import hashlib
from datetime import UTC, datetime

from engine.oa.codec import encode
from engine.oa.contract import InstanceSnapshot, OARequest, Receipt
from engine.oa.webhook.client import CLOSED, Answer, Client


def snapshot(client: Client, shown: InstanceSnapshot) -> Receipt:
    """Send a snapshot. A snapshot that is not newer than the last one the other side has is acknowledged there, and changes nothing.

    Its key holds its digest: a header that has changed since the first try is another body, which must not come under the same key.
    """
    body = encode(shown)
    return receipt(client.post("/snapshots", body, f"{shown.instance_key}:{shown.version}:{hashlib.sha256(body).hexdigest()[:16]}"))


def request(client: Client, asked: OARequest) -> Receipt:
    return receipt(client.post("/requests", encode(asked), asked.key))


def receipt(answer: Answer) -> Receipt:
    """Return the answer as a receipt; the time is ours, for the other side's clock may be wrong."""
    remote_id = answer.data.get("remoteId")
    data = {name: value for name, value in answer.data.items() if name != "remoteId"}
    if answer.status == CLOSED:
        data["closed"] = True
    return Receipt(str(remote_id) if remote_id is not None else None, datetime.now(UTC), data)
