"""The signature of the generic webhook, in both directions.

HMAC-SHA256 with the connection's secret over `{timestamp}.{event id}.{raw body}`, in hex, sent as `X-OA-Signature: v1=<hex>` beside `X-OA-Timestamp`
(seconds since 1970, UTC) and `X-OA-Event-Id`. The time may be 5 minutes off in either direction. An event id holds no dot, so that what is signed
can be taken apart in one way only.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from engine.errors import NotPermitted

TIMESTAMP, EVENT_ID, SIGNATURE = "X-OA-Timestamp", "X-OA-Event-Id", "X-OA-Signature"
WINDOW = timedelta(minutes=5)
EVENT_IDS = re.compile(r"[A-Za-z0-9_:\-]{1,200}")
TIMESTAMPS = re.compile(r"[0-9]{1,11}")


def sign(secret: str, timestamp: str, event_id: str, body: bytes) -> str:
    """Return the value of `X-OA-Signature`."""
    message = f"{timestamp}.{event_id}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def headers(secret: str, event_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the three headers of a request that is sent now."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, EVENT_ID: event_id, SIGNATURE: sign(secret, timestamp, event_id, body)}


def identify(key: str) -> str:
    """Return the event id of an idempotency key: the key itself, or its digest if it holds letters that a header or the signature cannot carry."""
    return key if EVENT_IDS.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()


def verify(secrets: Iterable[str], given: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the event id of a request that one of the secrets has signed, within the window. Refuses the rest with `NotPermitted` (fact `reason`)."""
    found = {name.lower(): value for name, value in given.items()}
    timestamp, event_id, signature = (found.get(name.lower(), "") for name in (TIMESTAMP, EVENT_ID, SIGNATURE))
    if not TIMESTAMPS.fullmatch(timestamp) or not EVENT_IDS.fullmatch(event_id):
        raise NotPermitted(reason="headers")
    # every secret is compared, so that the time taken does not tell which of them was the right one
    sound = [hmac.compare_digest(sign(secret, timestamp, event_id, body).encode(), signature.encode()) for secret in secrets if secret]
    if not any(sound):
        raise NotPermitted(reason="signature")
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > WINDOW:
        raise NotPermitted(reason="window")
    return event_id
