"""Seeyon's REST interface (第三方待办): a token that dies when it is not used, and answers `{success, errorMsgs}` of which only the list can be believed.

A wrong password is answered with the token "-1". A token that is no longer good is answered with 401, or with the code 1010.
"""

from collections.abc import Mapping
from typing import Any

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, Desk
from engine.oa.http import Answer, Http, waiting

TOKEN = "/seeyon/rest/token"
LIFE = 900.0  #: seconds for which a token lives that is not used; the vendor does not say, and one that is refused is fetched anew
TOKEN_BAD = "1010"
NONE = "-1"


class Client:
    """Calls of one REST user."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._http = Http(connection, desk)

    def close(self) -> None:
        self._http.close()

    def call(self, path: str, body: Mapping[str, Any]) -> list[Any]:
        """Return what went wrong with the items of a call, nothing where all is well; a token that is refused is fetched anew, once.

        Refuses with `OAUnavailable` what may pass or an administrator can mend, and with `Lost`. That nothing was done, and why is not said, is one fault.
        """
        token = self._desk.token("rest", self._fetch)
        answer = self._ask(path, body, token)
        if refused(answer):
            answer = self._ask(path, body, self._desk.token("rest", self._fetch, stale=token))
        if refused(answer):
            raise self._unavailable("the token is refused", 30.0)
        data = self._checked(answer, path)
        if "success" not in data:
            raise self._unavailable(f"HTTP {answer.status} {str(data)[:300]}", 30.0 if answer.status in (401, 403) else None)
        errors = data.get("errorMsgs")
        listed = errors if isinstance(errors, list) else [errors] if errors else []
        return listed if listed or str(data["success"]).lower() == "true" else ["success: false"]

    def one(self, path: str, body: Mapping[str, Any]) -> None:
        """Make a call that is about one item. Refuses with `OARejected` as well."""
        errors = self.call(path, body)
        if errors:
            raise OARejected(connection=self._connection.key, reason=told(errors[0]))

    def _ask(self, path: str, body: Mapping[str, Any], token: str) -> Answer:
        return self._http.ask("POST", path, json=body, headers={"token": token}, code="success", good=("", "True"))

    def _fetch(self) -> tuple[str, float]:
        credentials = {
            "userName": str(self._connection.settings.get("user") or ""),
            "password": self._connection.credentials.get("password", ""),
        }
        answer = self._http.ask("POST", TOKEN, json=credentials)
        if answer.status in (401, 403):
            raise self._unavailable("no token: user or password", 30.0)
        token = self._checked(answer, TOKEN).get("id")
        if not isinstance(token, str) or token in ("", NONE):
            raise self._unavailable("no token: user or password", 30.0)
        return token, LIFE

    def _checked(self, answer: Answer, api: str) -> dict[str, Any]:
        if answer.status == 429:
            pause = waiting(answer.headers) or 1.0
            self._desk.hold_off(api, pause)
            raise self._unavailable(f"rate limit of {api}", pause)
        if not isinstance(answer.data, dict):
            raise self._unavailable(f"HTTP {answer.status}, no answer of Seeyon's", None)
        return answer.data

    def _unavailable(self, reason: str, seconds: float | None) -> OAUnavailable:
        return OAUnavailable(connection=self._connection.key, reason=reason, retry_after=seconds)


def refused(answer: Answer) -> bool:
    """Tell whether it is the token that an answer does not like."""
    code = str(answer.data.get("code", "")) if isinstance(answer.data, dict) else ""
    return answer.status == 401 or code == TOKEN_BAD


def told(error: Any) -> str:
    """Return what one entry of `errorMsgs` says; its form is not documented."""
    if isinstance(error, dict):
        found = [str(error[name]) for name in ("errorCode", "code", "errorDetail", "errorMsg", "message", "msg") if error.get(name)]
        return " ".join(found)[:300] or str(error)[:300]
    return str(error)[:300]
