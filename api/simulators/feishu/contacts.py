"""People and departments, as the contact API (通讯录 v3) gives them. A list that is empty is left out, as the vendor does."""

import hashlib
from typing import Any

from flask import Response, request

from api.simulators.feishu.comparison import paging
from api.simulators.feishu.identity import KINDS, kind_asked, shown
from api.simulators.feishu.manner import data, gate, refuse
from api.simulators.fields import texts
from api.simulators.gate import asked
from api.simulators.people import Department, Person
from api.simulators.simulator import simulator

PREFIX = "/open-apis/contact/v3"


@gate.call("GET", f"{PREFIX}/users/<user_id>")
def user(user_id: str) -> Response:
    name, code = KINDS[kind_asked()]
    found = next((each for each in simulator().people.all() if getattr(each, name) == user_id), None)
    if found is None:
        raise refuse(code, "The request contains invalid ids.")
    return data(user=shown_user(found))


@gate.call("GET", f"{PREFIX}/users/find_by_department")
def find_by_department() -> Response:
    return page([shown_user(each) for each in simulator().people.members(department_asked(request.args.get("department_id", "")).path)])


@gate.call("POST", f"{PREFIX}/users/batch_get_id")
def batch_get_id() -> Response:
    """Return who has these addresses and numbers; one that nobody has comes back without an id."""
    body, kind = asked(), kind_asked()
    found = []
    for name, field in (("emails", "email"), ("mobiles", "mobile")):
        for value in texts(body, name, most=50):
            person = next((each for each in simulator().people.all() if value and getattr(each, field) == value), None)
            usable = person if person and (person.active or body.get("include_resigned") is True) else None
            found.append({field: value, **({"user_id": shown(usable, kind), "status": status(usable)} if usable else {})})
    return data(user_list=found)


@gate.call("GET", f"{PREFIX}/departments/<department_id>")
def department(department_id: str) -> Response:
    return data(department=shown_department(department_asked(department_id)))


@gate.call("GET", f"{PREFIX}/departments/<department_id>/children")
def children(department_id: str) -> Response:
    top = department_asked(department_id)
    deep = request.args.get("fetch_child", "").lower() == "true"
    below = [
        each
        for each in simulator().people.departments()
        if each.parent and (each.parent == top.number or (deep and (not top.path or each.path.startswith(f"{top.path}/"))))
    ]
    return page([shown_department(each) for each in below])


def department_asked(value: str) -> Department:
    """Return the department with this id, of the kind that the query says; the root is always `0`."""
    kind = request.args.get("department_id_type", "open_department_id")
    for each in simulator().people.departments():
        if value == ("0" if not each.path else ids(each).get(kind)):
            return each
    raise refuse(99992357 if kind == "department_id" else 99992358, "The request contains invalid ids.")


def ids(department: Department) -> dict[str, str]:
    if not department.path:
        return {"department_id": "0", "open_department_id": "0"}
    digest = hashlib.md5(department.path.encode(), usedforsecurity=False).hexdigest()
    return {"department_id": f"d{department.number}", "open_department_id": f"od-{digest}"}


def shown_department(department: Department) -> dict[str, Any]:
    kind = request.args.get("department_id_type", "open_department_id") if request else "open_department_id"
    every = {each.number: each for each in simulator().people.departments()}
    parent = ids(every[department.parent])[kind] if department.parent else "0"
    members = len(simulator().people.members(department.path))
    rest = {"parent_department_id": parent, "member_count": members, "status": {"is_deleted": False}}
    return {"name": department.name, **ids(department), **rest}


def shown_user(person: Person) -> dict[str, Any]:
    kind = request.args.get("department_id_type", "open_department_id") if request else "open_department_id"
    path = person.department.strip("/")
    mine = next((ids(each)[kind] for each in simulator().people.departments() if each.path == path), "0")
    every = {"user_id": person.userId, "open_id": person.openId, "union_id": person.unionId}
    contact = {"name": person.name, "mobile": person.mobile, "email": person.email, "enterprise_email": person.email}
    return {**every, **contact, "employee_no": person.userId, "department_ids": [mine], "status": status(person)}


def status(person: Person) -> dict[str, bool]:
    left = not person.active
    return {"is_frozen": False, "is_resigned": left, "is_activated": person.active, "is_exited": False, "is_unjoin": False}


def page(found: list[dict[str, Any]]) -> Response:
    size, start = paging(50, 10)
    more = len(found) > start + size
    items = {"items": found[start : start + size]} if found[start:] else {}
    return data(has_more=more, page_token=str(start + size) if more else "", **items)
