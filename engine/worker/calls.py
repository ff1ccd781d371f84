"""Operations that ask the outside: run one, bring back its answer."""

import logging
from uuid import UUID

from marshmallow import ValidationError

from engine import incidents
from engine.crash import point
from engine.database import transaction
from engine.errors import BpmnError, InvalidContent, OAUnavailable, ShenpiError, Unavailable

log = logging.getLogger("shenpi.worker")


def call(job: str) -> None:
    """Run the operation of a job and bring back its answer; a failure is put off or becomes an incident."""
    identity = UUID(job)
    with transaction() as session:
        taken = incidents.take(session, identity)
        if taken is None:
            return
        row, told, inputs = taken
        session.expunge(row)
    point("call:taken")
    try:
        outcome = incidents.run_external(row, told, inputs)
    except BpmnError as error:
        with transaction() as session:
            incidents.throw(session, identity, error)
        return
    except Exception as error:  # whatever an operation raises, the job must end as a retry or as an incident
        known = isinstance(error, ShenpiError | ValidationError | OSError)
        if not known:
            log.exception("operation %s of job %s", row.operation, job)
        passing = isinstance(error, OAUnavailable | Unavailable | OSError)
        asked = error.facts.get("retry_after") if isinstance(error, ShenpiError) else None
        message = str(error) if known else f"{type(error).__name__}: {error}"
        with transaction() as session:
            incidents.fail(session, identity, message, lasting=not passing, retry_after=asked)
        return
    point("call:answered")
    try:
        with transaction("call.answer") as session:
            incidents.answer(session, identity, outcome)
    except InvalidContent as error:
        with transaction() as session:
            incidents.fail(session, identity, f"the answer cannot be kept: {error}", lasting=True)


def bring_answer(job: str) -> None:
    """Bring an answer that was kept to its case."""
    with transaction() as session:
        incidents.bring_answer(session, UUID(job))
