"""A process that has loaded the whole product once, and from which `nursery_support.py` takes the processes of the tests: each begins loaded.

A process that is taken is one of its own from the first moment: session, environment, files, signals. It runs the same `shenpi` command that a shell would run;
only the second of loading is not paid again. Questions come as lines of JSON over the socket that is our standard input, one answer each.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy.orm import configure_mappers

from api import accounts
from api.cli import COMMANDS, main
from engine import crash

LOADED = [importlib.import_module(f"api.cli.{where.partition(':')[0]}") for where in COMMANDS.values()]


class Nursery:
    """Makes processes and knows how they ended."""

    def __init__(self, asked: socket.socket) -> None:
        self.asked = asked
        self.lines = asked.makefile("rb")

    def serve(self) -> dict[str, Any] | None:
        """Answer until nobody asks any more; in a process that was just made, return what it shall be."""
        for line in self.lines:
            question = json.loads(line)
            if "poll" in question:
                answer = self.poll(question["poll"])
            else:
                answer = os.fork()
                if answer == 0:
                    return question  # type: ignore[no-any-return]
            self.asked.sendall(b"%s\n" % json.dumps(answer).encode())
        return None

    @staticmethod
    def poll(child: int) -> int | None:
        """Return how a process ended, as `subprocess` spells it, or None while it runs."""
        found, status = os.waitpid(child, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if found else None


def become(wish: dict[str, Any]) -> None:
    """Make this process what a shell would have started."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDWR)
    out, err = (os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) for path in (wish["out"], wish["err"]))
    for new, old in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(new, old)
        os.close(new)
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["environment"])
    importlib.reload(crash)  # what it reads when it is loaded
    sys.argv = ["shenpi", *wish["arguments"]]


if __name__ == "__main__":
    asked = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests; they end us
    accounts.hasher = PasswordHasher(**json.loads(sys.argv[1]))
    configure_mappers()
    gc.collect()
    gc.freeze()
    nursery = Nursery(asked)
    wish = nursery.serve()
    if wish is not None:
        nursery.lines.close()
        asked.close()
        become(wish)
        main(prog_name="shenpi")
