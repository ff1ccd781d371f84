"""Stand-ins for office systems, each a process of its own."""

import signal
from pathlib import Path
from types import FrameType

import click

from api.simulators import oa
from engine.settings import read_settings


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
