"""`shenpi run`: database, drawings, and every part as a process of its own; Ctrl-C ends all of them."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import click
import httpx
from rich.console import Console
from rich.table import Table

from api.cli.company import PASSWORD, PEOPLE, make_company
from api.cli.context import bare_app, prepare
from engine.database import transaction
from engine.settings import Settings, read_settings
from models import db
from processes import catalogue

READY_WITHIN = 60.0  #: seconds
console = Console(soft_wrap=True)


@click.command()
@click.option("--demo", is_flag=True, help="make the demo company and start the OA simulator")
@click.option("--port", default=8000, show_default=True, help="pages and REST")
@click.option("--simulator-port", default=8100, show_default=True)
@click.option("--workers", default=1, show_default=True, help="worker processes")
def run(demo: bool, port: int, simulator_port: int, workers: int) -> None:
    """Start everything on this machine; a second start goes on with the data."""
    signal.signal(signal.SIGTERM, _leave)
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
    Supervisor(parts, settings.home / "logs", environment).run(lambda: _say(settings, demo, port, simulator_port))
    if not settings.database_url:
        console.print(
            "已结束；数据库仍在运行，用 shenpi database stop 结束 / ended; the database keeps running, `shenpi database stop` ends it"
        )


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


class Supervisor:
    """Starts the parts, starts again one that dies, and ends all of them when told to."""

    def __init__(self, parts: Mapping[str, list[str]], logs: Path, environment: Mapping[str, str]) -> None:
        self.parts = dict(parts)
        self.logs = logs
        self.environment = {**os.environ, **environment}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, ready: object) -> None:
        """Run until Ctrl-C or SIGTERM; `ready` is called once the web server answers."""
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            for name in self.parts:
                self._start(name)
            self._await_web()
            ready()  # type: ignore[operator]
            while True:
                time.sleep(0.5)
                for name, process in self.processes.items():
                    if process.poll() is not None:
                        console.print(f"[yellow]{name} 已结束（{process.returncode}），重新启动 / ended, started again[/]")
                        time.sleep(1)
                        self._start(name)
        except (KeyboardInterrupt, SystemExit):
            console.print("正在结束 / ending ...")
        finally:
            self._end()

    def _start(self, name: str) -> None:
        with open(self.logs / f"{name}.log", "ab") as log:
            # a session of its own: Ctrl-C reaches only us, and we end the parts in order
            self.processes[name] = subprocess.Popen(
                self.parts[name], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )

    def _await_web(self) -> None:
        url = f"{self.environment['SHENPI_PUBLIC_URL']}/health/ready"
        deadline = time.monotonic() + READY_WITHIN
        with httpx.Client(timeout=2) as client:
            while time.monotonic() < deadline:
                if self.processes["web"].poll() is not None:
                    break
                try:
                    if client.get(url).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.2)
        tail = (self.logs / "web.log").read_text(encoding="utf-8", errors="replace")[-1500:]
        raise click.ClickException(f"网页服务没有启动 / the web server did not come up:\n{tail}")

    def _end(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave parts behind
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=25)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
