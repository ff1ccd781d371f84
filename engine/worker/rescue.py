"""Jobs that were begun and are in nobody's hands, and jobs that failed because the database was away: they are done again from the beginning."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate import App
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.worker import Worker as Queue

from engine.errors import Conflict, Unavailable

log = logging.getLogger("shenpi.worker")

ATTEMPTS = 10  #: of a job that failed through a fault of ours
LONGEST_WAIT = 60  #: seconds between two attempts


class Again(BaseRetryStrategy):
    """A job that lost the database or a lock is done again until it is done. One that failed through a fault of ours is done again some times: what it was for
    may be nowhere else. What an office system or an operation refuses is no failure of a job: that is recorded with the case."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        passing = isinstance(exception, Conflict | Unavailable)
        if not isinstance(exception, Exception) or (not passing and job.attempts >= ATTEMPTS):
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** min(job.attempts, 10), LONGEST_WAIT)})


class Rescue:
    """Knows which jobs this process has in hand, and puts back those that were begun and are in nobody's.

    A worker that was killed leaves its jobs behind; so does one that lives on when the database is lost while a job is fetched or its end is written down.
    `stalled` is the seconds without a heartbeat after which a worker counts as dead.
    """

    def __init__(self, app: App, stalled: float) -> None:
        self._jobs = app.job_manager
        self._stalled = stalled
        self._held: set[int] = set()
        self._missed: set[int] = set()
        self._me: int | None = None  #: this process's number in the queue; another one each time the queue is opened

    async def hold(self, call_next: Callable[[], Awaitable[Any]], context: JobContext, queue: Queue) -> Any:
        """Have a job in hand while it is done: procrastinate's worker middleware."""
        assert context.job.id is not None
        self._me = queue.worker_id
        self._held.add(context.job.id)
        try:
            return await call_next()
        finally:
            self._held.discard(context.job.id)

    async def put_back(self) -> None:
        """Put back the jobs of dead workers, and what was begun under this one's number and was not in its hands at this look and the one before."""
        for job in await self._jobs.get_stalled_jobs(seconds_since_heartbeat=self._stalled):
            if job.id not in self._held:
                log.warning("job %s of a dead worker is put back", job.id)
                await self._jobs.retry_job(job)
        if self._me is None:
            return
        begun = {job.id: job for job in await self._jobs.list_jobs_async(status="doing", worker_id=self._me) if job.id is not None}
        missed = begun.keys() - self._held
        for number in missed & self._missed:
            log.warning("job %s was begun and not ended, and is put back", number)
            await self._jobs.retry_job(begun[number])
        self._missed = set(missed)
