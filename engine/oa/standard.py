"""What a connector does where its OA can do no more: nothing, or a clear refusal. Each kind replaces what its OA can."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import orjson

from engine.errors import NotPermitted, OARejected
from engine.oa.contract import (
    Connection,
    Desk,
    Difference,
    Event,
    InstanceSnapshot,
    OARequest,
    RawRequest,
    Receipt,
    Received,
    RemoteDepartment,
    RemotePerson,
    Reply,
    Said,
    Shown,
)


class Standard:
    """The parts of `engine.oa.contract.Connector` that an OA may lack."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self.connection = connection
        self.desk = desk

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        raise self.cannot("remove an instance")

    def call(self, request: OARequest) -> Receipt:
        """What the OA has no place for is done by not doing it: a drawing must not fail because one of several OAs shows no archive."""
        return Receipt(None, datetime.now(UTC), {"skipped": request.operation})

    def compare(self, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
        return []

    def receive(self, request: RawRequest, now: datetime) -> Received:
        raise NotPermitted(reason="this connection takes no callbacks")

    def reply(self, received: Received, said: Said) -> Reply:
        result = "accepted" if said.accepted else "ignored"
        return Reply(orjson.dumps({"result": result, "message": said.message, **said.facts}))

    def people(self) -> Iterable[RemotePerson]:
        raise self.cannot("list people")

    def departments(self) -> Iterable[RemoteDepartment]:
        raise self.cannot("list departments")

    def login_url(self, state: str, redirect: str) -> str:
        raise self.cannot("sign people in")

    def signed_in(self, code: str, redirect: str) -> Mapping[str, str]:
        raise self.cannot("sign people in")

    def listen(self, take: Callable[[tuple[Event, ...]], None], stop: threading.Event) -> None:
        raise self.cannot("be listened to")

    def cannot(self, what: str) -> OARejected:
        return OARejected(connection=self.connection.key, reason=f"a connection of the kind {self.connection.kind} cannot {what}")
