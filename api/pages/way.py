"""Where a case has been and where it stands, on its drawing."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.history import HistoryEvent
from models.runtime import Incident, Job, UserTask


@dataclass(frozen=True, slots=True)
class Way:
    """Where a case has been and where it stands, as ids of the drawing."""

    taken: str
    current: str
    incidents: str


def way_of(session: Session, instance_id: UUID) -> Way:
    """Return where a case has been and stands, from its history, its open work and its open incidents."""
    bodies = session.scalars(select(HistoryEvent.body).filter_by(instance_id=instance_id, type="path:taken").order_by(HistoryEvent.number))
    taken = dict.fromkeys(step for body in bodies for step in orjson.loads(body)["data"]["path"])
    tasks = session.scalars(select(UserTask.element).filter_by(instance_id=instance_id, state="open"))
    jobs = session.scalars(select(Job.element).filter_by(instance_id=instance_id).where(Job.state.in_(("waiting", "retrying", "failed"))))
    failed = session.scalars(select(Incident.element).filter_by(instance_id=instance_id).where(Incident.resolved_at.is_(None)))
    return Way(_ids(taken), _ids([*tasks, *jobs]), _ids(failed))


def _ids(elements: Iterable[str | None]) -> str:
    return " ".join(dict.fromkeys(element for element in elements if element))
