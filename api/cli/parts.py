"""The parts of an installation, each a process of its own: web server, worker, OA simulator."""

import gc
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from api.app import create_app, database_url
from api.cli.context import bare_app, prepare
from api.simulators import oa
from engine.settings import read_settings
from engine.worker import Worker
from models import db


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our application and without its own command line."""

    def __init__(self, app: Callable[[], Any], options: dict[str, Any]) -> None:
        self.options = options
        self.app = app
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        app = self.app()
        gc.freeze()  # what is loaded now stays for ever: the collector need not look at it again
        return app


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="processes")
@click.option("--threads", default=4, show_default=True, help="threads a process")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages and the REST interface."""
    settings = read_settings()
    prepare(settings)
    logging.basicConfig(level=logging.INFO)
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "graceful_timeout": 15,
        "timeout": 60,
        "accesslog": None,
        "loglevel": "warning",
        "worker_tmp_dir": str(settings.home),
        "control_socket_disable": True,
    }
    # the application is made in each process after the fork: shared sockets would mix up answers
    Server(create_app, options).run()


@click.command()
@click.option("--concurrency", default=4, show_default=True, help="jobs at a time")
def work(concurrency: int) -> None:
    """Work off jobs and timers; any number of these may run."""
    settings = read_settings()
    prepare(settings)
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    for name in ("httpx", "spiff"):
        logging.getLogger(name).setLevel(logging.WARNING)
    app = bare_app(settings)

    @contextmanager
    def context() -> Iterator[None]:
        with app.app_context():
            try:
                yield
            finally:
                db.session.remove()

    dsn = database_url(settings).replace("postgresql+psycopg://", "postgresql://")
    gc.freeze()
    Worker(dsn, context, concurrency).run()


@click.group()
def simulate() -> None:
    """Stand-ins for office systems, for tests, demos and rehearsals."""


@simulate.command("oa")
@click.option("--port", default=8100, show_default=True)
@click.option("--store", type=click.Path(path_type=Path), default=None, help="SQLite file; default below SHENPI_HOME")
@click.option("--secret", envvar="SHENPI_SIMULATOR_SECRET", required=True)
@click.option("--callback-url", required=True)
def simulate_oa(port: int, store: Path | None, secret: str, callback_url: str) -> None:
    """A generic office system with lists, buttons and fault switches."""
    signal.signal(signal.SIGTERM, _leave)
    settings = read_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    kept = store or settings.home / "simulator.sqlite"
    oa.create_app(oa.Config(store=str(kept), callback_url=callback_url, secret=secret)).run(host="127.0.0.1", port=port, threaded=True)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
