"""A million open tasks, fifty thousand of them somebody's through twenty groups; how long her pages take in the database."""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from engine import worklist
from engine.database.transaction import read_clock
from engine.permissions import Actor
from engine.worklist import Wanted
from models import db

OPEN, GROUPS, HERS, CASES = 1_000_000, 400, 20, 50_000
MINE = OPEN // GROUPS * HERS
ROUNDS, WARM = 200, 10
ACTOR = Actor("zhao.lei", "", groups=frozenset(f"group{number}" for number in range(HERS)))

#: made inside the database; the tables' foreign keys hold by construction and are not asked a million times
FILL = """
SET LOCAL session_replication_role = replica;
INSERT INTO process_instance (id, definition_id, business_key, status, initiator, title, summary, amount, currency, revision, step_count, event_count,
  event_hash, oa_version, state, started_at)
SELECT gen_random_uuid(), i.definition_id, 'TD-' || n, 'running', (ARRAY['li.na', 'wang.fang', 'chen.jing', 'sun.mei'])[1 + n % 4],
  '华东采购 ' || n || CASE WHEN n % 5000 = 0 THEN ' 苏州' ELSE '' END, i.summary, n % 9973 + 0.50, 'CNY', 1, 1, 1, i.event_hash, 0, '', i.started_at
FROM process_instance i, generate_series(1, {cases}) AS n WHERE i.id = '{case}';
CREATE TEMP TABLE bench_case ON COMMIT DROP AS SELECT id, title, amount, substr(business_key, 4)::int AS n FROM process_instance WHERE business_key LIKE 'TD-%';
INSERT INTO user_task (id, instance_id, token, element, name, round, state, claimed, outcomes, nonce, title, amount, currency, due_at, due_key, created_at)
SELECT gen_random_uuid(), c.id, c.id, 't1', '审批', 1, 'open', false, '["approve", "reject"]', 'bench-todo', c.title, c.amount, 'CNY', due,
  coalesce(due, '9999-12-31 00:00+00'), now() - k * interval '1 second'
FROM generate_series(1, {open}) AS k JOIN bench_case c ON c.n = k % {cases} + 1
CROSS JOIN LATERAL (SELECT CASE WHEN k % 2 = 0 THEN now() + (k::bigint * 7919 % 2592000 - 432000) * interval '1 second' END AS due) AS d;
INSERT INTO candidate (task_id, kind, name, due_key, created_at, amount)
SELECT id, 'g', 'group' || (row_number() OVER () % {groups}), due_key, created_at, amount FROM user_task WHERE nonce = 'bench-todo';
"""


def fill(session: Session, case: UUID) -> float:
    """Make the tasks, beside a case that is there; return the seconds it took."""
    begun = time.perf_counter()
    connection = session.connection().connection.driver_connection
    connection.execute(FILL.format(case=case, open=OPEN, groups=GROUPS, cases=CASES))
    session.commit()
    settled = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with settled:
        settled.execute(text("VACUUM ANALYZE user_task, candidate, process_instance"))  # as the server does by itself within a minute
    return time.perf_counter() - begun


class Clock:
    """Adds up how long the database was asked, at the driver."""

    def __init__(self) -> None:
        self.spent = 0.0

    def __enter__(self) -> "Clock":
        event.listen(db.engine, "before_cursor_execute", self.begun)
        event.listen(db.engine, "after_cursor_execute", self.ended)
        return self

    def __exit__(self, *_: Any) -> None:
        event.remove(db.engine, "before_cursor_execute", self.begun)
        event.remove(db.engine, "after_cursor_execute", self.ended)

    def begun(self, connection: Any, *_: Any) -> None:
        connection.info["begun"] = time.perf_counter()

    def ended(self, connection: Any, *_: Any) -> None:
        self.spent += (time.perf_counter() - connection.info["begun"]) * 1000

    def measure(self, work: Callable[[], Any]) -> float:
        """Return the milliseconds of all statements of some work."""
        self.spent = 0.0
        work()
        return self.spent


def pages(session: Session) -> tuple[dict[str, list[float]], int]:
    """Walk the whole list once, then take its first, a middle and its last page in turns; return the milliseconds of each, and how many rows there were."""
    marks: list[str | None] = [None]
    seen: set[UUID] = set()
    while True:
        page = worklist.my_tasks(session, ACTOR, limit=50, after=marks[-1])
        seen |= {row.id for row in page.rows}
        if page.after is None:
            break
        marks.append(page.after)
    wanted = {"first": marks[0], "middle": marks[len(marks) // 2], "last": marks[-1]}
    times: dict[str, list[float]] = {name: [] for name in wanted}
    with Clock() as clock:
        for _ in range(WARM + ROUNDS):
            for name, after in wanted.items():
                times[name].append(clock.measure(lambda after=after: worklist.my_tasks(session, ACTOR, limit=50, after=after)))
    return {name: figures[WARM:] for name, figures in times.items()}, len(seen)


def p95(figures: list[float]) -> float:
    return statistics.quantiles(figures, n=20)[-1]


def beside(session: Session) -> dict[str, float]:
    """Return median milliseconds of what stands around the list: filters, other orders, counts."""
    now = read_clock(session)
    looks: dict[str, Callable[[], Any]] = {
        "overdue": lambda: worklist.my_tasks(session, ACTOR, wanted=Wanted(due_until=now)),
        "this_week": lambda: worklist.my_tasks(session, ACTOR, wanted=Wanted(due_from=now, due_until=now + timedelta(days=7))),
        "department": lambda: worklist.my_tasks(session, ACTOR, wanted=Wanted(department="office")),
        "amounts": lambda: worklist.my_tasks(session, ACTOR, wanted=Wanted(least="9900", most="9970")),
        "rare_words": lambda: worklist.my_tasks(session, ACTOR, wanted=Wanted(words="苏州")),
        "no_such_words": lambda: worklist.my_tasks(session, ACTOR, wanted=Wanted(words="没有这个词")),
        "by_amount": lambda: worklist.my_tasks(session, ACTOR, sort="amount"),
        "by_age": lambda: worklist.my_tasks(session, ACTOR, sort="age"),
        "counts": lambda: worklist.count(session, ACTOR),
    }
    with Clock() as clock:
        return {name: round(statistics.median(clock.measure(look) for _ in range(5)), 2) for name, look in looks.items()}
