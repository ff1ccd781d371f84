"""Many threads in several processes on one definition and on one instance: nothing leaks from one case to another, nothing is lost or done twice.

Run as a program it is one of the processes: it starts cases of its own and decides everything in them, or decides what is open in one given case.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from drawings import END, START, drawing, human, node, path, script
from engine_support import deploy, rows, start, value
from flask import Flask
from tests_support import ROOT, person

from api.foundation import configure
from engine import instances, replay, tasks
from engine.database import transaction
from engine.errors import ShenpiError
from engine.settings import read_settings
from models import db

PEOPLE = ("wang.fang", "zhao.lei", "wu.gang")
LOOP = '<multiInstanceLoopCharacteristics camunda:collection="${people}" camunda:elementVariable="approver"/>'
INNER = node("startEvent", "s0") + script("mark", "seen = seen + [me]") + node("endEvent", "s1") + path("s0", "mark", "s1")
XML = drawing(
    START, script("begin", "seen = []"), node("parallelGateway", "split"), node("subProcess", "sub", INNER),
    human("vote", "${approver}").replace("></userTask>", f">{LOOP}</userTask>"), node("parallelGateway", "join"), END,
    path("start", "begin", "split", "sub", "join", "end"), path("split", "vote", "join"),
)  # fmt: skip
PROCESSES, THREADS, CASES = 2, 4, 6


def play(app: Flask, me: str) -> str:
    """Take one case of one's own to its end."""
    with app.app_context():
        with transaction() as session:
            case = instances.start(session, "p", by=person("li.na"), variables={"people": list(PEOPLE), "me": me}).case.id
        for by in reversed(PEOPLE):
            decide_one(case, by)
        db.session.remove()
    return str(case)


def decide_one(case: UUID, by: str) -> bool:
    """Decide a person's to-do in a case; False when somebody else was first."""
    with transaction() as session:
        found = session.connection().exec_driver_sql(
            "SELECT id FROM user_task WHERE instance_id = %s AND assignee = %s AND state = 'open'", (case, by)
        )  # fmt: skip
        task = found.scalar()
    try:
        with transaction() as session:
            tasks.complete(session, task, by=person(by), outcome="approve", comment=by)
    except ShenpiError:
        return False
    return True


def main(what: str, names: list[str]) -> None:
    app = configure(Flask("part", root_path=str(ROOT)), read_settings())

    def one(name: str) -> str:
        if what == "play":
            return play(app, name)
        with app.app_context():
            won = decide_one(UUID(what), name)
            db.session.remove()
        return f"{name}={won}"

    with ThreadPoolExecutor(THREADS) as pool:
        print(" ".join(pool.map(one, names)))


def run_in_processes(app: Flask, what: str, names: list[list[str]]) -> list[str]:
    settings = app.config["SETTINGS"]
    environment = {**os.environ, "DATABASE_URL": settings.database_url, "SHENPI_HOME": str(settings.home), "SHENPI_SECRET_KEY": "test"}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    parts = [
        subprocess.Popen(
            [sys.executable, __file__, what, *mine], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for mine in names
    ]
    answers = [part.communicate() for part in parts]
    assert all(part.returncode == 0 for part in parts), answers
    return [word for out, _ in answers for word in out.split()]


def test_cases_of_one_definition_run_side_by_side_and_nothing_leaks(app: Flask) -> None:
    deploy(XML)
    names = [[f"{process}-{number}" for number in range(THREADS * CASES)] for process in range(PROCESSES)]

    cases = run_in_processes(app, "play", names)

    assert len(cases) == PROCESSES * THREADS * CASES
    with transaction() as session:
        for case, me in zip(cases, [name for mine in names for name in mine], strict=True):
            told = instances.lock(session, UUID(case), running=False).execution.memory.variables
            assert told["seen"] == [me]
            assert {decision["by"] for decision in told["decisions"]["vote"]} == set(PEOPLE)
            assert not replay.verify_instance(session, UUID(case)).faults
            assert not replay.rerun_instance(session, UUID(case)).faults


def test_everybody_decides_in_one_case_at_once_and_each_to_do_counts_once(app: Flask) -> None:
    deploy(XML)
    case = start(people=list(PEOPLE) * 4, me="x").case.id
    names = [list(PEOPLE) * 12 for _ in range(PROCESSES)]

    answers = run_in_processes(app, str(case), names)

    won = sum(answer.endswith("=True") for answer in answers)
    decided = value("SELECT count(*) FROM user_task WHERE instance_id = :case AND state = 'completed'", case=case)
    recorded = rows("SELECT body FROM history_event WHERE instance_id = :case AND type = 'task:completed'", case=case)
    assert won == decided == len(recorded)
    with transaction() as session:
        assert not replay.verify_instance(session, case).faults
        outcome = replay.rerun_instance(session, case)
    assert not outcome.faults, outcome.faults[:2]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
