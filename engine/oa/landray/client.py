"""EKP's web service of to-dos (sysNotifyTodoWebService): `returnState` 2 is success, 1 failure, 0 that nothing was run."""

from collections.abc import Mapping

import orjson

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, Desk
from engine.oa.http import Answer, Http, waiting
from engine.oa.landray.envelope import read, written

PATH = "/sys/webservice/sysNotifyTodoWebService"
SUCCESS, NOT_RUN = "2", "0"
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}


class Client:
    """Calls of one registered application."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._http = Http(connection, desk)

    def close(self) -> None:
        self._http.close()

    def call(self, operation: str, fields: Mapping[str, str]) -> str:
        """Return the message of an answer.

        Refuses with `OARejected` what EKP says has failed, with `OAUnavailable` what may pass or an administrator can mend (a fault is answered to a wrong user
        of the service), and with `Lost`.
        """
        name, api = self._connection.key, f"{PATH}#{operation}"
        content = written(
            operation, fields, str(self._connection.settings.get("user") or ""), self._connection.credentials.get("password", "")
        )
        answer = self._http.ask("POST", PATH, api=api, content=content, headers=HEADERS, code=state_of, good=(SUCCESS,))
        if answer.status == 429:
            pause = waiting(answer.headers) or 1.0
            self._desk.hold_off(api, pause)
            raise OAUnavailable(connection=name, reason=f"rate limit of {api}", retry_after=pause)
        found = read(answer.text)
        if found is None or answer.status >= 400:
            raise OAUnavailable(connection=name, reason=f"HTTP {answer.status}, no answer of EKP's")
        state, message = found
        if state == SUCCESS:
            return message
        if state in ("fault", NOT_RUN):
            raise OAUnavailable(connection=name, reason=f"{state} {message[:300]}", retry_after=30.0 if state == "fault" else None)
        raise OARejected(connection=name, reason=message[:300] or f"returnState {state}")

    def target(self, account: str) -> str:
        """Return somebody as EKP names people: by the field that an administrator has chosen."""
        return orjson.dumps({str(self._connection.settings.get("person_by") or "LoginName"): account}).decode()


def state_of(answer: Answer) -> str:
    found = read(answer.text)
    return found[0] if found else "unreadable"
