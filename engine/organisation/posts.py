"""Posts (岗位) and who holds them in which legal entity. A post is never deleted, only inactive; who held it until when is kept."""

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session, joinedload

from engine.database.transaction import read_clock
from engine.errors import Duplicate, Fault, InvalidVariables, NotFound
from engine.organisation.roster import LONGEST, is_key
from models.identity import LegalEntity, Person
from models.organisation import Post, PostHolder


def posts(session: Session, limit: int = 1000) -> list[tuple[Post, list[PostHolder]]]:
    """Return every post by key with those who hold it now."""
    rows = session.scalars(select(Post).order_by(Post.key).limit(limit)).all()
    held: dict[Any, list[PostHolder]] = {row.id: [] for row in rows}
    statement = select(PostHolder).join(PostHolder.person).where(PostHolder.ended_at.is_(None)).order_by(Person.key)
    for holder in session.scalars(statement.options(joinedload(PostHolder.person), joinedload(PostHolder.legal_entity))):
        if holder.post_id in held:
            held[holder.post_id].append(holder)
    return [(row, held[row.id]) for row in rows]


def add(session: Session, key: str, name: str) -> Post:
    """Make a post; refuses with `InvalidVariables` a key or name that is none, with `Duplicate` a key that is taken."""
    key, name = key.strip(), name.strip()
    faults = []
    if not is_key(key):
        faults.append(Fault("key-invalid", "编码由字母、数字、点、横线组成", "A key has letters, digits, dots and dashes", path="key"))
    if not name or len(name) > LONGEST:
        faults.append(Fault("name-invalid", "请填写名称", "A name is needed", path="name"))
    if faults:
        raise InvalidVariables(faults)
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('organisation'))"))
    if session.execute(select(Post.id).filter_by(key=key)).first() is not None:
        raise Duplicate(kind="post")
    row = Post(key=key, name=name, active=True)
    session.add(row)
    session.flush()
    return row


def set_active(session: Session, key: str, active: bool) -> Post:
    """Let a post be asked for or not any more; who holds it stays. Refuses with `NotFound`."""
    row = find(session, key)
    row.active = active
    session.flush()
    return row


def appoint(session: Session, key: str, *, person: str, legal_entity: str) -> PostHolder:
    """Let a person hold a post in a legal entity from now on; refuses with `InvalidVariables` who or what is not there, with `Duplicate` if she holds it."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('organisation'))"))
    row = find(session, key)
    who = session.scalars(select(Person).filter_by(key=person, active=True)).first()
    entity = session.scalars(select(LegalEntity).filter_by(key=legal_entity, active=True)).first()
    faults = []
    if who is None:
        faults.append(Fault("person-unknown", "没有这个在职人员", "No such active person", path="person", found=person[:LONGEST]))
    if entity is None:
        faults.append(Fault("entity-unknown", "没有这个法人", "No such legal entity", path="legalEntity", found=legal_entity[:LONGEST]))
    if who is None or entity is None:
        raise InvalidVariables(faults)
    if _holder(session, row, person, legal_entity) is not None:
        raise Duplicate(kind="holder")
    holder = PostHolder(post_id=row.id, person_id=who.id, legal_entity_id=entity.id, since=read_clock(session))
    session.add(holder)
    session.flush()
    return holder


def dismiss(session: Session, key: str, *, person: str, legal_entity: str) -> PostHolder:
    """Let a person not hold a post any more; refuses with `NotFound` when she does not."""
    holder = _holder(session, find(session, key), person, legal_entity)
    if holder is None:
        raise NotFound(kind="holder")
    holder.ended_at = read_clock(session)
    session.flush()
    return holder


def find(session: Session, key: str) -> Post:
    """Return a post, active or not; `NotFound` when there is none."""
    row = session.scalars(select(Post).filter_by(key=key)).first()
    if row is None:
        raise NotFound(kind="post")
    return row


def _holder(session: Session, post: Post, person: str, legal_entity: str) -> PostHolder | None:
    statement = (
        select(PostHolder)
        .join(PostHolder.person)
        .join(PostHolder.legal_entity)
        .where(PostHolder.post_id == post.id, PostHolder.ended_at.is_(None), Person.key == person, LegalEntity.key == legal_entity)
    )
    return session.scalars(statement).first()
