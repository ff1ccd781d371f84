"""WeCom's contacts: departments and the people in them (通讯录管理). What an app may see of them is set by the company's administrator."""

from collections.abc import Iterator

from engine.oa.contract import RemoteDepartment, RemotePerson
from engine.oa.wecom.client import Client

DEPARTMENTS = "/cgi-bin/department/list"
PEOPLE = "/cgi-bin/user/list"
ROOT = 1
GONE = frozenset({2, 5})  #: status: 1 active, 2 disabled, 4 not activated, 5 left


def departments(client: Client) -> Iterator[RemoteDepartment]:
    """Yield every department but the root, which is the company itself."""
    for one in client.call("GET", DEPARTMENTS).get("department") or ():
        if one.get("id") == ROOT:
            continue
        parent, heads = one.get("parentid"), one.get("department_leader") or []
        yield RemoteDepartment(
            str(one.get("id")),
            str(one.get("name", "")),
            None if parent in (None, 0, ROOT) else str(parent),
            str(heads[0]) if heads else None,
        )


def people(client: Client) -> Iterator[RemotePerson]:
    """Yield everybody once."""
    seen: set[str] = set()
    for one in client.call("GET", PEOPLE, params={"department_id": ROOT, "fetch_child": 1}).get("userlist") or ():
        identity = str(one.get("userid") or "")
        if not identity or identity in seen:
            continue
        seen.add(identity)
        active = one.get("status") not in GONE and one.get("enable") != 0
        yield RemotePerson(
            {"userid": identity}, str(one.get("name", "")), one.get("mobile") or None, one.get("biz_mail") or one.get("email") or None,
            None, tuple(str(each) for each in one.get("department") or () if each != ROOT), active,
        )  # fmt: skip
