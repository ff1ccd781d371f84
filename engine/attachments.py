"""Attachments: files that people add to a decision or a start. The bytes are kept untouched, once by content; who, when and to what stands beside them."""

from collections.abc import Iterable, Sequence
from hashlib import new, sha256
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.database.transaction import read_clock
from engine.errors import Fault, InvalidVariables, NotFound, TaskClosed
from engine.execution.values import clean
from engine.mediatypes import media_type
from engine.permissions import Actor, may_read_instance, require
from engine.settings import read_settings
from engine.substitutions import may_decide
from models.attachment import Attachment
from models.file import StoredFile
from models.runtime import UserTask

LONGEST_NAME = 200
MOST_LOOSE = 100  #: uploads of one person that no decision has taken yet
LISTED = 500


def store(session: Session, *, by: Actor, task_id: UUID | None, name: str, content: bytes) -> Attachment:
    """Keep a file for an open task of the actor's, or with None for a case she is about to start; it belongs to nothing until it is attached.

    Refuses with `NotFound` a task that is not hers to know, with `TaskClosed` one that is decided or not hers to decide, with `InvalidVariables` a file that
    is empty, too large or one too many.
    """
    instance_id = None
    if task_id is None:
        require(by, "instance.start")
    else:
        require(by, "task.work")
        instance_id = open_task(session, task_id, by).instance_id
    most = read_settings().max_upload
    if not 0 < len(content) <= most:
        zh, en = f"文件为空或超过 {most // 1024 // 1024} MB", f"The file is empty or larger than {most} bytes"
        raise InvalidVariables([Fault("file-size", zh, en, path="file", found=str(len(content)))])
    loose = select(func.count()).select_from(Attachment).where(Attachment.uploaded_by == by.key, Attachment.attached_at.is_(None))
    if session.execute(loose).scalar_one() >= MOST_LOOSE:
        zh, en = f"未提交的附件超过 {MOST_LOOSE} 个", f"There are {MOST_LOOSE} uploads that belong to no decision yet"
        raise InvalidVariables([Fault("too-many-files", zh, en, path="file")])
    found = media_type(content)
    digest = sha256(content).hexdigest()
    values = {"sha256": digest, "sm3": new("sm3", content).hexdigest(), "size": len(content), "media_type": found, "content": content}
    session.execute(insert(StoredFile).values(**values).on_conflict_do_nothing())
    made = Attachment(
        sha256=digest, name=base_name(name), media_type=found, size=len(content), uploaded_by=by.key,
        at=read_clock(session), instance_id=instance_id, task_id=task_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def base_name(name: str) -> str:
    """Return the last part of a name without what cannot be shown. Refuses with `InvalidVariables` a name that cannot be kept."""
    last = str(clean(name, "file")).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-LONGEST_NAME:] or "file"


def open_task(session: Session, task_id: UUID, by: Actor) -> UserTask:
    """Return an open task that is an actor's to decide, as her own or for whom she stands in. Refuses with `NotFound` and `TaskClosed`."""
    task = session.get(UserTask, task_id)
    if task is None or not may_read_instance(session, by, task.instance_id):
        raise NotFound(kind="user task")
    if task.state != "open":
        raise TaskClosed(state=task.outcome or task.reason or task.state, task=str(task_id))
    if not may_decide(session, by, task_id):
        raise TaskClosed(state="reassigned", task=str(task_id))
    return task


def attach(session: Session, ids: Iterable[UUID], *, task_id: UUID, by: Actor) -> list[Attachment]:
    """Make uploads part of the decision of a task, in the caller's transaction; returns them in the order of `ids`.

    Refuses with `InvalidVariables` one that is not an upload of this person for this task, or belongs to a decision already.
    """
    return _bind(session, list(ids), Attachment.task_id == task_id, by)


def attach_to_start(session: Session, ids: Iterable[UUID], *, instance_id: UUID, by: Actor) -> list[Attachment]:
    """Make uploads part of the start of a case, in the transaction that starts it; refuses as `attach` does."""
    found = _bind(session, list(ids), Attachment.task_id.is_(None), by)
    for each in found:
        each.instance_id = instance_id
    return found


def _bind(session: Session, ids: Sequence[UUID], place: ColumnElement[bool], by: Actor) -> list[Attachment]:
    if not ids:
        return []
    wanted = select(Attachment).where(Attachment.id.in_(ids), place, Attachment.uploaded_by == by.key, Attachment.attached_at.is_(None))
    found = {each.id: each for each in session.scalars(wanted.with_for_update())}
    missing = [each for each in ids if each not in found]
    if missing or len(set(ids)) < len(ids):
        zh, en = "附件不存在、不是您为此待办上传的，或已被使用", "This is no upload of yours for this task, or it is used already"
        raise InvalidVariables([Fault("attachment-unknown", zh, en, path="attachments", found=str(each)) for each in missing or ids[:1]])
    now = read_clock(session)
    for each in found.values():
        each.attached_at = now
    return [found[each] for each in ids]


def of_instance(session: Session, instance_id: UUID) -> list[Attachment]:
    """Return what was attached to the decisions and the start of a case, oldest first; whether the caller may know is for the caller to ask."""
    return list(session.scalars(_attached().filter_by(instance_id=instance_id)))


def of_task(session: Session, task_id: UUID) -> list[Attachment]:
    """Return what was attached to the decision of one task, oldest first."""
    return list(session.scalars(_attached().filter_by(task_id=task_id)))


def _attached() -> Select[Attachment]:
    return select(Attachment).where(Attachment.attached_at.is_not(None)).order_by(Attachment.id).limit(LISTED)


def read(session: Session, attachment_id: UUID, *, by: Actor) -> tuple[Attachment, bytes]:
    """Return an attachment with its bytes: of a case that the actor may read, or an upload of her own. Refuses everything else with `NotFound`."""
    found = session.get(Attachment, attachment_id)
    if found is None or not _may_read(session, found, by):
        raise NotFound(kind="file")
    return found, session.execute(select(StoredFile.content).filter_by(sha256=found.sha256)).scalar_one()


def _may_read(session: Session, found: Attachment, by: Actor) -> bool:
    if found.attached_at is None:
        return found.uploaded_by == by.key
    return found.instance_id is not None and may_read_instance(session, by, found.instance_id)


def clean_up(session: Session) -> int:
    """Forget uploads that no decision has taken for a week; the bytes stay, as everything that was uploaded does. Returns how many went."""
    gone = session.execute(text("DELETE FROM attachment WHERE attached_at IS NULL AND at < shenpi_now() - interval '7 days'"))
    return int(gone.rowcount)  # type: ignore[attr-defined]
