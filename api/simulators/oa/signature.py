"""The webhook's signature, written from its description and not from the product's code, so that a misreading shows."""

import hashlib
import hmac
import time

from werkzeug.datastructures import Headers

WINDOW_SECONDS = 300


def signature_of(secret: str, timestamp: str, event_id: str, body: bytes) -> str:
    mac = hmac.new(secret.encode("utf-8"), digestmod=hashlib.sha256)
    for part in (timestamp.encode(), b".", event_id.encode(), b".", body):
        mac.update(part)
    return f"v1={mac.hexdigest()}"


def signed_headers(secret: str, event_id: str, body: bytes) -> dict[str, str]:
    timestamp = str(int(time.time()))
    return {
        "Content-Type": "application/json",
        "X-OA-Timestamp": timestamp,
        "X-OA-Event-Id": event_id,
        "X-OA-Signature": signature_of(secret, timestamp, event_id, body),
    }


def fault_in(secret: str, headers: Headers, body: bytes) -> str | None:
    """Return what is wrong with a request, or None."""
    timestamp, event_id = headers.get("X-OA-Timestamp", ""), headers.get("X-OA-Event-Id", "")
    if not (timestamp.isascii() and timestamp.isdigit()) or not event_id:
        return "missing headers"
    if not hmac.compare_digest(signature_of(secret, timestamp, event_id, body).encode(), headers.get("X-OA-Signature", "").encode()):
        return "wrong signature"
    if abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        return "outside of the time window"
    return None
