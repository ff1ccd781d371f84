"""The simulator in a process of its own, and a small product that takes its callbacks."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from offices_support import MemoryDesk, connection

from engine.errors import InvalidContent, NotPermitted
from engine.oa.contract import Connection, Event, RawRequest
from engine.oa.webhook import Webhook

ROOT = Path(__file__).parents[4]
SECRET = "whsec-of-this-test"


@dataclass
class Product:
    """Takes callbacks as the product does: verifies, parses, keeps each event once, answers kindly."""

    url: str = ""
    events: list[Event] = field(default_factory=list)
    refused: list[Exception] = field(default_factory=list)
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, connector: Webhook, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        with self.lock:
            self.calls += 1
            try:
                (event,) = connector.receive(RawRequest("POST", "callback", {}, headers, body), datetime.now(UTC)).events
            except (NotPermitted, InvalidContent) as error:
                self.refused.append(error)
                return 403, "签名无效"
            if event.dedupe_key in {known.dedupe_key for known in self.events}:
                return 200, "此前已收到"
            self.events.append(event)
            return 200, "已收到，谢谢"


@dataclass
class Simulator:
    url: str
    product: Product
    http: httpx.Client

    def connection(self, **changes: Any) -> Connection:
        return connection(self.url, **{"secret": SECRET} | changes)

    def faults(self, **values: float) -> None:
        self.http.post("/api/faults", json=values).raise_for_status()

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(path, params=query).raise_for_status().json()

    def press(self, **body: str) -> Any:
        return self.http.post("/api/press", json=body).raise_for_status().json()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    found = Product()
    port = free_port()
    connector = Webhook(connection("http://127.0.0.1:1", secret=SECRET), MemoryDesk())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, message = found.take(connector, dict(self.headers.items()), body)
            answer = f'{{"message": "{message}"}}'.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{port}/callbacks/oa-1"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()
    connector.close()


@pytest.fixture(scope="session")
def process(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("oa")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "api.simulators.oa",
        "--port",
        str(port),
        "--store",
        str(folder / "oa.sqlite"),
        "--callback-url",
        product.url,
    ]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "OA_SIMULATOR_SECRET": SECRET})
        http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=False)
        try:
            found = Simulator(f"http://127.0.0.1:{port}", product, http)
            for _ in range(200):
                try:
                    found.get("/health")
                    break
                except httpx.HTTPError:
                    assert running.poll() is None, (folder / "log").read_text()
                    time.sleep(0.05)
            yield found
        finally:
            http.close()
            running.terminate()
            running.wait(timeout=10)


@pytest.fixture
def simulator(process: Simulator) -> Iterator[Simulator]:
    """The running simulator without faults, and a product that has heard nothing yet."""
    nothing = dict.fromkeys(process.get("/api/faults"), 0)
    process.faults(**nothing)
    process.product.events.clear()
    process.product.refused.clear()
    process.product.calls = 0
    yield process
    process.faults(**nothing)
