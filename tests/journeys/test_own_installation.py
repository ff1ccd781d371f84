"""An installation without the demo: everything it needs is made from a shell, an invoice goes to the archive, and it ends and begins again cleanly."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from click.testing import CliRunner
from journeys_support import answers, free_port, hears_interrupts
from tests_support import ROOT, eventually

from api.cli import main
from engine.settings import read_settings
from processes.invoice.samples.generate import make
from processes.invoice.samples.parties import BUYER_NAME, BUYER_TAX_ID

PASSWORD = "correct horse"
SECRET = "a secret that both sides know"


class House:
    """`shenpi run` in a home of its own, as a customer starts it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, self.oa_port = free_port(), free_port()
        self.url, self.oa_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.oa_port}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SHENPI_") and name != "DATABASE_URL"}
        # one environment for `run` and the commands; colours would stand between the words of its output
        self.environment = {**clean, "SHENPI_HOME": str(home), "SHENPI_PUBLIC_URL": self.url, "PYTHONWARNINGS": "ignore", "NO_COLOR": "1"}
        self.environment["SHENPI_LOCAL_HOSTS"] = "127.0.0.1"  # the office system stands on the same machine
        self.process: subprocess.Popen[str] | None = None
        self.oa: subprocess.Popen[str] | None = None
        self.starts = 0
        self.clients: list[httpx.Client] = []

    def start(self) -> None:
        self.starts += 1
        self.process = self._spawn("run", "--port", str(self.port), log=f"run-{self.starts}.log")
        eventually(lambda: answers(f"{self.url}/health/ready"), 90)

    def start_oa(self) -> None:
        """Start what stands for the customer's own office system."""
        callback = f"{self.url}/oa/office/callback"
        self.oa = self._spawn(
            "simulate", "oa", "--port", str(self.oa_port), "--secret", SECRET, "--callback-url", callback, "--store", str(self.home / "oa.sqlite"), log="oa.log"
        )  # fmt: skip
        eventually(lambda: answers(f"{self.oa_url}/health"), 60)

    def _spawn(self, *arguments: str, log: str) -> subprocess.Popen[str]:
        with open(self.home / log, "w") as output:
            command = [sys.executable, "-m", "api.cli", *arguments]
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
                preexec_fn=hears_interrupts,
            )

    def shenpi(self, *arguments: str) -> str:
        """Run one command, in this process: a dozen times the start of Python would be most of the test."""
        done = CliRunner(env={"DATABASE_URL": None, "SHENPI_CREDENTIALS_KEY": None, **self.environment}).invoke(main, list(arguments))
        assert done.exit_code == 0, (arguments, done.output, done.exception)
        return done.stdout.strip()

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; returns the exit code and everything that was said."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        return code, (self.home / f"run-{self.starts}.log").read_text()

    def kill_database(self) -> None:
        """End PostgreSQL as a machine that is short of memory does."""
        folder = read_settings({"SHENPI_HOME": str(self.home)}).database_folder
        os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def left(self) -> list[str]:
        """Return the names of the processes that still belong to this home."""
        found = []
        for process in psutil.process_iter(["name", "cmdline"]):
            try:
                ours = process.environ().get("SHENPI_HOME") == str(self.home) or str(self.home) in " ".join(process.info["cmdline"] or [])
            except psutil.Error:
                continue
            if ours and process.pid not in (os.getpid(), self.oa.pid if self.oa else 0):
                found.append(process.info["name"])
        return sorted(found)

    def end(self) -> None:
        for client in self.clients:
            client.close()
        for process in (self.process, self.oa):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        subprocess.run([sys.executable, "-m", "api.cli", "database", "stop"], cwd=ROOT, env=self.environment, capture_output=True)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    try:
        yield made
    except BaseException:
        for log in sorted(tmp_path.rglob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}")
        raise
    finally:
        made.end()


class Person:
    """Somebody with an API token."""

    def __init__(self, house: House, key: str) -> None:
        token = house.shenpi("token", key)
        self.http = httpx.Client(base_url=f"{house.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        house.clients.append(self.http)

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def task(self, case: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            return next((item for item in self.get("/user-tasks?limit=200")["items"] if item["processInstanceId"] == case), None)

        return eventually(found, 60)  # type: ignore[no-any-return]

    def approve(self, case: str, **values: str) -> None:
        body = {"outcome": "approve", "comment": "同意", "values": values}
        answer = self.http.post(f"/user-tasks/{self.task(case)['id']}/complete", json=body)
        assert answer.status_code == 200, answer.text


def furnish(house: House) -> None:
    """Make the company by the command line only."""
    company = house.shenpi("entity", "add", "--name", BUYER_NAME, "--tax-id", BUYER_TAX_ID).split()[0]
    house.shenpi("department", "add", "office", "--name", "行政部", "--entity", company)
    house.shenpi("department", "add", "books", "--name", "财务部", "--entity", company)
    for key, department, role, group in (
        ("e.1", "office", "initiator", None),
        ("h.1", "office", "approver", None),
        ("f.1", "books", "finance", "finance"),
        ("a.1", "books", "archivist", "archivists"),
    ):
        more = ("--group", group) if group else ()
        house.shenpi("user", "add", key, "--name", key, "--department", department, "--role", role, *more, "--password", PASSWORD)
    house.shenpi("department", "head", "office", "h.1")
    secret = house.home / "oa-secret"
    secret.write_text(SECRET)
    house.shenpi("connection", "add", "office", "--name", "办公系统", "--url", house.oa_url, "--secret-file", str(secret))


@pytest.mark.slow
def test_all_parts_end_with_the_command_that_started_them_however_it_ends(house: House) -> None:
    house.start()
    assert house.process is not None
    command = [sys.executable, "-m", "api.cli", "run", "--port", str(free_port())]
    second = subprocess.run(command, cwd=ROOT, env=house.environment, capture_output=True, text=True)
    assert second.returncode == 1 and f"process {house.process.pid}" in second.stderr, "two would share the home"
    house.process.send_signal(signal.SIGHUP)  # the terminal is closed
    assert house.process.wait(60) == 0
    assert set(house.left()) <= {"postgres"}

    house.start()
    house.process.kill()
    house.process.wait()
    eventually(lambda: set(house.left()) <= {"postgres"}, 60)


def registered(house: House) -> list[str | None]:
    """Return the archival codes that the office system was told."""
    return [request["payload"].get("archivalCode") for request in httpx.get(f"{house.oa_url}/api/requests", verify=False).json()]


@pytest.mark.slow
def test_an_installation_made_from_a_shell_archives_an_invoice_ends_and_begins_cleanly_and_outlives_its_database(house: House) -> None:
    house.start()
    assert "li.na" not in (house.home / "run-1.log").read_text(), "nobody of the demo is here"
    house.start_oa()
    furnish(house)
    submitter, head, finance, archivist = (Person(house, key) for key in ("e.1", "h.1", "f.1", "a.1"))

    submitted = submitter.http.post("/invoices", files={"file": make("einvoice", gross=Decimal("900.00"))})
    assert submitted.status_code == 201, submitted.text
    case = submitted.json()["caseId"]
    eventually(lambda: case in httpx.get(f"{house.oa_url}/api/todos", params={"person": "h.1"}, verify=False).text)
    head.approve(case)

    code, said = house.interrupt()  # in the middle of a case
    assert code == 0, said
    assert "shenpi database stop" in said
    assert "Traceback" not in said
    assert set(house.left()) <= {"postgres"} and house.left(), house.left()

    house.start()
    finance.approve(case, voucherNumber="记-0001", accountingPeriod="2026-11")
    items = eventually(lambda: archivist.get("/archive-items")["items"], 60)
    archivist.approve(items[0]["filingInstanceId"])
    sealed = eventually(lambda: (row := archivist.get("/archive-items")["items"][0])["state"] == "sealed" and row, 60)

    assert sealed["archivalCode"].startswith("S001-")
    house.kill_database()
    eventually(lambda: answers(f"{house.url}/health/ready"), 90)  # a worker has found out and started it again
    package = next((house.home / "archive").rglob("bagit.txt")).parent
    assert house.shenpi("verify", str(package))
    house.shenpi("verify", "--all")
    eventually(lambda: sealed["archivalCode"] in registered(house))
    code, said = house.interrupt()
    assert (code, set(house.left())) == (0, {"postgres"}), said
    house.shenpi("database", "stop")
    eventually(lambda: house.left() == [], 30)
