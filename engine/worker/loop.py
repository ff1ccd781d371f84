"""The loop of one worker process: jobs, the timers, and the rescue of what a dead worker had begun."""

import asyncio
import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from procrastinate import App

from engine import deliveries, jobs, renewal, timers
from engine.database import transaction
from engine.errors import Conflict, NotFound
from engine.listening import Listening
from engine.settings import read_settings
from engine.worker import hands
from engine.worker.sweeping import sweep
from engine.worker.tasks import TASKS

log = logging.getLogger("shenpi.worker")

TICK = 0.25  #: seconds between looks at the timers
REPEATS = 5  #: of a job that lost a race for a lock


class Worker:
    """One worker process: procrastinate's loop for jobs, and ours for timers and rescue. `context` opens what a job's thread needs (the database)."""

    def __init__(self, dsn: str, context: Callable[[], AbstractContextManager[Any]], concurrency: int = 4) -> None:
        self.app: App = jobs.make_app(dsn)
        self.context = context
        self.concurrency = concurrency
        self.stalled = read_settings().worker_stalled
        for (queue, name), function in TASKS.items():
            self.app.task(name=name, queue=queue)(self._in_context(function))

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; running jobs are finished first."""
        asyncio.run(self._run())

    def _in_context(self, function: Callable[..., None]) -> Callable[..., None]:
        def run(**arguments: Any) -> None:
            with self.context():
                for left in reversed(range(REPEATS)):
                    try:
                        function(**arguments)
                        return
                    except NotFound:
                        log.warning("a job about something that is gone: %s", arguments)
                        return
                    except Conflict:
                        if not left:
                            raise
                        time.sleep(random.uniform(0.01, 0.1))

        run.__name__ = function.__name__
        return run

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(self.concurrency + 2, thread_name_prefix="job")
        loop.set_default_executor(pool)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        async with self.app.open_async():
            work = asyncio.create_task(
                self.app.run_worker_async(
                    concurrency=self.concurrency,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=20,
                    update_heartbeat_interval=self.stalled / 4,
                    stalled_worker_timeout=self.stalled,
                    fetch_job_polling_interval=1.0,
                )
            )
            rounds = asyncio.create_task(self._rounds(stop))
            listening = threading.Thread(target=Listening(hands.connectors, self.context, hands.leaving).run, name="listening", daemon=True)
            listening.start()
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            hands.leaving.set()
            work.cancel()
            await asyncio.gather(work, rounds, return_exceptions=True)

    async def _rounds(self, stop: asyncio.Event) -> None:
        """Look at the timers often and for lost work now and then."""
        since_rescue = self.stalled
        while not stop.is_set():
            try:
                due = await asyncio.to_thread(self._tick)
                since_rescue += TICK
                if since_rescue >= self.stalled / 2:
                    since_rescue = 0.0
                    await self._rescue()
            except Exception:
                log.exception("the round failed and is tried again")
                due = 0
            if not due:
                try:
                    await asyncio.wait_for(stop.wait(), TICK)
                except TimeoutError:
                    pass

    def _tick(self) -> int:
        with self.context(), transaction() as session:
            return timers.enqueue_due(session) + renewal.enqueue_changed(session) + deliveries.wake_waiting(session)

    async def _rescue(self) -> None:
        for job in await self.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self.stalled):
            log.warning("job %s of a dead worker is put back", job.id)
            await self.app.job_manager.retry_job(job)
        await asyncio.to_thread(self._sweep)

    def _sweep(self) -> None:
        with self.context(), transaction() as session:
            sweep(session)
