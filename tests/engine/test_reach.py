"""Which addresses connections may lead to, and that a connection goes to the address that was looked at and to no other."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from flask import Flask
from offices_support import MemoryDesk, connection

from api.cli.company import CONNECTION
from engine import reach
from engine.errors import OAUnavailable
from engine.notices import Alarm
from engine.oa.contract import Connection
from engine.oa.desk import StoredDesk
from engine.oa.dingtalk.stream import reached
from engine.oa.http import Http
from engine.oa.oidc.provider import Provider
from engine.oa.webhook.client import Client
from engine.settings import read_settings
from processes.office import alarms

LOCAL = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.1.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1",
]  # fmt: skip
OFFICES = [
    "10.1.2.3",
    "172.16.0.9",
    "192.168.1.20",
    "100.64.1.1",
    "203.0.113.7",
    "fd12:3456::1",
    "2001:4860::1",
    "::ffff:10.1.2.3",
    "64:ff9b::a01:203",
]


@pytest.mark.parametrize("address", LOCAL)
def test_this_machine_its_link_and_a_clouds_own_are_not_reached(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(reach.SETTING, "")
    assert not reach.may_reach("oa.example.com", address)
    monkeypatch.setenv(reach.SETTING, "oa.example.com")
    assert reach.may_reach("OA.example.com.", address)
    assert not reach.may_reach("other.example.com", address)


@pytest.mark.parametrize("address", OFFICES)
def test_an_office_system_in_the_house_or_outside_is_reached(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(reach.SETTING, "")
    assert reach.may_reach("oa.example.com", address)


@pytest.mark.parametrize(
    ("listed", "address", "reached"),
    [
        ("127.0.0.0/8, fe80::/10", "127.0.0.5", True), ("127.0.0.0/8, fe80::/10", "fe80::9", True), ("127.0.0.1", "127.0.0.2", False),
        ("[::1]", "::1", True), ("127.0.0.1", "::ffff:127.0.0.1", True), ("127.0.0.2", "::ffff:127.0.0.1", False),
        ("0.0.0.0/0", "127.0.0.1", True), ("0.0.0.0/0", "169.254.169.254", False), ("169.254.0.0/16", "169.254.169.254", False),
        ("169.254.169.254", "169.254.169.254", True), ("::/0", "fd00:ec2::254", False), (" , nonsense/99", "127.0.0.1", False),
    ],
)  # fmt: skip
def test_what_is_listed_is_reached_and_a_clouds_own_only_by_its_very_address(
    monkeypatch: pytest.MonkeyPatch, listed: str, address: str, reached: bool
) -> None:
    monkeypatch.setenv(reach.SETTING, listed)
    assert reach.may_reach("oa.example.com", address) is reached


class Peer:
    """Somebody on this machine who counts who comes, and answers each with the same bytes."""

    def __init__(self, host: str = "127.0.0.1", says: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") -> None:
        self.says = says
        self.heard: list[bytes] = []
        self._listening = socket.create_server((host, 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return
            with taken, suppress(OSError):
                self.heard.append(taken.recv(65_536))
                taken.sendall(self.says)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture
def peer() -> Iterator[Peer]:
    found = Peer()
    yield found
    found.close()


@contextmanager
def names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Iterator[list[str]]:
    """Let a name stand for one address after another, the last one for ever; gives what was asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
        if host != "oa.example.com":
            return real(host, port, *arguments, **named)
        asked.append(host)
        return real(answers[min(len(asked), len(answers)) - 1], port, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    yield asked


def ask_vendor(port: int) -> None:
    asking = Http(Connection(CONNECTION, "webhook", f"http://oa.example.com:{port}", {}, {}), MemoryDesk())
    try:
        asking.ask("POST", "/x", json={})
    finally:
        asking.close()


def ask_webhook(port: int) -> None:
    client = Client(connection(f"http://oa.example.com:{port}"), MemoryDesk())
    try:
        client.post("/x", b"{}", "k")
    finally:
        client.close()


def open_stream(port: int) -> None:
    with reached(f"ws://oa.example.com:{port}/x") as wire:
        wire.sendall(b"hello")
        wire.recv(10)


WAYS = pytest.mark.parametrize("ask", [ask_vendor, ask_webhook, open_stream])


@WAYS
def test_a_name_that_has_come_to_stand_for_this_machine_is_refused_when_it_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, peer: Peer, ask: Any
) -> None:
    monkeypatch.setenv(reach.SETTING, "")
    with names(monkeypatch, "203.0.113.7", "127.0.0.1"):
        assert reach.fault_of(f"http://oa.example.com:{peer.port}", "baseUrl") is None, "when it was saved it was a good one"
        with pytest.raises((OAUnavailable, reach.Unreachable)) as refused:
            ask(peer.port)
    assert "127.0.0.1" in str(refused.value) and reach.SETTING in str(refused.value)
    assert peer.heard == []


@WAYS
def test_a_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch, peer: Peer, ask: Any) -> None:
    monkeypatch.setenv(reach.SETTING, "127.0.0.1")
    with names(monkeypatch, "127.0.0.1", "127.0.0.99") as asked:
        ask(peer.port)
    assert len(asked) == 1, "asked twice, the second answer could be another"
    assert len(peer.heard) == 1


@WAYS
def test_of_several_addresses_only_those_that_may_be_are_tried(monkeypatch: pytest.MonkeyPatch, peer: Peer, ask: Any) -> None:
    monkeypatch.setenv(reach.SETTING, "127.0.0.1")
    forbidden = Peer("127.0.0.2")
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, peer.port)) for host in ("127.0.0.2", "169.254.169.254", "127.0.0.1")]
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: found if host == "oa.example.com" else real(host, *rest, **more))
    try:
        ask(peer.port)
    finally:
        forbidden.close()
    assert len(peer.heard) == 1 and forbidden.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_elsewhere(status: int) -> None:
    elsewhere = Peer("127.0.0.2")
    peer = Peer(says=f"HTTP/1.1 {status} x\r\nLocation: http://127.0.0.2:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n".encode())
    asking = Http(Connection(CONNECTION, "webhook", f"http://127.0.0.1:{peer.port}", {}, {}), MemoryDesk())
    try:
        assert asking.ask("GET", "/x").status == status
    finally:
        asking.close()
        peer.close()
        elsewhere.close()
    assert elsewhere.heard == []


def test_a_provider_whose_discovery_names_this_machine_is_not_asked_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(reach.SETTING, "127.0.0.1")
    inner = Peer("127.0.0.2")
    peer = Peer()
    issuer = f"http://127.0.0.1:{peer.port}"
    named = ", ".join(f'"{name}": "http://127.0.0.2:{inner.port}/x"' for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
    body = f'{{"issuer": "{issuer}", {named}}}'.encode()
    peer.says = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    provider = Provider(Connection(CONNECTION, "oidc", issuer, {}, {}), StoredDesk(CONNECTION))
    try:
        with pytest.raises(OAUnavailable) as refused:
            provider.keys()
    finally:
        provider.close()
        peer.close()
        inner.close()
    assert reach.SETTING in str(refused.value.facts["reason"])
    assert inner.heard == []


def test_an_alarm_is_not_posted_to_this_machine(monkeypatch: pytest.MonkeyPatch, peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(alarms, "FIRST_WAIT", 0.0)
    monkeypatch.setenv("SHENPI_ALERT_WEBHOOK", f"http://127.0.0.1:{peer.port}/alerts")
    monkeypatch.setenv("SHENPI_ALERT_SECRET", "a secret for alarms")
    monkeypatch.setenv(reach.SETTING, "")
    alarm = Alarm("k", "alert.began", "告警", "送不出去", "http://127.0.0.1/x")
    alarms.send(alarm)
    assert peer.heard == [] and reach.SETTING in caplog.text
    monkeypatch.setenv(reach.SETTING, "127.0.0.1")
    alarms.send(alarm)
    assert len(peer.heard) == 1
    assert read_settings().local_hosts == "127.0.0.1"


def test_a_name_that_takes_long_to_find_keeps_nobody_from_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "RESOLVE", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1.0) or [])
    assert reach.fault_of("https://slow.example.com", "baseUrl") is None
