"""HTTP to one webhook: signed, bounded in time and size, every failure one of our own errors."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProtocolError, SSLError, TimeoutError

from engine import reach
from engine.errors import Fault, InvalidContent, OAError, OARejected, OAUnavailable
from engine.oa.contract import Connection, Desk, Exchange, Health
from engine.oa.masking import masked
from engine.oa.webhook import wire
from engine.oa.webhook.signature import headers, identify

ANSWER_BYTES = 1_000_000
#: 4xx that pass with time
PASSING = frozenset({408, 425, 429})
CLOSED = 409
NO_CONTENT = 204
LENGTHS = frozenset({"Content-Length", "Transfer-Encoding"})
PIECE = 65_536
#: no packed answer: a small one may unpack to a very large one
ALWAYS = {"Accept-Encoding": "identity", "Accept": "application/json", "User-Agent": "shenpi"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx or 409, with its JSON object."""

    status: int
    data: Mapping[str, Any]


def checked(url: str, path: str = "baseUrl") -> str:
    """Return a base URL without its last slash. Refuses with `InvalidContent` what is not http(s), or holds credentials, a query or a fragment."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and not parts.query and not parts.fragment
        sound = sound and (parts.port is None or parts.port > 0) and url.isprintable() and " " not in url and bool(wire.host_of(url))
    except ValueError:
        sound = False
    if not sound:
        # the URL itself is not repeated: it may hold a password
        zh, en = "地址必须是不含账号、参数的 http(s) 地址", "the address must be http(s), without credentials, query or fragment"
        raise InvalidContent([Fault("url", zh, en, path=path)])
    return url.rstrip("/")


class Client:
    """One pool of connections to one webhook, safe to share between threads.

    Built on urllib3 and not on httpx: a case pushes at each of its steps, and httpx costs more CPU than everything else of a push together.
    It takes nothing from the environment: no proxy and no .netrc of the machine sees what we send.
    """

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._url = checked(connection.base_url)
        self._desk = desk
        self._secret = connection.credentials.get("secret", "")
        if not self._secret:
            raise InvalidContent([Fault("secret", "缺少密钥", "the secret is missing", path="secret")])
        self._name = connection.key
        self._path = urlsplit(self._url).path
        self._pool = wire.pool_of(self._url)

    def close(self) -> None:
        self._pool.close()

    def post(self, path: str, body: bytes, key: str) -> Answer:
        """Send a body under an idempotency key, and return the answer.

        A 409 is an answer: the other side has already closed what we speak of. Refuses with `OAUnavailable` what may pass (no connection, no or a lost
        answer, 408, 425, 429, 5xx, an answer that is no JSON object), with `OARejected` what will not (other statuses).
        """
        event_id = identify(key)
        sent = {"Content-Type": "application/json", "Idempotency-Key": event_id}
        sent |= headers(self._secret, event_id, body, datetime.now(UTC))
        began, status, content = time.monotonic(), None, b""
        try:
            status, retry_after, content = self._exchange("POST", path, body, sent)
            if status == CLOSED or 200 <= status < 300:
                return Answer(status, self._object(content, status))
            raise self._error(status, retry_after, content)
        except OAError as error:  # what went well stands in the outbox, with its receipt
            request, said = f"POST {path}\n{body.decode(errors='replace')}", content.decode(errors="replace") or str(error)
            milliseconds = round((time.monotonic() - began) * 1000)
            shown = masked(request, [self._secret]), masked(said, [self._secret])
            self._desk.note(Exchange(path, *shown, status, error.code, ok=False, milliseconds=milliseconds))
            raise

    def health(self) -> Health:
        """Ask `/health`. Raises nothing."""
        try:
            status, _, _ = self._exchange("GET", "/health", b"", {})
        except OAError as error:
            return Health(False, datetime.now(UTC), str(error.facts["reason"]))
        return Health(200 <= status < 300, datetime.now(UTC), f"HTTP {status}")

    def _exchange(self, method: str, path: str, body: bytes, sent: Mapping[str, str]) -> tuple[int, float | None, bytes]:
        began = time.monotonic()
        deadline = began + wire.TOTAL
        try:
            try:
                response = self._opened(method, path, body, sent)
            except ProtocolError as error:
                if not isinstance(error.args[-1], wire.HungUp) or time.monotonic() - began > wire.AT_ONCE:
                    raise  # a push has its time, in which no other worker takes it
                response = self._opened(method, path, body, sent)  # nobody was there to read it; had somebody been, the key is the same
            try:
                content = b""
                while piece := response.read1(PIECE):
                    content += piece
                    if len(content) > ANSWER_BYTES or time.monotonic() > deadline:
                        raise self._unavailable("answer-too-long")
            except BaseException:
                response.close()  # what is left of the answer must not be read as the next one
                raise
            response.release_conn()
            if not content and response.status != NO_CONTENT and not any(name in response.headers for name in LENGTHS):
                raise self._unavailable("answer-lost")  # it ended before its head did: nothing says that it would have been empty
            return response.status, waiting(response.headers.get("Retry-After", "")), content
        except (NewConnectionError, ConnectTimeoutError, SSLError) as error:
            refused = error.__cause__ if isinstance(error.__cause__, reach.Unreachable) else None
            raise self._unavailable(f"no-connection: {refused}" if refused else "no-connection") from error
        except (ProtocolError, TimeoutError) as error:
            # sent, perhaps done, answer lost: the same key makes the repetition harmless
            raise self._unavailable("answer-lost") from error
        except (HTTPError, ValueError) as error:
            raise OARejected(connection=self._name, reason=type(error).__name__) from error

    def _opened(self, method: str, path: str, body: bytes, sent: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        return self._pool.urlopen(
            method,
            self._path + path,
            body,
            {**ALWAYS, **sent},
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _object(self, content: bytes, status: int) -> Mapping[str, Any]:
        try:
            found = orjson.loads(content) if content else {}
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            if status == CLOSED:
                return {}
            # a login page of a gateway is also a 200: nothing says that the message arrived
            raise self._unavailable("answer-not-json")
        return found

    def _unavailable(self, reason: str, retry_after: float | None = None) -> OAUnavailable:
        return OAUnavailable(connection=self._name, reason=reason, retry_after=retry_after)

    def _error(self, status: int, retry_after: float | None, content: bytes) -> OAError:
        reason = f"HTTP {status}"
        said = self._said(content)
        if status >= 500 or status in PASSING:
            return self._unavailable(reason + said, retry_after)
        return OARejected(connection=self._name, reason=reason + said, status=status)

    def _said(self, content: bytes) -> str:
        """Return what the other side says is wrong, shortened; a secret it may repeat is not."""
        try:
            found = orjson.loads(content)
            text = str(found.get("message") or found.get("error") or "")[:200] if isinstance(found, dict) else ""
        except orjson.JSONDecodeError:
            text = ""
        text = "".join(letter for letter in text if letter.isprintable()).replace(self._secret, "***")
        return f": {text}" if text else ""


def waiting(value: str) -> float | None:
    """Return the seconds of a `Retry-After`, given as seconds or as a date; None if there is none."""
    if value.strip().isdecimal():
        return float(value.strip()[:6])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
