"""How long a connection waits for a database machine that no longer answers, and the database for us.

TCP by itself waits for hours when a machine has lost its power. A process of ours that stands still in a transaction (its machine is frozen) would hold its
locks for ever, and everybody who wants them would wait with it.
"""

from sqlalchemy import make_url

#: by libpq's names, in seconds, `tcp_user_timeout` in milliseconds; on a Unix socket they mean nothing
PATIENCE: dict[str, int | str] = {
    "connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000,
    "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=2min",
}  # fmt: skip


def patience(url: str) -> dict[str, int | str]:
    """Return the parameters for a connection to the database at a SQLAlchemy or libpq address; what the address says itself is left out."""
    said = make_url(url).query
    return {name: value for name, value in PATIENCE.items() if name not in said}
