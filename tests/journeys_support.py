"""An installation of real processes: web server, worker and OA simulator on free ports, with a database of its own."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import nursery_support
import pytest
from flask import Flask
from tests_support import SECRET, eventually, fresh_database

from api import accounts
from api.cli.company import CONNECTION, PEOPLE
from api.foundation import configure
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from engine.settings import read_settings
from models import db
from models.oa import OaConnection
from processes.invoice.samples.generate import default_number, make

__all__ = ["Installation", "eventually"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hears_interrupts() -> None:
    """Of a child before it begins: let SIGINT end it, also where the tests themselves were started in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Installation:
    """Everything a customer runs, started and ended by a test."""

    def __init__(self, url: str, home: Path, *, web_processes: int = 1, **environment: str) -> None:
        self.web_processes = web_processes
        self.home = home
        self.database = url
        self.ports = {"web": free_port(), "simulator": free_port()}
        self.url = f"http://127.0.0.1:{self.ports['web']}"
        self.simulator = f"http://127.0.0.1:{self.ports['simulator']}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SHENPI_")},
            "DATABASE_URL": url, "SHENPI_HOME": str(home), "SHENPI_PUBLIC_URL": self.url, "SHENPI_DEVELOPMENT": "1", "SHENPI_SECRET_KEY": "test",
            "SHENPI_CREDENTIALS_KEY": os.environ["SHENPI_CREDENTIALS_KEY"], "SHENPI_LOCAL_HOSTS": os.environ["SHENPI_LOCAL_HOSTS"],
            "SHENPI_SIMULATOR_SECRET": SECRET, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore", **environment,
        }  # fmt: skip
        self.processes: dict[str, nursery_support.Process] = {}
        self.clients: dict[str, httpx.Client] = {}
        self.cookies: dict[str, Any] = {}  #: of people who have signed in by the page
        self.tokens = self._prepare()

    def _prepare(self) -> dict[str, str]:
        """Point the demo connection at this simulator and make a token for everybody of the cast."""
        settings = read_settings({**self.environment})
        app = configure(Flask("set-up"), settings)
        with app.app_context():
            with transaction() as session:
                session.get_one(OaConnection, CONNECTION).base_url = self.simulator
                tokens = {person.key: accounts.make_token(session, person.key, "test")[1] for person in PEOPLE}
            db.session.remove()
            db.engine.dispose()
        return tokens

    def commands(self) -> dict[str, list[str]]:
        callback = f"{self.url}/oa/{CONNECTION}/callback"
        return {
            "web": ["serve", "--port", str(self.ports["web"]), "--workers", str(self.web_processes)],
            "worker": ["work"],
            "simulator": ["simulate", "oa", "--port", str(self.ports["simulator"]), "--callback-url", callback],
        }

    def start(self, *parts: str, **environment: str) -> None:
        """Start parts and wait until they answer."""
        for part in parts or ("simulator", "web", "worker"):
            arguments = self.commands()[part.partition("#")[0]]
            told = {**self.environment, **environment}
            self.processes[part] = nursery_support.start(*arguments, environment=told, log=self.home / f"{part}.log")
        for part in parts or ("simulator", "web"):
            if part in ("web", "simulator"):
                address = f"{self.url}/health/ready" if part == "web" else f"{self.simulator}/health"
                eventually(lambda address=address: answers(address))

    def kill(self, part: str) -> None:
        """End a part as a power cut would: it and all its children, at once."""
        process = self.processes.pop(part)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, *parts: str) -> None:
        """End parts as an administrator would."""
        if not parts:  # a web server that ends waits for those who are still connected
            for client in self.clients.values():
                client.close()
            self.clients.clear()
        ending = [process for part in parts or tuple(self.processes) if (process := self.processes.pop(part, None)) is not None]
        for process in ending:
            process.terminate()
        for process in ending:
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def client(self, person: str) -> httpx.Client:
        """Return an HTTP client that speaks as somebody of the cast."""
        if person not in self.clients:
            headers = {"Authorization": f"Bearer {self.tokens[person]}"}
            self.clients[person] = httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60, verify=False)
        return self.clients[person]

    # --- what people do

    def upload(self, name: str, data: bytes, by: str = "li.na", **typed: str) -> httpx.Response:
        return self.client(by).post("/invoices", files={"file": (name, data)}, data=typed)

    def submit(self, kind: str = "einvoice", gross: str = "8600.00", running: int | None = None) -> dict[str, Any]:
        """Upload a fresh sample as Li Na; returns the answer with its case."""
        number = default_number(kind, running or int(time.monotonic_ns() % 10**9))
        answer = self.upload(*make(kind, number=number, gross=Decimal(gross)))
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def task(self, person: str, case: str, element: str) -> dict[str, Any]:
        """Wait for a person's to-do of a case and return it."""

        def found() -> dict[str, Any] | None:
            items = self.client(person).get("/user-tasks", params={"processInstanceId": case}).json()["items"]
            return next((item for item in items if item["element"] == element), None)

        return eventually(found)  # type: ignore[no-any-return]

    def decide(self, person: str, case: str, element: str, outcome: str = "approve", comment: str = "", **values: str) -> httpx.Response:
        task = self.task(person, case, element)
        answer = self.client(person).post(
            f"/user-tasks/{task['id']}/complete", json={"outcome": outcome, "comment": comment, "values": values}
        )
        assert answer.status_code == 200, answer.text
        return answer

    def finance(self, case: str, outcome: str = "approve") -> httpx.Response:
        return self.decide("zhao.lei", case, "approve_finance", outcome, "已核对", voucherNumber="记-0042", accountingPeriod="2026-11")

    def case(self, identity: str, by: str = "ma.lin") -> dict[str, Any]:
        body: dict[str, Any] = self.client(by).get(f"/process-instances/{identity}").json()
        return body

    def events(self, identity: str, by: str = "ma.lin") -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.client(by).get(f"/process-instances/{identity}/history").json()["events"]
        return events

    def item_of(self, case: str) -> dict[str, Any] | None:
        items = self.client("chen.jing").get("/archive-items", params={"limit": 200}).json()["items"]
        return next((item for item in items if item["sourceInstanceId"] == case), None)

    def todos(self, person: str) -> list[dict[str, Any]]:
        """Return what the office system shows a person."""
        answer: Any = httpx.get(f"{self.simulator}/api/todos", params={"person": person}, verify=False).json()
        return (
            answer["items"] if isinstance(answer, dict) and "items" in answer else answer["todos"] if isinstance(answer, dict) else answer
        )

    def press(self, person: str, task_key: str, outcome: str = "approve", comment: str = "") -> httpx.Response:
        return httpx.post(
            f"{self.simulator}/api/press",
            json={"person": person, "taskKey": task_key, "outcome": outcome, "comment": comment},
            timeout=30,
            verify=False,
        )

    def fault(self, **switches: Any) -> None:
        httpx.post(f"{self.simulator}/api/faults", json=switches, verify=False).raise_for_status()

    def shenpi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one `shenpi` command against this installation."""
        return nursery_support.run(*arguments, environment=self.environment)


def answers(address: str) -> bool:
    """Tell whether a server is up. Here and elsewhere `verify=False`: plain HTTP needs no certificates, and to read those of a machine takes longer."""
    try:
        return httpx.get(address, timeout=2, verify=False).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def running(url: str, home: Path, *, web_processes: int = 1, **environment: str) -> Iterator[Installation]:
    """Start an installation on a database and end it; its logs are shown when something went wrong."""
    made = Installation(url, home, web_processes=web_processes, **environment)
    try:
        made.start()
        yield made
    except BaseException:
        for log in sorted(home.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        raise
    finally:
        made.stop()


@contextmanager
def installed(server: EmbeddedServer, template: str, home: Path, *, web_processes: int = 1, **environment: str) -> Iterator[Installation]:
    """Start an installation with a fresh database and end it."""
    with fresh_database(server, template) as name, running(server.url(name), home, web_processes=web_processes, **environment) as made:
        yield made


@pytest.fixture(scope="module")
def installation(server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all tests of a file; each test brings cases of its own."""
    with installed(server, template, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def own_installation(server: EmbeddedServer, template: str, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """An installation for one test, for those that kill or break things."""
    with installed(server, template, tmp_path) as made:
        yield made
