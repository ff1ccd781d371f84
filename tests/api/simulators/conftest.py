"""Simulators that really listen, and a product that answers them as a test wants."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

PEOPLE = [
    {"userId": "wang.fang", "name": "王芳", "mobile": "13800000001", "email": "wang.fang@example.com", "department": "总部/财务部"},
    {"userId": "li.na", "name": "李娜", "mobile": "13800000002", "email": "li.na@example.com", "department": "总部/采购部"},
    {"userId": "zhao.lei", "name": "赵雷", "mobile": "13800000003", "email": "zhao.lei@example.com", "department": "总部"},
    {"userId": "gone", "name": "已走", "mobile": "13800000004", "email": "gone@example.com", "department": "总部", "active": False},
]


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve an application on a free port of 127.0.0.1; return its address."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        running.append((server, thread, app))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread, app in reversed(running):
        server.shutdown()
        thread.join()
        server.server_close()
        if "simulator" in app.extensions:
            app.extensions["simulator"].close()


@dataclass
class Product:
    """Keeps what it was told, and answers with `answer` (called with the request's body)."""

    url: str = ""
    answer: Callable[[bytes], Any] = lambda raw: {"ok": True}
    told: list[dict[str, Any]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def hear(self) -> Any:
        raw = request.get_data()
        with self.arrived:
            self.told.append({"body": raw, "headers": dict(request.headers), "query": dict(request.args), "path": request.path})
            self.arrived.notify_all()
        return self.answer(raw)

    def wait_for(self, number: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.told) >= number, timeout=30)


@pytest.fixture
def product(serve: Callable[[Flask], str]) -> Product:
    app, made = Flask("product"), Product()
    app.add_url_rule("/<path:path>", "hear", lambda path: made.hear(), methods=["GET", "POST"])
    made.url = serve(app)
    return made


def unavailable(raw: bytes) -> Response:
    return Response("", 503)


@pytest.fixture
def people() -> list[dict[str, Any]]:
    return PEOPLE


@pytest.fixture
def open_client() -> Iterator[Callable[..., httpx.Client]]:
    """Return clients that are closed at the end."""
    opened: list[httpx.Client] = []

    def opening(url: str, **more: Any) -> httpx.Client:
        client = httpx.Client(base_url=url, trust_env=False, verify=False, timeout=30, **more)
        opened.append(client)
        return client

    yield opening
    for each in opened:
        each.close()
