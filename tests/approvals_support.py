"""Short words for tests of what approvers do: who has what open, act, and prove the record."""

from typing import Any
from uuid import UUID

from drawings import END, START, drawing, gateway, human, instances, node, path
from engine_support import advance, deploy, execute, rows, start, take_all
from sqlalchemy import select
from tests_support import person

from engine import interventions, jobs, tasks, timers, worker
from engine.database import transaction
from engine.replay import rerun_instance, verify_instance
from engine.step import Step, peek
from models.runtime import UserTask

OWN = node("startEvent", "start", camunda_initiator="initiator")
ROW = (START, human("a"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"))
BRANCHES = (START, human("a"), gateway("split", "parallel"), human("b", "zhao.lei"), node("endEvent", "over"), human("c", "wu.gang"), END,
            path("start", "a", "split", "b", "over"), path("split", "c", "end"))  # fmt: skip


def open_tasks(case: UUID) -> list[tuple[str, str]]:
    """Return what is open in a case: element and who has it, in the order it came."""
    found = rows(
        """SELECT t.element, coalesce(t.assignee,
             (SELECT string_agg(c.kind || ':' || c.name, ',' ORDER BY c.name) FROM candidate c WHERE c.task_id = t.id)) AS who
           FROM user_task t WHERE t.instance_id = :case AND t.state = 'open' ORDER BY t.created_at, t.id""",
        case=case,
    )
    return [(row.element, row.who) for row in found]


def task(case: UUID, element: str, who: str | None = None, state: str = "open") -> UUID:
    """Return the newest task at an element in a state."""
    found = rows(
        """SELECT id FROM user_task WHERE instance_id = :case AND element = :element AND state = :state
           AND (CAST(:who AS text) IS NULL OR assignee = :who OR decided_by = :who) ORDER BY created_at DESC, id DESC LIMIT 1""",
        case=case, element=element, state=state, who=who,
    )  # fmt: skip
    assert found, f"nothing {state} at {element} for {who}: {open_tasks(case)}"
    return UUID(str(found[0].id))


def act(verb: Any, *given: Any, by: str, **more: Any) -> Step:
    """Do one verb as somebody, in a transaction of its own."""
    with transaction() as session:
        step: Step = verb(session, *given, by=person(by), **more)
        return step


def steps_back(task_id: UUID, by: str) -> list[tuple[str, str]]:
    """Return the steps that somebody may return a task to, as id and name."""
    with transaction() as session:
        instance = session.execute(select(UserTask.instance_id).filter_by(id=task_id)).scalar_one()
        return tasks.steps_back(peek(session, instance), task_id, by=person(by))


def decide(case: UUID, element: str, by: str, outcome: str = "approve", **more: Any) -> Step:
    found = rows(
        """SELECT id FROM user_task WHERE instance_id = :case AND element = :element AND state = 'open'
           ORDER BY assignee = :by DESC NULLS LAST, created_at LIMIT 1""",
        case=case, element=element, by=by,
    )  # fmt: skip
    assert found, f"nothing open at {element}: {open_tasks(case)}"
    return act(tasks.complete, UUID(str(found[0].id)), by=by, outcome=outcome, **more)


def status(case: UUID) -> tuple[str, str | None]:
    row = rows("SELECT status, outcome FROM process_instance WHERE id = :case", case=case)[0]
    return row.status, row.outcome


def why_closed(case: UUID) -> list[tuple[str, str | None, str | None]]:
    """Return the closed tasks of a case that nobody decided: element, whose, reason."""
    found = rows(
        "SELECT element, assignee, reason FROM user_task WHERE instance_id = :case AND state = 'canceled' ORDER BY ended_at, id", case=case
    )
    return [(row.element, row.assignee, row.reason) for row in found]


def prove(case: UUID) -> None:
    """The chain verifies, and the case comes out the same when it is run again from its record alone."""
    with transaction() as session:
        assert not verify_instance(session, case).faults
        outcome = rerun_instance(session, case)
        assert not outcome.faults, outcome.faults


def root_decisions(case: UUID) -> Any:
    """Return the variable `decisions` of a case as it is now."""
    with transaction() as session:
        return peek(session, case).execution.memory.variables.get("decisions")


def open_or_over(case: UUID) -> None:
    """A case that is not over has somebody or something that it waits for."""
    row = rows(
        """SELECT status NOT IN ('running', 'suspended') AS over,
           EXISTS (SELECT 1 FROM user_task WHERE instance_id = i.id AND state = 'open') AS task,
           EXISTS (SELECT 1 FROM job WHERE instance_id = i.id AND state IN ('waiting', 'retrying')) AS job,
           EXISTS (SELECT 1 FROM timer WHERE instance_id = i.id) AS timer,
           EXISTS (SELECT 1 FROM event_subscription WHERE instance_id = i.id) AS event FROM process_instance i WHERE id = :case""",
        case=case,
    )[0]
    assert row.over is not (row.task or row.job or row.timer or row.event), row


def case_of(*parts: str, **variables: Any) -> UUID:
    """Deploy a process, by default two steps in a row, and start a case of it."""
    deploy(drawing(*(parts or ROW)))
    return start(**variables).case.id


def jump(case: UUID, to: str) -> None:
    """Let two administrators put a case on a user task."""
    execute("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang' ON CONFLICT DO NOTHING")
    with transaction() as session:
        asked = interventions.ask(session, case, by=person("ma.lin"), kind="jump", element=to, reason="卡住").id
    act(interventions.confirm, asked, by="wu.gang")


def pass_time() -> None:
    """Let an hour go by, and everything that is due happen."""
    advance(3700)
    with transaction() as session:
        timers.enqueue_due(session)
    for job in take_all(jobs.TIMERS):
        worker.fire(**job)


def sign(case: UUID, by: str, who: str, place: str, element: str = "a", state: str = "open") -> UUID:
    """Add a signer, and return her task."""
    act(tasks.add_signer, task(case, element, by, state), by=by, who=who, place=place)
    return task(case, element, who, "held" if place == "after" else "open")


def vote_of(rule: str, people: list[str], **policy: str) -> UUID:
    """Start a case in which people vote by a rule."""
    task_ = human("vote", "${person}", shenpi_vote=rule, **policy).replace(
        "</userTask>", instances(collection="people", element="person") + "</userTask>"
    )
    return case_of(
        START,
        task_,
        human("after", "chen.jing"),
        END,
        path("start", "vote", "after", "end"),
        people=people,
        weights={"wang.fang": 3, "zhao.lei": 1, "wu.gang": 1},
    )
