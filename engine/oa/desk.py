"""What the engine lends a connector, kept in the database (`engine.oa.contract.Desk`): so it outlives the process, and all workers share it."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from engine.database import transaction
from engine.database.prepared import Prepared
from engine.errors import OAUnavailable, Unavailable
from engine.oa import vault
from engine.oa.contract import Exchange, Shown
from engine.oa.limits import LONGEST_WAIT, Limits, Rate
from models.oa import OaToken

INTENDED = "intended"
REMEMBERED = 60.0  #: seconds for which a process looks nowhere for a token that it has
TELL = 2.0  #: seconds between two words that a worker is still there
HELD = 60.0  #: seconds for which a worker that died keeps others from making what it was making
EARLY = 300.0  #: seconds before its end at which a token is no longer given out, or half its life where that is less

_CLAIM = Prepared(
    """
    INSERT INTO oa_shown AS s (connection, key, status, version, at) VALUES (%(connection)s, %(key)s, 'intended', 0, shenpi_now())
    ON CONFLICT (connection, key) DO UPDATE SET at = shenpi_now()
    WHERE s.at NOT BETWEEN shenpi_now() - make_interval(secs => %(seconds)s) AND shenpi_now() + make_interval(secs => %(seconds)s) RETURNING key
    """
)
#: the columns in the order of `Shown`
_SHOWN = "SELECT key, remote_id, status, version, person, remote_person FROM oa_shown WHERE connection = %(connection)s AND"
_BY_KEYS = Prepared(f"{_SHOWN} key = ANY(%(keys)s)")
_BY_INSTANCE = Prepared(f"{_SHOWN} instance_id = %(instance)s ORDER BY key")
_BY_REMOTE = Prepared(f"{_SHOWN} remote_id = %(remote)s LIMIT 1")
_INTEND = Prepared(
    """
    INSERT INTO oa_shown AS s (connection, key, instance_id, status) VALUES (%(connection)s, %(key)s, %(instance)s, %(status)s)
    ON CONFLICT (connection, key) DO UPDATE SET instance_id = coalesce(excluded.instance_id, s.instance_id), status = excluded.status, at = shenpi_now()
    """
)
_SETTLE = Prepared(
    """
    INSERT INTO oa_shown AS s (connection, key, instance_id, remote_id, status, version, remote_person)
    VALUES (%(connection)s, %(key)s, %(instance)s, %(remote)s, %(status)s, %(version)s, %(remote_person)s)
    ON CONFLICT (connection, key) DO UPDATE SET instance_id = coalesce(excluded.instance_id, s.instance_id), remote_id = excluded.remote_id,
      status = excluded.status, version = excluded.version, remote_person = coalesce(excluded.remote_person, s.remote_person), at = shenpi_now()
    """
)
_FORGET = Prepared("DELETE FROM oa_shown WHERE connection = %(connection)s AND key = %(key)s")
_IDS = Prepared(
    """
    SELECT p.key, i.remote_id FROM oa_identity i JOIN person p ON p.id = i.person_id
    WHERE i.connection = %(connection)s AND i.id_type = %(id_type)s AND p.key = ANY(%(people)s)
    """
)
_NOTE = Prepared(
    """
    INSERT INTO oa_exchange (id, connection, purpose, instance_id, version, api, request, answer, status, code, ok, milliseconds)
    VALUES (%(id)s, %(connection)s, %(purpose)s, %(instance)s, %(version)s, %(api)s, %(request)s, %(answer)s, %(status)s, %(code)s, %(ok)s, %(ms)s)
    """
)


@dataclass(slots=True)
class About:
    """What a worker is talking to an office system for, and the last exchange it had."""

    purpose: str
    instance_id: UUID | None = None
    version: int | None = None
    exchange: UUID | None = None
    still_here: Callable[[], None] | None = None
    told: float = 0.0  #: when it was said last


_about: ContextVar[About | None] = ContextVar("about", default=None)


@contextmanager
def talking(
    purpose: str, instance_id: UUID | None = None, version: int | None = None, still_here: Callable[[], None] | None = None
) -> Iterator[About]:
    """Say what the exchanges inside are for; afterwards `exchange` is the id of the last one. `still_here` is called now and then while they last."""
    about = About(purpose, instance_id, version, None, still_here, time.monotonic())
    mark = _about.set(about)
    try:
        yield about
    finally:
        _about.reset(mark)


class StoredDesk:
    """The desk of one connection. `rates` are its limits by API (`engine.oa.limits`)."""

    def __init__(self, connection: str, rates: dict[str, tuple[Rate, ...]] | None = None) -> None:
        self._connection = connection
        self._limits = Limits(connection, rates or {})
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}

    # what is shown

    def shown(self, keys: Iterable[str]) -> dict[str, Shown]:
        return {one.key: one for one in self._look(_BY_KEYS, keys=list(keys))}

    def shown_of(self, instance_key: str) -> list[Shown]:
        return self._look(_BY_INSTANCE, instance=UUID(instance_key))

    def found(self, remote_id: str) -> Shown | None:
        return next(iter(self._look(_BY_REMOTE, remote=remote_id)), None)

    def _look(self, which: Prepared, **values: object) -> list[Shown]:
        with transaction() as session:
            return [Shown(*row) for row in which.run(session, {"connection": self._connection, **values})]

    def intend(self, key: str, instance_key: str | None = None) -> None:
        values = {"connection": self._connection, "key": key, "instance": UUID(instance_key) if instance_key else None, "status": INTENDED}
        with transaction("desk.intended") as session:
            _INTEND.leave(session, values)

    def settle(
        self, key: str, remote_id: str | None, *, status: str = "", version: int = 0, instance_key: str | None = None, remote_person: str | None = None
    ) -> None:  # fmt: skip
        values = {
            "connection": self._connection, "key": key, "instance": UUID(instance_key) if instance_key else None, "remote": remote_id, "status": status,
            "version": version, "remote_person": remote_person,
        }  # fmt: skip
        with transaction("desk.settled") as session:
            _SETTLE.leave(session, values)

    def forget(self, key: str) -> None:
        with transaction() as session:
            _FORGET.leave(session, {"connection": self._connection, "key": key})

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        until = time.monotonic() + LONGEST_WAIT
        while not self._claim(f"alone:{key}"):
            if time.monotonic() > until:
                raise OAUnavailable(
                    connection=self._connection, reason=f"another worker is making {key}", retry_after=LONGEST_WAIT, limited=True
                )
            time.sleep(0.1)
        try:
            yield
        finally:
            self.forget(f"alone:{key}")

    def _claim(self, key: str) -> bool:
        with transaction() as session:
            return _CLAIM.run(session, {"connection": self._connection, "key": key, "seconds": HELD}).fetchone() is not None

    # who is who

    def ids(self, people: Iterable[str], id_type: str) -> dict[str, str]:
        with transaction() as session:
            return dict(_IDS.run(session, {"connection": self._connection, "id_type": id_type, "people": list(people)}))

    # when it may call

    def wait(self, api: str) -> None:
        about = _about.get()
        if about is not None and about.still_here is not None and time.monotonic() - about.told > TELL:
            about.still_here()
            about.told = time.monotonic()
        self._limits.wait(api)

    def hold_off(self, api: str, seconds: float) -> None:
        self._limits.hold_off(api, seconds)

    # tokens

    def token(self, name: str, fetch: Callable[[], tuple[str, float]], *, stale: str | None = None) -> str:
        with self._lock:  # many threads find out at once that a token is old; one of them asks for a new one
            known, until = self._tokens.get(name, ("", 0.0))
            if known and known != stale and time.monotonic() < until:
                return known
            kept = self._kept(name)
            if kept is not None and kept != stale:  # another process has fetched one
                self._tokens[name] = kept, time.monotonic() + REMEMBERED
                return kept
            made, lives = fetch()
            lives -= min(EARLY, lives / 2)
            self._keep_token(name, made, lives)
            self._tokens[name] = made, time.monotonic() + min(lives, REMEMBERED)
            return made

    def _keep_token(self, name: str, token: str, lives: float) -> None:
        values = {"sealed": vault.seal(self._connection, {"token": token}), "good_until": func.clock_timestamp() + timedelta(seconds=lives)}
        with transaction() as session:
            session.execute(
                insert(OaToken)
                .values(connection=self._connection, name=name, **values)
                .on_conflict_do_update(index_elements=["connection", "name"], set_=values)
            )

    def _kept(self, name: str) -> str | None:
        wanted = select(OaToken.sealed).where(
            OaToken.connection == self._connection, OaToken.name == name, OaToken.good_until > func.clock_timestamp()
        )  # fmt: skip
        with transaction() as session:
            sealed = session.execute(wanted).scalar()
        try:
            return vault.unseal(self._connection, sealed).get("token") if sealed else None
        except Unavailable:  # its key was taken away: another one is to be had
            return None

    # what was said

    def note(self, exchange: Exchange) -> None:
        about = _about.get() or About("call")
        identity = uuid7()
        about.exchange = identity
        said = {
            "id": identity, "connection": self._connection, "purpose": about.purpose, "instance": about.instance_id, "version": about.version,
            "api": exchange.api, "request": exchange.request, "answer": exchange.answer, "status": exchange.status, "code": exchange.code,
            "ok": exchange.ok, "ms": exchange.milliseconds,
        }  # fmt: skip
        with transaction() as session:
            _NOTE.leave(session, said)
