"""People who press until there is an answer, and what must be true when everything that could die has died."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
from journeys_support import Installation
from tests_support import eventually

from processes.invoice.samples.generate import default_number, make

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
        return httpx.Client(base_url=f"{self.installation.url}/api/v1", headers=headers, timeout=30, verify=False)

    def post(self, person: str, path: str, **content: Any) -> httpx.Response:
        key = str(uuid4())
        with self.client(person) as client:
            return persist(lambda: client.post(path, headers={"Idempotency-Key": key}, **content))

    def get(self, person: str, path: str) -> Any:
        with self.client(person) as client:
            return persist(lambda: client.get(path)).json()

    def task(self, person: str, case: str, element: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            items = self.get(person, f"/user-tasks?processInstanceId={case}")["items"]
            return next((item for item in items if item["element"] == element), None)

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
        waiting: list[dict[str, Any]] = self.get("zhao.lei", f"/user-tasks?processInstanceId={self.case}")["items"]
        return waiting

    def approve(self, *, late: bool = False) -> None:
        """Upload and have everybody approve; when the head of department is late, she is reminded first: its timer fires a day later."""
        answer = self.post("li.na", "/invoices", files={"file": self.file})
        assert answer.status_code in (200, 201), answer.text  # 200 when the first press had done it
        self.case = answer.json()["caseId"]
        if late:
            assert self.installation.shenpi("clock", "advance", "PT25H").returncode == 0
            eventually(lambda: "remind_manager" in self.done(), 120)
        if self.in_simulator:
            self.press()
        else:
            self.decide("wang.fang", self.case, "approve_manager")
        self.decide("zhao.lei", self.case, "approve_finance", voucherNumber="1", accountingPeriod="2026-11")
        self.decide("wu.gang", self.case, "approve_director")

    def done(self) -> list[str]:
        """Return the elements of the case whose outside work is done."""
        events = self.get("ma.lin", f"/process-instances/{self.case}/history")["events"]
        return [event["element"] for event in events if event["type"] == "job:completed"]

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


class Watcher:
    """Starts the worker again when it is gone, as the supervisor of `shenpi run` does; it may be one that dies again."""

    def __init__(self, installation: Installation, **environment: str) -> None:
        self.installation = installation
        self.environment = environment
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self) -> None:
        while not self.ended.wait(0.1):
            worker = self.installation.processes.get("worker")
            if worker is not None and worker.poll() is not None:
                self.installation.start("worker", **self.environment)

    def end(self) -> None:
        self.ended.set()
        self.thread.join()
