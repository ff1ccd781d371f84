"""Feishu's contacts: departments from the root down, and the people in each (通讯录 v3)."""

from collections.abc import Iterator
from typing import Any

from engine.errors import OAUnavailable
from engine.oa.contract import RemoteDepartment, RemotePerson
from engine.oa.feishu.client import Client

ROOT = "0"
PAGE = 50
DEPARTMENTS = "/open-apis/contact/v3/departments"
PEOPLE = "/open-apis/contact/v3/users/find_by_department"
NOBODY = {"department_id_type": "department_id", "user_id_type": "user_id"}
MOST_PAGES = 2000


def departments(client: Client) -> Iterator[RemoteDepartment]:
    """Yield every department but the root, which is the company itself."""
    path, params = f"{DEPARTMENTS}/{ROOT}/children", {**NOBODY, "fetch_child": "true"}
    for item in pages(client, path, f"{DEPARTMENTS}/:department_id/children", params):
        parent = str(item.get("parent_department_id") or "")
        leader = item.get("leader_user_id")
        yield RemoteDepartment(
            str(item.get("department_id")), str(item.get("name", "")), None if parent in ("", ROOT) else parent, leader or None
        )


def people(client: Client) -> Iterator[RemotePerson]:
    """Yield everybody once, with the ids of all types."""
    seen: set[str] = set()
    for department in [ROOT, *(one.id for one in departments(client))]:
        for item in pages(client, PEOPLE, PEOPLE, {**NOBODY, "department_id": department}):
            ids = {name: str(item[name]) for name in ("user_id", "open_id", "union_id") if item.get(name)}
            if not ids or next(iter(ids.values())) in seen:
                continue
            seen.add(next(iter(ids.values())))
            status: dict[str, Any] = item["status"] if isinstance(item.get("status"), dict) else {}
            gone = status.get("is_resigned") or status.get("is_exited") or status.get("is_frozen")
            yield RemotePerson(
                ids, str(item.get("name", "")), item.get("mobile") or None, item.get("email") or item.get("enterprise_email") or None,
                item.get("employee_no") or None, tuple(str(one) for one in item.get("department_ids") or ()), not gone,
            )  # fmt: skip


def pages(client: Client, path: str, api: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages. Refuses with `OAUnavailable` a list that says it goes on and not where, or never ends."""
    token, seen = "", {""}
    for _ in range(MOST_PAGES):
        data = client.call("GET", path, api=api, params={**params, "page_size": PAGE} | ({"page_token": token} if token else {}))
        yield from (item for item in data.get("items") or () if isinstance(item, dict))
        if not data.get("has_more"):
            return
        token = str(data.get("page_token") or "")
        if token in seen:
            break
        seen.add(token)
    raise OAUnavailable(connection=client.name, reason=f"{api}: a list without an end")  # half a list would let the other half leave
