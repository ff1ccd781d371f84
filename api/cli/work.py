"""The worker: jobs, timers, deliveries; any number of processes on any number of machines."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from api.cli.context import bare_app, prepare
from api.foundation import database_url
from engine.database.embedded import EmbeddedServer
from engine.settings import read_settings
from engine.worker import Worker
from models import db


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
    ours = None if settings.database_url else EmbeddedServer(settings.database_folder)
    Worker(dsn, context, concurrency, revive=ours.revive if ours else None).run()
