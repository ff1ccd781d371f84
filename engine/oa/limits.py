"""How often an office system may be called, kept in the database: all workers keep one limit together."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from engine.database import transaction
from engine.database.prepared import Prepared
from engine.errors import OAUnavailable

LONGEST_WAIT = 3.0  #: seconds that a worker stands still for a limit; what takes longer is put off
LONGEST_PAUSE = 600.0  #: seconds for which nobody calls because an office system asked for it; it is asked again then

#: what lies further ahead than anything that is asked for was written before the clock was put back
_FREE_AT = """greatest(
  CASE WHEN r.free_at <= clock_timestamp() + make_interval(secs => %(share)s * %(burst)s + %(patience)s + %(longest)s) THEN r.free_at END,
  clock_timestamp())"""
#: free_at moves by one call's share of time; `burst` calls may come at once (GCRA). Returns how long the caller has to wait.
_RATE = Prepared(
    f"""
    INSERT INTO oa_rate AS r (connection, api, free_at) VALUES (%(connection)s, %(api)s, clock_timestamp() + make_interval(secs => %(share)s))
    ON CONFLICT (connection, api) DO UPDATE SET free_at = {_FREE_AT} + make_interval(secs => %(share)s)
    WHERE {_FREE_AT} - clock_timestamp() <= make_interval(secs => %(share)s * (%(burst)s - 1) + %(patience)s)
    RETURNING extract(epoch FROM free_at - clock_timestamp())::float8 - %(share)s * %(burst)s
    """
)
_FREE_IN = Prepared(
    "SELECT extract(epoch FROM free_at - clock_timestamp())::float8 FROM oa_rate WHERE connection = %(connection)s AND api = %(api)s"
)
_HOLD_OFF = Prepared(
    """
    INSERT INTO oa_rate AS r (connection, api, free_at) VALUES (%(connection)s, %(api)s, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (connection, api) DO UPDATE SET free_at = greatest(r.free_at, excluded.free_at)
    """
)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in `seconds`, of which `burst` may come at once. With one that is `fixed` nobody can agree on more."""

    calls: int
    seconds: float = 1.0
    burst: int = 1
    fixed: bool = False


class Limits:
    """The limits of one connection, by API; a name that has none has the limits of "" if there are any."""

    def __init__(self, connection: str, rates: Mapping[str, tuple[Rate, ...]]) -> None:
        self._connection = connection
        self._rates = rates

    def wait(self, api: str) -> None:
        """Return when an API may be called. Refuses with `OAUnavailable` what would have to wait longer than `LONGEST_WAIT`; it says when to ask again."""
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
                pause = _RATE.run(session, values).fetchone()
                if pause is None:  # it would take too long: what was reserved of the others goes back with the transaction
                    free = _FREE_IN.run(session, values).fetchone()
                    late = (free[0] if free else 0.0) - share * (rate.burst - 1)
                    asked = max(late, 0.1) * random.uniform(1.0, 1.2)
                    raise OAUnavailable(connection=self._connection, reason=f"our own limit of {api}", retry_after=asked, limited=True)
                pauses.append(pause[0])
        time.sleep(max(pauses))

    def hold_off(self, api: str, seconds: float) -> None:
        """Have nobody call an API for some seconds, and at most `LONGEST_PAUSE`."""
        with transaction() as session:
            _HOLD_OFF.leave(session, {"connection": self._connection, "api": api, "seconds": min(seconds, LONGEST_PAUSE)})
