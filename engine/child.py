"""A process beside this one that answers questions about things from strangers, and is killed when it takes too long.

Questions and answers are bytes with their length before them, over one pair of sockets. The child is started at the first question, kept for the next
ones, and started again after it was killed or left. It ends when this process does, or when nobody has asked for a while.
"""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from engine.errors import ShenpiError

HOME = Path(__file__).resolve().parent.parent  #: where the packages of the product are found
LENGTH = 8
LARGEST = 512 * 1024 * 1024  #: of a question or an answer
STARTING = 60.0  #: seconds for Python to start on a busy machine
IDLE = 120.0  #: seconds without a question after which a child leaves
MEMORY = 1024 * 1024 * 1024
READY = b"ready"


class ChildLost(ShenpiError):
    """The child ended without an answer: it ran out of memory, or a library in it crashed."""

    code = "child-lost"


class Child:
    """One such process. `ask` may be called by several threads; they wait for one another."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self.lock = Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.socket: socket.socket | None = None
        os.register_at_fork(after_in_child=self._forget)

    def ask(self, question: bytes, seconds: float) -> bytes:
        """Return the answer. Refuses with `TimeoutError` when there is none in time, with `ChildLost` when the child dies of it; it is gone then."""
        with self.lock:
            if self.process is not None:
                try:
                    return self._ask(question, seconds)
                except ChildLost:
                    pass  # it may have left just now because nobody asked; a new one tells
            self._start()
            return self._ask(question, seconds)

    def stop(self) -> None:
        """End the child, if there is one."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.socket is not None:
            self.socket.close()
        self.process = self.socket = None

    def _forget(self) -> None:
        """A process forked from this one has a child of its own, and a lock that no thread of the other holds."""
        self.lock = Lock()
        if self.process is not None:
            self.process.returncode = 0  # it is the other's to wait for
        if self.socket is not None:
            self.socket.close()
        self.process = self.socket = None

    def _start(self) -> None:
        self.stop()
        here, there = socket.socketpair()
        self.process = subprocess.Popen(self.command, stdin=there.fileno(), stdout=subprocess.DEVNULL, cwd=HOME)
        there.close()
        self.socket = here
        self._guarded(lambda: receive(here, time.monotonic() + STARTING))

    def _ask(self, question: bytes, seconds: float) -> bytes:
        connection = self.socket
        assert connection is not None

        def exchange() -> bytes:
            until = time.monotonic() + seconds
            send(connection, question, until)
            return receive(connection, until)

        return self._guarded(exchange)

    def _guarded(self, action: Callable[[], bytes]) -> bytes:
        try:
            return action()
        except TimeoutError:
            self.stop()
            raise
        except (OSError, ValueError) as error:
            self.stop()
            raise ChildLost() from error


def send(connection: socket.socket, message: bytes, until: float | None = None) -> None:
    """Send one message, at the latest at a moment of the monotonic clock."""
    connection.settimeout(None if until is None else max(until - time.monotonic(), 0.001))
    connection.sendall(len(message).to_bytes(LENGTH) + message)


def receive(connection: socket.socket, until: float | None = None) -> bytes:
    """Return one message; `TimeoutError` when the moment has passed, `EOFError` when the other side has left."""
    size = int.from_bytes(_exactly(connection, LENGTH, until))
    if size > LARGEST:
        raise ValueError(f"a message of {size} bytes")
    return _exactly(connection, size, until)


def _exactly(connection: socket.socket, size: int, until: float | None) -> bytes:
    found = bytearray()
    while len(found) < size:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
        piece = connection.recv(min(size - len(found), 1 << 20))
        if not piece:
            raise ConnectionResetError("the other side has left")
        found += piece
    return bytes(found)


def serve(answer: Callable[[bytes], bytes]) -> None:
    """Answer questions at standard input until there are none; this is what a child does. It never takes more memory than it may."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    parent = os.getppid()
    with socket.socket(fileno=sys.stdin.fileno()) as connection, suppress(ConnectionError, TimeoutError):
        send(connection, READY)
        while os.getppid() == parent:
            connection.settimeout(IDLE)
            send(connection, answer(receive(connection, time.monotonic() + IDLE)))
