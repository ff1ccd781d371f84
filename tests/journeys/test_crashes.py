"""What survives a power cut: real processes, real SIGKILL."""

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from journeys_support import Installation, installed
from tests_support import eventually

from engine.crash import POINTS
from engine.database.embedded import EmbeddedServer
from processes.invoice.samples.generate import default_number, make

IN_WEB = ("callback:stored",)
EVERYWHERE = ("commit:before", "commit:after")
STALLED = {"SHENPI_WORKER_STALLED": "2"}


def persist(act: Callable[[], httpx.Response]) -> httpx.Response:
    """Press until there is an answer, as a person would whose page did not come back."""

    def pressed() -> httpx.Response | None:
        try:
            answer = act()
        except httpx.HTTPError:
            return None
        return None if answer.status_code in (502, 503) else answer

    return eventually(pressed, 90)  # type: ignore[no-any-return]


class Walker:
    """Takes one invoice through everything, whatever dies on the way; every press keeps its key."""

    def __init__(self, installation: Installation, number: int, *, in_simulator: bool) -> None:
        self.installation = installation
        self.in_simulator = in_simulator
        self.file = make("einvoice", number=default_number("einvoice", number))
        self.case = ""

    def client(self, person: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.installation.tokens[person]}"}
        return httpx.Client(base_url=f"{self.installation.url}/api/v1", headers=headers, timeout=30)

    def post(self, person: str, path: str, **content: Any) -> httpx.Response:
        key = str(uuid4())
        with self.client(person) as client:
            return persist(lambda: client.post(path, headers={"Idempotency-Key": key}, **content))

    def get(self, person: str, path: str) -> Any:
        with self.client(person) as client:
            return persist(lambda: client.get(path)).json()

    def task(self, person: str, case: str, element: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            items = self.get(person, "/user-tasks?limit=200")["items"]
            return next((item for item in items if item["processInstanceId"] == case and item["element"] == element), None)

        return eventually(found, 120)  # type: ignore[no-any-return]

    def decide(self, person: str, case: str, element: str, **values: str) -> None:
        task = self.task(person, case, element)
        answer = self.post(person, f"/user-tasks/{task['id']}/complete", json={"outcome": "approve", "comment": "同意", "values": values})
        assert answer.status_code == 200, answer.text

    def press(self) -> None:
        """Press in the office system until the product has taken it: a person presses again when nothing happens."""

        def pressed() -> bool:
            todo = next((item for item in self.installation.todos("wang.fang") if self.case in str(item)), None)
            if todo is not None:
                self.installation.press("wang.fang", todo.get("taskKey") or todo["task_key"])
            return any(item["element"] != "approve_manager" for item in self.waiting())

        eventually(pressed, 120)

    def waiting(self) -> list[dict[str, Any]]:
        return [item for item in self.get("zhao.lei", "/user-tasks?limit=200")["items"] if item["processInstanceId"] == self.case]

    def approve(self) -> None:
        answer = self.post("li.na", "/invoices", files={"file": self.file})
        assert answer.status_code == 201, answer.text
        self.case = answer.json()["caseId"]
        if self.in_simulator:
            self.press()
        else:
            self.decide("wang.fang", self.case, "approve_manager")
        self.decide("zhao.lei", self.case, "approve_finance", voucherNumber="1", accountingPeriod="2026-11")
        self.decide("wu.gang", self.case, "approve_director")

    def approve_with_reminder(self) -> None:
        """As `approve`, with a reminder on the way: its timer fires a day later."""
        answer = self.post("li.na", "/invoices", files={"file": self.file})
        self.case = answer.json()["caseId"]
        assert self.installation.shenpi("clock", "advance", "PT25H").returncode == 0
        eventually(lambda: "task:reminded" in str(self.get("ma.lin", f"/process-instances/{self.case}/history")["events"]), 120)
        self.decide("wang.fang", self.case, "approve_manager")
        self.decide("zhao.lei", self.case, "approve_finance", voucherNumber="1", accountingPeriod="2026-11")
        self.decide("wu.gang", self.case, "approve_director")

    def file_away(self) -> None:
        def item() -> dict[str, Any] | None:
            items = self.get("chen.jing", "/archive-items?limit=200")["items"]
            return next((row for row in items if row["sourceInstanceId"] == self.case), None)

        found = eventually(item, 120)
        eventually(lambda: self.get("chen.jing", f"/archive-items/{found['id']}")["checks"], 120)
        checks = self.get("chen.jing", f"/archive-items/{found['id']}")["checks"]
        assert not [check for check in checks if check["level"] == "block" and check["result"] == "failed"]
        self.decide("chen.jing", found["filingInstanceId"], "confirm_filing")
        eventually(lambda: (row := item()) is not None and row["state"] == "sealed", 120)
        eventually(lambda: self.get("ma.lin", f"/process-instances/{found['filingInstanceId']}")["status"] == "completed", 120)


def assert_all_is_well(installation: Installation, cases: list[str]) -> None:
    """Every case ended once, every chain verifies and comes out the same again, and nothing is left in the office system."""
    with Walker(installation, 0, in_simulator=False).client("sun.mei") as client:
        for case in cases:
            assert client.get(f"/process-instances/{case}").json()["status"] == "completed"
            record = client.get(f"/process-instances/{case}/history").json()
            types = [event["type"] for event in record["events"]]
            assert types.count("instance:completed") == 1
            decided = [event["element"] for event in record["events"] if event["type"] == "task:completed"]
            assert len(decided) == len(set(decided))
            verification = client.get(f"/process-instances/{case}/verification").json()
            assert verification["ok"], verification
    for person in ("wang.fang", "zhao.lei", "wu.gang", "chen.jing"):
        eventually(lambda person=person: installation.todos(person) == [], 60)
    checked = installation.shenpi("verify", "--all")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
def test_each_named_point_can_be_the_last_one_of_its_process(server: EmbeddedServer, template: str, tmp_path: Path) -> None:
    cases = []
    with installed(server, template, tmp_path, **STALLED) as installation:
        for number, point in enumerate(os.environ.get("SHENPI_TEST_POINTS", " ".join(POINTS)).split()):
            once = tmp_path / f"crashed-{number}"
            crash = {"SHENPI_CRASH_AT": point, "SHENPI_CRASH_ONCE": str(once)}
            part = "web" if point in IN_WEB else "worker"
            installation.stop(part)
            installation.start(part, **crash)
            watcher = Watcher(installation, once)
            try:
                walker = Walker(installation, 5000 + number, in_simulator=True)
                walker.approve_with_reminder() if point == "timer:fired" else walker.approve()
                walker.file_away()
            finally:
                watcher.end()
            assert once.exists(), f"{point} was not passed"
            cases.append(walker.case)
        for number, point in enumerate(EVERYWHERE):
            once = tmp_path / f"crashed-web-{number}"
            installation.stop("web")
            installation.start("web", SHENPI_CRASH_AT=point, SHENPI_CRASH_ONCE=str(once))
            walker = Walker(installation, 6000 + number, in_simulator=True)
            walker.approve()
            walker.file_away()
            assert once.exists()
            cases.append(walker.case)
        assert_all_is_well(installation, cases)


class Watcher:
    """Starts the worker again when it is gone, as the supervisor of `shenpi run` does."""

    def __init__(self, installation: Installation, once: Path) -> None:
        self.installation = installation
        self.once = once
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self) -> None:
        while not self.ended.wait(0.1):
            worker = self.installation.processes.get("worker")
            if worker is not None and worker.poll() is not None:
                self.installation.start("worker")

    def end(self) -> None:
        self.ended.set()
        self.thread.join()


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
