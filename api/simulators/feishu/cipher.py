"""Feishu's encryption: AES-256-CBC under the SHA-256 of the key's text, the 16 bytes of the IV before the text, PKCS7; and the signature of events."""

import base64
import hashlib
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7


def encrypt(key: str, plain: bytes, iv: bytes | None = None) -> str:
    """Return IV and ciphertext in base64."""
    iv = iv or os.urandom(16)
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(iv)).encryptor()
    return base64.b64encode(iv + encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()).decode()


def signature(timestamp: str, nonce: str, key: str, body: str) -> str:
    """Return what stands in `X-Lark-Signature`: a digest of the concatenation, not a MAC."""
    return hashlib.sha256(f"{timestamp}{nonce}{key}{body}".encode()).hexdigest()
