"""WeCom's API: the app's token, and what each of its error codes means for us. HTTP is 200 whatever happened.

Codes: the vendor's list of global error codes (全局错误码). Which of them stand for a code of a card that is used or old, and for a `task_id` used before, the
list does not tell for sure.
"""

from collections.abc import Mapping
from typing import Any

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, Desk
from engine.oa.http import Answer, Http, waiting

TOKEN_PATH = "/cgi-bin/gettoken"
TOKEN_BAD = frozenset({40014, 41001, 42001})
LIMITED = {45009: 60.0, 45033: 1.0, 45011: 60.0}  #: too many calls, too many at once: seconds until the next
BUSY = -1
#: nothing is wrong with what was sent: an administrator has to put the app right, and then it goes on
SET_UP = frozenset({40001, 40013, 40056, 41002, 41004, 48002, 60011, 60020, 301002})
UNKNOWN_PERSON = frozenset({40003, 40031, 60111, 81013, 82001})


class Refused(OARejected):
    """WeCom said no; `number` is its error code."""

    @property
    def number(self) -> int:
        return int(self.facts.get("number") or 0)


class UnknownPerson(Refused):
    """WeCom does not know somebody we named, or the app is not visible to her."""


class Client:
    """Calls of one app in one company."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._http = Http(connection, desk)

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None) -> dict[str, Any]:
        """Return an answer; a token that is refused is fetched anew, once.

        Refuses with `OAUnavailable` what may pass or an administrator can mend, with `Lost`, with `UnknownPerson`, and with `Refused` the rest.
        """
        token = self._desk.token("app", self.fetch)
        answer = self._ask(method, path, params, body, token)
        if code_of(answer) in TOKEN_BAD:
            answer = self._ask(method, path, params, body, self._desk.token("app", self.fetch, stale=token))
        self._check(answer, path)
        return dict(answer.data)

    def fetch(self) -> tuple[str, float]:
        """Return a new token and how long it lives."""
        params = {
            "corpid": str(self._connection.settings.get("corp_id") or ""),
            "corpsecret": self._connection.credentials.get("corp_secret", ""),
        }
        answer = self._http.ask("GET", TOKEN_PATH, params=params, code="errcode")
        self._check(answer, TOKEN_PATH)
        token, lives = answer.data.get("access_token"), answer.data.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lives, int):
            raise OAUnavailable(connection=self._connection.key, reason="an answer without a token")
        return token, float(lives)

    def _ask(self, method: str, path: str, params: Mapping[str, Any] | None, body: Any, token: str) -> Answer:
        return self._http.ask(method, path, params={"access_token": token} | dict(params or {}), json=body, code="errcode")

    def _check(self, answer: Answer, api: str) -> None:
        name, code = self._connection.key, code_of(answer)
        if answer.status == 429 or code in LIMITED:
            # whoever may call more often is let in again sooner
            pause = waiting(answer.headers) or LIMITED.get(code or 0, 1.0) / float(self._connection.settings.get("rate_factor") or 1)
            self._desk.hold_off(api, pause)
            raise OAUnavailable(connection=name, reason=f"rate limit of {api}", retry_after=pause)
        if code is None:
            raise OAUnavailable(connection=name, reason=f"HTTP {answer.status}, no answer of WeCom's")
        if code == 0:
            return
        said = f"{code} {str(answer.data.get('errmsg', ''))[:300]}"
        if code == BUSY:
            raise OAUnavailable(connection=name, reason=said)
        if code in SET_UP or code in TOKEN_BAD:
            raise OAUnavailable(connection=name, reason=said, retry_after=30.0)
        raise (UnknownPerson if code in UNKNOWN_PERSON else Refused)(connection=name, reason=said, number=code)


def code_of(answer: Answer) -> int | None:
    code = answer.data.get("errcode") if isinstance(answer.data, dict) else None
    return code if isinstance(code, int) else None
