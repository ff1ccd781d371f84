"""`shenpi run`: database, drawings, and every part as a process of its own; Ctrl-C ends all of them."""

import fcntl
import os
import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.table import Table

from api.cli.company import PASSWORD, PEOPLE, make_company
from api.cli.context import bare_app, prepare
from api.cli.supervisor import Supervisor, console
from engine.database import transaction
from engine.settings import Settings, read_settings
from models import db
from processes import catalogue


@click.command()
@click.option("--demo", is_flag=True, help="make the demo company and start the OA simulator")
@click.option("--port", default=8000, show_default=True, help="pages and REST")
@click.option("--simulator-port", default=8100, show_default=True)
@click.option("--workers", default=1, show_default=True, help="worker processes")
def run(demo: bool, port: int, simulator_port: int, workers: int) -> None:
    """Start everything on this machine; a second start goes on with the data."""
    heed_signals()
    with alone(read_settings().home):
        _run(demo=demo, port=port, simulator_port=simulator_port, workers=workers)


def _run(*, demo: bool, port: int, simulator_port: int, workers: int) -> None:
    taken = [number for number in (port, *((simulator_port,) if demo else ())) if is_taken(number)]
    if taken:
        raise click.ClickException(
            f"端口被占用 / port in use: {', '.join(map(str, taken))}。请结束占用的程序，或使用 --port / --simulator-port 选择其他端口。"
        )
    environment = environment_of(port, demo)
    os.environ.update(environment)
    settings = read_settings()
    prepare(settings)
    secret = simulator_secret(settings) if demo else ""
    _bring_up(settings, demo, simulator_port, secret)
    parts = commands(port, simulator_port, workers, demo)
    if demo:
        environment["SHENPI_SIMULATOR_SECRET"] = secret
    beside = () if settings.database_url else (settings.database_folder / "server.log",)
    Supervisor(parts, settings.home / "logs", environment, beside).run(lambda: _say(settings, demo, port, simulator_port))
    if not settings.database_url:
        console.print(
            "已结束；数据库仍在运行，用 shenpi database stop 结束 / ended; the database keeps running, `shenpi database stop` ends it"
        )


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Let one `shenpi run` use a home at a time; refuses with the number of the process that does."""
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "run.lock", "a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            number = lock.read().strip()
            raise click.ClickException(f"Shenpi 已在 {home} 运行（进程 {number}）/ runs already in this home (process {number})") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def environment_of(port: int, demo: bool) -> dict[str, str]:
    """Return what the parts are told by environment; what the caller set stays."""
    values = {"SHENPI_PUBLIC_URL": f"http://127.0.0.1:{port}", "PYTHONUNBUFFERED": "1"}
    if demo:
        values |= {"SHENPI_DEVELOPMENT": "1", "SHENPI_LOCAL_HOSTS": "127.0.0.1"}  # the simulator stands on this machine
    return {name: os.environ.get(name, value) for name, value in values.items()}


def commands(port: int, simulator_port: int, workers: int, demo: bool) -> dict[str, list[str]]:
    """Return the command of each part."""
    shenpi = [sys.executable, "-m", "api.cli"]
    parts = {"web": [*shenpi, "serve", "--port", str(port)]}
    parts |= {f"worker-{number + 1}": [*shenpi, "work"] for number in range(workers)}
    if demo:
        callback = f"http://127.0.0.1:{port}/oa/demo-oa/callback"
        parts["simulator"] = [*shenpi, "simulate", "oa", "--port", str(simulator_port), "--callback-url", callback]
    return parts


def is_taken(port: int) -> bool:
    """Tell whether something listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def simulator_secret(settings: Settings) -> str:
    """Return the secret shared with the simulator, made once."""
    path = settings.home / "simulator.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii")


def _bring_up(settings: Settings, demo: bool, simulator_port: int, secret: str) -> None:
    """Deploy the drawings and, in demo mode, make the company."""
    with bare_app(settings).app_context():
        with transaction() as session:
            catalogue.deploy_shipped(session)
            if demo:
                make_company(session, simulator_url=f"http://127.0.0.1:{simulator_port}", secret=secret)
        db.session.remove()
        db.engine.dispose()


def _say(settings: Settings, demo: bool, port: int, simulator_port: int) -> None:
    console.print(f"\n[bold green]审批 Shenpi[/]  http://127.0.0.1:{port}")
    if demo:
        console.print(f"办公系统模拟器 OA simulator  http://127.0.0.1:{simulator_port}")
        table = Table("账号 account", "姓名", "角色", title=f"演示账号，密码 password: {PASSWORD}", title_justify="left")
        for person in PEOPLE:
            table.add_row(person.key, person.name, person.does)
        console.print(table)
    console.print(f"数据 data: {settings.home}   日志 logs: {settings.home / 'logs'}   Ctrl-C 结束 ends\n")


def heed_signals() -> None:
    """End as after Ctrl-C at SIGTERM, and when the terminal is closed unless `nohup` says that this shall not matter."""
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
