"""A process that does verbs the moment another process does others: each round begins at a barrier."""

from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session
from tests_support import ROOT, person, settings_for

from api.foundation import configure
from engine import copies, inbox, incidents, instances, interventions, suspension, tasks, timers
from engine.database import transaction
from engine.errors import Refused, ShenpiError
from engine.permissions import Actor
from models import db


def hand_over(session: Session, task: UUID, *, by: Actor, to: str) -> None:
    """An administrator gives to somebody else what Wang Fang has."""
    tasks.hand_over(session, task, tasks.leaving(session, "wang.fang", by=by, to=to, reason="离职"), by=by)


def press(session: Session, message: UUID, *, by: Actor) -> None:
    """A worker applies a press of a button in an office system."""
    note = inbox.apply(session, message)
    if note is not None:
        raise Refused(reason=note)


def time_runs_out(session: Session, case: UUID, *, by: Actor, token: str) -> None:
    """A worker lets the timer of the task fire."""
    timers.fire(session, case, UUID(token))


VERBS: dict[str, Any] = {
    "complete": tasks.complete, "claim": tasks.claim, "transfer": tasks.transfer, "delegate": tasks.delegate, "before": tasks.add_signer,
    "after": tasks.add_signer, "beside": tasks.add_signer, "unsign": tasks.remove_signer, "return": tasks.return_to, "take back": tasks.take_back,
    "urge": tasks.urge, "comment": tasks.comment, "copy": copies.send_by_hand, "withdraw": instances.withdraw, "jump": interventions.confirm,
    "suspend": suspension.suspend, "terminate": interventions.confirm, "unclaim": tasks.unclaim, "give back": tasks.resolve, "hand over": hand_over,
    "press": press, "time runs out": time_runs_out,
}  # fmt: skip
#: what is done to a case in another state than waiting for somebody who may decide
BESIDE: dict[str, Any] = {"name": tasks.assign, "retry": incidents.retry, "resume": suspension.resume, "revoke": instances.revoke}
Turn = tuple[str, Any, str, dict[str, Any]]  #: verb, task or case, who, what else


def take_turns(url: str, home: str, barrier: Barrier, turns: "Queue[list[Turn]]", told: "Queue[list[str]]") -> None:
    """Do one verb a round, and tell what became of each: ok, the refusal, or what should never come."""
    app = configure(Flask("racer", root_path=str(ROOT)), settings_for(url, Path(home)))
    with app.app_context():
        todo = turns.get(timeout=120)
        people = {who: person(who) for _, _, who, _ in todo}
        found = []
        for verb, about, who, more in todo:
            barrier.wait(60)
            try:
                with transaction() as session:
                    (VERBS | BESIDE)[verb](session, about, by=people[who], **more)
                found.append("ok")
            except ShenpiError as error:
                found.append(type(error).__name__)
            except Exception as error:
                found.append(f"fault: {error!r}")
        told.put(found)
        db.session.remove()
        db.engine.dispose()
