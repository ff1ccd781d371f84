"""How long my lists are, as their tabs say it."""

from sqlalchemy.orm import Session

from api.security import current
from engine import worklist

COUNTED = 999


def counts(session: Session) -> dict[str, str]:
    """Return how long the lists of the caller are, counted up to a limit; nothing where nothing is."""
    found = worklist.count(session, current(), COUNTED + 1)
    numbers = {"open": found.mine, "overdue": found.overdue, "behalf": found.behalf, "copied": found.unread}
    return {name: f"{COUNTED}+" if number > COUNTED else str(number) for name, number in numbers.items() if number}
