"""Feishu's encryption and signature of what it sends us (事件订阅, 三方快捷审批回调).

The text is base64 of 16 bytes IV and AES-256-CBC with the key SHA-256 of the key's text, padded by PKCS7 to 16. The signature of an event is the hex SHA-256 of
timestamp, nonce, key and raw body, one after another; it is no HMAC.
"""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from engine.errors import NotPermitted

BLOCK = 16


def decrypt(key: str, text: str) -> bytes:
    """Return what Feishu encrypted. Refuses with `NotPermitted`, in one way whatever is wrong, what was not encrypted with this key."""
    try:
        raw = base64.b64decode(text, validate=True)
        if len(raw) < 2 * BLOCK or len(raw) % BLOCK:
            raise ValueError
        cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(raw[:BLOCK])).decryptor()
        padded = cipher.update(raw[BLOCK:]) + cipher.finalize()
        unpadder = PKCS7(BLOCK * 8).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (ValueError, binascii.Error):
        raise NotPermitted(reason="encryption") from None


def encrypt(key: str, plain: bytes, iv: bytes) -> str:
    """Return a text as Feishu would encrypt it."""
    padder = PKCS7(BLOCK * 8).padder()
    cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(iv)).encryptor()
    return base64.b64encode(iv + cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()).decode()


def signature(key: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the value of `X-Lark-Signature`."""
    return hashlib.sha256((timestamp + nonce + key).encode() + body).hexdigest()
