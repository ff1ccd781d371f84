"""How much waits for somebody, counted up to a limit: a list of a million costs what one of a thousand does."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.database.transaction import read_clock
from engine.permissions import Actor
from engine.substitutions import principals
from engine.worklist.mine import EVERYTHING, Sources, of_others, own, select

MOST = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open tasks are one's own, how many of them overdue, how many are on behalf of others, and how many copies are unread."""

    mine: int
    overdue: int
    behalf: int
    unread: int


def count(session: Session, actor: Actor, at_most: int = MOST) -> Counts:
    """Return the counts of somebody's lists; each says `at_most` where there are that many or more."""
    now = read_clock(session)
    found = principals(session, actor, now)
    mine = _counted(session, own(actor), at_most, now)
    behalf = _counted(session, of_others(actor, found), at_most, now)[0] if found else 0
    unread = session.execute(_UNREAD, {"me": actor.key, "n": at_most}).scalar_one()
    return Counts(mine[0], mine[1], behalf, unread)


_UNREAD = text("SELECT count(*) FROM (SELECT 1 FROM instance_copy WHERE person = :me AND read_at IS NULL LIMIT :n) AS c")


def _counted(session: Session, sources: Sources, at_most: int, now: object) -> tuple[int, int]:
    """The soonest due are counted first, so that the overdue among them are all there."""
    listed, values = select(sources, EVERYTHING, "due", None, at_most)
    row = session.execute(
        text(f"SELECT count(*) AS number, count(*) FILTER (WHERE due_key < :now) AS late FROM ({listed}) AS m"), values | {"now": now}
    ).one()
    return int(row.number), int(row.late)


def count_my_tasks(session: Session, actor: Actor, at_most: int = MOST) -> int:
    """Return how many open tasks are an actor's, counted up to a limit."""
    return _counted(session, own(actor), at_most, read_clock(session))[0]
