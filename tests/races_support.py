"""A process that does verbs the moment another process does others: each round begins at a barrier."""

from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from flask import Flask
from tests_support import ROOT, person, settings_for

from api.foundation import configure
from engine import copies, instances, interventions, suspension, tasks
from engine.database import transaction
from engine.errors import ShenpiError
from models import db

VERBS: dict[str, Any] = {
    "complete": tasks.complete, "claim": tasks.claim, "transfer": tasks.transfer, "delegate": tasks.delegate, "before": tasks.add_signer,
    "after": tasks.add_signer, "beside": tasks.add_signer, "unsign": tasks.remove_signer, "return": tasks.return_to, "take back": tasks.take_back,
    "urge": tasks.urge, "comment": tasks.comment, "copy": copies.send_by_hand, "withdraw": instances.withdraw, "jump": interventions.confirm,
    "suspend": suspension.suspend,
}  # fmt: skip
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
                    VERBS[verb](session, about, by=people[who], **more)
                found.append("ok")
            except ShenpiError as error:
                found.append(type(error).__name__)
            except Exception as error:
                found.append(f"fault: {error!r}")
        told.put(found)
        db.session.remove()
        db.engine.dispose()
