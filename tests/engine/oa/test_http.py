"""Asking a vendor: whatever stands at the other end, a worker is soon free again, and what may have been done is not taken for undone."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from certificates_support import shown
from flask import Flask

from api.cli.company import CONNECTION
from engine import trust
from engine.errors import OAUnavailable
from engine.oa import http
from engine.oa.contract import Connection
from engine.oa.desk import StoredDesk
from engine.oa.http import Answer, Http, Lost

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def peer(say: Callable[[socket.socket], None], safe: ssl.SSLContext | None = None) -> Iterator[str]:
    """Give the address of somebody who answers one request as `say` does, over https with a certificate."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        taken, _ = listening.accept()
        if safe is not None:
            try:
                taken = safe.wrap_socket(taken, server_side=True)
            except OSError:
                taken.close()
                return
        with taken:
            asked = b""
            while not asked.endswith(b"\r\n\r\n{}") and (
                more := taken.recv(65_536)
            ):  # who hangs up on what is unread breaks off the answer
                asked += more
            try:
                say(taken)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        port = listening.getsockname()[1]
        yield f"http://127.0.0.1:{port}" if safe is None else f"https://localhost:{port}"
    finally:
        thread.join(20)
        listening.close()


def ask(address: str) -> Answer:
    asking = Http(Connection(CONNECTION, "webhook", address, {}, {}), StoredDesk(CONNECTION))
    try:
        return asking.ask("POST", "/x", json={})
    finally:
        asking.close()


def test_an_answer_that_comes_drop_by_drop_holds_nobody_longer_than_a_call_may_take(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TOTAL", 0.5)

    def drip(taken: socket.socket) -> None:
        taken.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        for _ in range(60):
            taken.sendall(b" ")
            time.sleep(0.1)

    with peer(drip) as address:
        began = time.monotonic()
        with pytest.raises(Lost):
            ask(address)
        assert time.monotonic() - began < 3


def test_a_head_that_comes_drop_by_drop_holds_nobody_longer_either(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TOTAL", 0.5)
    dropped = []

    def drip(taken: socket.socket) -> None:
        taken.sendall(HEAD)
        for number in range(60):
            taken.sendall(b"X-Drop-%d: 1\r\n" % number)
            dropped.append(number)
            time.sleep(0.1)

    with peer(drip) as address, pytest.raises(Lost):
        ask(address)
    assert len(dropped) < 50, "it was left while it dripped"


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_end_is_not_read_to_its_end(app: Flask, packed: bool) -> None:
    piece = b" " * 1_000_000
    whole = gzip.compress(piece * 40) if packed else piece * 40
    sent = []

    def pour(taken: socket.socket) -> None:
        taken.sendall(HEAD + (b"Content-Encoding: gzip\r\n" if packed else b"") + b"Content-Length: %d\r\n\r\n" % len(whole))
        for place in range(0, len(whole), 10_000):
            taken.sendall(whole[place : place + 10_000])
            sent.append(1)

    with peer(pour) as address, pytest.raises(Lost):
        ask(address)
    assert packed or len(sent) < 2000


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_got_no_answer_does_not_say_that_nothing_was_done(app: Flask, status: int) -> None:
    with peer(lambda taken: taken.sendall(b"HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n" % status)) as address, pytest.raises(Lost):
        ask(address)


def test_an_answer_that_cannot_be_unpacked_is_lost_and_not_refused(app: Flask) -> None:
    said = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
    with peer(lambda taken: taken.sendall(said)) as address, pytest.raises(Lost):
        ask(address)


def test_an_office_system_that_says_it_is_down_has_done_nothing(app: Flask) -> None:
    with (
        peer(lambda taken: taken.sendall(b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n")) as address,
        pytest.raises(OAUnavailable) as found,
    ):
        ask(address)
    assert not isinstance(found.value, Lost)


@pytest.fixture
def believed_anew() -> Iterator[None]:
    """Have authorities read again in the test, and again after it."""
    trust.trusted.cache_clear()
    yield
    trust.trusted.cache_clear()


@pytest.mark.usefixtures("believed_anew")
@pytest.mark.parametrize("known", [True, False])
def test_an_office_system_is_believed_by_an_authority_that_this_machine_knows(
    app: Flask, certificate: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("SHENPI_LOCAL_HOSTS", "localhost, 127.0.0.1, ::1")

    with peer(lambda taken: taken.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"), shown(certificate)) as address:
        if known:
            assert ask(address).status == 200
        else:
            with pytest.raises(OAUnavailable) as found:
                ask(address)
            assert not isinstance(found.value, Lost), "nothing was told"
