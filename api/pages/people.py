"""People: who there is, to find and to address; for administrators, accounts, roles and groups."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from api import accounts, handover
from api.pages.frame import may
from api.pages.listing import next_url, rows_only, text
from api.pages.once import once, said
from api.pages.people_shown import described
from api.security import current, needs
from engine import keys, tasks, worklist
from engine.database import transaction
from engine.errors import Fault, InvalidVariables, NotFound, Refused
from engine.identities import of_person
from engine.organisation.roster import is_mobile
from engine.worklist import like
from models.identity import ROLES, Department, Group, GroupMember, Person, RoleGrant
from models.organisation import DepartmentMember

blueprint = Blueprint("people_page", __name__, url_prefix="/people")
PAGE = 50
CHOICES = 8
SHOWN = 20  #: tasks before they are handed over
LONGEST = 100


@blueprint.get("")
@needs("people.read")
def index() -> ResponseReturnValue:
    """Everybody by work number, searched by name, number or department."""
    wanted, after = text("q"), text("after")
    with transaction() as session:
        rows = found(session, wanted, after, PAGE + 1)
        shown = described(session, rows[:PAGE])
    more = next_url("people_page.index", shown[-1]["key"] if len(rows) > PAGE else None)
    return render_template("people_rows.html" if rows_only() else "people.html", people=shown, q=wanted, more=more)


@blueprint.get("/choose")
@needs("people.read")
def choose() -> ResponseReturnValue:
    """A few people to choose from while somebody types a name."""
    with transaction() as session:
        return render_template("people_choices.html", people=choices(session, text("q"), but=current().key))


def choices(session: Session, wanted: str, *, but: str) -> list[dict[str, Any]]:
    """Return a few active people that a name, number or department finds."""
    rows = [(row, department) for row, department in found(session, wanted, "", CHOICES + 1, active=True) if row.key != but]
    return [{"key": row.key, "name": row.name, "department": department} for row, department in rows[:CHOICES]]


def found(session: Session, wanted: str, after: str, limit: int, *, active: bool = False) -> list[Any]:
    """Return people with their department's name, by key."""
    statement = (
        select(Person, Department.name).outerjoin(Department, Department.id == Person.department_id).order_by(Person.key).limit(limit)
    )
    if wanted:
        pattern = like(wanted)
        statement = statement.where(or_(Person.key.ilike(pattern), Person.name.ilike(pattern), Department.name.ilike(pattern)))
    if active:
        statement = statement.where(Person.active)
    return list(session.execute(statement.where(Person.key > after)).all())


@blueprint.get("/new")
@needs("people.manage")
def new() -> ResponseReturnValue:
    """The empty form of a new person."""
    return form(None)


@blueprint.get("/<key>")
@needs("people.manage")
def show(key: str) -> ResponseReturnValue:
    """One person, to change."""
    return form(key)


def form(key: str | None, faults: list[Fault] | None = None, status: int = 200) -> ResponseReturnValue:
    """Render the form of a person, with what was typed when there are faults."""
    with transaction() as session:
        row = session.scalars(select(Person).filter_by(key=key)).first() if key else None
        if key and row is None:
            raise NotFound(kind="person")
        shown = described(session, [(row, None)])[0] if row else None
        departments = session.execute(select(Department.id, Department.name).order_by(Department.key)).all()
        groups = session.execute(select(Group.key, Group.name).order_by(Group.key)).all()
        offices = of_person(session, key) if key and may("connection.manage") else []
    return (
        render_template(
            "person.html", shown=shown, departments=departments, groups=groups, roles=ROLES, typed=request.form if faults else None,
            faults=faults or [], least=accounts.MIN_PASSWORD, offices=offices,
        ),
        status,
    )  # fmt: skip


@blueprint.post("")
@needs("people.manage")
def add() -> ResponseReturnValue:
    """Make a person, with an account when a password is given."""
    key = request.form.get("key", "").strip()

    def work(session: Session) -> str:
        check_new(session, key)
        row = Person(key=key, name="", active=True)
        fill(session, row)
        session.add(row)
        session.flush()
        grant(session, row)
        if request.form.get("password"):
            accounts.set_password(session, key, request.form["password"])
        return url_for("people_page.index", q=key)

    try:
        return said(once(work), _("已添加 %(name)s。", name=request.form.get("name", "")))
    except InvalidVariables as error:
        return form(None, error.faults, 422)


def check_new(session: Session, key: str) -> None:
    """Refuse a work number that is empty, oddly written or taken."""
    faults = []
    if not keys.is_key(key):
        faults.append(keys.fault_of(key))
    elif session.scalars(select(Person.id).filter_by(key=key)).first() is not None:
        faults.append(Fault("key-taken", "这个工号已经有人了", "This work number is taken", path="key"))
    if not request.form.get("name", "").strip():
        faults.append(Fault("name-missing", "请填写姓名", "A name is needed", path="name"))
    if faults:
        raise InvalidVariables(faults)


def fill(session: Session, row: Person) -> None:
    """Take over name, mail address and department from the form."""
    row.name = request.form.get("name", "").strip()[:LONGEST]
    row.email = request.form.get("email", "").strip()[:200] or None
    mobile = request.form.get("mobile", "").strip()
    if mobile and not is_mobile(mobile):
        raise InvalidVariables([Fault("mobile-invalid", "不是手机号码", "It is no phone number", path="mobile")])
    row.mobile = mobile or None
    wanted = request.form.get("department", "")
    try:
        row.department_id = session.execute(select(Department.id).filter_by(id=UUID(wanted))).scalar() if wanted else None
    except ValueError as error:
        raise InvalidVariables([Fault("department-unknown", "没有这个部门", "No such department", path="department")]) from error


def grant(session: Session, row: Person) -> None:
    """Give a person exactly the roles, groups and further departments that are ticked."""
    roles = [role for role in request.form.getlist("roles") if role in ROLES]
    session.execute(delete(RoleGrant).where(RoleGrant.person_id == row.id))
    session.execute(delete(GroupMember).where(GroupMember.person_id == row.id))
    session.add_all(RoleGrant(person_id=row.id, role=role) for role in roles)
    groups = session.scalars(select(Group.id).where(Group.key.in_(request.form.getlist("groups"))))
    session.add_all(GroupMember(group_id=group, person_id=row.id) for group in groups)
    session.execute(delete(DepartmentMember).where(DepartmentMember.person_id == row.id))
    ticked = set(request.form.getlist("departments"))
    others = [department for department in session.scalars(select(Department.id)) if str(department) in ticked - {str(row.department_id)}]
    session.add_all(DepartmentMember(department_id=department, person_id=row.id) for department in others)
    session.flush()


@blueprint.post("/<key>")
@needs("people.manage")
def change(key: str) -> ResponseReturnValue:
    """Change name, department, roles and groups, or whether a person is active."""

    def work(session: Session) -> str:
        row = by_key(session, key)
        own = key == current().key
        active = request.form.get("active") == "true"
        if own and (not active or "administrator" not in request.form.getlist("roles")):
            raise InvalidVariables(
                [Fault("own-role", "不能停用自己，也不能取消自己的管理员角色", "You cannot take this from yourself", path="roles")]
            )
        if not request.form.get("name", "").strip():
            raise InvalidVariables([Fault("name-missing", "请填写姓名", "A name is needed", path="name")])
        fill(session, row)
        row.active = active
        grant(session, row)
        return url_for("people_page.index", q=key)

    try:
        return said(once(work), _("已保存 %(name)s。", name=request.form.get("name", "")))
    except InvalidVariables as error:
        return form(key, error.faults, 422)


@blueprint.post("/<key>/lock")
@needs("people.manage")
def lock(key: str) -> ResponseReturnValue:
    """Lock an account; its sessions and tokens end at once."""

    def work(session: Session) -> str:
        if key == current().key:
            raise Refused(reason=_("不能锁定自己的账号"))
        accounts.lock(session, key)
        return url_for("people_page.show", key=key)

    return said(once(work), _("账号 %(key)s 已锁定，它的登录和令牌立即失效。", key=key))


@blueprint.post("/<key>/password")
@needs("people.manage")
def password(key: str) -> ResponseReturnValue:
    """Set a new password, which also unlocks the account and ends its sessions."""

    def work(session: Session) -> str:
        accounts.set_password(session, by_key(session, key).key, request.form.get("password", ""))
        return url_for("people_page.show", key=key)

    try:
        return said(once(work), _("账号 %(key)s 的新密码已生效，原来的登录已结束。", key=key))
    except InvalidVariables as error:
        return form(key, error.faults, 422)


@blueprint.get("/<key>/handover")
@needs("task.hand_over")
def handing(key: str) -> ResponseReturnValue:
    """What a person has open, and the form that hands it over."""
    return handover_page(key)


@blueprint.post("/<key>/handover")
@needs("task.hand_over")
def hand_over(key: str) -> ResponseReturnValue:
    """Hand everything that a person has open to somebody else, and tell what became of each task. Pressed again, it goes on with what is left."""
    reason = request.form.get("reason", "").replace("\0", "").strip()
    try:
        with transaction() as session:
            to = somebody(session, request.form.get("person", ""))
        results, more = handover.hand_over(key, by=current(), to=to, reason=reason)
    except InvalidVariables as error:
        return handover_page(key, error.faults, 422)
    except Refused as error:
        return handover_page(key, [Fault(error.code, error.say("zh"), error.say("en"))], 409)
    with transaction() as session:
        names = {row.key: row.name for row in session.scalars(select(Person).where(Person.key.in_([key, to])))}
    return render_template("handover_done.html", key=key, to=to, names=names, results=results, more=more)


def handover_page(key: str, faults: list[Fault] | None = None, status: int = 200) -> ResponseReturnValue:
    """Render the form of a handover, with what it would move."""
    with transaction() as session:
        row = by_key(session, key)
        shown = {"key": key, "name": row.name, "active": row.active}
        found = tasks.open_of(session, key, tasks.HANDED_OVER_AT_ONCE)
        rows = [each for identity in found[:SHOWN] if (each := worklist.one_task(session, identity)) is not None]
        people = choices(session, "", but=key)
    return render_template(
        "handover.html", shown=shown, number=len(found), most=tasks.HANDED_OVER_AT_ONCE, rows=rows, people=people, faults=faults or [], typed=request.form
    ), status  # fmt: skip


def somebody(session: Session, wanted: str) -> str:
    """Return the key of the active person that was named: by her key, or by a name that only she has; `InvalidVariables` says whom it did not find."""
    wanted = wanted.replace("\0", "").strip()
    found = session.scalars(select(Person.key).where(Person.active, or_(Person.key == wanted, Person.name == wanted)).limit(2)).all()
    if len(found) == 1:
        return found[0]
    called = wanted[:LONGEST]
    if not wanted:
        zh, en = "请从列表中选择一个人", "Choose somebody from the list"
    elif found:
        zh, en = f"“{called}”有几位同名的人，请用工号", f"More than one person is called “{called}”; use the key"
    else:
        zh, en = f"没有“{called}”这个人，或已停用", f"Nobody is called “{called}”, or no longer active"
    raise InvalidVariables([Fault("person-missing", zh, en, path="person")])


def by_key(session: Session, key: str) -> Person:
    """Return a person; `NotFound` when there is none."""
    row = session.scalars(select(Person).filter_by(key=key)).first()
    if row is None:
        raise NotFound(kind="person")
    return row
