"""Addresses, waiting times, and what of an answer reaches an error."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from certificates_support import shown
from offices_support import MemoryDesk, connection

from engine.errors import InvalidContent, OARejected, OAUnavailable
from engine.oa.webhook import wire
from engine.oa.webhook.client import Client, checked, waiting


@pytest.mark.parametrize("url", ["http://oa.example", "https://oa.example:8443/hook/", "http://127.0.0.1:8091", "https://办公.example/x"])
def test_http_addresses_are_accepted(url: str) -> None:
    assert checked(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "oa.example",
        "ftp://oa.example",
        "file:///etc/passwd",
        "http://",
        "http://me:pw-1@oa.example",
        "http://me@oa.example",
        "http://oa.example?k=pw-1",
        "http://oa.example#pw-1",
        "http://oa.example:99999",
        "http://oa.example/a b",
        "http://oa.example/\n",
        "javascript:alert(1)",
        "http://[::1",
        f"http://{'x' * 64}.example",
    ],
)
def test_other_addresses_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        checked(url)

    assert "pw-1" not in str(caught.value)


def test_a_connection_without_a_secret_is_refused() -> None:
    with pytest.raises(InvalidContent):
        Client(connection("http://oa.example", secret=""), MemoryDesk())


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)

    assert waiting("7") == 7
    assert 80 < (waiting(format_datetime(later, usegmt=True)) or 0) <= 90
    assert waiting(format_datetime(later - timedelta(days=1), usegmt=True)) == 0
    assert waiting("") is None
    assert waiting("soon") is None


def answer(status: int = 200, content: bytes = b"{}", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} said", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class Other:
    """An office system that says the bytes a test gives it, and keeps what it was sent. An empty answer hangs up."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.says = answer()
        self.silent = False  #: takes the request and says nothing
        self.hangs_up = False  #: after each answer, although it said nothing of it
        self.forgets = False  #: hangs up on the next request that comes over a connection it has kept
        self.sent: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        self.over = threading.Semaphore(0)  #: one for each connection that has ended
        self._context = context
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        threads = []
        while True:
            try:
                connection, _ = self._listener.accept()
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                break
            self.connections += 1
            self._open.append(connection)
            threads.append(threading.Thread(target=self._talk, args=(connection,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                kept = False
                while line := stream.readline():
                    if kept and self.forgets:
                        return
                    kept = True
                    headers = {}
                    while (header := stream.readline().decode().strip()) != "":
                        name, _, value = header.partition(": ")
                        headers[name] = value
                    self.sent.append((line.decode().strip(), headers, stream.read(int(headers.get("Content-Length", "0")))))
                    if not self.silent:
                        connection.sendall(self.says)
                    if self.hangs_up or not self.says:
                        return
        except OSError:
            pass  # the client may hang up first
        finally:
            self.over.release()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for opened in self._open:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has hung up before
        self._thread.join()


@pytest.fixture
def other() -> Iterator[Other]:
    found = Other()
    yield found
    found.close()


@pytest.fixture
def client(other: Other) -> Iterator[Client]:
    found = Client(connection(f"http://127.0.0.1:{other.port}/hook/"), MemoryDesk())
    yield found
    found.close()


def test_every_try_carries_the_same_key_and_event_id(client: Client, other: Other) -> None:
    client.post("/requests", b"{}", "k:1")
    client.post("/requests", b"{}", "k:1")

    assert {(headers["Idempotency-Key"], headers["X-OA-Event-Id"]) for _, headers, _ in other.sent} == {("k:1", "k:1")}
    assert [(line, body) for line, _, body in other.sent] == [("POST /hook/requests HTTP/1.1", b"{}")] * 2


def test_pushes_share_a_connection_and_survive_its_end(client: Client, other: Other) -> None:
    client.post("/snapshots", b"1", "k1")
    client.post("/snapshots", b"2", "k2")
    assert other.connections == 1

    other.hangs_up = True
    client.post("/snapshots", b"3", "k3")
    other.over.acquire()
    client.post("/snapshots", b"4", "k4")

    assert [body for _, _, body in other.sent] == [b"1", b"2", b"3", b"4"]


def test_a_request_that_meets_the_end_of_a_kept_connection_is_sent_once_more_at_once(client: Client, other: Other) -> None:
    client.post("/snapshots", b"1", "k1")
    other.forgets = True

    client.post("/snapshots", b"2", "k2")

    assert [body for _, _, body in other.sent] == [b"1", b"2"]
    assert other.connections == 2


def test_a_kept_connection_that_ends_late_is_an_answer_lost(client: Client, other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post("/snapshots", b"1", "k1")
    monkeypatch.setattr(wire, "AT_ONCE", -1.0)
    other.forgets = True

    with pytest.raises(OAUnavailable, match="answer-lost"):
        client.post("/snapshots", b"2", "k2")

    assert other.connections == 1


def test_a_new_connection_that_ends_without_an_answer_is_an_answer_lost(client: Client, other: Other) -> None:
    client.post("/snapshots", b"1", "k1")
    other.forgets, other.says = True, b""

    with pytest.raises(OAUnavailable, match="answer-lost"):
        client.post("/snapshots", b"2", "k2")

    assert [body for _, _, body in other.sent] == [b"1", b"2"], "the outbox sends it again, not we"


def test_nothing_packed_is_asked_for_and_nothing_of_the_environment_is_used(
    client: Client, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    client.post("/snapshots", b"{}", "k")

    assert other.sent[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_statuses_that_pass_are_unavailable(client: Client, other: Other, status: int) -> None:
    other.says = answer(status, b"", "Retry-After: 3")

    with pytest.raises(OAUnavailable) as caught:
        client.post("/snapshots", b"{}", "k")

    assert caught.value.facts["retry_after"] == 3


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 405, 410, 413, 422])
def test_statuses_that_last_are_rejections_and_redirects_are_not_followed(client: Client, other: Other, status: int) -> None:
    other.says = answer(status, b"", f"Location: http://127.0.0.1:{other.port}/elsewhere")

    with pytest.raises(OARejected):
        client.post("/snapshots", b"{}", "k")

    assert len(other.sent) == 1


@pytest.mark.parametrize("content", [b"<html>log in</html>", b"[]", b"null", b"{", b"\xff"])
def test_a_success_that_is_no_json_object_proves_nothing(client: Client, other: Other, content: bytes) -> None:
    other.says = answer(200, content)

    with pytest.raises(OAUnavailable):
        client.post("/snapshots", b"{}", "k")


def test_an_empty_success_is_an_answer(client: Client, other: Other) -> None:
    other.says = b"HTTP/1.1 204 No Content\r\n\r\n"

    assert client.post("/snapshots", b"{}", "k").data == {}


def test_an_answer_in_pieces_is_put_together(client: Client, other: Other) -> None:
    other.says = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"remote\r\n8\r\nId":"7"}\r\n0\r\n\r\n'

    assert client.post("/snapshots", b"{}", "k").data == {"remoteId": "7"}
    assert client.post("/snapshots", b"{}", "k").data == {"remoteId": "7"}
    assert other.connections == 1


def test_an_endless_answer_is_cut_off_and_its_rest_is_not_the_next_answer(client: Client, other: Other) -> None:
    other.says = answer(200, b"x" * 2_000_000)

    with pytest.raises(OAUnavailable) as caught:
        client.post("/snapshots", b"{}", "k")

    assert caught.value.facts["reason"] == "answer-too-long"
    other.says = answer(200, b'{"remoteId":"8"}')
    assert client.post("/snapshots", b"{}", "k").data == {"remoteId": "8"}


@pytest.mark.parametrize(
    "says", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b"hello\r\n\r\n"]
)
def test_an_answer_that_breaks_off_is_lost(client: Client, other: Other, says: bytes) -> None:
    other.says, other.hangs_up = says, True

    with pytest.raises(OAUnavailable) as caught:
        client.post("/snapshots", b"{}", "k")

    assert caught.value.facts["reason"] == "answer-lost"
    assert client.health().ok is False


def test_a_silent_office_system_is_left_after_a_while(other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CONNECT", 1.0)
    monkeypatch.setattr(wire, "TOTAL", 1.05)
    client = Client(connection(f"http://127.0.0.1:{other.port}"), MemoryDesk())
    other.silent = True

    with pytest.raises(OAUnavailable) as caught:
        client.post("/snapshots", b"{}", "k")

    client.close()
    assert caught.value.facts["reason"] == "answer-lost"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"], ids=["head", "body"])
def test_an_answer_that_comes_drop_by_drop_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    monkeypatch.setattr(wire, "CONNECT", 1.0)
    monkeypatch.setattr(wire, "TOTAL", 1.5)
    listening = socket.create_server(("127.0.0.1", 0))
    dropped: list[int] = []

    def drip() -> None:
        taken, _ = listening.accept()
        with taken, suppress(OSError):
            taken.recv(65_536)
            taken.sendall(head or b"HTTP/1.1 200 OK\r\n")
            for number in range(120):
                taken.sendall(b" " if head else b"X-Drop-%d: 1\r\n" % number)
                dropped.append(number)
                time.sleep(0.1)

    thread = threading.Thread(target=drip)
    thread.start()
    client = Client(connection(f"http://127.0.0.1:{listening.getsockname()[1]}"), MemoryDesk())
    with pytest.raises(OAUnavailable) as caught:
        client.post("/snapshots", b"{}", "k")
    client.close()
    thread.join()
    listening.close()
    assert caught.value.facts["reason"] in ("answer-lost", "answer-too-long")
    assert len(dropped) < 80, "it was left while it dripped"


def test_nobody_at_the_address_is_no_connection(other: Other) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = Client(connection(f"http://127.0.0.1:{unused.getsockname()[1]}"), MemoryDesk())
        with pytest.raises(OAUnavailable) as caught:
            client.post("/snapshots", b"{}", "k")

    client.close()
    assert caught.value.facts["reason"] == "no-connection"


@pytest.fixture
def secure(certificate: Path) -> Iterator[Other]:
    found = Other(shown(certificate))
    yield found
    found.close()


@pytest.mark.parametrize(
    ("believed", "host", "reached"), [(False, "localhost", False), (True, "127.0.0.1", False), (True, "localhost", True)]
)
def test_only_a_trusted_certificate_of_the_right_name_is_told_anything(
    secure: Other, certificate: Path, monkeypatch: pytest.MonkeyPatch, believed: bool, host: str, reached: bool
) -> None:
    if believed:
        monkeypatch.setattr(wire, "trusted", lambda: ssl.create_default_context(cafile=certificate))
    client = Client(connection(f"https://{host}:{secure.port}"), MemoryDesk())

    if reached:
        assert client.post("/snapshots", b"{}", "k").status == 200
    else:
        with pytest.raises(OAUnavailable) as caught:
            client.post("/snapshots", b"{}", "k")
        assert caught.value.facts["reason"] == "no-connection"

    client.close()
    assert len(secure.sent) == reached


def test_a_secret_that_the_other_side_repeats_is_not_shown(client: Client, other: Other) -> None:
    other.says = answer(400, b'{"message": "bad secret whsec\\u001b[31m"}')

    with pytest.raises(OARejected) as caught:
        client.post("/snapshots", b"{}", "k")

    assert caught.value.facts["reason"] == "HTTP 400: bad secret ***[31m"
