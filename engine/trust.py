"""Whom we believe on https: the public authorities and those of this machine, for an office system in the house often has an authority of its own.

What OpenSSL finds on the machine counts, `SSL_CERT_FILE` and `SSL_CERT_DIR` included.
"""

import ssl
from functools import cache

import certifi


def authorities() -> ssl.SSLContext:
    """Return a context of one's own. Reading all authorities takes as long as some forty requests, so it is kept by whoever asks."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context


@cache
def trusted() -> ssl.SSLContext:
    """Return the context that all connections of this process share."""
    return authorities()
