"""Office systems that tell us things over a connection that we hold open: one worker holds it, another takes over when that one is gone."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import select, text

from engine import inbox
from engine.database import transaction
from engine.errors import ShenpiError
from engine.oa.contract import Connector, Event
from engine.oa.opening import opened
from engine.oa.registry import Connectors
from models import db
from models.oa import OaConnection

log = logging.getLogger("shenpi.listening")

LOOK = 5.0  #: seconds between looks for connections to hold
_MINE = text("SELECT pg_try_advisory_lock(hashtext('shenpi:listen'), hashtext(:key))")


class Listening:
    """Holds the connections of one process. `context` opens what a thread needs (the database)."""

    def __init__(self, connectors: Connectors, context: Callable[[], AbstractContextManager[Any]], stop: threading.Event) -> None:
        self._connectors = connectors
        self._context = context
        self._stop = stop
        self._held: dict[str, threading.Thread] = {}

    def run(self) -> None:
        """Look now and then which connections want to be held, until it is time to stop."""
        while not self._stop.is_set():
            try:
                with self._context():
                    for key in wanted(self._connectors):
                        if key not in self._held or not self._held[key].is_alive():
                            self._held[key] = threading.Thread(target=self._hold, args=(key,), name=f"listen-{key}", daemon=True)
                            self._held[key].start()
            except Exception as error:  # whatever it is, it is looked again: nobody starts this thread anew
                log.warning("connections to hold cannot be looked for now: %s", error, exc_info=not isinstance(error, ShenpiError))
            self._stop.wait(LOOK)
        for thread in self._held.values():
            thread.join(2 * LOOK)

    def _hold(self, key: str) -> None:
        """Hold one connection while it is this process's; whoever has the lock in the database has the connection."""
        with self._context(), ExitStack() as stack:
            # it is held for days: no transaction may stay open beside it
            lock: DatabaseConnection = stack.enter_context(db.engine.connect().execution_options(isolation_level="AUTOCOMMIT"))
            if not lock.execute(_MINE, {"key": key}).scalar():
                return
            try:
                held = self._connector(key)
                over = Over(self._stop, lambda: not self._is_held_still(key, held), self._context)
                stack.callback(over.set)
                held.listen(lambda events: keep(key, events), over)
            except ShenpiError as error:
                log.warning("%s is not heard: %s", key, error)
                self._stop.wait(LOOK)

    def _connector(self, key: str) -> Connector:
        with transaction() as session:
            return self._connectors.get(opened(session.get_one(OaConnection, key)))

    def _is_held_still(self, key: str, held: Connector) -> bool:
        """Tell whether a connection is wanted as it was when it was opened: with another secret or address it is opened anew."""
        return key in wanted(self._connectors) and self._connector(key) is held


class Over(threading.Event):
    """Set when the process ends, and when the connection is switched off."""

    def __init__(self, stop: threading.Event, gone: Callable[[], bool], context: Callable[[], AbstractContextManager[Any]]) -> None:
        super().__init__()
        self._ended = stop
        self._gone = gone
        self._context = context
        self._looks = 0

    def is_set(self) -> bool:
        self._looks += 1
        if self._looks % 5 == 0 and self._gone():
            self.set()
        return super().is_set() or self._ended.is_set()


def wanted(connectors: Connectors) -> list[str]:
    """Return the active connections whose office system is listened to."""
    with transaction() as session:
        rows = session.scalars(select(OaConnection).filter_by(active=True).order_by(OaConnection.key)).all()
        return [row.key for row in rows if row.settings.get("stream") and _listens(connectors, row)]


def _listens(connectors: Connectors, row: OaConnection) -> bool:
    """Tell whether a connection's office system is listened to; one that cannot be opened keeps no other from being heard."""
    try:
        return connectors.get(opened(row)).capabilities().listens
    except ShenpiError as error:
        log.warning("%s cannot be opened: %s", row.key, error)
        return False


def keep(key: str, events: tuple[Event, ...]) -> None:
    """Keep what was told, each thing once; it is worked off by jobs."""
    with transaction("callbacks.receive") as session:
        for event in events:
            inbox.receive(session, key, event)
