"""The sealed envelope that DingTalk and WeCom share: AES-256-CBC, IV the first 16 bytes of the key, PKCS7 to 32 bytes, SHA-1 over four sorted parts.

The layout is that of the vendors' samples (open-dingtalk/DingTalk-Callback-Crypto; WeCom's page 加解密方案说明).
"""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7


class Unsealable(ValueError):
    """What came is not an envelope for this owner."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """`key` has 43 characters; `owner` is the id at the end of each text: the app's, the company's or the suite's."""

    token: str = field(repr=False)
    key: str = field(repr=False)
    owner: str

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(f"{self.key}=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def seal(self, text: str, filler: bytes | None = None) -> str:
        message = text.encode()
        plain = (filler or os.urandom(16)) + len(message).to_bytes(4, "big") + message + self.owner.encode()
        padder, encryptor = PKCS7(256).padder(), self._cipher().encryptor()
        return base64.b64encode(encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()).decode()

    def signature(self, timestamp: str, nonce: str, sealed: str) -> str:
        return hashlib.sha1("".join(sorted((self.token, timestamp, nonce, sealed))).encode(), usedforsecurity=False).hexdigest()

    def open(self, sealed: str) -> str:
        """Return the text in an envelope of this owner."""
        decryptor, unpadder = self._cipher().decryptor(), PKCS7(256).unpadder()
        try:
            padded = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
            plain = unpadder.update(padded) + unpadder.finalize()
            end = 20 + int.from_bytes(plain[16:20], "big")
            text, owner = plain[20:end].decode(), plain[end:].decode()
        except (ValueError, binascii.Error) as error:
            raise Unsealable("cannot be decrypted") from error
        if owner != self.owner:
            raise Unsealable(f"is for {owner[:64]}, not for {self.owner}")
        return text
