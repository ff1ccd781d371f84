"""The two sides of the contract: what a connector does, and the desk that the engine lends it."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from engine.oa.contract.connection import Capabilities, Exchange, Health
from engine.oa.contract.incoming import Event, RawRequest, Received, RemoteDepartment, RemotePerson, Reply, Said
from engine.oa.contract.outcomes import Difference, OARequest, Receipt, Shown
from engine.oa.contract.snapshots import InstanceSnapshot


class Desk(Protocol):
    """What the engine lends a connector: a memory that outlives the process, who is who, and when it may call. Each method is a transaction of its own."""

    def shown(self, keys: Iterable[str]) -> dict[str, Shown]:
        """Return what is known of items; one that was intended and never settled has the status `intended`."""
        ...

    def shown_of(self, instance_key: str) -> list[Shown]:
        """Return what is known of everything of an instance."""
        ...

    def found(self, remote_id: str) -> Shown | None:
        """Return what is shown under an id of the OA's."""
        ...

    def intend(self, key: str, instance_key: str | None = None) -> None:
        """Remember, before a call that cannot safely be repeated, that it is about to be made."""
        ...

    def settle(
        self, key: str, remote_id: str | None, *, status: str = "", version: int = 0, instance_key: str | None = None, remote_person: str | None = None
    ) -> None:  # fmt: skip
        """Remember what came of it."""
        ...

    def forget(self, key: str) -> None: ...

    def alone(self, key: str) -> AbstractContextManager[None]:
        """Hold a key while what all workers need once is made. Refuses with `OAUnavailable` while another holds it; one that died does for a minute."""
        ...

    def ids(self, people: Iterable[str], id_type: str) -> dict[str, str]:
        """Return the OA's ids of people by their keys; who is not mapped is not in it."""
        ...

    def wait(self, api: str) -> None:
        """Wait until a call of this API is within the connection's limit, for all workers together. Refuses with `OAUnavailable` what would take too long."""
        ...

    def hold_off(self, api: str, seconds: float) -> None:
        """The OA asked for a pause: nobody calls this API before."""
        ...

    def token(self, name: str, fetch: Callable[[], tuple[str, float]], *, stale: str | None = None) -> str:
        """Return a token that is still good, fetching one (text, seconds it lives) when there is none, once at a time; `stale` is one that was refused."""
        ...

    def note(self, exchange: Exchange) -> None:
        """Keep a request and its answer for the administrator."""
        ...


class Connector(Protocol):
    """One OA behind one connection. Safe to use from several threads; raises no error of HTTP, and shows no secret in any error."""

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        """Show the OA where the instance stands; `previous` is the last snapshot it accepted. Safe to repeat.

        Refuses with `OAUnavailable` (fact `retry_after` in seconds, or None), `OARejected`, or `OAUnknown` where the OA has no idempotency and cannot be
        asked what became of it.
        """
        ...

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        """Take the instance out of the OA. Refuses as `push` does."""
        ...

    def call(self, request: OARequest) -> Receipt:
        """Ask the OA for something a drawing or a notice wants of it. Refuses as `push` does."""
        ...

    def compare(self, snapshot: InstanceSnapshot, shown: Sequence[Shown]) -> list[Difference]:
        """Ask the OA what it shows of an instance and tell in what it differs; `shown` is what it last accepted. Refuses as `push` does.

        An OA that cannot be read has no differences: `capabilities().compare` is false.
        """
        ...

    def receive(self, request: RawRequest, now: datetime) -> Received:
        """Verify and parse a callback; the engine is not touched.

        Refuses with `NotPermitted` (fact `reason`) what is not the OA's or too old, with `InvalidContent` what cannot be read.
        """
        ...

    def reply(self, received: Received, said: Said) -> Reply:
        """Return the answer for the person who pressed, in the OA's form."""
        ...

    def people(self) -> Iterable[RemotePerson]:
        """Return everybody in the OA's contacts. Refuses as `push` does."""
        ...

    def departments(self) -> Iterable[RemoteDepartment]: ...

    def login_url(self, state: str, redirect: str, proof: str = "") -> str:
        """Return the address where the OA signs people in; it leads back to `redirect`. Refuses as `push` does, and with `OARejected` where it cannot.

        `proof` is a secret of this one attempt (43 to 128 letters, a verifier of RFC 7636): where the OA can, the code is good only together with it.
        """
        ...

    def signed_in(self, code: str, redirect: str, proof: str = "") -> Mapping[str, str]:
        """Return the ids, by type, of who signed in. Refuses with `NotPermitted` a code that is not, or no longer, good; else as `push` does."""
        ...

    def listen(self, take: Callable[[tuple[Event, ...]], None], stop: threading.Event) -> None:
        """Hold a connection open and give what the OA tells to `take`, which keeps it before the OA hears that it has arrived; until `stop`.

        Returns when the OA asks us to come again. Refuses with `OAUnavailable` a connection that breaks.
        """
        ...

    def capabilities(self) -> Capabilities: ...

    def health(self) -> Health:
        """Ask the OA whether it is there. Raises nothing."""
        ...

    def close(self) -> None:
        """Let go of open connections."""
        ...
