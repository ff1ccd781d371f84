"""What survives power cuts at random moments: a hundred cases, thirty kills."""

import os
import random
import re
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from crashes_support import STALLED, Walker
from journeys_support import Installation, installed
from tests_support import eventually

from engine.database.embedded import EmbeddedServer

KILLS = 30


@pytest.mark.slow
def test_100_cases_survive_30_random_kills_of_web_server_and_worker(server: EmbeddedServer, template: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("SHENPI_TEST_SEED", time.time_ns() % 10**6))
    print(f"SHENPI_TEST_SEED={seed}")
    chance = random.Random(seed)
    with installed(server, template, tmp_path, **STALLED) as installation:
        walkers = [Walker(installation, 7000 + number, in_simulator=number % 5 == 0) for number in range(100)]
        queue, failures = list(walkers), []

        def walk() -> None:
            while queue:
                walker = queue.pop()
                try:
                    walker.approve()
                except BaseException as error:
                    failures.append(error)
                    raise

        people = [threading.Thread(target=walk) for _ in range(4)]
        for thread in people:
            thread.start()
        hits: list[str] = []
        with Witness(server, installation) as witness:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.2, 1.0))
                part = chance.choice(["web", "worker"])
                if any(thread.is_alive() for thread in people):
                    witness.await_work(part)
                installation.kill(part)
                hits += [part] if witness.was_hit() else []
                time.sleep(chance.uniform(0.0, 0.3))
                installation.start(part)
        print(f"{len(hits)} of {KILLS} kills hit an open step or delivery: {hits}")
        assert len(hits) >= KILLS // 3, hits
        for thread in people:
            thread.join(300)
        assert not failures
        eventually(lambda: all(ended(installation, walker.case) for walker in walkers), 120)
        assert_approvals_are_well(installation, [walker.case for walker in walkers])


class Witness:
    """Knows which connections hold the rows of a case or of its outbox, and whether a kill cut one of them off: PostgreSQL's log says so, by its pid.

    A job that a killed worker leaves undone counts as well: it was between its transactions, in a call to the outside.
    """

    HELD = """
        SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
        WHERE c.relname IN ('process_instance', 'history_event', 'oa_delivery') AND l.mode IN ('RowShareLock', 'RowExclusiveLock') AND l.granted
          AND l.pid <> pg_backend_pid()"""
    DOING = "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND task_name IN ('call', 'push', 'inbox', 'timers')"

    def __init__(self, server: EmbeddedServer, installation: Installation) -> None:
        self.log = server.folder / "server.log"
        self.connection = psycopg.connect(installation.database.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)
        self.part = ""
        self.held: set[int] = set()
        self.doing: set[int] = set()
        self.read = 0

    def __enter__(self) -> "Witness":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def await_work(self, part: str) -> None:
        """Wait for a moment, at most some seconds, at which a step or a delivery of the part is open."""
        self.part, self.read = part, self.log.stat().st_size
        until = time.monotonic() + 5
        while time.monotonic() < until:
            self.held = {row[0] for row in self.connection.execute(self.HELD)}
            self.doing = {row[0] for row in self.connection.execute(self.DOING)} if part == "worker" else set()
            if self.held or self.doing:
                return
            time.sleep(0.002)  # or the looks themselves would hold up the work

    def was_hit(self) -> bool:
        """Tell whether the part was cut off in the middle of a step or a delivery when it was killed just now."""
        if self.doing & {row[0] for row in self.connection.execute(self.DOING)}:
            return True
        until = time.monotonic() + 0.2  # PostgreSQL notices a lost client when it looks for the next word
        while time.monotonic() < until:
            with open(self.log, "rb") as log:
                log.seek(self.read)
                lost = {
                    int(pid)
                    for pid in re.findall(rb"\[(\d+)\] LOG: +unexpected EOF on client connection with an open transaction", log.read())
                }
            if lost & self.held:
                return True
            time.sleep(0.02)
        return False


def ended(installation: Installation, case: str) -> bool:
    with Walker(installation, 0, in_simulator=False).client("ma.lin") as client:
        return bool(client.get(f"/process-instances/{case}").json()["status"] == "completed")


def assert_approvals_are_well(installation: Installation, cases: list[str]) -> None:
    """As `assert_all_is_well`, for approvals whose filing still waits for the archivist."""
    with Walker(installation, 0, in_simulator=False).client("sun.mei") as client:
        for case in cases:
            record = client.get(f"/process-instances/{case}/history").json()
            types = [event["type"] for event in record["events"]]
            assert types.count("instance:completed") == 1
            decided = [event["element"] for event in record["events"] if event["type"] == "task:completed"]
            assert decided == ["approve_manager", "approve_finance", "approve_director"]
            verification = client.get(f"/process-instances/{case}/verification").json()
            assert verification["ok"], verification
        items = [row for page in pages(client, "/archive-items") for row in page if row["sourceInstanceId"] in cases]
    assert sorted(row["sourceInstanceId"] for row in items) == sorted(cases)
    for person in ("wang.fang", "zhao.lei", "wu.gang"):
        eventually(lambda person=person: installation.todos(person) == [], 60)
    checked = installation.shenpi("verify", "--all")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def pages(client: httpx.Client, path: str) -> Any:
    after = None
    while True:
        body = client.get(path, params={"limit": 200, **({"after": after} if after else {})}).json()
        yield body["items"]
        after = body["after"]
        if after is None:
            return
