"""The present: process instances, user tasks with their candidates, jobs, timers, incidents.

These rows are written by `engine.step` in one statement; the ORM reads them for pages and administration.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Key, Money, Time
from models.repository import ProcessDefinition

INSTANCE_STATES = ("running", "suspended", "completed", "withdrawn", "terminated", "revoked")
TASK_STATES = ("open", "held", "completed", "canceled")  #: held: it waits for a signer who was added
JOB_STATES = ("waiting", "retrying", "answered", "completed", "failed", "canceled")


class ProcessInstance(Base):
    """One case. `state` is the engine's own codec; everything else is copied out of it for lists."""

    __tablename__ = "process_instance"
    __table_args__ = (
        CheckConstraint(f"status IN {INSTANCE_STATES}", name="status"),
        Index("ix_process_instance_started", "started_at", "id"),
        Index("ix_process_instance_initiator", "initiator", "started_at", "id"),
        Index("ix_process_instance_subject", "subject_kind", "subject_id"),
        Index(
            "ix_process_instance_pairs",
            text("search_pairs(title, business_key, summary)"),
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": "1024"},
        ),
        Index("ix_process_instance_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    )

    id: Mapped[Key]
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"), index=True)
    business_key: Mapped[str] = mapped_column(unique=True)
    legal_entity_id: Mapped[UUID | None] = mapped_column(ForeignKey("legal_entity.id"))
    status: Mapped[str]
    outcome: Mapped[str | None]  #: of the end event reached: approve, reject, ...
    initiator: Mapped[str | None]
    title: Mapped[str | None]
    summary: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    amount: Mapped[Money | None]
    currency: Mapped[str | None]
    subject_kind: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))  #: the case that opened this one
    revision: Mapped[int] = mapped_column(Integer)
    step_count: Mapped[int] = mapped_column(Integer)
    event_count: Mapped[int] = mapped_column(Integer)
    event_hash: Mapped[bytes] = mapped_column(LargeBinary)
    oa_version: Mapped[int] = mapped_column(BigInteger)  #: of the last snapshot, milliseconds, strictly increasing
    state: Mapped[bytes] = mapped_column(LargeBinary)
    started_at: Mapped[Time]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    definition: Mapped[ProcessDefinition] = relationship()
    tasks: Mapped[list["UserTask"]] = relationship(back_populates="instance", order_by="UserTask.created_at")


class UserTask(Base):
    """One thing one person must do. `token` is its place in the saved state."""

    __tablename__ = "user_task"
    __table_args__ = (
        CheckConstraint(f"state IN {TASK_STATES}", name="state"),
        Index("ix_user_task_assignee_open", "assignee", "due_key", "created_at", "id", postgresql_where=text("state = 'open'")),
        Index("ix_user_task_held", "assignee", postgresql_where=text("state = 'held'")),
        Index("ix_user_task_owner", "owner", postgresql_where=text("owner IS NOT NULL")),
        Index("ix_user_task_decided", "decided_by", "ended_at", "id", postgresql_where=text("decided_by IS NOT NULL")),
    )

    id: Mapped[Key]
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    token: Mapped[UUID]
    element: Mapped[str]
    name: Mapped[str | None]
    round: Mapped[int] = mapped_column(Integer)  #: how often this element was entered in this case
    state: Mapped[str]
    reason: Mapped[str | None]  #: why it was closed without a decision
    assignee: Mapped[str | None]
    claimed: Mapped[bool] = mapped_column(server_default=text("false"))
    outcome: Mapped[str | None]
    comment: Mapped[str | None]
    decided_by: Mapped[str | None]
    on_behalf_of: Mapped[str | None]
    outcomes: Mapped[list[str]] = mapped_column(JSONB)
    nonce: Mapped[str]  #: an OA must bring it back with a decision
    revision: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    title: Mapped[str | None]
    amount: Mapped[Money | None]
    currency: Mapped[str | None]
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_key: Mapped[Time] = mapped_column(server_default=text("'9999-12-31 00:00+00'"))  #: due, or the far future: lists sort by it
    #: Camunda's scale: 0 to 100, 50 when the drawing says nothing
    priority: Mapped[int] = mapped_column(Integer, server_default=text("50"))
    follow_up_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    urged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    owner: Mapped[str | None]  #: who delegated it and gets it back
    origin: Mapped[str] = mapped_column(
        server_default=text("'normal'")
    )  #: or add_before, add_after, add_beside, transfer, delegate, return
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_task.id"))  #: the task that its signer was added to
    created_at: Mapped[Time]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    instance: Mapped[ProcessInstance] = relationship(back_populates="tasks")
    candidates: Mapped[list["Candidate"]] = relationship(viewonly=True)


class Candidate(Base):
    """Who may claim an open task: kind `u` a person's key, `g` a group's key. Rows live only as long as the task is open and unclaimed."""

    __tablename__ = "candidate"
    __table_args__ = (Index("ix_candidate_name", "kind", "name", "due_key", "created_at", "task_id", postgresql_include=["amount"]),)

    task_id: Mapped[UUID] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    due_key: Mapped[Time]
    created_at: Mapped[Time]
    amount: Mapped[Money | None]


class Job(Base):
    """Work outside the request for one service task. Its id is the idempotency key of the call, the same on every retry."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(f"state IN {JOB_STATES}", name="state"),
        Index("ix_job_open", "state", "created_at", postgresql_where=text("state IN ('waiting', 'retrying', 'failed')")),
    )

    id: Mapped[Key]
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    token: Mapped[UUID]
    element: Mapped[str]
    operation: Mapped[str]
    inputs: Mapped[str]  #: JSON of the engine's codec
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    last_error: Mapped[str | None]
    answer: Mapped[str | None]  #: that came while the case was suspended, JSON of the engine's codec; applied when it is resumed
    created_at: Mapped[Time]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Timer(Base):
    """Work due later. Kinds: `event` (a BPMN timer), `retry` (a job to try again)."""

    __tablename__ = "timer"
    __table_args__ = (Index("ix_timer_due", "due_at"),)

    id: Mapped[Key]
    kind: Mapped[str]
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    token: Mapped[UUID | None]
    element: Mapped[str | None]  #: where the token of an `event` stands: at a timer, or at a save point
    target: Mapped[str | None]  #: job id
    due_at: Mapped[Time]


class Incident(Base):
    """A job out of retries, or an element that failed while running: a person must look."""

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_open", "raised_at", postgresql_where=text("resolved_at IS NULL")),)

    id: Mapped[Key]
    kind: Mapped[str]  #: `job`, `element` or `delivery`
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    token: Mapped[UUID | None]
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("job.id"))
    connection: Mapped[str | None]
    element: Mapped[str | None]
    message: Mapped[str]
    message_zh: Mapped[str | None]
    conflicts: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))  #: the rules that left nobody for a user task
    raised_at: Mapped[Time]
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    resolved_by: Mapped[str | None]
    resolution: Mapped[str | None]  #: `retried`, `resolved`, `assigned`; `ended` where it was gone by itself
    reason: Mapped[str | None]
    instance: Mapped[ProcessInstance] = relationship()


class Clock(Base):
    """How far the product's clock is ahead of the server's; one row, moved only in development and tests."""

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    ahead_seconds: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
