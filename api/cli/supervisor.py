"""What `shenpi run` does while it runs: parts as processes of their own, started again when one dies, and ended with it."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import click
import httpx
from rich.console import Console

READY_WITHIN = 60.0  #: seconds
LONGEST_LOG = 20 * 1024 * 1024  #: bytes; as much again is kept beside it
PR_SET_PDEATHSIG = 1
console = Console(soft_wrap=True)


class Supervisor:
    """Starts the parts, starts again one that dies, and ends all of them when told to."""

    def __init__(self, parts: Mapping[str, list[str]], logs: Path, environment: Mapping[str, str], beside: Sequence[Path] = ()) -> None:
        self.parts = dict(parts)
        self.logs = logs
        self.beside = beside  #: logs that others write
        self.environment = {**os.environ, **environment}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, ready: object) -> None:
        """Run until Ctrl-C, SIGTERM or SIGHUP; `ready` is called once the web server answers."""
        try:
            for name in self.parts:
                self._start(name)
            self._await_web()
            ready()  # type: ignore[operator]
            while True:
                time.sleep(0.5)
                for log in (*self.logs.glob("*.log"), *self.beside):
                    trim(log)
                for name, process in self.processes.items():
                    if process.poll() is not None:
                        console.print(f"[yellow]{name} 已结束（{process.returncode}），重新启动 / ended, started again[/]")
                        time.sleep(1)
                        try:
                            self._start(name)
                        except OSError as error:  # no memory for a process: it is tried again
                            console.print(f"[yellow]{name}：{error}[/]")
        except (KeyboardInterrupt, SystemExit):
            console.print("正在结束 / ending ...")
        finally:
            self._end()

    def _start(self, name: str) -> None:
        with self._log(name) as log:
            # a session of its own: Ctrl-C reaches only us, and we end the parts in order
            self.processes[name] = subprocess.Popen(
                self.parts[name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
                preexec_fn=follow,
            )

    def _log(self, name: str) -> IO[bytes]:
        """Open a part's log; a part whose log cannot be written runs without one."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            return open(self.logs / f"{name}.log", "ab")
        except OSError as error:
            console.print(f"[yellow]{name}：日志无法写入 / its log cannot be written: {error}[/]")
            return open(os.devnull, "ab")

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


def follow() -> None:
    """Of a part before it begins: be told to end when the supervisor is gone, also when it was killed. Only Linux knows this."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def trim(log: Path) -> None:
    """Move what a long log holds beside it, in the place of what stood there; whoever writes it goes on writing."""
    with suppress(OSError):  # it is tried again, and nothing depends on it
        if log.stat().st_size > LONGEST_LOG:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
