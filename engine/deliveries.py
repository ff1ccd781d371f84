"""Snapshots on their way to office systems: the outbox row is the truth, the job only wakes.

A push is three short things: read the newest waiting snapshot, call the office system outside any transaction, record the receipt. Older snapshots that
still wait are superseded: a connector compares with the last one that was accepted.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import jobs, timers
from engine.database.prepared import Prepared
from engine.errors import OAError
from engine.history import Recorder
from engine.oa.contract import Action, Connection, InstanceSnapshot, Item, Links, Receipt, TaskView
from engine.step.document import Document
from models.oa import OaDelivery

LABELS = {"approve": "同意", "reject": "驳回", "return": "退回", "resubmit": "重新提交", "recheck": "重新检测"}

_NEWEST = Prepared(
    """
    SELECT x.version, x.snapshot, x.attempts, i.title, i.summary, i.amount, i.currency, i.business_key,
           p.name AS applicant_name, d.name AS department_name, c.kind, c.base_url, c.secret, c.former_secret,
           (SELECT o.snapshot FROM oa_delivery o WHERE o.connection = x.connection AND o.instance_id = x.instance_id AND o.state = 'delivered'
            ORDER BY o.version DESC LIMIT 1) AS previous,
           (SELECT jsonb_object_agg(g.key, g.members) FROM (
              SELECT g.key, jsonb_agg(m.key) AS members FROM "group" g JOIN group_member gm ON gm.group_id = g.id
              JOIN person m ON m.id = gm.person_id AND m.active
              WHERE g.key IN (SELECT jsonb_array_elements_text(t -> 'groups') FROM jsonb_array_elements(x.snapshot -> 'tasks') AS t)
              GROUP BY g.key) AS g) AS members
    FROM oa_delivery x JOIN oa_connection c ON c.key = x.connection JOIN process_instance i ON i.id = x.instance_id
    LEFT JOIN person p ON p.key = i.initiator LEFT JOIN department d ON d.id = p.department_id
    WHERE x.connection = %(connection)s AND x.instance_id = %(instance)s AND x.state = 'waiting' AND c.active ORDER BY x.version DESC LIMIT 1
    """
)
_LOCK_CHAIN = Prepared("SELECT step_count, event_count, event_hash, shenpi_now() AS now FROM process_instance WHERE id = %(id)s FOR UPDATE")
_RECORD = Prepared(
    """
    WITH d AS MATERIALIZED (SELECT %(doc)s::jsonb AS j),
    i AS (UPDATE process_instance SET step_count = %(step)s, event_count = %(count)s, event_hash = %(hash)s WHERE id = %(id)s),
    x AS (UPDATE oa_delivery SET state = CASE WHEN version = %(version)s THEN %(state)s::text ELSE 'superseded' END, attempts = attempts + 1,
            receipt = d.j -> 'receipt', last_error = d.j ->> 'error', delivered_at = %(now)s
          FROM d WHERE connection = %(connection)s AND instance_id = %(id)s AND version <= %(version)s AND state = 'waiting'),
    n AS (INSERT INTO incident (id, kind, instance_id, connection, message, raised_at)
          SELECT %(incident)s::uuid, 'delivery', %(id)s, %(connection)s, d.j ->> 'error', %(now)s FROM d WHERE %(incident)s::uuid IS NOT NULL)
    INSERT INTO history_event (instance_id, number, step, type, at, actor, element, body, hash, personal, salt)
    SELECT %(id)s, e.number, %(step)s, e.type, %(now)s, e.actor, e.element, convert_to(e.body, 'UTF8'), decode(e.hash, 'hex'),
           convert_to(e.personal, 'UTF8'), decode(e.salt, 'hex')
    FROM d, jsonb_to_recordset(d.j -> 'events') AS e(number int, type text, actor text, element text, body text, hash text, personal text, salt text)
    """
)


class Pending:
    """One snapshot to push, with what is needed to reach its office system."""

    def __init__(self, row: Any, connection: str, instance_id: UUID, public_url: str) -> None:
        self.connection_key = connection
        self.instance_id = instance_id
        self.version: int = row.version
        self.attempts: int = row.attempts
        self.connection = Connection(connection, row.kind, row.base_url, row.secret, row.former_secret)
        self.snapshot = complete(row, row.snapshot, instance_id, row.version, public_url)
        self.previous = complete(row, row.previous, instance_id, 0, public_url) if row.previous else None


def newest(session: Session, connection: str, instance_id: UUID, public_url: str) -> Pending | None:
    """Return the newest snapshot that waits for an active connection, or None."""
    row = _NEWEST.run(session, {"connection": connection, "instance": instance_id}).fetchone()
    return Pending(row, connection, instance_id, public_url) if row is not None else None


def complete(row: Any, snapshot: dict[str, Any], instance_id: UUID, version: int, public_url: str) -> InstanceSnapshot:
    """Return a stored snapshot with the header as it is now, and with groups replaced by the people in them."""
    members: dict[str, list[str]] = row.members or {}
    here = f"{public_url}/cases/{instance_id}"
    return InstanceSnapshot(
        instance_key=str(instance_id),
        version=version,
        definition_key=snapshot["definitionKey"],
        title=row.title or row.business_key,
        applicant=snapshot["applicant"] or "",
        status=snapshot["status"],
        started_at=moment(snapshot["startedAt"]),
        business_key=row.business_key,
        department=row.department_name,
        amount=row.amount,
        currency=row.currency,
        summary=tuple(Item(item["label"], item["value"]) for item in row.summary),
        links=Links(here, here),
        ended_at=optional(snapshot["endedAt"]),
        tasks=tuple(view for task in snapshot["tasks"] for view in _views(task, members, public_url)),
    )


def moment(text: str) -> datetime:
    """Read a time as snapshots keep it."""
    return datetime.fromisoformat(text)


def optional(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@cache
def actions_of(outcomes: tuple[str, ...]) -> tuple[Action, ...]:
    """Return the buttons of a task: every outcome but approval asks for a reason."""
    return tuple(Action(outcome, LABELS.get(outcome, outcome), needs_reason=outcome != "approve") for outcome in outcomes)


def _views(task: dict[str, Any], members: dict[str, list[str]], public_url: str) -> Iterator[TaskView]:
    """Give one view a person: an unassigned task stands in the list of everybody who may take it."""
    if task["assignee"] is not None:
        people = [task["assignee"]]
    else:
        people = sorted({*task["users"], *(member for group in task["groups"] for member in members.get(group, []))})
    if task.get("decided_by") and task["decided_by"] not in people:
        people.append(task["decided_by"])
    here = f"{public_url}/tasks/{task['id']}"
    for person in people:
        status = task["status"]
        if status in ("approved", "rejected") and task.get("decided_by") != person:
            status = "closed"
        yield TaskView(
            task_key=f"{task['id']}:{person}", node_key=task["element"], node_name=task["name"], assignee=person, status=status,
            created_at=moment(task["at"]), nonce=task["nonce"], round=task["round"], reason=task.get("reason"), outcome=task.get("outcome"),
            comment=task.get("comment"), ended_at=optional(task.get("endedAt")), due_at=optional(task["due"]),
            actions=actions_of(tuple(task["outcomes"])), links=Links(here, here),
        )  # fmt: skip


def record_receipt(session: Session, pending: Pending, receipt: Receipt) -> None:
    """Note that an office system took a snapshot; older ones that waited are superseded."""
    _record(session, pending, "oa:delivered", "delivered", {"remoteId": receipt.remote_id}, receipt.as_json(), None)


def record_failure(session: Session, pending: Pending, error: OAError, *, lasting: bool) -> None:
    """Note that a push failed: it is tried again later, or refused for good, which is an incident."""
    message = str(error)[:2000]
    if lasting or pending.attempts + 1 >= jobs.MAX_ATTEMPTS:
        _record(session, pending, "oa:refused", "refused", {}, None, message)
        return
    session.execute(
        text("UPDATE oa_delivery SET attempts = attempts + 1, last_error = :e WHERE connection = :c AND instance_id = :i AND version = :v"),
        {"e": message, "c": pending.connection_key, "i": pending.instance_id, "v": pending.version},
    )
    wait = jobs.wait_before(pending.attempts + 1, error.facts.get("retry_after"))
    timers.put_off(session, "delivery", pending.instance_id, pending.connection_key, wait)


def _record(
    session: Session, pending: Pending, event: str, state: str, data: dict[str, Any], receipt: dict[str, Any] | None, error: str | None
) -> None:
    row = _LOCK_CHAIN.run(session, {"id": pending.instance_id}).fetchone()
    assert row is not None
    recorder = Recorder(pending.instance_id, row.step_count + 1, row.now, row.event_count, row.event_hash)
    recorder.record(
        event, data={"connection": pending.connection_key, "version": pending.version, **data}, personal={"error": error} if error else None
    )
    document = Document().as_json(recorder.events, {"receipt": receipt, "error": error})
    _RECORD.run(
        session,
        {
            "doc": document, "id": pending.instance_id, "step": recorder.step, "count": recorder.count, "hash": recorder.hash, "now": row.now,
            "version": pending.version, "state": state, "connection": pending.connection_key, "incident": uuid4() if error else None,
        },
    )  # fmt: skip


def wake_undelivered(session: Session, older_than_seconds: int = 30) -> int:
    """Wake the pushes of snapshots that have waited too long without a timer: their job was lost. Returns how many."""
    rows = session.execute(
        text(
            """
            SELECT DISTINCT x.connection, x.instance_id FROM oa_delivery x JOIN oa_connection c ON c.key = x.connection AND c.active
            WHERE x.state = 'waiting' AND x.created_at < shenpi_now() - make_interval(secs => :age)
              AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.kind = 'delivery' AND t.instance_id = x.instance_id AND t.target = x.connection)
              AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'push' AND j.status IN ('todo', 'doing')
                              AND j.args ->> 'instance' = x.instance_id::text AND j.args ->> 'connection' = x.connection) LIMIT 500
            """
        ),
        {"age": older_than_seconds},
    ).all()
    for row in rows:
        jobs.enqueue(session, jobs.PUSH, orjson.dumps({"connection": row.connection, "instance": str(row.instance_id)}).decode())
    return len(rows)


def deliveries_of(session: Session, instance_id: UUID) -> list[OaDelivery]:
    """Return what was sent about a case, oldest first."""
    return list(session.scalars(select(OaDelivery).filter_by(instance_id=instance_id).order_by(OaDelivery.version)))
