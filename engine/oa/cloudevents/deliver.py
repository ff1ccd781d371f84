"""Events on their way: in order, signed, one by one or in batches; of a long list it is remembered how far it came."""

import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from engine.errors import Fault, InvalidContent, OARejected, OAUnavailable
from engine.oa.cloudevents.signature import headers, key_of
from engine.oa.codec import encode
from engine.oa.contract import Connection, Desk
from engine.oa.http import Http, waiting

STRUCTURED, BATCHED = "application/cloudevents+json; charset=utf-8", "application/cloudevents-batch+json; charset=utf-8"
BATCH = 100
MANY = 20  #: messages after which it is remembered how far it came
LONGEST = 8.0  #: seconds of one push; the rest is told by the next
PASSING = frozenset({408, 425, 429})


class Delivery:
    """The receiver of one connection. Refuses with `InvalidContent` a secret that is missing or no secret."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        secrets = [connection.credentials.get(name, "") for name in ("secret", "former_secret")]
        if not secrets[0]:
            raise InvalidContent([Fault("secret", "缺少密钥", "the secret is missing", path="secret")])
        self._keys = [key_of(secret) for secret in secrets if secret]
        self._name, self._address = connection.key, connection.base_url
        self._batched = connection.settings.get("mode") == "batched"
        self._desk = desk
        self._http = Http(connection, desk)

    def close(self) -> None:
        self._http.close()

    def send(self, instance: str, version: int, events: Sequence[dict[str, Any]]) -> None:
        """Send events in order.

        Refuses with `OAUnavailable` what may pass, and where there is more than one push should tell; with `OARejected` what will not.
        """
        size = BATCH if self._batched else 1
        messages = [events[place : place + size] for place in range(0, len(events), size)]
        place = self._place(instance, version) if len(messages) > MANY else 0
        over = time.monotonic() + LONGEST
        for number, message in enumerate(messages[place:], place + 1):
            self._post(message)
            if number < len(messages) and (number % MANY == 0 or time.monotonic() > over):
                self._remember(instance, version, number)
                if time.monotonic() > over:
                    raise OAUnavailable(
                        connection=self._name, reason=f"{number} of {len(messages)} messages were told; more follow", retry_after=0.1
                    )
        if len(messages) > MANY:
            self._remember(instance, version, 0)  # sent again, it is told from the beginning

    def knock(self) -> str:
        """Ask whether the receiver is there, and return what it said; any answer of its own is one."""
        return f"HTTP {self._http.ask('OPTIONS', self._address, api='health').status}"

    def _post(self, message: Sequence[dict[str, Any]]) -> None:
        body = encode(list(message) if self._batched else message[0])
        identity = message[0]["id"] if not self._batched else hashlib.sha256("".join(one["id"] for one in message).encode()).hexdigest()
        sent = {"Content-Type": BATCHED if self._batched else STRUCTURED, **headers(self._keys, identity, body, datetime.now(UTC))}
        answer = self._http.ask("POST", self._address, api="events", content=body, headers=sent)
        if 200 <= answer.status < 300:
            return
        if answer.status in PASSING:
            raise OAUnavailable(connection=self._name, reason=f"HTTP {answer.status}", retry_after=waiting(answer.headers))
        raise OARejected(connection=self._name, reason=f"HTTP {answer.status}", status=answer.status)

    def _place(self, instance: str, version: int) -> int:
        kept = self._desk.shown([f"e-{instance}"]).get(f"e-{instance}")
        return int(kept.status) if kept is not None and kept.version == version and kept.status.isdecimal() else 0

    def _remember(self, instance: str, version: int, place: int) -> None:
        self._desk.settle(f"e-{instance}", None, status=str(place), version=version)
