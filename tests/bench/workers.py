"""Full approvals a second: two processes accept, two work, and one office system answers each push with a receipt.

Run as a program it is one of the parts: `accept` drives approvals for some seconds and prints how many, `answer` is the office system.
"""

import asyncio
import gc
import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import psutil
import psycopg
from flask import Flask

from api.foundation import configure
from engine import instances, tasks
from engine.database import transaction
from engine.permissions import load_actor
from engine.settings import read_settings
from engine.step import Step

VARIABLES = {"amount": "1280.50", "currency": "CNY", "supplier": "上海某某有限公司", "invoice": "24312000000012345678"}
SECONDS = 8.0
BETWEEN = 40  #: cases an acceptor leaves open between two steps of one
ANSWER = b'{"remoteId":"r-1","at":"2026-11-22T00:00:00Z","data":{}}'


def accept() -> None:
    """Start and approve cases until the time is up; print when it began and how many there were."""
    app = configure(Flask("accept"), read_settings())
    done = 0
    with app.app_context():
        with transaction() as session:
            li, zhao = load_actor(session, "li.na"), load_actor(session, "zhao.lei")
        assert li is not None and zhao is not None
        gc.freeze()  # as the web server does
        begin, used = time.time(), time.process_time()
        until = time.monotonic() + SECONDS
        open_cases: deque[Step] = deque()
        while time.monotonic() < until or open_cases:
            if time.monotonic() < until:
                with transaction() as session:
                    open_cases.append(instances.start(session, "bench_approval", by=li, variables=VARIABLES))
            # a decision follows the push of its task, as it does with people: otherwise the newest snapshot alone would be pushed
            while len(open_cases) > BETWEEN or (open_cases and time.monotonic() >= until):
                step = open_cases.popleft()
                task = UUID(next(iter(step.execution.memory.tasks.values()))["id"])
                with transaction() as session:
                    step = tasks.complete(session, task, by=zhao, outcome="approve", comment="同意")
                if step.case.status == "running":
                    open_cases.append(step)
                else:
                    done += 1
    print(begin, done, time.process_time() - used)


async def serve(port: int) -> None:
    """Answer every request with a receipt; connections are kept open."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n".encode()
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line[15:]) for line in request.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
                await reader.readexactly(length)
                writer.write(head + ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


class Backends(threading.Thread):
    """Adds up the CPU of the database's own processes for one database: they may end while it looks, so it looks often."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self.dsn = dsn
        self.over = threading.Event()
        self.first: dict[int, float] = {}
        self.last: dict[int, float] = {}

    def run(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            while True:
                for (pid,) in connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ):
                    try:
                        self.last[pid] = spent(psutil.Process(pid))
                    except psutil.Error:
                        continue
                    self.first.setdefault(pid, 0.0 if self.first and pid not in self.first else self.last[pid])
                if self.over.wait(0.2):
                    return

    def total(self) -> float:
        self.over.set()
        self.join()
        return sum(self.last[pid] - self.first[pid] for pid in self.last)


def ready(dsn: str, port: int, workers: int) -> None:
    """Wait until the office system listens and the workers have said that they are there."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() != (workers,):
            time.sleep(0.1)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)


def spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def measure(url: str, home: Path, port: int) -> tuple[float, int, dict[str, float]]:
    """Return full approvals a second, from the first start to the last receipt, how many there were, and what one cost each part in ms of CPU."""
    environment = {**os.environ, "DATABASE_URL": url, "SHENPI_HOME": str(home), "SHENPI_SECRET_KEY": "bench", "PYTHONWARNINGS": "ignore"}
    shenpi = [sys.executable, "-m", "api.cli"]
    dsn = url.replace("postgresql+psycopg://", "postgresql://")

    def part(*command: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(command, env=environment, text=True, **options)

    receiver = part(sys.executable, __file__, "answer", str(port))
    workers = [part(*shenpi, "work", "--concurrency", "4", stderr=subprocess.DEVNULL) for _ in range(2)]
    ready(dsn, port, len(workers))
    backends = Backends(dsn)
    watched = {"workers": workers, "receiver": [receiver]}
    before = {name: sum(spent(psutil.Process(process.pid)) for process in processes) for name, processes in watched.items()}
    backends.start()
    drivers = [part(sys.executable, __file__, "accept", stdout=subprocess.PIPE) for _ in range(2)]
    said = [driver.communicate()[0].split() for driver in drivers]
    begin, done = min(float(start) for start, _, _ in said), sum(int(count) for _, count, _ in said)
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM oa_delivery WHERE open").fetchone() != (0,):
            time.sleep(0.05)
    elapsed = time.time() - begin
    cpu = {"acceptors": sum(float(used) for _, _, used in said), "database": backends.total()}
    cpu |= {name: sum(spent(psutil.Process(process.pid)) for process in processes) - before[name] for name, processes in watched.items()}
    for process in [*workers, receiver]:
        process.terminate()
        process.wait(30)
    return done / elapsed, done, {name: round(seconds / done * 1000, 2) for name, seconds in cpu.items()}


if __name__ == "__main__":
    if sys.argv[1] == "accept":
        accept()
    else:
        asyncio.run(serve(int(sys.argv[2])))
