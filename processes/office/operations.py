"""Operations that reach people through the office systems, by mail and on our own pages."""

from typing import Any
from uuid import UUID

from marshmallow import EXCLUDE, Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import tasks
from engine.database import transaction
from engine.notices import Notice
from engine.oa.contract import OARequest
from engine.oa.desk import talking
from engine.oa.opening import opened, serves
from engine.oa.registry import Connectors
from engine.operations import Operation, Outcome, Situation
from engine.settings import read_settings
from models.identity import Group, GroupMember, Person
from models.oa import OaConnection
from models.runtime import Job, ProcessInstance, UserTask
from processes.office import mail
from processes.office.mail import Recipient

connectors = Connectors()


class Notify(Schema):
    class Meta:
        unknown = EXCLUDE

    kind = fields.String(load_default="notice")
    text = fields.String(load_default="")


class Remind(Schema):
    element = fields.String(required=True)


class Register(Schema):
    class Meta:
        unknown = EXCLUDE

    code = fields.String(load_default="")
    title = fields.String(load_default="")


class Receipts(Schema):
    """One receipt a connection: remote id and time."""

    receipts = fields.List(fields.Dict())


def notify(told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Tell every active office system about the case; the answer holds one receipt a connection."""
    with transaction() as session:
        instance = session.get_one(ProcessInstance, told.instance_id)
        payload = {
            "kind": inputs["kind"],
            "instanceKey": str(told.instance_id),
            "businessKey": told.business_key,
            "title": instance.title,
            "text": inputs["text"],
            "users": [told.initiator] if told.initiator else [],
        }
    return Outcome({"receipts": ask("oa.notify", told.key, payload)})


def register_archive(told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Put an archive entry into every active office system: code, title, link."""
    link = f"{read_settings().public_url}/archive/{told.subject_id}"
    payload = {"archivalCode": inputs["code"], "title": inputs["title"], "link": link, "businessKey": told.business_key}
    return Outcome({"receipts": ask("oa.register_archive", told.key, payload)})


def ask(operation: str, key: str, payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask each active connection with a key of its own, the same on every retry; the first that fails ends the attempt."""
    with transaction() as session:
        rows = session.scalars(select(OaConnection).filter_by(active=True).order_by(OaConnection.key))
        connections = [opened(row) for row in rows if serves(row, "notices" if operation == "oa.notify" else "requests")]
    receipts = []
    for connection in connections:
        with talking("call"):
            receipt = connectors.get(connection).call(OARequest(operation, f"{key}:{connection.key}", payload))
        receipts.append({"connection": connection.key, **receipt.as_json()})
    return receipts


def remind(told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Remind the people of an element's open tasks: a mark on our page, a mail where mail is set up, a notice in the office systems.

    The mails go out whether or not an office system answers. Tried again, it marks no task and mails nobody a second time.
    """
    with transaction() as session:
        rows = session.scalars(select(UserTask).filter_by(instance_id=told.instance_id, element=inputs["element"], state="open")).all()
        people = {person.key: person for row in rows for person in _people(session, row)}
        recipients = [Recipient(person.key, person.email) for person in people.values() if person.email]
        job = session.get(Job, UUID(told.key))
        since = job.created_at if job else told.now
        unmarked = [row.id for row in rows if row.reminded_at is None or row.reminded_at < since]
        count, title = len(rows), rows[0].title if rows else None
    for task_id in unmarked:
        with transaction() as session:
            tasks.mark_reminded(session, task_id)
    if not count:
        return Outcome({"reminded": 0, "receipts": []})
    mailed, failure = mail.send(told, recipients, f"待办催办：{title}", f"{told.business_key} 正在等待您的审批。")
    payload = {
        "kind": "urge",
        "instanceKey": str(told.instance_id),
        "businessKey": told.business_key,
        "title": title,
        "users": sorted(people),
    }
    receipts = ask("oa.notify", told.key, payload)
    if failure is not None:
        raise failure
    return Outcome({"reminded": count, "mailed": mailed, "receipts": receipts})


def _people(session: Session, task: UserTask) -> list[Person]:
    """Return the people of an open task as they are now."""
    users = [row.name for row in task.candidates if row.kind == "u"]
    groups = [row.name for row in task.candidates if row.kind == "g"]
    keys = [task.assignee] if task.assignee else users
    members = select(GroupMember.person_id).join(Group).where(Group.key.in_(groups))
    return list(session.scalars(select(Person).where(Person.active, Person.key.in_(keys) | Person.id.in_(members))))


WORDS = {"urge": "催办", "copy": "抄送", "comment": "评论", "remind": "催办", "exception": "职责分离例外"}


def send_notice(notice: Notice) -> None:
    """Tell people of a case through every active office system and by mail; a name with `@` before it is a group."""
    with transaction() as session:
        instance = session.get_one(ProcessInstance, notice.instance_id)
        groups = [name[1:] for name in notice.people if name.startswith("@")]
        members = select(GroupMember.person_id).join(Group).where(Group.key.in_(groups))
        people = session.scalars(select(Person).where(Person.active, Person.key.in_(notice.people) | Person.id.in_(members))).all()
        session.expunge_all()
    payload = {
        "kind": notice.kind, "instanceKey": str(instance.id), "businessKey": instance.business_key, "title": instance.title, "text": notice.text,
        "users": sorted(person.key for person in people),
    }  # fmt: skip
    word = WORDS.get(notice.kind, "通知")
    told = Situation(instance.id, instance.business_key, "", None, None, None, instance.started_at, notice.key)
    recipients = [Recipient(person.key, person.email) for person in people if person.email]
    mail.tell(told, recipients, f"{word}：{instance.title or instance.business_key}", f"{instance.business_key} {word}。{notice.text}")
    ask("oa.notify", notice.key, payload)


OPERATIONS = (
    Operation("oa.notify", "通知办公系统", "Notify the office system", Notify, Receipts, external=notify),
    Operation("oa.register_archive", "在办公系统登记归档", "Register the archive entry", Register, Receipts, external=register_archive),
    Operation("approval.remind", "催办", "Remind a late approver", Remind, Receipts, external=remind),
)
