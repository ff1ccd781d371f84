"""The connections of one webhook: kept open, bounded in time, to an address that was looked at, a request in one piece."""

import socket
import ssl
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from engine import reach
from engine.trust import authorities

CONNECT, TOTAL = 3.0, 10.0  #: seconds
AT_ONCE = 1.0  #: seconds within which a kept connection ends that had ended before: later, somebody may have read what was sent
POOL = 16  #: connections kept open; more are opened when more threads ask


def pool_of(url: str) -> urllib3.HTTPConnectionPool:
    """Return the connections to the host of a sound URL."""
    parts = urlsplit(url)
    host, port = host_of(url), parts.port
    timeout = urllib3.Timeout(connect=CONNECT, read=TOTAL - CONNECT)  # connecting and waiting add up to the total
    if parts.scheme == "https":
        return SafePool(host, port, timeout, POOL, ssl_context=trusted(), cert_reqs="CERT_REQUIRED")
    return PlainPool(host, port, timeout, POOL)


def host_of(url: str) -> str:
    """Return the host of a URL as the network spells it. Raises `ValueError` for a name that cannot be spelled so."""
    host = (urlsplit(url).hostname or "").encode("idna").decode()
    return f"[{host}]" if ":" in host else host


@cache
def trusted() -> ssl.SSLContext:
    """Return whom we believe on https, for sockets that are bounded in time."""
    context = authorities()
    context.sslsocket_class = SafeSocket
    return context


class Bounded:
    """A socket from which is read until a moment and no longer, however much comes drop by drop."""

    until: float | None = None

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        if self.until is not None:
            rest = self.until - time.monotonic()
            if rest <= 0:
                raise TimeoutError("too slow")
            self.settimeout(min(rest, TOTAL))  # type: ignore[attr-defined]
        found: int = super().recv_into(*arguments, **named)  # type: ignore[misc]
        return found


class PlainSocket(Bounded, socket.socket):
    """A socket without encryption."""


class SafeSocket(Bounded, ssl.SSLSocket):
    """A socket with encryption."""


class HungUp(ConnectionError):
    """The other side ended a connection that it had kept open, before it answered with a single byte."""


class Whole:
    """Lets a request leave in one piece, for a head that travels alone wakes the other side for nothing; only to where we may, and answered in time."""

    _parts: list[bytes] | None = None
    _until = 0.0
    _kept = False  #: whether a request before this one was answered on the same connection

    def _new_conn(self) -> socket.socket:
        """Return a connection to an address that was looked at."""
        self._kept = False
        try:
            made = reach.connect(self._dns_host, self.port, CONNECT)  # type: ignore[attr-defined]
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"no connection to {self.host}") from error  # type: ignore[attr-defined]
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found = PlainSocket(fileno=made.detach())
        found.settimeout(CONNECT)
        return found

    def getresponse(self) -> Any:
        self.sock.until = self._until  # type: ignore[attr-defined]
        try:
            found = super().getresponse()  # type: ignore[misc]
        except ConnectionError as error:
            raise HungUp if self._kept else error from error
        self._kept = True
        return found

    def request(self, *arguments: Any, **named: Any) -> None:
        self._until = time.monotonic() + TOTAL
        self._parts = []
        try:
            super().request(*arguments, **named)  # type: ignore[misc]
            whole = b"".join(self._parts)
        finally:
            self._parts = None
        super().send(whole)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self._parts is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._parts.append(data)


class PlainConnection(Whole, HTTPConnection):
    """A connection without encryption."""


class SafeConnection(Whole, HTTPSConnection):
    """A connection with encryption."""


class PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = PlainConnection


class SafePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = SafeConnection
