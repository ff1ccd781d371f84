"""Connectors by the kind of their connection. One connector serves all threads of a process."""

import threading
from collections.abc import Callable, Mapping

from engine.errors import NotFound
from engine.oa.contract import Connection, Connector, Desk
from engine.oa.desk import StoredDesk
from engine.oa.kinds import KINDS, Kind


class Connectors:
    """The connectors that are open, made when first asked for and made anew when their connection has changed."""

    def __init__(self, kinds: Mapping[str, Kind] = KINDS, desk: Callable[[Connection, Kind], Desk] | None = None) -> None:
        self._kinds = kinds
        self._desk = desk or (lambda connection, kind: StoredDesk(connection.key, kind.limits(connection)))
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Connection, Connector]] = {}
        #: replaced, but perhaps still in use by another thread
        self._replaced: list[Connector] = []

    def get(self, connection: Connection) -> Connector:
        """Return the connector of a connection. Refuses with `NotFound` a kind nobody has registered, with `InvalidContent` an impossible URL."""
        kind = self._kinds.get(connection.kind)
        if kind is None:
            raise NotFound(kind=f"connector kind {connection.kind}")
        with self._lock:
            known = self._open.get(connection.key)
            if known and known[0] == connection:
                return known[1]
            made = kind.connector(connection, self._desk(connection, kind))
            if known:
                self._replaced.append(known[1])
            self._open[connection.key] = connection, made
            return made

    def close(self) -> None:
        with self._lock:
            for connector in [*self._replaced, *(connector for _, connector in self._open.values())]:
                connector.close()
            self._replaced.clear()
            self._open.clear()
