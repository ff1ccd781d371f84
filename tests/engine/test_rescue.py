"""Jobs that fail for what passes are done again; others are not."""

from procrastinate.jobs import Job

from engine.errors import Conflict, InvalidContent, Unavailable
from engine.worker.rescue import ATTEMPTS, Again


def decision(error: BaseException, attempts: int = 0) -> object:
    return Again().get_retry_decision(
        exception=error, job=Job(id=1, task_name="look", queue="work", lock=None, queueing_lock=None, attempts=attempts)
    )


def test_a_job_that_lost_the_database_or_a_lock_is_done_again() -> None:
    assert decision(Unavailable(reason="database")) is not None
    assert decision(Conflict()) is not None


def test_a_job_is_not_done_again_for_ever() -> None:
    assert decision(Conflict(), ATTEMPTS - 1) is not None
    assert decision(Conflict(), ATTEMPTS) is None


def test_a_job_that_failed_for_another_reason_is_not_done_again() -> None:
    assert decision(InvalidContent([])) is None
    assert decision(KeyError("x")) is None
