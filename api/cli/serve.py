"""The web server: pages and REST, any number of processes."""

import gc
import logging
from collections.abc import Callable
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from api.app import create_app
from api.cli.context import prepare
from engine.settings import read_settings


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
