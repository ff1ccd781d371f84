"""The interface of e-cology's unified to-dos (统一待办, ofs): JSON whose values are all texts, and answers with HTTP 200 whatever happened.

`operResult` is "1" or "0". `dataType` says at which step it failed: whether the interface is switched on, the system registered, the kind of process known are
matters of the administrator; what is wrong with the data, an unknown person above all, is wrong with one row.
"""

from collections.abc import Mapping

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, Desk
from engine.oa.http import Http, waiting

PATH = "/rest/ofs/"
RECEIVE = "ReceiveRequestInfoByJson"
DELETE_FOR = "deleteUserRequestInfoByJson"
SET_UP = frozenset({"IsUse", "OtherSys", "WfType", "SetParam"})


class Client:
    """Calls of one registered system."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._http = Http(connection, desk)

    def close(self) -> None:
        self._http.close()

    def call(self, name: str, body: Mapping[str, str]) -> None:
        """Send one row. Refuses with `OARejected` what is wrong with it, with `OAUnavailable` what may pass or an administrator can mend, and with `Lost`."""
        api = PATH + name
        sent = {"syscode": str(self._connection.settings.get("syscode") or "")} | dict(body)
        answer = self._http.ask("POST", api, json=sent, code="operResult", good=("1",))
        if answer.status == 429:
            pause = waiting(answer.headers) or 1.0
            self._desk.hold_off(api, pause)
            raise OAUnavailable(connection=self._connection.key, reason=f"rate limit of {api}", retry_after=pause)
        if not isinstance(answer.data, dict) or "operResult" not in answer.data:
            raise OAUnavailable(connection=self._connection.key, reason=f"HTTP {answer.status}, no answer of e-cology's")
        if str(answer.data["operResult"]) == "1":
            return
        step = str(answer.data.get("dataType") or "")
        said = f"{step} {str(answer.data.get('message') or '')[:300]}".strip()
        if step in SET_UP:
            raise OAUnavailable(connection=self._connection.key, reason=said, retry_after=30.0)
        raise OARejected(connection=self._connection.key, reason=said)
