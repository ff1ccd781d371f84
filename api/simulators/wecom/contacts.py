"""People and departments, as the contact API (通讯录管理) gives them: departments by number, the root is 1."""

from typing import Any

from flask import Response, request

from api.simulators.fields import number, text
from api.simulators.gate import asked
from api.simulators.people import Department, Person
from api.simulators.simulator import simulator
from api.simulators.wecom.manner import gate, ok, refuse


@gate.call("GET", "/cgi-bin/user/get")
def user() -> Response:
    return ok(**shown_user(known("userId", request.args.get("userid", ""))))


@gate.call("GET", "/cgi-bin/user/list")
def users() -> Response:
    return ok(userlist=[shown_user(each) for each in members()])


@gate.call("GET", "/cgi-bin/user/simplelist")
def simple_users() -> Response:
    found = [shown_user(each) for each in members()]
    return ok(userlist=[{name: each[name] for name in ("userid", "name", "department")} for each in found])


@gate.call("POST", "/cgi-bin/user/getuserid")
def by_mobile() -> Response:
    return ok(userid=known("mobile", text(asked(), "mobile")).userId)


@gate.call("GET", "/cgi-bin/department/list")
def departments() -> Response:
    """List a department and all below it; without an id all of them."""
    top = department_asked("id")
    return ok(department=[shown_department(each) for each in simulator().people.departments() if is_in(each, top)])


@gate.call("GET", "/cgi-bin/auth/getuserinfo")
def by_code() -> Response:
    return ok(userid=person_of_code().userId, user_ticket="")


@gate.call("GET", "/cgi-bin/user/getuserinfo")
def by_code_before() -> Response:
    """The older address, with the older spelling."""
    return ok(UserId=person_of_code().userId, DeviceId="")


def person_of_code() -> Person:
    found = simulator().codes.take(request.args.get("code", ""))
    if found is None:
        raise refuse(40029, "invalid code")
    return known("userId", found["userId"])


def known(kind: str, value: str) -> Person:
    person = simulator().people.working(kind, value)
    if person is None:
        raise refuse(60111, "userid not found")
    return person


def members() -> list[Person]:
    top, deep = department_asked("department_id"), request.args.get("fetch_child") == "1"
    below = [each for each in simulator().people.departments() if each == top or (deep and is_in(each, top))]
    return [person for each in below for person in simulator().people.members(each.path)]


def department_asked(name: str) -> Department:
    wanted = number(dict(request.args), name, needed=False) or 1
    found = next((each for each in simulator().people.departments() if each.number == wanted), None)
    if found is None:
        raise refuse(60123, "invalid party id")
    return found


def is_in(department: Department, top: Department) -> bool:
    return not top.path or department.path == top.path or department.path.startswith(f"{top.path}/")


def shown_department(department: Department) -> dict[str, Any]:
    name = department.name or simulator().config.corp_id
    return {"id": department.number, "name": name, "parentid": department.parent, "order": department.number, "department_leader": []}


def shown_user(person: Person) -> dict[str, Any]:
    path = person.department.strip("/")
    mine = [each.number for each in simulator().people.departments() if each.path == path]
    contact = {"mobile": person.mobile, "email": person.email, "biz_mail": person.email, "position": "", "gender": "0"}
    state = {"status": 1, "enable": 1, "isleader": 0, "is_leader_in_dept": [0], "main_department": mine[0], "order": [0]}
    return {"userid": person.userId, "name": person.name, "department": mine, **contact, **state}
