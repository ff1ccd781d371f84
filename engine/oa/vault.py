"""Credentials of connections at rest: AES-256-GCM, bound to the connection they belong to.

The keys come from `SHENPI_CREDENTIALS_KEY` (or the file `SHENPI_CREDENTIALS_KEY_FILE` names), several with commas between, the newest first; else one is
made in the home folder. The first key seals; every key opens, so that a key can be changed while everything runs: put the new one in front, restart, run
`shenpi connection rekey`, take the old one away.

A sealed text is the version 1, four bytes that tell the key, a nonce of 12 bytes, and the ciphertext with its tag (NIST SP 800-38D). Version 0 is plain JSON: a
migration that had no key left it so, and the program that starts next seals it.
"""

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine import keyfiles
from engine.errors import Unavailable
from engine.settings import read_settings

PLAIN, VERSION = b"\x00", b"\x01"
NAMED, NONCE = 4, 12


def seal(connection: str, credentials: Mapping[str, str]) -> bytes:
    """Return the credentials of a connection, sealed with the newest key."""
    key = keys()[0]
    nonce = os.urandom(NONCE)
    return VERSION + name_of(key) + nonce + AESGCM(key).encrypt(nonce, orjson.dumps(dict(credentials)), connection.encode())


def unseal(connection: str, sealed: bytes | None) -> dict[str, str]:
    """Return what `seal` was given; nothing for nothing. Refuses with `Unavailable` what no key opens, and what belongs to another connection."""
    return dict(_unseal(connection, bytes(sealed), keys())) if sealed else {}


def is_newest(sealed: bytes) -> bool:
    """Tell whether a text was sealed with the newest key."""
    return bytes(sealed[: 1 + NAMED]) == VERSION + name_of(keys()[0])


def keys() -> tuple[bytes, ...]:
    """Return the keys, the newest first."""
    settings = read_settings()
    given = settings.credentials_key or keyfiles.kept(settings.home / "credentials.key")
    return tuple(hashlib.sha256(text.strip().encode()).digest() for text in given.split(",") if text.strip())


def name_of(key: bytes) -> bytes:
    return hashlib.sha256(b"name" + key).digest()[:NAMED]


@lru_cache(maxsize=64)
def _unseal(connection: str, sealed: bytes, known: tuple[bytes, ...]) -> dict[str, str]:
    if sealed[:1] == PLAIN:
        return dict(orjson.loads(sealed[1:]))
    named, nonce, text = sealed[1 : 1 + NAMED], sealed[1 + NAMED : 1 + NAMED + NONCE], sealed[1 + NAMED + NONCE :]
    key = next((key for key in known if name_of(key) == named), None)
    if sealed[:1] != VERSION or key is None:
        raise Unavailable(reason=f"no key opens the credentials of {connection}: SHENPI_CREDENTIALS_KEY was changed")
    try:
        found: dict[str, str] = orjson.loads(AESGCM(key).decrypt(nonce, text, connection.encode()))
    except (InvalidTag, ValueError):
        raise Unavailable(reason=f"the credentials of {connection} were changed, or are those of another connection") from None
    return found
