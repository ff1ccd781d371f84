"""People and departments, as the older contact API (通讯录, `/topapi`) gives them: always HTTP 200, departments by number, the root is 1."""

from typing import Any

from flask import Response, request

from api.simulators.dingtalk.manner import old, old_gate
from api.simulators.fields import number, text
from api.simulators.gate import Refused, asked
from api.simulators.people import Department, Person
from api.simulators.simulator import simulator


def given() -> dict[str, Any]:
    """Return the fields of a call, which may be a form or JSON."""
    return dict(request.form) or asked()


@old_gate.call("POST", "/topapi/v2/user/list")
def users() -> Response:
    body = given()
    cursor, size = number(body, "cursor"), number(body, "size", least=1)
    if size > 100:
        raise Refused(old(400002, "size最大100"))
    members = simulator().people.members(department_with(number(body, "dept_id")).path)
    more = {"next_cursor": cursor + size} if len(members) > cursor + size else {}
    return old(0, "ok", result={"has_more": bool(more), **more, "list": [shown_user(each) for each in members[cursor : cursor + size]]})


@old_gate.call("POST", "/topapi/v2/user/get")
def user() -> Response:
    return old(0, "ok", result=shown_user(known("userId", text(given(), "userid"))))


@old_gate.call("POST", "/topapi/user/getbyunionid")
def by_union_id() -> Response:
    return old(0, "ok", result={"contact_type": 0, "userid": known("unionId", text(given(), "unionid")).userId})


@old_gate.call("POST", "/topapi/v2/user/getbymobile")
def by_mobile() -> Response:
    return old(0, "ok", result={"userid": known("mobile", text(given(), "mobile")).userId})


@old_gate.call("POST", "/topapi/v2/user/getuserinfo")
def by_code() -> Response:
    """Return who opened a page inside of the client, for the code its JS-API gave."""
    found = simulator().codes.take(text(given(), "code"))
    if found is None or found.get("kind") != "client":
        raise Refused(old(40078, "不存在的临时授权码"))
    person = known("userId", found["userId"])
    return old(0, "ok", result={"userid": person.userId, "unionid": person.unionId, "name": person.name, "sys": False, "sys_level": 0})


@old_gate.call("POST", "/topapi/v2/department/listsub")
def below() -> Response:
    top = department_with(number(given(), "dept_id", needed=False) or 1)
    return old(0, "ok", result=[shown_department(each) for each in simulator().people.departments() if each.parent == top.number])


@old_gate.call("POST", "/topapi/v2/department/get")
def department() -> Response:
    return old(0, "ok", result=shown_department(department_with(number(given(), "dept_id"))))


def known(kind: str, value: str) -> Person:
    person = simulator().people.working(kind, value)
    if person is None:
        raise Refused(old(60121, "找不到该用户"))
    return person


def department_with(wanted: int) -> Department:
    found = next((each for each in simulator().people.departments() if each.number == wanted), None)
    if found is None:
        raise Refused(old(60003, "部门不存在"))
    return found


def shown_department(department: Department) -> dict[str, Any]:
    top = {"parent_id": department.parent} if department.parent else {}
    name = department.name or simulator().config.corp_id
    return {"dept_id": department.number, "name": name, **top, "auto_add_user": True, "create_dept_group": False}


def shown_user(person: Person) -> dict[str, Any]:
    path = person.department.strip("/")
    departments = [each.number for each in simulator().people.departments() if each.path == path]
    ids = {"userid": person.userId, "unionid": person.unionId, "name": person.name, "job_number": person.userId}
    contact = {"mobile": person.mobile, "state_code": "86", "hide_mobile": False, "email": person.email, "org_email": person.email}
    return {**ids, **contact, "dept_id_list": departments, "active": person.active, "admin": False, "boss": False, "leader": False}
