"""A code that is good only in the hands of who asked for it (RFC 7636): what is shown when it is asked for, of the secret that is shown when it is used."""

import hashlib
from base64 import urlsafe_b64encode


def challenge(proof: str) -> str:
    """Return the challenge, method S256, of a verifier."""
    return urlsafe_b64encode(hashlib.sha256(proof.encode()).digest()).rstrip(b"=").decode()


def nonce(proof: str) -> str:
    """Return what an id_token must repeat to be the answer to this attempt; it does not tell the verifier."""
    return hashlib.sha256(b"nonce:" + proof.encode()).hexdigest()
