"""What survives power cuts at random moments: a hundred cases, thirty kills."""

import os
import random
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
        kills = 0
        while kills < 30:
            time.sleep(chance.uniform(0.2, 1.0))
            part = chance.choice(["web", "worker"])
            if any(thread.is_alive() for thread in people):
                eventually(lambda: is_busy(installation), 30)
            installation.kill(part)
            kills += 1
            time.sleep(chance.uniform(0.0, 0.3))
            installation.start(part)
        for thread in people:
            thread.join(300)
        assert not failures
        eventually(lambda: all(ended(installation, walker.case) for walker in walkers), 120)
        assert_approvals_are_well(installation, [walker.case for walker in walkers])


def is_busy(installation: Installation) -> bool:
    """Tell whether a step or a delivery is open right now: a transaction that writes, or a job being done."""
    with psycopg.connect(installation.database.replace("postgresql+psycopg://", "postgresql://")) as connection:
        row = connection.execute(
            """SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))
                    + (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                       AND state IN ('active', 'idle in transaction'))
                    + (SELECT count(*) FROM oa_delivery WHERE state = 'waiting')"""
        ).fetchone()
    return bool(row and row[0])


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
