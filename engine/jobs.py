"""Work outside the request: the queue, the names of its tasks, and when something failed is tried again.

Jobs are enqueued by SQL inside the transaction that decides them (`WAKE`), so that neither can be without the other; procrastinate's Python `defer` on a
borrowed connection fails inside workers. Nothing is ever enqueued for the future: timers and the back-off of calls live in our own table. Only a job that
failed itself is put off in the queue, by seconds and under no lock (`engine.worker.rescue`).
"""

import random
from typing import Any
from uuid import UUID

import orjson
from procrastinate import App, PsycopgConnector
from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.database.patience import patience

#: queue and task names, the same in SQL and in the worker
CALL = ("work", "call")
PUSH = ("oa", "push")
INBOX = ("oa", "inbox")
TIMERS = ("work", "timers")
MESSAGE = ("work", "message")
LOOK = ("work", "look")
SIGNAL = ("work", "signal")
STARTS = ("work", "starts")
ANSWER = ("work", "answer")
SUSPEND = ("work", "suspend")
NOTICE = ("oa", "notice")
RESEND = ("oa", "resend")
CATCH_UP = ("oa", "catch_up")
CHECK = ("oa", "check")
DIRECTORY = ("oa", "directory")
ALERT = ("oa", "alert")
COMPARE = ("oa", "compare")
RENEW = ("oa", "renew")

LONGEST_LOOK = 5.0  #: seconds for which the queue waits for a connection before it counts as lost
MAX_ATTEMPTS = 8
FIRST_WAIT = 1.0  #: seconds
LONGEST_WAIT = 600.0

ENQUEUE = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, NULL, CAST(:args AS jsonb), NULL)::procrastinate_job_to_defer_v1])"
)


def make_app(dsn: str) -> App:
    """Return procrastinate's application for a libpq address; tasks are added by the worker."""
    return App(connector=PsycopgConnector(conninfo=dsn, kwargs=patience(dsn), timeout=LONGEST_LOOK))


def enqueue(session: Session, job: tuple[str, str], args: str) -> None:
    """Enqueue one job in the caller's transaction; `args` is JSON."""
    session.execute(ENQUEUE, {"queue": job[0], "task": job[1], "args": args})


def arguments(**given: Any) -> str:
    """Return the arguments of a job as JSON."""
    return orjson.dumps({name: str(value) if isinstance(value, UUID) else value for name, value in given.items()}).decode()


def wake(kind: tuple[str, str], /, **args: Any) -> dict[str, Any]:
    """Return one entry of a step's list of jobs to enqueue."""
    return {
        "queue": kind[0],
        "task": kind[1],
        "args": {name: str(value) if isinstance(value, UUID) else value for name, value in args.items()},
    }


def plan_of(cycle: str | None) -> tuple[int, list[str]]:
    """Return how often a job is tried and the ISO 8601 durations between, from a drawing's `R5/PT10M`, `PT1M,PT10M,PT1H` or nothing (ours)."""
    if not cycle:
        return MAX_ATTEMPTS, []
    repeat, slash, wait = cycle.strip().partition("/")
    if slash and repeat[:1] == "R" and repeat[1:].isdecimal():
        return max(1, min(int(repeat[1:]), 100)), [wait]
    waits = [part.strip() for part in cycle.split(",") if part.strip()]
    return len(waits) + 1, waits


def wait_before(attempt: int, asked: float | None = None) -> float:
    """Return the seconds to wait after a failed attempt (from 1): doubled each time, with full jitter, at most ten minutes; a server's own wish wins."""
    if asked is not None:
        return min(asked, LONGEST_WAIT)
    return random.uniform(0.5, 1.0) * float(min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT))
