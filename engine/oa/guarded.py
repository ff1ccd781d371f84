"""How we reach others over httpx: only addresses that may be reached, and no longer than a whole request may take, its head and each of its drops included."""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from engine import reach
from engine.trust import trusted

_until: ContextVar[float | None] = ContextVar("until", default=None)
MOST, KEPT, IDLE = 100, 20, 5.0  #: connections, connections kept open, and for how many seconds


@contextmanager
def within(seconds: float) -> Iterator[float]:
    """Let what is asked inside end within some seconds in all; gives the moment."""
    until = time.monotonic() + seconds
    mark = _until.set(until)
    try:
        yield until
    finally:
        _until.reset(mark)


def left(timeout: float | None) -> float | None:
    """Return for how long one more read or write may wait. Refuses with `ReadTimeout` when the time of the whole is over."""
    until = _until.get()
    if until is None:
        return timeout
    rest = until - time.monotonic()
    if rest <= 0:
        raise httpcore.ReadTimeout("too slow")
    return rest if timeout is None else min(timeout, rest)


class Stream(httpcore.NetworkStream):
    """A connection whose every wait counts towards the whole."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:  # fmt: skip
        return Stream(self._inner.start_tls(ssl_context, server_hostname, left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Backend(httpcore.SyncBackend):
    """Connects to addresses that were looked at."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:  # fmt: skip
        try:
            found = reach.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for place, address in enumerate(found):
            try:
                return Stream(super().connect_tcp(address, port, left(timeout), local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(found) - 1:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")


class Transport(httpx.HTTPTransport):
    """The way of an `httpx.Client` to others; nothing of the environment is used."""

    def __init__(self) -> None:
        super().__init__(verify=trusted(), trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted(), max_connections=MOST, max_keepalive_connections=KEPT, keepalive_expiry=IDLE, network_backend=Backend()
        )
