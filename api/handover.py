"""Handing over what somebody has open: each task in a transaction of its own, with a result for each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine import tasks, worklist
from engine.database import transaction
from engine.errors import ShenpiError
from engine.permissions import Actor


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one task; `error` is why it stays where it is."""

    id: UUID
    task: Any  #: as lists show it
    error: ShenpiError | None


def hand_over(person: str, *, by: Actor, to: str, reason: str) -> tuple[list[Result], bool]:
    """Hand over what a person has open, and tell whether there is more than is done at once.

    Refuses as `engine.tasks.leaving` does, before anything happens.
    """
    with transaction() as session:
        wanted = tasks.leaving(session, person, by=by, to=to, reason=reason)
        found = tasks.open_of(session, person)
    results = [_one(identity, wanted, by) for identity in found]
    with transaction() as session:
        left = set(tasks.open_of(session, person)) - set(found)
    return results, bool(left)


def _one(identity: UUID, wanted: tasks.Leaving, by: Actor) -> Result:
    error: ShenpiError | None = None
    try:
        with transaction() as session:
            tasks.hand_over(session, identity, wanted, by=by)
    except ShenpiError as refused:
        error = refused
    with transaction() as session:
        return Result(identity, worklist.one_task(session, identity), error)
