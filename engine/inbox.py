"""What an office system told us, applied: one message once, as the person who pressed, with the rights that person has here.

The callback only verifies and stores (`receive`); a worker applies. A message that comes too late changes nothing; it is recorded as ignored, and the case's
snapshot is pushed again so that the office system shows what is true.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import deliveries, jobs, tasks
from engine.database.transaction import read_clock
from engine.errors import InvalidContent, NotFound, NotPermitted, Refused
from engine.oa.contract import Event, Said
from engine.oa.opening import serves
from engine.permissions import Actor, load_actor
from models.identity import OaIdentity, Person
from models.oa import OaConnection, OaMessage, OaShown
from models.runtime import UserTask

OUTCOMES = {"task.approved": "approve", "task.rejected": "reject"}
CONTACTS = frozenset({"user.changed", "user.disabled", "department.changed"})
#: dedupe keys made of what was pressed, where an office system numbers its calls not: what was ignored may be pressed again
AGAIN = "press:"
REMOTE = "remote:"  #: before the OA's own id of a task that we do not know yet
EARLY = "early"
PATIENCE = timedelta(minutes=10)  #: until a press on a card of which we hear nothing is a press on nothing
PRESSES = frozenset({*OUTCOMES, "task.action"})  #: of a button


def receive(session: Session, connection: str, event: Event) -> bool:
    """Keep a verified message once and wake its job; False when the same message was kept before."""
    identity = uuid7()
    stored = session.execute(
        insert(OaMessage)
        .values(
            id=identity, connection=connection, dedupe_key=event.dedupe_key, event=event.as_json(), raw_digest=bytes.fromhex(event.raw_digest),
            state="received",
        )
        .on_conflict_do_update(
            index_elements=["connection", "dedupe_key"], set_={"state": "received", "event": event.as_json()},
            where=(OaMessage.state == "ignored") & OaMessage.dedupe_key.startswith(AGAIN),
        )
        .returning(OaMessage.id)
    ).scalar()  # fmt: skip
    if stored is None:
        return False
    jobs.enqueue(session, jobs.INBOX, jobs.arguments(message=stored))
    return True


def answer(session: Session, event: Event) -> Said:
    """Return what the person who pressed should read now: accepted, or what became of the task and by whom."""
    if event.kind not in PRESSES:
        return Said(True, "")
    task_id = task_of(event)
    row = session.get(UserTask, task_id) if task_id else None
    if row is None and (event.task_key or "").startswith(REMOTE):
        return Said(True, "已收到，正在处理。")
    if row is None:
        return Said(False, "该待办不存在或已被清理。")
    if row.state == "open":
        return Said(True, "已收到，正在处理。")
    name = session.execute(select(Person.name).where(Person.key == row.decided_by)).scalar() or row.decided_by
    outcome = {"approve": "同意", "reject": "驳回", "return": "退回"}.get(row.outcome or "", row.outcome or "")
    said = (
        f"该待办已由{name}处理（{outcome}），您的操作没有改变任何内容。" if row.decided_by else "该待办已关闭，您的操作没有改变任何内容。"
    )
    return Said(False, said, {"outcome": row.outcome, "decidedBy": row.decided_by})


def apply(session: Session, message_id: UUID) -> str | None:
    """Apply a message; returns the note of one that was ignored, None when it was applied or there is nothing to do."""
    message = session.get(OaMessage, message_id, with_for_update=True)
    if message is None or message.state != "received":
        return None
    now = read_clock(session)
    try:
        event = named(session, message.connection, Event.from_json(message.event))
    except InvalidContent as error:  # it was taken as it came, and will never be read
        message.state, message.note, message.applied_at = "ignored", f"{error.code}: {error}", now
        session.flush()
        return message.note
    if (event.task_key or "").startswith(REMOTE) and now - message.received_at < PATIENCE:
        return EARLY
    try:
        with session.begin_nested():
            decide(session, message.connection, event)
        message.state, note = "applied", None
    except (Refused, NotFound, InvalidContent) as error:
        message.state, note = "ignored", f"{error.code}: {error}"
        push_again(session, message.connection, event)
    message.note, message.applied_at = note, now
    session.flush()
    return note


def named(session: Session, connection: str, event: Event) -> Event:
    """Return an event with our key of its task, where it speaks of it by an id of the office system's that we know by now."""
    key = event.task_key or ""
    if not key.startswith(REMOTE):
        return event
    wanted = select(OaShown.key).filter_by(connection=connection, remote_id=key.removeprefix(REMOTE)).limit(1)
    found = session.execute(wanted).scalar()
    return replace(event, task_key=found[2:38]) if found is not None else event


def wake_early(session: Session, connection: str) -> None:
    """Look again at presses that came before the answer to the push which made their card."""
    waiting = select(OaMessage.id).where(
        OaMessage.connection == connection, OaMessage.state == "received", OaMessage.event["taskKey"].astext.startswith(REMOTE)
    )
    for identity in session.scalars(waiting):
        jobs.enqueue(session, jobs.INBOX, jobs.arguments(message=identity))


def decide(session: Session, connection: str, event: Event) -> None:
    """Decide the task a message is about, as the person who pressed; what it tells of people and departments is left to a job that asks for them."""
    if event.kind in CONTACTS:
        look_at_contacts(session, connection, event)
        return
    task_id = task_of(event)
    outcome = event.outcome or OUTCOMES.get(event.kind)
    if task_id is None or outcome is None:
        raise Refused(reason=f"{event.kind} asks for nothing that is known here")
    actor = actor_of(session, connection, event.actor, event.id_type)
    nonce = event.nonce if event.proof == "id" else event.nonce or ""
    tasks.complete(session, task_id, by=actor, outcome=outcome, comment=event.comment or "", channel=f"oa:{connection}", nonce=nonce)


def look_at_contacts(session: Session, connection: str, event: Event) -> None:
    """Have the contacts that changed looked at. Refuses with `Refused` where this connection is not for people."""
    row = session.get_one(OaConnection, connection)
    if not serves(row, "people"):
        raise Refused(reason="this connection is not for people")
    told = {"gone": event.actor, "id_type": event.id_type} if event.kind == "user.disabled" else {}
    only = event.actor if event.kind == "user.changed" else None
    jobs.enqueue(session, jobs.DIRECTORY, jobs.arguments(connection=connection, apply=True, only=only, **told))


def actor_of(session: Session, connection: str, remote_id: str | None, id_type: str = "") -> Actor:
    """Return the person behind a remote user; where no map is kept, remote ids are work numbers. `NotPermitted` for nobody we know."""
    key = session.execute(
        select(Person.key).join(OaIdentity, OaIdentity.person_id == Person.id)
        .filter(OaIdentity.connection == connection, OaIdentity.remote_id == remote_id, OaIdentity.id_type == id_type)
    ).scalar()  # fmt: skip
    if (
        key is None
        and not id_type
        and session.execute(select(OaIdentity.remote_id).filter_by(connection=connection).limit(1)).first() is None
    ):
        key = remote_id
    actor = load_actor(session, key or "")
    if actor is None:
        raise NotPermitted(reason="unknown remote user")
    return actor


def task_of(event: Event) -> UUID | None:
    """Return the id of the task a message is about; the part behind the colon names the person it was shown to."""
    try:
        return UUID((event.task_key or "").partition(":")[0])
    except ValueError:
        return None


def push_again(session: Session, connection: str, event: Event) -> None:
    """Send the newest snapshot of the task's case once more, so that the office system shows what is true."""
    row = session.get(UserTask, task_of(event)) if task_of(event) else None
    if row is not None:
        deliveries.push_again(session, connection, row.instance_id)
