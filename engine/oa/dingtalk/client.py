"""DingTalk's open platform: the app's token, and what each of its error codes means for us.

The limit of calls is answered with 403, as a missing permission is: its code is looked at first (调用频率限制). A whole address that called too often gets a
page, or a `status` 1111, for five minutes.
"""

from collections.abc import Mapping
from typing import Any

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, Desk
from engine.oa.http import Answer, Http, waiting

TOKEN_PATH = "/v1.0/oauth2/accessToken"
LIMITED = ("Forbidden.AccessDenied.QpsLimit", "90018", "90002")
TOKEN_BAD = frozenset({"InvalidAuthentication", "40014", "42001", "40001", "88"})
BANNED = 300.0  #: seconds


class Client:
    """Calls of one app in one organisation."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._http = Http(connection, desk)

    def close(self) -> None:
        self._http.close()

    def token(self, stale: str | None = None) -> str:
        return self._desk.token("app", self._fetch, stale=stale)

    def call(
        self, method: str, path: str, *, api: str | None = None, params: Mapping[str, Any] | None = None, body: Any = None, token: str | None = None
    ) -> dict[str, Any]:  # fmt: skip
        """Return an answer; a token that is refused is fetched anew, once. `token` is a person's own.

        Refuses with `OAUnavailable` what may pass or an administrator can mend, with `Lost`, and with `OARejected` the rest.
        """
        given = token or self.token()
        answer = self._ask(method, path, api, params, body, given)
        if token is None and self._code(answer) in TOKEN_BAD:
            answer = self._ask(method, path, api, params, body, self.token(stale=given))
        self._check(answer, api or path)
        return answer.data if isinstance(answer.data, dict) else {}

    def _ask(self, method: str, path: str, api: str | None, params: Mapping[str, Any] | None, body: Any, token: str) -> Answer:
        return self._http.ask(method, path, api=api, params=params, json=body, headers={"x-acs-dingtalk-access-token": token})

    def _fetch(self) -> tuple[str, float]:
        body = {"appKey": self._connection.settings.get("app_key", ""), "appSecret": self._connection.credentials.get("app_secret", "")}
        answer = self._http.ask("POST", TOKEN_PATH, json=body)
        if 400 <= answer.status < 500 and self._code(answer) and not str(self._code(answer)).startswith(LIMITED):
            # nothing is wrong with what waits: an administrator has to put the app's key right, and then it goes on
            raise OAUnavailable(connection=self._connection.key, reason=f"no token: {self._said(answer)}", retry_after=30.0)
        self._check(answer, TOKEN_PATH)
        token, lives = answer.data.get("accessToken"), answer.data.get("expireIn")
        if not isinstance(token, str) or not token or not isinstance(lives, int):
            raise OAUnavailable(connection=self._connection.key, reason="an answer without a token")
        return token, float(lives)

    @staticmethod
    def _code(answer: Answer) -> str | None:
        code = answer.data.get("code") if isinstance(answer.data, dict) else None
        return str(code) if code is not None else None

    def _said(self, answer: Answer) -> str:
        return f"{self._code(answer)} {str(answer.data.get('message', ''))[:300]}"

    def _check(self, answer: Answer, api: str) -> None:
        code = self._code(answer)
        name = self._connection.key
        if answer.status == 429 or (code or "").startswith(LIMITED):
            pause = waiting(answer.headers) or 1.0
            self._desk.hold_off(api, pause)
            raise OAUnavailable(connection=name, reason=f"rate limit of {api}", retry_after=pause)
        if not isinstance(answer.data, dict) or answer.data.get("status") == 1111:
            banned = answer.status == 403 or isinstance(answer.data, dict)
            raise OAUnavailable(
                connection=name, reason=f"HTTP {answer.status}, no answer of DingTalk's", retry_after=BANNED if banned else None
            )
        if answer.status < 400:
            if answer.data.get("success") is False:
                raise OARejected(connection=name, reason=self._said(answer))
            return
        if code in TOKEN_BAD or answer.status in (401, 403):
            raise OAUnavailable(connection=name, reason=self._said(answer), retry_after=30.0)
        raise OARejected(connection=name, reason=self._said(answer))
