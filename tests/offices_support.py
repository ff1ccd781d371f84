"""A desk in memory, for tests of a connector without a database, and short words for connections."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from engine.oa.contract import Connection, Exchange, Receipt, Shown


def connection(
    url: str, kind: str = "webhook", *, key: str = "oa-1", settings: dict[str, Any] | None = None, **credentials: str
) -> Connection:
    """Return a connection; a webhook's secret is `whsec` unless it is given."""
    given = credentials or ({"secret": "whsec"} if kind == "webhook" else {})
    return Connection(key, kind, url, given, settings or {}, "https://shenpi.example")


@dataclass
class MemoryDesk:
    """Does what `engine.oa.desk.StoredDesk` does, for as long as the test lives. Ids of people are their keys unless `people` says otherwise."""

    people: dict[str, str] | None = None
    kept: dict[str, Shown] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)
    held_off: dict[str, float] = field(default_factory=dict)

    def shown(self, keys: Iterable[str]) -> dict[str, Shown]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def shown_of(self, instance_key: str) -> list[Shown]:
        return [one for key, one in sorted(self.kept.items()) if self.instances.get(key) == instance_key]

    def found(self, remote_id: str) -> Shown | None:
        return next((one for one in self.kept.values() if one.remote_id == remote_id), None)

    def intend(self, key: str, instance_key: str | None = None) -> None:
        before = self.kept.get(key)
        self.instances |= {key: instance_key} if instance_key else {}
        self.kept[key] = Shown(key, before.remote_id if before else None, "intended", before.version if before else 0)

    def settle(
        self, key: str, remote_id: str | None, *, status: str = "", version: int = 0, instance_key: str | None = None, remote_person: str | None = None
    ) -> None:  # fmt: skip
        self.instances |= {key: instance_key} if instance_key else {}
        self.kept[key] = Shown(key, remote_id, status, version, None, remote_person)

    def take(self, instance_key: str, receipt: Receipt) -> None:
        """Remember what a push has shown, as the worker does."""
        for one in receipt.items:
            if one.ok:
                before = self.kept.get(one.key)
                remote = one.remote_id or (before.remote_id if before else None)
                self.kept[one.key] = Shown(
                    one.key,
                    remote,
                    one.status,
                    one.version,
                    one.person or (before.person if before else None),
                    one.remote_person or (before.remote_person if before else None),
                )
                self.instances[one.key] = instance_key

    def forget(self, key: str) -> None:
        self.kept.pop(key, None)

    def alone(self, key: str) -> AbstractContextManager[None]:
        return nullcontext()

    def ids(self, people: Iterable[str], id_type: str) -> dict[str, str]:
        return {key: key if self.people is None else self.people[key] for key in people if self.people is None or key in self.people}

    def wait(self, api: str) -> None:
        pass

    def hold_off(self, api: str, seconds: float) -> None:
        self.held_off[api] = seconds

    def token(self, name: str, fetch: Callable[[], tuple[str, float]], *, stale: str | None = None) -> str:
        if self.tokens.get(name) in (None, stale):
            self.tokens[name] = fetch()[0]
        return self.tokens[name]

    def note(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
