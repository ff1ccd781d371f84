"""What happens to an installation while to-dos go out: its database is killed, the keys of credentials are changed. Nothing is lost or doubled."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from click.testing import CliRunner
from journeys_support import Installation, answers, installed, running
from sqlalchemy import make_url
from tests_support import eventually, fill

from api.cli import main
from engine.database.embedded import EmbeddedServer
from models.migrations import upgrade
from processes.invoice.samples.generate import default_number, make

CASES, RESTARTS = 24, 3
STALLED = {"SHENPI_WORKER_STALLED": "2"}


class Load:
    """Li Na submits invoices, one after another, and presses again what was not taken."""

    def __init__(self, installation: Installation, first: int) -> None:
        self.client = installation.client("li.na")  # while the database can be asked for a token
        self.first = first
        self.cases: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        for number in range(CASES):
            name, data = make("einvoice", number=default_number("einvoice", self.first + number))
            self.cases.append(self._submit(name, data, f"storm-{self.first}-{number}"))

    def _submit(self, name: str, data: bytes, key: str) -> str:
        while True:
            try:
                answer = self.client.post("/invoices", files={"file": (name, data)}, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            self.statuses[answer.status_code] += 1
            if answer.status_code in (200, 201):  # 200 when the first press had done it
                return str(answer.json()["caseId"])
            assert answer.status_code == 503, answer.text
            time.sleep(0.1)


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A PostgreSQL that the tests of this file may kill, with the demo company in its database `shenpi`."""
    home = tmp_path_factory.mktemp("mortal")
    server = EmbeddedServer(home / "database")
    server.start()
    upgrade(server.url())
    fill(server.url(), home)
    yield server
    server.stop()


@pytest.fixture
def own(mortal: EmbeddedServer) -> str:
    """The name of a database of the mortal server, with the demo company in it."""
    name = f"storm_{uuid4().hex[:8]}"
    with psycopg.connect(mortal.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE shenpi')
    return name


def kill(server: EmbeddedServer) -> None:
    """End the database server as a power cut would."""
    os.kill(int((server.folder / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)  # its children end when it is gone


def restart(server: EmbeddedServer, seconds: float = 0.7) -> None:
    """Kill the database server, and start it again after a while."""
    kill(server)
    time.sleep(seconds)
    server.start()


def shown(installation: Installation, cases: list[str]) -> list[int]:
    """Return how many to-dos of each case Wang Fang has in the office system."""
    todos = [str(todo) for todo in installation.todos("wang.fang")]
    return [sum(case in todo for todo in todos) for case in cases]


def agree(installation: Installation, load: Load) -> None:
    load.thread.join(240)
    assert len(set(load.cases)) == CASES
    eventually(lambda: shown(installation, load.cases) == [1] * CASES, 90)
    eventually(
        lambda: installation.client("wang.fang").get("/user-tasks").status_code == 200
    )  # the first may find out that nobody is there any more
    for case in load.cases:
        installation.decide("wang.fang", case, "approve_manager")
    eventually(lambda: installation.todos("wang.fang") == [], 90)


@pytest.mark.slow
def test_a_database_that_is_killed_and_restarted_while_workers_push_loses_and_doubles_nothing(
    mortal: EmbeddedServer, own: str, tmp_path: Path
) -> None:
    with running(mortal.url(own), tmp_path, **STALLED) as installation:
        load = Load(installation, 8100)
        for number in range(RESTARTS):
            eventually(lambda number=number: len(load.cases) > number * CASES // (RESTARTS + 1))  # each while there is more to submit
            restart(mortal)
        agree(installation, load)
        assert load.statuses[503], "no restart came in between"
        assert set(load.statuses) <= {200, 201, 503}, load.statuses
        verified = installation.shenpi("verify", "--all")
        assert verified.returncode == 0, verified.stdout


@pytest.mark.slow
def test_a_worker_lives_on_when_the_database_goes_away_while_it_asks_for_a_job_and_does_the_job_that_it_did_not_get(
    mortal: EmbeddedServer, own: str, tmp_path: Path
) -> None:
    with running(mortal.url(own), tmp_path, **STALLED) as installation:
        worker = installation.processes["worker"]
        with closing(psycopg.connect(mortal.dsn(own))) as connection:
            connection.execute("LOCK TABLE procrastinate_jobs")
            eventually(lambda: server_says(mortal, ASKING, own))
            restart(mortal, 2)
        eventually(lambda: answers(f"{installation.url}/health/ready"))
        case = eventually(lambda: submitted(installation, 8302))
        eventually(lambda: shown(installation, [case]) == [1])
        with psycopg.connect(mortal.dsn(own), autocommit=True) as connection:
            lost = connection.execute(LOST).fetchone()
            assert lost is not None
            eventually(lambda: connection.execute("SELECT 1 FROM procrastinate_jobs WHERE id = %s", lost).fetchone() is None)  # done
        assert worker.poll() is None, "the worker ended"


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 3.0])
def test_a_worker_that_is_told_to_end_while_the_database_is_away_ends(
    mortal: EmbeddedServer, own: str, tmp_path: Path, after: float
) -> None:
    """At once, and when it has lost its queue and tries to open it anew."""
    with running(mortal.url(own), tmp_path, **STALLED) as installation:
        kill(mortal)
        time.sleep(after)
        worker = installation.processes.pop("worker")
        worker.terminate()
        assert worker.wait(60) == 0
        mortal.start()


#: what is there when the connection breaks while a job is fetched: the database has given it to this worker, and nobody has got it
LOST = """
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, worker_id)
SELECT 'work', 'look', 0, '{"name": "nobody waits for this"}', 'doing', max(id) FROM procrastinate_workers RETURNING id
"""
ASKING = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock' AND query ~ 'fetch_job'"


def server_says(server: EmbeddedServer, question: str, database: str) -> bool:
    """Tell whether the database server answers a question about one of its databases with a row."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        return connection.execute(question, (database,)).fetchone() is not None


def submitted(installation: Installation, running: int) -> str:
    """Return a new case, or nothing while connections of before are found dead."""
    answer = installation.upload(*make("einvoice", number=default_number("einvoice", running)))
    return str(answer.json()["caseId"]) if answer.status_code in (200, 201) else ""


@pytest.mark.slow
def test_keys_are_changed_while_to_dos_go_out(server: EmbeddedServer, template: str, tmp_path: Path) -> None:
    with installed(server, template, tmp_path, **STALLED) as installation:
        load = Load(installation, 8200)
        old = installation.environment["SHENPI_CREDENTIALS_KEY"]
        for step in (f"new,{old}", "new"):
            installation.environment["SHENPI_CREDENTIALS_KEY"] = step
            for part in ("worker", "web"):
                installation.stop(part)
                installation.start(part)
            done = CliRunner(env=installation.environment).invoke(main, ["connection", "rekey"])
            assert done.exit_code == 0, done.output
        agree(installation, load)
        failures = failed(server, installation)
        assert failures == [], failures


def failed(server: EmbeddedServer, installation: Installation) -> list[Any]:
    database = str(make_url(installation.database).database)
    with psycopg.connect(server.dsn(database)) as connection:
        return connection.execute("SELECT state, last_error FROM oa_delivery WHERE state NOT IN ('sent', 'superseded')").fetchall()
