"""One way to ask a vendor's API: within the limits, with a time-out, noted with what is secret or personal masked, and with failures told apart."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from engine.crash import point
from engine.errors import OAError, OARejected, OAUnavailable, OAUnknown
from engine.oa.contract import Connection, Desk, Exchange
from engine.oa.guarded import Transport, within
from engine.oa.masking import masked
from engine.reach import SETTING

CONNECT, TOTAL = 3.0, 10.0  #: seconds
ANSWER_BYTES = 4_000_000
GOOD = ("", "0", "1", "True")


GATEWAY = (502, 504)  #: a gateway that got no answer, or none that it understood: what stands behind it may have done it


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `data` is its JSON, or None for what is no JSON."""

    status: int
    headers: Mapping[str, str]
    text: str
    data: Any


class Lost(OAUnavailable):
    """It was sent, and no answer came: nobody knows whether it was done. An API that knows our keys is asked again; any other is compared first."""

    code = OAUnknown.code


class Http:
    """A vendor's API under one address that may be reached. Follows nobody elsewhere, and takes nothing from the environment: no proxy of the machine sees
    what we send."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._name = connection.key
        self._desk = desk
        self._secrets = list(connection.credentials.values())
        self._client = httpx.Client(
            base_url=connection.base_url.rstrip("/"),
            timeout=httpx.Timeout(TOTAL, connect=CONNECT),
            trust_env=False,
            follow_redirects=False,
            transport=Transport(),
        )

    def close(self) -> None:
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        api: str | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        code: str | Callable[[Answer], str] = "code",
        good: Collection[str] = GOOD,
    ) -> Answer:
        """Send a request and return its answer, whatever its status below 500; `code` names the field of a vendor's own error code, or finds it, and `good`
        are those that mean success: both for the note.

        `api` is the name under which its limit is counted, the path if not given. Refuses with `OAUnavailable` (no connection, 5xx), with `Lost` (no answer,
        one that does not end or is too long, a gateway's word for it), and with `OARejected` an address that is none.
        """
        api = api or path
        self._desk.wait(api)
        body = orjson.dumps(json) if json is not None else content
        sent = {**({"Content-Type": "application/json; charset=utf-8"} if json is not None else {}), **(headers or {})}
        began = time.monotonic()
        answer: Answer | None = None
        failure: OAError | None = None
        point(f"ask {api}", ":before")
        try:
            with within(TOTAL) as until, self._client.stream(method, path, params=params, content=body, headers=sent) as response:
                whole = whole_of(response, until)
            answer = Answer(response.status_code, response.headers, whole.decode(errors="replace").replace("\0", "\ufffd"), read(whole))
            if answer.status in GATEWAY:
                failure = Lost(connection=self._name, reason=f"HTTP {answer.status}", retry_after=waiting(answer.headers))
            elif answer.status >= 500:
                failure = OAUnavailable(connection=self._name, reason=f"HTTP {answer.status}", retry_after=waiting(answer.headers))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            failure = OAUnavailable(connection=self._name, reason=f"no connection: {self._why(error)}")
        except (httpx.TransportError, httpx.DecodingError) as error:
            failure = Lost(connection=self._name, reason=f"answer lost: {type(error).__name__}")
        except (httpx.InvalidURL, httpx.HTTPError, UnicodeError, ValueError) as error:
            failure = OARejected(connection=self._name, reason=type(error).__name__)
        point(f"ask {api}", ":after")
        self._note(api, method, path, params, body, answer, failure, began, code, good)
        if failure is not None or answer is None:
            raise failure or OAUnavailable(connection=self._name, reason="no answer")
        return answer

    @staticmethod
    def _why(error: httpx.TransportError) -> str:
        """Return what kept us from connecting: that we may not is said in full, for an administrator can mend it."""
        return str(error) if SETTING in str(error) else type(error).__name__

    def _note(
        self, api: str, method: str, path: str, params: Mapping[str, Any] | None, body: bytes | None, answer: Answer | None,
        failure: OAError | None, began: float, code: str | Callable[[Answer], str], good: Collection[str],
    ) -> None:  # fmt: skip
        query = "?" + "&".join(f"{name}={value}" for name, value in params.items()) if params else ""
        said = "" if answer is None else code_of(answer, code)
        ok = failure is None and answer is not None and answer.status < 400 and said in good
        self._desk.note(
            Exchange(
                api=api,
                request=masked(f"{method} {path}{query}\n{(body or b'').decode(errors='replace')}", self._secrets),
                answer=masked(answer.text, self._secrets) if answer is not None else str(failure),
                status=answer.status if answer is not None else None,
                code=said or (failure.code if failure is not None else ""),
                ok=ok,
                milliseconds=round((time.monotonic() - began) * 1000),
            )
        )


def code_of(answer: Answer, code: str | Callable[[Answer], str]) -> str:
    """Return a vendor's own code of an answer, empty where there is none."""
    if not isinstance(code, str):
        return code(answer)
    return str(answer.data.get(code, "")) if isinstance(answer.data, dict) else ""


def whole_of(response: httpx.Response, until: float) -> bytes:
    """Return all of an answer. Refuses with `ReadTimeout` one that comes drop by drop, for each drop is in time, with `ReadError` one that is too long."""
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > ANSWER_BYTES:
            raise httpx.ReadError("too long", request=response.request)
        if time.monotonic() > until:
            raise httpx.ReadTimeout("too slow", request=response.request)
    return bytes(content)


def read(content: bytes) -> Any:
    """Return the JSON of an answer, or None: a login page of a gateway is no answer. A NUL in it is replaced, for no text of the database can hold one."""
    try:
        return orjson.loads(content.replace(b"\\u0000", b"\\ufffd")) if content else None
    except orjson.JSONDecodeError:
        return None


def waiting(headers: Mapping[str, str], name: str = "Retry-After") -> float | None:
    """Return the seconds that a header asks us to wait, or None."""
    value = headers.get(name, "").strip()
    return float(value[:6]) if value.isdecimal() else None
