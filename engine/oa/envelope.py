"""The sealed messages of DingTalk and WeCom, which have one layout (回调加解密).

The key is 43 characters of base64 (32 bytes). AES-256-CBC, IV the first 16 bytes of the key, padded by PKCS7 to 32. The plain text is 16 random bytes, the
length of the message in four bytes (big-endian), the message, and whom it is for. The signature is the hex SHA-1 of token, time stamp, nonce and sealed text,
sorted and joined.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from engine.errors import Fault, InvalidContent, NotPermitted

BLOCK = 32
RANDOM = 16


class Envelope:
    """One token, key and owner. Refuses with `InvalidContent` a key that is none."""

    def __init__(self, token: str, key: str, owner: str) -> None:
        try:
            raw = base64.b64decode(key + "=", validate=True)
        except (ValueError, binascii.Error):
            raw = b""
        if len(raw) != 32:
            zh, en = "AES Key 应为 43 个字符", "the AES key should have 43 characters"
            raise InvalidContent([Fault("aes-key", zh, en, path="aes_key")])
        self._token, self._key, self._owner = token, raw, owner.encode()

    def signature(self, timestamp: str, nonce: str, sealed: str) -> str:
        return hashlib.sha1("".join(sorted((self._token, timestamp, nonce, sealed))).encode()).hexdigest()

    def open(self, given: str, timestamp: str, nonce: str, sealed: str) -> bytes:
        """Return the message. Refuses with `NotPermitted` what has another signature, was not sealed with this key, or is for somebody else."""
        if not hmac.compare_digest(self.signature(timestamp, nonce, sealed).encode(), given.encode(errors="replace")):
            raise NotPermitted(reason="signature")
        return self.unseal(sealed)

    def unseal(self, sealed: str) -> bytes:
        """Return the message of a sealed text, in one way of refusal whatever is wrong with it."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            if not raw or len(raw) % 16:
                raise ValueError
            cipher = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).decryptor()
            padded = cipher.update(raw) + cipher.finalize()
            pad = padded[-1]
            if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
                raise ValueError
            content = padded[:-pad]
            (length,) = struct.unpack(">I", content[RANDOM : RANDOM + 4])
            message, owner = content[RANDOM + 4 : RANDOM + 4 + length], content[RANDOM + 4 + length :]
            if len(message) != length or not hmac.compare_digest(owner, self._owner):
                raise ValueError
        except (ValueError, binascii.Error, struct.error):
            raise NotPermitted(reason="encryption") from None
        return message

    def seal(self, message: bytes, noise: bytes | None = None) -> str:
        """Return a message sealed; `noise` are the 16 random bytes, which only a test gives."""
        content = (noise or os.urandom(RANDOM)) + struct.pack(">I", len(message)) + message + self._owner
        pad = BLOCK - len(content) % BLOCK
        cipher = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).encryptor()
        return base64.b64encode(cipher.update(content + bytes([pad]) * pad) + cipher.finalize()).decode()
