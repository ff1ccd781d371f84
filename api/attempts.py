"""An attempt to sign in by an office system, kept in the browser that began it until it comes back: signed with our key, good for ten minutes."""

import secrets
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

KEPT = "attempts"
LIFE = 600  #: seconds
MOST = 5  #: begun side by side in one browser
LONGEST = 1000  #: letters of the page that is wanted


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where somebody wants to go, and the secret (`proof`) without which what the office system sends back is worth nothing."""

    state: str
    proof: str
    target: str


def begin(browser: MutableMapping[str, Any], connection: str, target: str) -> Attempt:
    """Begin an attempt in a browser; of too many the oldest is forgotten."""
    made = Attempt(secrets.token_urlsafe(32), secrets.token_urlsafe(48), target if len(target) <= LONGEST else "/")
    kept = {state: row for state, row in browser.get(KEPT, {}).items() if row["until"] > time.time()}
    kept[made.state] = {"connection": connection, "proof": made.proof, "target": made.target, "until": int(time.time()) + LIFE}
    browser[KEPT] = dict(sorted(kept.items(), key=lambda row: row[1]["until"])[-MOST:])
    return made


def end(browser: MutableMapping[str, Any], connection: str, state: str) -> Attempt | None:
    """Return the attempt that this browser has begun with this connection, and forget it; None for one that is unknown, another's, or too old."""
    kept = dict(browser.get(KEPT, {}))
    row = kept.pop(state, None)
    browser[KEPT] = kept
    if row is None or row["connection"] != connection or row["until"] <= time.time():
        return None
    return Attempt(state, row["proof"], row["target"])
