"""One simulated office system: its parts, and the web application around them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, jsonify, request

from api.simulators.calls import Calls
from api.simulators.clock import Clock
from api.simulators.codes import Codes
from api.simulators.desk import Desk
from api.simulators.faults import Faults
from api.simulators.ledger import Ledger
from api.simulators.limits import Limits
from api.simulators.people import People
from api.simulators.presses import Presses
from api.simulators.redelivery import Redelivery
from api.simulators.tokens import Tokens


@dataclass(slots=True)
class Simulator:
    """Everything a vendor's calls work with. `config` and `desk` are the vendor's own; every desk is at least a `Desk`."""

    config: Any
    ledger: Ledger
    clock: Clock
    faults: Faults
    limits: Limits
    people: People
    tokens: Tokens
    codes: Codes
    calls: Calls
    redelivery: Redelivery
    desk: Any
    presses: Presses

    def vendor_time(self) -> float:
        """Return the seconds that the vendor writes into what it sends: the world's time, however fast our clock runs, unless its clock is wrong."""
        return time.time() + self.faults.value("skew")

    def reset(self) -> None:
        self.redelivery.clear()
        self.ledger.reset()
        self.limits.reset()

    def close(self) -> None:
        self.redelivery.close()
        self.presses.close()
        self.ledger.close()


def simulator() -> Simulator:
    found: Simulator = current_app.extensions["simulator"]
    return found


def build(name: str, config: Any, make_desk: Callable[[Any], Desk], *, per_second: int, per_minute: int) -> Flask:
    """Return the application with its parts and no door yet. It asks nobody who he is: serve it on 127.0.0.1 only."""
    app = Flask(name, root_path=__file__.rpartition("/")[0], template_folder="templates", static_folder=None)
    # a page of somebody else's in the same browser must not reach it under another name
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.config["MAX_CONTENT_LENGTH"] = 5_000_000
    ledger = Ledger(config.store)
    clock, faults = Clock(ledger), Faults(ledger)
    redelivery, limits = Redelivery(clock), Limits(clock, per_second, per_minute)
    parts = (
        config,
        ledger,
        clock,
        faults,
        limits,
        People(ledger),
        Tokens(ledger, clock),
        Codes(ledger, clock),
        Calls(ledger, clock),
        redelivery,
    )
    made: Any = Simulator(*parts, desk=None, presses=None)  # type: ignore[arg-type]
    made.desk = make_desk(made)
    made.presses = Presses(ledger, clock, faults, made.desk, redelivery)
    app.extensions["simulator"] = made
    app.before_request(refuse_other_sites)
    return app


def refuse_other_sites() -> Response | None:
    """A page of another site must not press buttons here."""
    if request.method in ("GET", "HEAD") or request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none"):
        return None
    answer = jsonify(message="another site")
    answer.status_code = 403
    return answer
