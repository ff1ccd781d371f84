"""Messages, signals and suspended cases as callers see them: everything by HTTP, and jobs done as a worker does them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

from drawings import definition, extension, node
from sqlalchemy import text
from web_support import Web, multipart

from engine import jobs, timers, worker
from engine.database import transaction
from engine.replay import rerun_instance, verify_instance
from models import db

#: jobs that these tests let a worker do; pushes to office systems are none of their business
DONE = (jobs.MESSAGE, jobs.LOOK, jobs.SIGNAL, jobs.STARTS, jobs.ANSWER, jobs.SUSPEND, jobs.TIMERS)


def keyed(kind: str, identity: str, message: str, **keys: str) -> str:
    """Return an element that waits for a message by correlation keys: name -> expression."""
    pairs = "".join(f'<shenpi:correlation name="{name}" value="{value}"/>' for name, value in keys.items())
    if kind == "receiveTask":
        return node(kind, identity, extension(pairs), messageRef=f"message_{message}")
    return node(kind, identity, extension(pairs) + definition("message", message))


def deploy(web: Web, *drawings: bytes) -> list[dict[str, Any]]:
    answer = web.post("zheng.hao", "/deployments", **multipart(*(("files", f"p{n}.bpmn", xml) for n, xml in enumerate(drawings))))
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def send(web: Web, name: str, by: str = "ma.lin", **body: Any) -> Any:
    """Send a message and return the answer."""
    return web.post(by, "/messages", json={"name": name, **body})


def rows(web: Web, sql: str, **values: Any) -> list[Any]:
    with web.inside(), transaction() as session:
        return list(session.execute(text(sql), values).all())


def execute(web: Web, sql: str, **values: Any) -> None:
    with web.inside(), transaction() as session:
        session.execute(text(sql), values)


def queued(web: Web, kinds: Sequence[tuple[str, str]] = DONE) -> list[tuple[str, dict[str, Any]]]:
    """Return the jobs that wait, oldest first, and take them off the queue."""
    with web.inside(), transaction() as session:
        names = [name for _, name in kinds]
        wanted = text("DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name = ANY(:names) RETURNING id, task_name, args")
        return [(row.task_name, row.args) for row in sorted(session.execute(wanted, {"names": names}), key=lambda row: row.id)]


def do(web: Web, job: tuple[str, dict[str, Any]]) -> None:
    """Do one job as a worker does."""
    functions: dict[str, Callable[..., None]] = {name: function for (_, name), function in worker.TASKS.items()}
    with web.inside():
        functions[job[0]](**job[1])


def work(web: Web) -> int:
    """Do every job there is and those it leads to; returns how many."""
    done = 0
    while found := queued(web):
        for job in found:
            do(web, job)
        done += len(found)
    return done


def tick(web: Web) -> int:
    """Make the jobs of what is due and do them; returns how many were due."""
    with web.inside(), transaction() as session:
        due = timers.enqueue_due(session)
    work(web)
    return due


def advance(web: Web, seconds: float) -> None:
    execute(web, "UPDATE clock SET ahead_seconds = ahead_seconds + :seconds", seconds=int(seconds))


def together(web: Web, *acts: Callable[[], Any]) -> list[Any]:
    """Do things at the same moment, each in a thread and a database connection of its own."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        with web.app.app_context():
            try:
                barrier.wait()
                return act()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(run, act) for act in acts]]


def status(web: Web, case: str) -> str:
    return str(web.get("ma.lin", f"/process-instances/{case}").json["status"])


def variables(web: Web, case: str) -> dict[str, Any]:
    found: dict[str, Any] = web.get("ma.lin", f"/process-instances/{case}/variables").json
    return found


def types(web: Web, case: str) -> list[str]:
    """Return the types of a case's events in their order."""
    return [row.type for row in rows(web, "SELECT type FROM history_event WHERE instance_id = :case ORDER BY number", case=case)]


def tasks(web: Web, case: str) -> list[str]:
    """Return the elements of a case's open tasks."""
    found = rows(web, "SELECT element FROM user_task WHERE instance_id = :case AND state = 'open' ORDER BY element", case=case)
    return [row.element for row in found]


def proved(web: Web, case: str) -> bool:
    """Tell whether a case's chain is whole, and its record alone leads to the same again."""
    with web.inside(), transaction() as session:
        faults = [*verify_instance(session, UUID(case)).faults, *rerun_instance(session, UUID(case)).faults]
    assert faults == [], faults
    return True
