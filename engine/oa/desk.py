"""What the engine lends a connector, kept in the database (`engine.oa.contract.Desk`): so it outlives the process, and all workers share it."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from engine.database import transaction
from engine.errors import OAUnavailable, Unavailable
from engine.oa import vault
from engine.oa.contract import Exchange, Shown
from models.identity import OaIdentity, Person
from models.oa import OaExchange, OaShown, OaToken

INTENDED = "intended"
LONGEST_WAIT = 3.0  #: seconds that a worker stands still for a limit; what takes longer is put off
REMEMBERED = 60.0  #: seconds for which a process looks nowhere for a token that it has
TELL = 2.0  #: seconds between two words that a worker is still there
HELD = 60.0  #: seconds for which a worker that died keeps others from making what it was making
LONGEST_PAUSE = 600.0  #: seconds for which nobody calls because an office system asked for it; it is asked again then
EARLY = 300.0  #: seconds before its end at which a token is no longer given out, or half its life where that is less

#: what lies further ahead than anything that is asked for was written before the clock was put back
_FREE_AT = """greatest(CASE WHEN r.free_at <= clock_timestamp() + make_interval(secs => :share * :burst + :patience + :longest) THEN r.free_at END,
  clock_timestamp())"""
#: free_at moves by one call's share of time; `burst` calls may come at once (GCRA). Returns how long the caller has to wait.
_RATE = text(
    f"""
    INSERT INTO oa_rate AS r (connection, api, free_at) VALUES (:connection, :api, clock_timestamp() + make_interval(secs => :share))
    ON CONFLICT (connection, api) DO UPDATE SET free_at = {_FREE_AT} + make_interval(secs => :share)
    WHERE {_FREE_AT} - clock_timestamp() <= make_interval(secs => :share * (:burst - 1) + :patience)
    RETURNING extract(epoch FROM free_at - clock_timestamp()) - :share * :burst
    """
)
_CLAIM = text(
    """
    INSERT INTO oa_shown AS s (connection, key, status, version, at) VALUES (:connection, :key, 'intended', 0, shenpi_now())
    ON CONFLICT (connection, key) DO UPDATE SET at = shenpi_now()
    WHERE s.at NOT BETWEEN shenpi_now() - make_interval(secs => :seconds) AND shenpi_now() + make_interval(secs => :seconds) RETURNING key
    """
)
_FREE_IN = text("SELECT extract(epoch FROM free_at - clock_timestamp()) FROM oa_rate WHERE connection = :connection AND api = :api")
_HOLD_OFF = text(
    """
    INSERT INTO oa_rate AS r (connection, api, free_at) VALUES (:connection, :api, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (connection, api) DO UPDATE SET free_at = greatest(r.free_at, excluded.free_at)
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


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in `seconds`, of which `burst` may come at once. With one that is `fixed` nobody can agree on more."""

    calls: int
    seconds: float = 1.0
    burst: int = 1
    fixed: bool = False


class StoredDesk:
    """The desk of one connection. `rates` are its limits by API; a name that is not in it has the limit of "" if there is one."""

    def __init__(self, connection: str, rates: dict[str, tuple[Rate, ...]] | None = None) -> None:
        self._connection = connection
        self._rates = rates or {}
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}

    # what is shown

    def shown(self, keys: Iterable[str]) -> dict[str, Shown]:
        with transaction() as session:
            rows = session.scalars(select(OaShown).where(OaShown.connection == self._connection, OaShown.key.in_(list(keys)))).all()
            return {row.key: Shown(row.key, row.remote_id, row.status, row.version, row.person, row.remote_person) for row in rows}

    def shown_of(self, instance_key: str) -> list[Shown]:
        with transaction() as session:
            wanted = select(OaShown).filter_by(connection=self._connection, instance_id=UUID(instance_key)).order_by(OaShown.key)
            return [
                Shown(row.key, row.remote_id, row.status, row.version, row.person, row.remote_person) for row in session.scalars(wanted)
            ]

    def found(self, remote_id: str) -> Shown | None:
        with transaction() as session:
            row = session.scalars(select(OaShown).filter_by(connection=self._connection, remote_id=remote_id).limit(1)).first()
            return Shown(row.key, row.remote_id, row.status, row.version, row.person, row.remote_person) if row is not None else None

    def intend(self, key: str, instance_key: str | None = None) -> None:
        self._keep(key, {"status": INTENDED}, instance_key)

    def settle(
        self, key: str, remote_id: str | None, *, status: str = "", version: int = 0, instance_key: str | None = None, remote_person: str | None = None
    ) -> None:  # fmt: skip
        person: dict[str, object] = {"remote_person": remote_person} if remote_person is not None else {}
        self._keep(key, {"remote_id": remote_id, "status": status, "version": version, **person}, instance_key)

    def _keep(self, key: str, values: dict[str, object], instance_key: str | None) -> None:
        if instance_key is not None:
            values["instance_id"] = UUID(instance_key)
        with transaction(f"desk.{values['status']}" if values["status"] == INTENDED else "desk.settled") as session:
            session.execute(
                insert(OaShown)
                .values(connection=self._connection, key=key, **values)
                .on_conflict_do_update(index_elements=["connection", "key"], set_={**values, "at": func.shenpi_now()})
            )

    def forget(self, key: str) -> None:
        with transaction() as session:
            session.execute(delete(OaShown).where(OaShown.connection == self._connection, OaShown.key == key))

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
            return session.execute(_CLAIM, {"connection": self._connection, "key": key, "seconds": HELD}).first() is not None

    # who is who

    def ids(self, people: Iterable[str], id_type: str) -> dict[str, str]:
        with transaction() as session:
            found = session.execute(
                select(Person.key, OaIdentity.remote_id)
                .join(OaIdentity, OaIdentity.person_id == Person.id)
                .where(OaIdentity.connection == self._connection, OaIdentity.id_type == id_type, Person.key.in_(list(people)))
            )
            return {row.key: row.remote_id for row in found}

    # when it may call

    def wait(self, api: str) -> None:
        about = _about.get()
        if about is not None and about.still_here is not None and time.monotonic() - about.told > TELL:
            about.still_here()
            about.told = time.monotonic()
        rates = self._rates.get(api) or self._rates.get("", ())
        if not rates:
            return
        pauses = [0.0]
        with transaction() as session:
            for place, rate in enumerate(rates):
                share = rate.seconds / rate.calls
                name = api if place == 0 else f"{api}/{rate.seconds:g}s"
                values = {
                    "connection": self._connection, "api": name, "share": share, "burst": rate.burst, "patience": LONGEST_WAIT,
                    "longest": LONGEST_PAUSE,
                }  # fmt: skip
                pause = session.execute(_RATE, values).scalar()
                if pause is None:  # it would take too long: what was reserved of the others goes back with the transaction
                    late = float(session.execute(_FREE_IN, values).scalar() or 0.0) - share * (rate.burst - 1)
                    asked = max(late, 0.1) * random.uniform(1.0, 1.2)
                    raise OAUnavailable(connection=self._connection, reason=f"our own limit of {api}", retry_after=asked, limited=True)
                pauses.append(float(pause))
        time.sleep(max(pauses))

    def hold_off(self, api: str, seconds: float) -> None:
        with transaction() as session:
            session.execute(_HOLD_OFF, {"connection": self._connection, "api": api, "seconds": min(seconds, LONGEST_PAUSE)})

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
        with transaction() as session:
            session.add(
                OaExchange(
                    id=identity, connection=self._connection, purpose=about.purpose, instance_id=about.instance_id, version=about.version,
                    api=exchange.api, request=exchange.request, answer=exchange.answer, status=exchange.status, code=exchange.code, ok=exchange.ok,
                    milliseconds=exchange.milliseconds,
                )
            )  # fmt: skip
