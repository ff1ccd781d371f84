"""Events over a connection that we hold open (Stream 模式): no address of ours need be reachable from outside.

The gateway gives an address and a ticket; every frame is acknowledged by its message id. An event is acknowledged when it is kept, not when it was worked off:
a slow acknowledgement brings it a second time.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from socket import socket as Wire
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection as Socket

from engine import reach
from engine.errors import InvalidContent, OARejected, OAUnavailable
from engine.oa.callback import is_sound, read, unreadable
from engine.oa.contract import Connection, Event
from engine.oa.dingtalk.receive import events_of
from engine.oa.http import Http

log = logging.getLogger("shenpi.dingtalk")

OPEN = "/v1.0/gateway/connections/open"
FRAME_BYTES = 1_000_000
OPENING = 10.0  #: seconds
LOOK = 1.0  #: seconds between looks whether it is time to stop
SUCCESS = '{"status": "SUCCESS", "message": "OK"}'


def listen(connection: Connection, http: Http, take: Callable[[tuple[Event, ...]], None], stop: threading.Event) -> None:
    """Give every event to `take` until `stop`, or until the gateway asks us to come again. Refuses with `OAUnavailable` a connection that breaks."""
    try:
        where = address(connection, http)
        with connect(where, sock=reached(where), open_timeout=OPENING, max_size=FRAME_BYTES, proxy=None) as socket:
            while not stop.is_set():
                try:
                    raw = socket.recv(timeout=LOOK)
                except TimeoutError:
                    continue
                if not answer(connection, socket, raw if isinstance(raw, bytes) else raw.encode(), take):
                    return
    except reach.Unreachable as error:
        raise OAUnavailable(connection=connection.key, reason=f"stream: {error}", retry_after=30.0) from error
    except (WebSocketException, OSError) as error:
        raise OAUnavailable(connection=connection.key, reason=f"stream: {type(error).__name__}") from error


def reached(where: str) -> Wire:
    """Return a connection to where the gateway has sent us, which is its word and no administrator's."""
    try:
        parts = urlsplit(where)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
    except ValueError as error:
        raise OSError("no address") from error
    return reach.connect(host, port, OPENING)


def address(connection: Connection, http: Http) -> str:
    """Ask the gateway where to connect to."""
    body = {
        "clientId": connection.settings.get("app_key", ""), "clientSecret": connection.credentials.get("app_secret", ""),
        "subscriptions": [{"type": "EVENT", "topic": "*"}], "ua": "shenpi", "localIp": "127.0.0.1",
    }  # fmt: skip
    found = http.ask("POST", OPEN, json=body)
    if not isinstance(found.data, dict) or found.status >= 400:
        raise OAUnavailable(connection=connection.key, reason=f"no stream: HTTP {found.status}", retry_after=30.0)
    endpoint, ticket = str(found.data.get("endpoint") or ""), str(found.data.get("ticket") or "")
    if not endpoint.startswith(("ws://", "wss://")) or not ticket:
        raise OARejected(connection=connection.key, reason="no stream: an answer without an address")
    return f"{endpoint}?ticket={quote(ticket, safe='')}"


def answer(connection: Connection, socket: Socket, raw: bytes, take: Callable[[tuple[Event, ...]], None]) -> bool:
    """Take one frame and acknowledge it; False when the gateway asks us to leave. One that cannot be read is passed over."""
    frame = loaded(raw)
    headers = frame.get("headers")
    if not isinstance(headers, dict) or not is_sound(message := headers.get("messageId")):
        log.warning("%s: a frame that cannot be read", connection.key)
        return True
    kind, topic = frame.get("type"), headers.get("topic")
    data = SUCCESS
    if kind == "SYSTEM":
        if topic == "disconnect":
            return False
        data = str(frame.get("data") or "")[:FRAME_BYTES]
    elif kind == "EVENT":
        take(events(connection, headers, str(frame.get("data") or "{}")) if is_sound(frame) else (unreadable(connection, raw),))
    acknowledgement = {"code": 200, "message": "OK", "data": data}
    socket.send(orjson.dumps(acknowledgement | {"headers": {"messageId": message, "contentType": "application/json"}}).decode())
    return True


def loaded(raw: bytes) -> Mapping[str, Any]:
    """Return the object of a frame; what is none has nothing in it."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {}


def events(connection: Connection, headers: Mapping[str, Any], data: str) -> tuple[Event, ...]:
    """Return what an event frame tells; nothing of another organisation's."""
    corp = connection.settings.get("corp_id")
    if corp and headers.get("eventCorpId") not in (None, corp):
        return ()
    try:
        told = read(data.encode(errors="replace"))
    except InvalidContent:
        return (unreadable(connection, f"{headers.get('eventId')} {data}".encode(errors="replace")),)
    return tuple(events_of(connection, {**told, "EventType": headers.get("eventType"), "eventId": headers.get("eventId")}, data.encode()))
