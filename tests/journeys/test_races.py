"""Two people at once: two web processes as shipped, a barrier, and only one of them can win."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
from drawings import END, START, drawing, human, path
from journeys_support import Installation, installed

from engine.database.embedded import EmbeddedServer
from processes.invoice.samples.generate import default_number, make

ROUNDS = 200
RACE = drawing(
    START, human("decide", "").replace('camunda:assignee=""', 'camunda:candidateUsers="wang.fang,zhao.lei"'), END, path("start", "decide", "end"), key="race"
)  # fmt: skip


def press_each(url: str, token: str, tasks: list[str], barrier: Barrier, outcome: str, results: Any) -> None:
    """Decide every task the moment the other process does; report status and interval of each request.

    Each request has a connection of its own, so that either web process may take it.
    """
    headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
    with httpx.Client(base_url=url, headers=headers, timeout=60, verify=False) as client:
        client.get("/user-tasks")
        found = []
        for task in tasks:
            barrier.wait(60)
            begin = time.monotonic()
            answer = client.post(f"/user-tasks/{task}/complete", json={"outcome": outcome}, headers={"Idempotency-Key": str(uuid4())})
            found.append((answer.status_code, begin, time.monotonic()))
        results.put((outcome, found))


@pytest.fixture(scope="module")
def installation(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with two web processes, as `shenpi serve` starts them."""
    with installed(server, template, tmp_path_factory.mktemp("races"), web_processes=2) as made:
        yield made


def spent(installation: Installation) -> list[float]:
    """Return the CPU seconds of each web process."""
    processes = psutil.Process(installation.processes["web"].pid).children()
    return [process.cpu_times().user for process in sorted(processes, key=lambda process: process.pid)]


@pytest.mark.slow
def test_of_two_people_who_decide_at_once_one_wins_and_one_is_told(installation: Installation) -> None:
    deployed = installation.client("zheng.hao").post("/deployments", files={"files": ("race.bpmn", RACE)})
    assert deployed.status_code == 201, deployed.text
    cases = [installation.client("li.na").post("/process-instances", json={"processDefinitionKey": "race"}).json() for _ in range(ROUNDS)]
    tasks = [case["tasks"][0]["id"] for case in cases]
    before = spent(installation)
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    racers = [
        context.Process(
            target=press_each, args=(f"{installation.url}/api/v1", installation.tokens[person], tasks, barrier, outcome, results)
        )
        for person, outcome in (("wang.fang", "approve"), ("zhao.lei", "reject"))
    ]
    for racer in racers:
        racer.start()
    answers = dict(results.get(timeout=300) for _ in racers)
    for racer in racers:
        racer.join(30)

    used = [now - then for then, now in zip(before, spent(installation), strict=True)]
    assert len(used) == 2 and min(used) > sum(used) / 10, "both processes have answered"
    pairs = list(zip(answers["approve"], answers["reject"], strict=True))
    overlapping = sum(one[1] < other[2] and other[1] < one[2] for one, other in pairs)
    assert overlapping >= 150
    assert Counter(tuple(sorted((one[0], other[0]))) for one, other in pairs) == {(200, 409): ROUNDS}
    for case, (one, _) in zip(cases, pairs, strict=True):
        events = installation.events(case["id"])
        assert [event["type"] for event in events].count("task:completed") == 1
        shown = installation.case(case["id"])
        assert shown["status"] == "completed"
        decided = next(event for event in events if event["type"] == "task:completed")
        assert decided["actor"] == ("wang.fang" if one[0] == 200 else "zhao.lei")
        assert installation.client("sun.mei").get(f"/process-instances/{case['id']}/verification").json()["ok"]


def test_two_uploads_of_one_invoice_at_once_make_one_case(installation: Installation) -> None:
    installation.client("li.na")
    for number in range(10):
        file = make("einvoice", number=default_number("einvoice", time.monotonic_ns() % 10**9 + number))
        with ThreadPoolExecutor(4) as pool:
            answers = [answer.json() for answer in pool.map(lambda _, file=file: installation.upload(*file), range(4))]

        assert sorted(answer["result"] for answer in answers) == ["exists", "exists", "exists", "new"]
        assert len({answer["caseId"] for answer in answers}) == 1
