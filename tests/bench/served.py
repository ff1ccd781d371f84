"""A web server of its own process for the bench: the CPU of a request is what the server spends on it, with its HTTP and its threads, and not the caller's."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil


class Served:
    """One `shenpi serve` with one process behind its master, and one connection to it that stays open."""

    def __init__(self, master: subprocess.Popen[bytes], port: int) -> None:
        self.master = master
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, address: str, token: str, body: dict[str, Any]) -> Any:
        """Send one request and return its answer; anything but success ends the bench."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection.request("POST", f"/api/v1{address}", json.dumps(body).encode(), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201), text
        return json.loads(text)

    def spent(self) -> float:
        """Return the seconds of CPU that the server's processes have used."""
        processes = psutil.Process(self.master.pid).children(recursive=True)
        return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


@contextmanager
def served(url: str, home: Path, port: int) -> Iterator[Served]:
    """Start the server as it is shipped, on a database that is ready, and end it."""
    environment = {**os.environ, "DATABASE_URL": url, "SHENPI_HOME": str(home), "SHENPI_SECRET_KEY": "bench", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--workers", "1"]
    master = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = Served(master, port)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                made.connection.request("GET", "/health/ready")
                if (answer := made.connection.getresponse()).read() and answer.status == 200:
                    break
            except OSError:
                time.sleep(0.1)
                made.connection.close()
        yield made
    finally:
        made.connection.close()
        master.terminate()
        master.wait(30)
