"""Jobs that fail are done again: for ever where the reason passes, and some times where it is a fault of ours."""

from procrastinate.jobs import Job

from engine.errors import Conflict, InvalidContent, Unavailable
from engine.worker.rescue import ATTEMPTS, Again


def decision(error: BaseException, attempts: int = 0) -> object:
    return Again().get_retry_decision(
        exception=error, job=Job(id=1, task_name="look", queue="work", lock=None, queueing_lock=None, attempts=attempts)
    )


def test_a_job_that_lost_the_database_or_a_lock_is_done_again_until_it_is_done() -> None:
    for error in (Unavailable(reason="database"), Conflict()):
        assert decision(error) is not None
        assert decision(error, 100_000) is not None


def test_a_job_that_failed_for_another_reason_is_done_again_some_times() -> None:
    for error in (InvalidContent([]), KeyError("x")):
        assert decision(error, ATTEMPTS - 1) is not None
        assert decision(error, ATTEMPTS) is None


def test_a_job_that_was_told_to_end_is_not_done_again() -> None:
    assert decision(KeyboardInterrupt()) is None
