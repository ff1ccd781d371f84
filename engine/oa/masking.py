"""What an administrator may read of a request and its answer: no credentials, and nothing that tells a person apart beyond her name and number."""

import re
from collections.abc import Iterable

NOTED = 8000  #: characters that are kept
# Every field is taken, and its name looked at by itself: a pattern for both goes back and forth in a text that somebody made for it.
_FIELD = re.compile(r'"([\w-]{1,200})"(\s{0,20}:\s{0,20})("(?:[^"\\]|\\.)*"|\d+)')
_SECRET = re.compile(
    r"(?i)secret|token|password|ticket|encrypt|api_?key|aes_?key|action_context|customdata|nonce|verifier|^(?:code|authcode|mobile|phone|email|id_?card)$"
)
_QUERY = re.compile(r"(?i)((?:access_token|token|ticket|corpsecret|secret|code|code_verifier|id_token|password)=)[^&\s]+")
_ELEMENT = re.compile(r"(?i)(<(?:\w{1,50}:)?(?:password|token|secret)(?:\s[^>]{0,200})?>)[^<]+")
_NUMBER = re.compile(r'^"?-?\d{1,8}"?$')


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a text without the secrets of a connection, and without the values of fields that hold credentials, one-time codes or personal data.

    A vendor's error code stands in a field `code` as well: a short number stays.
    """
    for secret in secrets:
        if len(secret) >= 6:
            text = text.replace(secret, "***")
    text = _FIELD.sub(_hidden, text)
    text = _ELEMENT.sub(r"\1***", text)
    return _QUERY.sub(r"\1***", text).replace("\0", "")[:NOTED]


def _hidden(found: re.Match[str]) -> str:
    return f'"{found[1]}"{found[2]}"***"' if _SECRET.search(found[1]) and not _NUMBER.match(found[3]) else found[0]
