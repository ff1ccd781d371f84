"""Short words for tests of the engine on a real database: deploy, start, look at rows, work as a worker does."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from tests_support import person

from engine import definitions, instances, jobs, tasks
from engine.database import transaction
from engine.step import Step


def deploy(*drawings: bytes) -> None:
    """Deploy drawings, each as a file of its own."""
    with transaction() as session:
        for xml in drawings:
            definitions.deploy(session, {"p.bpmn": xml}, by=None)


def start(key: str = "p", by: str = "li.na", **variables: Any) -> Step:
    with transaction() as session:
        return instances.start(session, key, by=person(by), variables=variables)


def task_of(step: Step, element: str | None = None) -> UUID:
    """Return the id of a case's open task."""
    return next(UUID(task["id"]) for task in step.execution.memory.tasks.values() if element in (None, task["element"]))


def decide(task: UUID, by: str = "wang.fang", outcome: str = "approve", **more: Any) -> Step:
    with transaction() as session:
        return tasks.complete(session, task, by=person(by), outcome=outcome, **more)


def rows(sql: str, **values: Any) -> list[Any]:
    with transaction() as session:
        return list(session.execute(text(sql), values).all())


def value(sql: str, **values: Any) -> Any:
    return rows(sql, **values)[0][0]


def execute(sql: str, **values: Any) -> None:
    with transaction() as session:
        session.execute(text(sql), values)


def events(case: UUID) -> list[str]:
    """Return the types of a case's events in their order."""
    return [row.type for row in rows("SELECT type FROM history_event WHERE instance_id = :case ORDER BY number", case=case)]


def queued(job: tuple[str, str]) -> list[dict[str, Any]]:
    """Return the arguments of the jobs of a kind that wait in the queue, oldest first."""
    found = rows("SELECT args FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo' ORDER BY id", name=job[1])
    return [row.args for row in found]


def take_all(job: tuple[str, str]) -> list[dict[str, Any]]:
    """Return the jobs of a kind and remove them from the queue, as a worker would."""
    found = queued(job)
    execute("DELETE FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo'", name=job[1])
    return found


def advance(seconds: float) -> None:
    execute("UPDATE clock SET ahead_seconds = ahead_seconds + :seconds", seconds=seconds)


CALLS = jobs.CALL
