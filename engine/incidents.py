"""Jobs that answer, fail, are tried again or run out of retries; and incidents, which a person retries or resolves with a reason."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine import jobs, operations, timers
from engine.database.transaction import read_clock
from engine.errors import BpmnError, NotFound, Refused, TaskClosed
from engine.execution import values
from engine.execution.done import Failure
from engine.execution.timers import plus
from engine.operations import Outcome, Situation
from engine.permissions import SYSTEM, Actor, require
from engine.step import Step, lock
from engine.step.asked import situation
from engine.step.entries import close_task
from engine.step.failed import raise_incident, record_resolved
from models.oa import OaDelivery, OaShown
from models.runtime import Incident, Job

#: states of a job that can be answered
OPEN = ("waiting", "retrying", "answered", "failed")


def take(session: Session, job_id: UUID) -> tuple[Job, Situation, dict[str, Any]] | None:
    """Return what a worker needs to run a job and count the attempt; None when the job is answered, nobody waits for it any more, or its case is suspended."""
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.state not in ("waiting", "retrying"):
        return None
    step = lock(session, job.instance_id, running=False)
    if step.case.status == "suspended":  # it is asked for again when its case is resumed
        return None
    job.attempts += 1
    session.flush()  # the caller takes the row out of the session, and the count must stay
    inputs: dict[str, Any] = values.loads(job.inputs.encode())
    return job, situation(step.case, job.element, step.now, key=str(job.id)), inputs


def answer(session: Session, job_id: UUID, outcome: Outcome) -> Step | None:
    """Bring a job's answer to its service task and let the case go on; None when it was answered before or nobody waits for it any more."""
    job = session.get(Job, job_id)
    if job is None:
        return None
    step = lock(session, job.instance_id, running=False)
    session.refresh(job)
    if kept_for_later(session, job, step, {"value": outcome.value, "evidence": dict(outcome.evidence)}):
        return None
    if job.state not in OPEN or step.case.status != "running":
        return None
    step.recorder.record(
        "job:completed",
        actor=SYSTEM.key,
        element=job.element,
        data={"job": str(job.id), "operation": job.operation, "attempt": job.attempts},
        personal={"result": values.tagged(values.clean(outcome.value)), "evidence": values.tagged(values.clean(dict(outcome.evidence)))},
    )
    step.document.jobs_done.append({"token": job.token, "state": "completed", "error": None})
    try:
        step.execution.answer(job.token, outcome.value)
    except TaskClosed:
        return None
    step.write()
    return step


def throw(session: Session, job_id: UUID, error: BpmnError) -> Step | None:
    """Give the BPMN error that an outside operation answered with to the error events of the drawing; None as in `answer`.

    When nothing catches it, an incident is raised on the element.
    """
    job = session.get(Job, job_id)
    if job is None:
        return None
    step = lock(session, job.instance_id, running=False)
    session.refresh(job)
    if kept_for_later(session, job, step, {"error": error.error_code, "message": error.message}):
        return None
    if job.state not in OPEN or step.case.status != "running":
        return None
    step.recorder.record(
        "job:errored",
        actor=SYSTEM.key,
        element=job.element,
        data={"job": str(job.id), "operation": job.operation, "error": error.error_code},
        personal={"message": error.message},
    )
    step.document.jobs_done.append({"token": job.token, "state": "completed", "error": error.error_code})
    try:
        step.execution.fail(job.token, error.error_code, error.message)
    except TaskClosed:
        return None
    step.write()
    return step


def kept_for_later(session: Session, job: Job, step: Step, said: dict[str, Any]) -> bool:
    """Keep what the outside answered while a case is suspended; tells whether that was so."""
    if step.case.status != "suspended" or job.state not in OPEN:
        return False
    job.state, job.answer = "answered", values.dumps(values.clean(said)).decode()
    session.flush()
    return True


def bring_answer(session: Session, job_id: UUID) -> Step | None:
    """Bring an answer that was kept to its case, which was resumed; None as in `answer`."""
    job = session.get(Job, job_id)
    if job is None or job.state != "answered" or job.answer is None:
        return None
    said: dict[str, Any] = values.loads(job.answer.encode())
    if "error" in said:
        return throw(session, job_id, BpmnError(said["error"], said["message"], element=job.element))
    return answer(session, job_id, Outcome(said["value"], said["evidence"]))


def fail(session: Session, job_id: UUID, message: str, *, lasting: bool, retry_after: float | None = None) -> None:
    """Note that a job failed: it is put off and tried again, or, when that cannot help or the retries are used up, becomes an incident."""
    job = session.get(Job, job_id)
    message = message.encode(errors="replace").decode().replace("\0", "�")[:2000]  # it may be anything, and must be kept
    if job is None:
        return
    step = lock(session, job.instance_id, running=False)
    session.refresh(job)
    if job.state not in ("waiting", "retrying") or step.case.status != "running":
        return
    step.recorder.record(
        "job:failed",
        actor=SYSTEM.key,
        element=job.element,
        data={"job": str(job.id), "operation": job.operation, "attempt": job.attempts, "lasting": lasting},
        personal={"message": message},
    )
    attempts, waits = jobs.plan_of(step.execution.element_of(job.token).retries)
    if lasting or job.attempts >= attempts:
        job.state = "failed"
        raise_incident(step, "job", Failure(job.token, job.element, "", message), job=job.id)
    else:
        job.state = "retrying"
        drawn = waits[min(job.attempts, len(waits)) - 1] if waits else None
        seconds = (
            (plus(step.now, drawn, step.execution.zone) - step.now).total_seconds()
            if drawn
            else jobs.wait_before(job.attempts, retry_after)
        )
        timers.put_off(session, "retry", job.instance_id, str(job.id), seconds)
    job.last_error = message
    session.flush()
    step.write()


def retry(session: Session, incident_id: UUID, *, by: Actor, wake: bool = True) -> None:
    """Try again what an incident stands for; with `wake` false somebody else asks a worker for it.

    Refuses with `NotPermitted`, with `Refused` one that is resolved.
    """
    incident, step = _open(session, incident_id, by)
    record_resolved(step, incident, by, "retried", "")
    if incident.kind == "job" and incident.job_id is not None:
        job = session.get_one(Job, incident.job_id)
        job.state, job.attempts = "waiting", 0
        session.flush()
        step.document.wake.append(jobs.wake(jobs.CALL, job=job.id))
    elif incident.kind == "delivery" and incident.connection is not None:
        _deliver_again(session, incident)
        if wake:
            step.document.wake.append(jobs.wake(jobs.PUSH, connection=incident.connection))
    elif incident.token is not None:
        tasks = step.execution.memory.tasks
        for task in [task for task in tasks.values() if task["token"] == incident.token.hex]:
            close_task(step, task, "reassigned")  # a user task without people: it is made anew, and its people are looked for again
        step.execution.retry(incident.token)
    step.write()


def resolve(session: Session, incident_id: UUID, *, by: Actor, reason: str, value: Any = None) -> None:
    """Pass over what an incident stands for, with a reason and a value that a person gives for the result. Refuses as `retry` does, and an empty reason."""
    if not reason.strip():
        raise Refused(reason="a reason is needed")
    incident, step = _open(session, incident_id, by)
    record_resolved(step, incident, by, "resolved", reason, value)
    if incident.kind == "job" and incident.token is not None:
        step.document.jobs_done.append({"token": incident.token, "state": "completed", "error": f"resolved by {by.key}"})
    if incident.kind != "delivery" and incident.token is not None:
        if is_task(step, incident.token):
            raise Refused(reason="a user task without people is retried after the organisation is put right, or its case is withdrawn")
        step.execution.resolve(incident.token, value)
    step.write()


def is_task(step: Step, token: UUID) -> bool:
    """Tell whether an incident's element is a user task."""
    return any(task.token == token for task in step.execution.open_tasks())


def _open(session: Session, incident_id: UUID, by: Actor) -> tuple[Incident, Step]:
    require(by, "incident.resolve")
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(kind="incident")
    step = lock(session, incident.instance_id, running=incident.kind != "delivery")
    session.refresh(incident)
    if incident.resolved_at is not None:
        raise Refused(reason="the incident is resolved")
    return incident, step


def _deliver_again(session: Session, incident: Incident) -> None:
    rows = session.scalars(
        select(OaDelivery).where(
            OaDelivery.connection == incident.connection,
            OaDelivery.instance_id == incident.instance_id,
            OaDelivery.state.in_(("dead", "unknown")),
        )
    )
    for row in rows:
        row.state, row.open, row.attempts, row.failed_at, row.created_at = "pending", True, 0, None, read_clock(session)
    # whoever sends again knows that what was intended may be there already, and wants it all the same
    session.execute(delete(OaShown).filter_by(connection=incident.connection, instance_id=incident.instance_id, status="intended"))
    session.flush()


def run_external(job: Job, told: Situation, inputs: dict[str, Any]) -> Outcome:
    """Run a job's operation, outside any transaction of ours. Raises what the operation raises."""
    operation = operations.get(job.operation, job.element)
    if operation.external is None:
        raise Refused(reason=f"{job.operation} is not an outside operation")
    loaded = operation.takes().load(inputs)
    return operation.external(told, loaded)
