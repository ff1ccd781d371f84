"""How long a connection waits for a database machine that no longer answers: TCP by itself waits for hours when the machine has lost its power."""

from sqlalchemy import make_url

#: by libpq's names, in seconds, `tcp_user_timeout` in milliseconds; on a Unix socket they mean nothing
PATIENCE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}


def patience(url: str) -> dict[str, int]:
    """Return the parameters for a connection to the database at a SQLAlchemy or libpq address; what the address says itself is left out."""
    said = make_url(url).query
    return {name: value for name, value in PATIENCE.items() if name not in said}
