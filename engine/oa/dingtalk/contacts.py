"""DingTalk's contacts: departments from the root down, and the people in each (通讯录, `topapi/v2`)."""

from collections.abc import Iterator
from typing import Any

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, RemoteDepartment, RemotePerson
from engine.oa.dingtalk.client import TOKEN_BAD, Client
from engine.oa.http import Http

ROOT = 1
PAGE = 100
MOST_PAGES = 1000
DEPARTMENTS, PEOPLE = "/topapi/v2/department/listsub", "/topapi/v2/user/list"
BUSY = frozenset({90018, 90002, 88})


class Contacts:
    """Reads of one organisation, at the vendor's older address."""

    def __init__(self, connection: Connection, client: Client, http: Http) -> None:
        self._connection = connection
        self._client = client
        self._http = http

    def departments(self) -> Iterator[RemoteDepartment]:
        """Yield every department but the root, which is the company itself."""
        waiting = [ROOT]
        seen = {ROOT}
        while waiting:
            for item in self._ask(DEPARTMENTS, {"dept_id": waiting.pop()}) or ():
                number = int(item["dept_id"])
                if number not in seen:
                    seen.add(number)
                    waiting.append(number)
                    parent = item.get("parent_id")
                    yield RemoteDepartment(str(number), str(item.get("name", "")), None if parent in (None, ROOT) else str(parent))

    def people(self) -> Iterator[RemotePerson]:
        """Yield everybody once, with the ids of both types."""
        seen: set[str] = set()
        for department in [ROOT, *(int(one.id) for one in self.departments())]:
            cursor: Any = 0
            known: set[str] = set()
            while str(cursor) not in known and len(known) < MOST_PAGES:
                known.add(str(cursor))
                found = self._ask(PEOPLE, {"dept_id": department, "cursor": cursor, "size": PAGE}) or {}
                for item in found.get("list") or ():
                    user = str(item.get("userid"))
                    if user in seen:
                        continue
                    seen.add(user)
                    ids = {name: str(item[name]) for name in ("userid", "unionid") if item.get(name)}
                    yield RemotePerson(
                        ids, str(item.get("name", "")), item.get("mobile") or None, item.get("email") or item.get("org_email") or None,
                        item.get("job_number") or None, tuple(str(one) for one in item.get("dept_id_list") or ()), item.get("active") is not False,
                    )  # fmt: skip
                if not found.get("has_more"):
                    break
                cursor = found.get("next_cursor", cursor)
            else:  # half a list would let the other half leave
                raise OAUnavailable(connection=self._connection.key, reason="a list of people without an end")

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        token = self._client.token()
        for again in (True, False):
            answer = self._http.ask("POST", path, params={"access_token": token}, json=body, code="errcode")
            code = answer.data.get("errcode") if isinstance(answer.data, dict) else None
            if code in BUSY or code is None:
                raise OAUnavailable(connection=self._connection.key, reason=f"HTTP {answer.status}, {code}")
            if str(code) in TOKEN_BAD and again:
                token = self._client.token(stale=token)
                continue
            if code != 0:
                raise OARejected(connection=self._connection.key, reason=f"{code} {str(answer.data.get('errmsg', ''))[:300]}")
            return answer.data.get("result")
        return None
