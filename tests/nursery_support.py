"""How tests start `shenpi` many times without paying for the loading of Python each time; what the processes are made from is `nursery.py`.

That the command itself can be started from a shell is shown by `test_own_installation.py` and `test_wheel.py`, which do not use this.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from tests_support import QUICK, ROOT

PAUSE = 0.01  #: seconds between two looks at a process that is waited for


class Process:
    """One running command, spoken to as to a `subprocess.Popen`: what the tests need of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.lock = Lock()

    def poll(self) -> int | None:
        with self.lock:
            if self.returncode is None:
                self.returncode = ask(poll=self.pid)
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + (timeout or float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(PAUSE)
        return code

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def start(*arguments: str, environment: Mapping[str, str], log: Path) -> Process:
    """Start `shenpi` with these arguments in a session of its own; what it says is added to a file."""
    return _start(arguments, environment, log, log)


def run(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `shenpi` to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        code = _start(arguments, environment, out, err).wait()
        return subprocess.CompletedProcess(arguments, code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def _start(arguments: tuple[str, ...], environment: Mapping[str, str], out: Path, err: Path) -> Process:
    return Process(ask(arguments=arguments, environment=dict(environment), folder=str(ROOT), out=str(out), err=str(err)))


_guard = Lock()
_nurse: tuple[subprocess.Popen[bytes], socket.socket, Any] | None = None


def ask(**question: Any) -> Any:
    """Ask the nursery of these tests, which is started when it is asked for the first time and leaves when they do."""
    global _nurse
    with _guard:
        if _nurse is None:
            ours, theirs = socket.socketpair()
            environment = {name: value for name, value in os.environ.items() if not name.startswith("SHENPI_")}
            environment |= {"PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
            command = [sys.executable, str(Path(__file__).parent / "nursery.py"), json.dumps(QUICK)]
            process = subprocess.Popen(command, stdin=theirs, cwd=ROOT, env=environment)
            theirs.close()
            _nurse = (process, ours, ours.makefile("rb"))
            atexit.register(leave)
        process, ours, answers = _nurse
        ours.sendall(b"%s\n" % json.dumps(question).encode())
        answer = answers.readline()
        assert answer, f"the nursery has ended: {process.poll()}"
        return json.loads(answer)


def leave() -> None:
    """End the nursery."""
    if _nurse is not None:
        process, ours, answers = _nurse
        answers.close()
        ours.close()
        process.wait()
