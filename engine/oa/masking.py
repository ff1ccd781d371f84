"""What an administrator may read of a request and its answer: no credentials, and nothing that tells a person apart beyond her name and number."""

import re
from collections.abc import Iterable

NOTED = 8000  #: characters that are kept
_FIELD = re.compile(
    r'(?i)("(?:[\w-]*(?:secret|token|password|ticket|encrypt|api_?key|aes_?key|action_context|customdata|nonce|verifier)[\w-]*'
    r'|code|authcode|mobile|phone|email|id_?card)"\s*:\s*)("(?:[^"\\]|\\.)*"|\d+)'
)
_QUERY = re.compile(r"(?i)((?:access_token|token|ticket|corpsecret|secret|code|code_verifier|id_token|password)=)[^&\s]+")
_ELEMENT = re.compile(r"(?i)(<(?:\w+:)?(?:password|token|secret)(?:\s[^>]*)?>)[^<]+")
_NUMBER = re.compile(r'^"?-?\d{1,8}"?$')


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a text without the secrets of a connection, and without the values of fields that hold credentials, one-time codes or personal data.

    A vendor's error code stands in a field `code` as well: a short number stays.
    """
    for secret in secrets:
        if len(secret) >= 6:
            text = text.replace(secret, "***")
    text = _FIELD.sub(lambda found: found[0] if _NUMBER.match(found[2]) else found[1] + '"***"', text)
    text = _ELEMENT.sub(r"\1***", text)
    return _QUERY.sub(r"\1***", text).replace("\0", "")[:NOTED]
