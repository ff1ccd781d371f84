"""Stream mode: the product opens a WebSocket, and events come over it instead of over HTTP (the SDK dingtalk-stream 0.24.3).

Each event goes to one of the open connections. One that is not acknowledged in time comes again, whatever the product was doing.
"""

import json
import random
import secrets
import threading
import uuid
from typing import Any
from urllib.parse import quote

from flask import Response, jsonify, request

from api.simulators.desk import Outgoing
from api.simulators.dingtalk.manner import calls, error, gate
from api.simulators.fields import rows, text
from api.simulators.gate import asked
from api.simulators.simulator import Simulator, simulator
from api.simulators.websocket import WebSocket

TICKET_SECONDS = 90
METHOD = "STREAM"


class Stream:
    """The open connections, and the acknowledgements that are waited for."""

    def __init__(self) -> None:
        self._open: list[WebSocket] = []
        self._acks: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()

    def __bool__(self) -> bool:
        return bool(self._open)

    def serve(self, connection: WebSocket) -> None:
        """Take acknowledgements until the other side goes."""
        with self._changed:
            self._open.append(connection)
        try:
            while True:
                self._take(json.loads(connection.receive()))
        except (OSError, ValueError):
            pass
        finally:
            with self._changed:
                self._open.remove(connection)
            connection.close()

    def _take(self, ack: Any) -> None:
        headers = ack.get("headers") if isinstance(ack, dict) else None
        if isinstance(headers, dict) and isinstance(headers.get("messageId"), str):
            with self._changed:
                self._acks[headers["messageId"]] = ack
                self._changed.notify_all()

    def carry(self, call: Outgoing) -> tuple[int | None, bool, str]:
        """Send a frame over one of the connections, and wait for its acknowledgement."""
        key = call.facts["messageId"]
        with self._changed:
            if not self._open:
                return None, False, "no connection is open"
            self._acks.pop(key, None)
            connection = random.choice(self._open)
        try:
            connection.send(call.body)
        except OSError:
            return None, False, "the connection is gone"
        with self._changed:
            if not self._changed.wait_for(lambda: key in self._acks, timeout=call.timeout):
                return None, False, "not acknowledged in time"
            ack = self._acks.pop(key)
        later = '"LATER"' in str(ack.get("data"))
        return int(ack.get("code") or 0), ack.get("code") == 200 and not later, str(ack.get("message") or "")[:500]


@gate.call("POST", "/v1.0/gateway/connections/open", token=False)
def open_connection() -> Response:
    """Return where to connect to, with a ticket that is good once and for a short time."""
    body, sim = asked(), simulator()
    if (text(body, "clientId"), text(body, "clientSecret")) != (sim.config.app_key, sim.config.app_secret):
        return error(401, "authFailed", "鉴权失败")
    rows(body, "subscriptions", needed=True)
    ticket = secrets.token_urlsafe(24)
    sim.ledger.put("ticket", ticket, {"until": sim.clock.now() + TICKET_SECONDS})
    return jsonify(endpoint=f"ws://{request.host}/connect", ticket=ticket)


@calls.get("/connect", websocket=True)
def connect() -> Response:
    sim, ticket = simulator(), request.args.get("ticket", "")
    found = sim.ledger.get("ticket", ticket)
    sim.ledger.drop("ticket", ticket)
    key, connection = request.headers.get("Sec-WebSocket-Key"), request.environ.get("werkzeug.socket")
    if not found or found["until"] < sim.clock.now() or not key or connection is None:
        return error(401, "ticket.invalid", "ticket is unknown, was used or is too old, or this is no WebSocket")
    sim.desk.stream.serve(WebSocket(connection, key))
    return Response(status=204)


def event(sim: Simulator, body: dict[str, Any]) -> Outgoing:
    """Return an event as a frame: what is at the top of an event over HTTP stands in the headers here."""
    about = {"eventType": body["EventType"], "eventId": body["eventId"], "eventCorpId": body["CorpId"], "eventBornTime": body["TimeStamp"]}
    key = f"{quote(body['eventId'])}_{uuid.uuid4().hex[:8]}"
    headers = {**about, "appId": sim.config.app_key, "connectionId": "", "contentType": "application/json", "messageId": key}
    headers |= {"time": body["TimeStamp"], "topic": "*", "eventUnifiedAppId": sim.config.app_key}
    data = {name: value for name, value in body.items() if name not in ("EventType", "eventId", "CorpId", "TimeStamp")}
    frame = {"specVersion": "1.0", "type": "EVENT", "headers": headers, "data": json.dumps(data, ensure_ascii=False)}
    retries = (sim.config.event_retry,) * 2
    return Outgoing("", json.dumps(frame, ensure_ascii=False), {}, sim.config.stream_seconds, retries, {"messageId": key}, METHOD)
