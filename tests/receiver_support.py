"""A receiver of CloudEvents over real HTTP, that checks signatures by the scheme's own words and reads events with the SDK of CloudEvents."""

import hashlib
import hmac
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.v1.event import CloudEvent
from flask import Flask, Response, request
from werkzeug.serving import make_server

SECRET = "whsec_" + b64encode(b"a secret of thirty two bytes ....").decode()


@dataclass
class Receiver:
    """What came, in order: each event as the SDK read it, each message with its headers; `answers` are the next statuses, then 204."""

    address: str = ""
    events: list[CloudEvent] = field(default_factory=list)
    messages: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    secret: str = SECRET
    forged: int = 0

    def take(self) -> Response:
        headers, body = {name.lower(): value for name, value in request.headers.items()}, request.get_data()
        self.messages.append((headers, body))
        if not self.signed(headers, body):
            self.forged += 1
            return Response(status=401)
        status = self.answers.pop(0) if self.answers else 204
        if status == 204:
            self.events += [self.read(one) for one in self.bodies(headers, body)]
        return Response(status=status)

    def signed(self, headers: dict[str, str], body: bytes) -> bool:
        key = b64decode(self.secret.removeprefix("whsec_"))
        message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = "v1," + b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
        return wanted in headers["webhook-signature"].split(" ")

    @staticmethod
    def bodies(headers: dict[str, str], body: bytes) -> list[bytes]:
        if headers["content-type"].startswith("application/cloudevents-batch+json"):
            return [orjson.dumps(one) for one in orjson.loads(body)]
        assert headers["content-type"].startswith("application/cloudevents+json")
        return [body]

    @staticmethod
    def read(body: bytes) -> CloudEvent:
        found: Any = from_structured_event(HTTPMessage({"content-type": "application/cloudevents+json"}, body))
        assert isinstance(found, CloudEvent)
        return found

    def types(self, case: object) -> list[str]:
        return [one.get_type().removeprefix("cn.shenpi.") for one in self.events if one.get_subject() == str(case)]

    def ids(self, case: object) -> list[str]:
        return [one.get_id() for one in self.events if one.get_subject() == str(case)]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Give a receiver on a port of its own."""
    found, app = Receiver(), Flask("receiver")
    app.add_url_rule("/hook", view_func=found.take, methods=["POST"])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    found.address = f"http://127.0.0.1:{server.port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
