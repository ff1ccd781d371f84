"""The signature of Standard Webhooks: HMAC-SHA256 over `{id}.{seconds}.{body}`, in base64, `v1,…`; one for each secret while a secret is changed."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable
from datetime import datetime

from engine.errors import Fault, InvalidContent

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """Return the bytes of a secret: those that stand behind `whsec_` in base64, or those of the text. Refuses with `InvalidContent` what is no base64."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except (Error, ValueError):
        raise InvalidContent([Fault("secret", "whsec_ 之后应为 base64", "What follows whsec_ should be base64", path="secret")]) from None


def headers(keys: Iterable[bytes], identity: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a message that is sent now."""
    seconds = str(int(now.timestamp()))
    signed = f"{identity}.{seconds}.".encode() + body
    signatures = [f"v1,{b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}" for key in keys]
    return {"webhook-id": identity, "webhook-timestamp": seconds, "webhook-signature": " ".join(signatures)}
