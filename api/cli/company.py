"""The demo company: one legal entity, four departments, nine people, one office system. Made only in demo mode, and only what is not there yet."""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from api import accounts
from engine.oa import vault
from models.base import Base
from models.identity import Account, Department, Group, GroupMember, LegalEntity, Person, RoleGrant
from models.oa import OaConnection
from processes.invoice.samples.parties import BUYER_NAME, BUYER_TAX_ID

Row = TypeVar("Row", bound=Base)

PASSWORD = "shenpi-demo"
CONNECTION = "demo-oa"


@dataclass(frozen=True, slots=True)
class Demo:
    """One person of the demo company."""

    key: str
    name: str
    department: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    does: str = ""


DEPARTMENTS = {
    "office": ("行政部", "wang.fang"),
    "finance": ("财务部", "zhao.lei"),
    "board": ("总经办", "wu.gang"),
    "it": ("信息部", "ma.lin"),
}
GROUPS = {"finance": "财务", "directors": "总监", "archivists": "档案员"}
PEOPLE = (
    Demo("li.na", "李娜", "office", ("initiator",), (), "提交发票"),
    Demo("wang.fang", "王芳", "office", ("approver",), (), "部门负责人审批"),
    Demo("zhao.lei", "赵蕾", "finance", ("approver", "finance"), ("finance",), "财务审批"),
    Demo("wu.gang", "吴刚", "board", ("approver",), ("directors",), "总监审批"),
    Demo("chen.jing", "陈静", "finance", ("archivist",), ("archivists",), "确认归档"),
    Demo("sun.mei", "孙梅", "board", ("auditor",), (), "回放与校验"),
    Demo("zheng.hao", "郑浩", "it", ("designer",), (), "设计流程"),
    Demo("ma.lin", "马琳", "it", ("administrator", "operator"), (), "管理与异常处理"),
    Demo("qian.yi", "钱毅", "it", (), (), "无权限"),
)


def make_company(session: Session, *, simulator_url: str, secret: str, password: str = PASSWORD) -> None:
    """Make what is missing of the demo company; passwords that were changed stay changed."""
    entity = _one(session, LegalEntity, {"tax_id": BUYER_TAX_ID}, key="shenpi-sh", name=BUYER_NAME, fonds="S001", active=True)
    departments = {
        key: _one(session, Department, {"key": key}, name=name, legal_entity_id=entity.id) for key, (name, _) in DEPARTMENTS.items()
    }
    groups = {key: _one(session, Group, {"key": key}, name=name) for key, name in GROUPS.items()}
    for demo in PEOPLE:
        person = _one(
            session, Person, {"key": demo.key}, name=demo.name, email=f"{demo.key}@example.com", department_id=departments[demo.department].id, active=True
        )  # fmt: skip
        for role in demo.roles:
            session.merge(RoleGrant(person_id=person.id, role=role))
        for group in demo.groups:
            session.merge(GroupMember(group_id=groups[group].id, person_id=person.id))
        if session.scalars(select(Account).filter_by(person_id=person.id)).first() is None:
            accounts.set_password(session, demo.key, password)
    for key, (_, head) in DEPARTMENTS.items():
        departments[key].head_id = session.scalars(select(Person.id).filter_by(key=head)).one()
    connection = session.get(OaConnection, CONNECTION)
    if connection is None:
        connection = OaConnection(key=CONNECTION, kind="webhook", name="办公系统模拟器", active=True)
        session.add(connection)
    connection.base_url, connection.credentials = simulator_url, vault.seal(CONNECTION, {"secret": secret})
    session.flush()


def _one(session: Session, table: type[Row], identity: dict[str, str], **values: object) -> Row:
    row = session.scalars(select(table).filter_by(**identity)).first()
    if row is None:
        row = table(**identity, **values)
        session.add(row)
        session.flush()
    return row
