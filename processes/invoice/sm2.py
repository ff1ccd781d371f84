"""SM2 signatures with SM3 (GB/T 32918.2, GB/T 32905): signing for samples, checking for seals.

The curve arithmetic is gmssl's; the digests are taken with `cryptography`, because gmssl's own SM3 needs seconds for a megabyte.
"""

from cryptography.hazmat.primitives import hashes
from gmssl.sm2 import CryptSM2, default_ecc_table

_USER = b"1234567812345678"  # the user id that GM/T 0009 sets when none is agreed
_ORDER = int(default_ecc_table["n"], 16)


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def public_key(private: bytes) -> bytes:
    """Return the public point X || Y (64 bytes) of a 32-byte private key."""
    return bytes.fromhex(_curve(b"")._kg(int.from_bytes(private), default_ecc_table["g"]))


def sign(private: bytes, data: bytes) -> tuple[int, int]:
    """Return (r, s). The nonce is derived from key and data, so the same input is signed the same way; for samples, not for secrets."""
    public = public_key(private)
    signer = _curve(public)
    signer.private_key = private.hex()
    nonce = 1 + int.from_bytes(sm3(private + data)) % (_ORDER - 2)
    signature = signer.sign(_message_digest(public, data), f"{nonce:064x}")
    return int(signature[:64], 16), int(signature[64:], 16)


def is_signed_by(public: bytes, data: bytes, r: int, s: int) -> bool:
    """Return whether (r, s) is a signature over the data by the key X || Y."""
    if len(public) != 64 or not (1 <= r < _ORDER and 1 <= s < _ORDER) or not _on_curve(public):
        return False
    try:
        return bool(_curve(public).verify(f"{r:064x}{s:064x}", _message_digest(public, data)))
    except (TypeError, ValueError, IndexError):  # gmssl hands on None when a sum is the point at infinity
        return False


def _curve(public: bytes) -> CryptSM2:
    # The key is set afterwards: the constructor strips every leading 0 and 4 from the hex text, which ruins keys that begin with them.
    curve = CryptSM2(private_key="", public_key="")
    curve.public_key = public.hex()
    return curve


def _message_digest(public: bytes, data: bytes) -> bytes:
    table = default_ecc_table
    own = bytes.fromhex(table["a"] + table["b"] + table["g"]) + public
    return sm3(sm3((len(_USER) * 8).to_bytes(2) + _USER + own) + data)


def _on_curve(public: bytes) -> bool:
    prime, a, b = (int(default_ecc_table[name], 16) for name in ("p", "a", "b"))
    x, y = int.from_bytes(public[:32]), int.from_bytes(public[32:])
    return x < prime and y < prime and (y * y - (x * x * x + a * x + b)) % prime == 0
