"""Full approvals a second: two processes accept, two work, and one office system answers each push with a receipt.

Run as a program it is one of the parts: `accept` drives approvals for some seconds and prints how many, `answer` is the office system.
"""

import asyncio
import gc
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import psycopg
from flask import Flask

from api.app import configure
from engine import instances, tasks
from engine.database import transaction
from engine.permissions import load_actor
from engine.settings import read_settings

VARIABLES = {"amount": "1280.50", "currency": "CNY", "supplier": "上海某某有限公司", "invoice": "24312000000012345678"}
SECONDS = 8.0
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
        begin = time.time()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            with transaction() as session:
                step = instances.start(session, "bench_approval", by=li, variables=VARIABLES)
            for _ in range(2):
                task = UUID(next(iter(step.execution.memory.tasks.values()))["id"])
                with transaction() as session:
                    step = tasks.complete(session, task, by=zhao, outcome="approve", comment="同意")
            done += 1
    print(begin, done)


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


def measure(url: str, home: Path, port: int) -> tuple[float, int]:
    """Return full approvals a second, from the first start to the last receipt, and how many there were."""
    environment = {**os.environ, "DATABASE_URL": url, "SHENPI_HOME": str(home), "SHENPI_SECRET_KEY": "bench", "PYTHONWARNINGS": "ignore"}
    shenpi = [sys.executable, "-m", "api.cli"]

    def part(*command: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(command, env=environment, text=True, **options)

    receiver = part(sys.executable, __file__, "answer", str(port))
    workers = [part(*shenpi, "work", "--concurrency", "4", stderr=subprocess.DEVNULL) for _ in range(2)]
    time.sleep(4)
    drivers = [part(sys.executable, __file__, "accept", stdout=subprocess.PIPE) for _ in range(2)]
    said = [driver.communicate()[0].split() for driver in drivers]
    begin, done = min(float(start) for start, _ in said), sum(int(count) for _, count in said)
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM oa_delivery WHERE state = 'waiting'").fetchone() != (0,):
            time.sleep(0.05)
    elapsed = time.time() - begin
    for process in [*workers, receiver]:
        process.terminate()
        process.wait(30)
    return done / elapsed, done


if __name__ == "__main__":
    if sys.argv[1] == "accept":
        accept()
    else:
        asyncio.run(serve(int(sys.argv[2])))
