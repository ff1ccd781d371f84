"""Feishu's open platform: the tenant's token, and what each of its error codes means for us.

Codes: documentation of open.feishu.cn (generic error codes, rate limits) and the approval service's own. HTTP may be 200 with a code that is not 0.
"""

from collections.abc import Mapping
from typing import Any

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, Desk
from engine.oa.http import Answer, Http, waiting

TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal"
RATE_LIMITED = 99991400
TOKEN_BAD = frozenset({99991661, 99991663, 99991664, 99991671})
PASSING = {1395001: None, 1390014: 5.0}  #: a server's error; the same instance synchronised too fast
#: nothing is wrong with what was sent: an administrator has to put the app right, and then it goes on
SET_UP = {10003: "app_id", 10014: "app_secret", 99991672: "permission missing"}
UNKNOWN_PERSON = frozenset({99992351, 99992352, 99992353})


class UnknownPerson(OARejected):
    """Feishu does not know somebody we named."""


class Client:
    """Calls of one app in one tenant."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._http = Http(connection, desk)

    @property
    def name(self) -> str:
        """The key of the connection, for errors."""
        return self._connection.key

    def close(self) -> None:
        self._http.close()

    def token(self, stale: str | None = None) -> str:
        """Return the tenant's access token; while half an hour is left of one, Feishu gives out the same."""
        return self._desk.token("tenant", self._fetch, stale=stale)

    def call(
        self, method: str, path: str, *, api: str | None = None, params: Mapping[str, Any] | None = None, body: Any = None
    ) -> dict[str, Any]:
        """Return the `data` of an answer; a token that is refused is fetched anew, once.

        Refuses with `OAUnavailable` what may pass or an administrator can mend, with `Lost`, with `UnknownPerson`, and with `OARejected` the rest.
        """
        token = self.token()
        answer = self._ask(method, path, api, params, body, token)
        if self._code(answer) in TOKEN_BAD:
            answer = self._ask(method, path, api, params, body, self.token(stale=token))
        self._check(answer, api or path)
        data = answer.data.get("data")
        return data if isinstance(data, dict) else {}

    def _ask(self, method: str, path: str, api: str | None, params: Mapping[str, Any] | None, body: Any, token: str) -> Answer:
        return self._http.ask(method, path, api=api, params=params, json=body, headers={"Authorization": f"Bearer {token}"})

    def _fetch(self) -> tuple[str, float]:
        credentials = {
            "app_id": self._connection.settings.get("app_id", ""),
            "app_secret": self._connection.credentials.get("app_secret", ""),
        }
        answer = self._http.ask("POST", TOKEN_PATH, json=credentials)
        self._check(answer, TOKEN_PATH)
        token, expire = answer.data.get("tenant_access_token"), answer.data.get("expire")
        if not isinstance(token, str) or not token or not isinstance(expire, int):
            raise OAUnavailable(connection=self._connection.key, reason="an answer without a token")
        return token, float(expire)

    def _code(self, answer: Answer) -> int | None:
        code = answer.data.get("code") if isinstance(answer.data, dict) else None
        return code if isinstance(code, int) else None

    def _check(self, answer: Answer, api: str) -> None:
        code = self._code(answer)
        if answer.status == 429 or code == RATE_LIMITED:
            pause = waiting(answer.headers, "x-ogw-ratelimit-reset") or 1.0
            self._desk.hold_off(api, pause)
            raise OAUnavailable(connection=self._connection.key, reason=f"rate limit of {api}", retry_after=pause)
        if code is None:  # a gateway's login page is no answer either
            raise OAUnavailable(connection=self._connection.key, reason=f"HTTP {answer.status}, no answer of Feishu's")
        if code == 0:
            return
        said = f"{code} {str(answer.data.get('msg', ''))[:300]}"
        if code in PASSING:
            raise OAUnavailable(connection=self._connection.key, reason=said, retry_after=PASSING[code])
        if code in SET_UP or code in TOKEN_BAD:
            raise OAUnavailable(connection=self._connection.key, reason=f"{said} ({SET_UP.get(code, 'token')})", retry_after=30.0)
        if code in UNKNOWN_PERSON:
            raise UnknownPerson(connection=self._connection.key, reason=said)
        raise OARejected(connection=self._connection.key, reason=said)
