"""The loop of one worker process: jobs, the timers, and now and then the rescue of what nobody does."""

import asyncio
import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from typing import Any

import psycopg
from procrastinate import App
from procrastinate.exceptions import ProcrastinateException

from engine import deliveries, jobs, renewal, timers
from engine.database import transaction
from engine.errors import Conflict, NotFound, Unavailable
from engine.listening import Listening
from engine.settings import read_settings
from engine.worker import hands
from engine.worker.rescue import Again, Rescue
from engine.worker.sweeping import sweep
from engine.worker.tasks import TASKS

log = logging.getLogger("shenpi.worker")

TICK = 0.25  #: seconds between looks at the timers
PAUSE = 1.0  #: seconds before the database is looked for again
REPEATS = 5  #: of a job that lost a race for a lock


class Worker:
    """One worker process: procrastinate's loop for jobs, and ours for timers and rescue. `context` opens what a job's thread needs (the database).

    It outlives the database: procrastinate's loop ends when its connection is lost, and is begun anew until the database is back. `revive` is called while it
    is away, about once a second, and may start one that is ours.
    """

    def __init__(
        self, dsn: str, context: Callable[[], AbstractContextManager[Any]], concurrency: int = 4, revive: Callable[[], None] | None = None
    ) -> None:
        self.revive = revive
        self.app: App = jobs.make_app(dsn)
        self.context = context
        self.concurrency = concurrency
        self.stalled = read_settings().worker_stalled
        self.rescue = Rescue(self.app, self.stalled)
        for (queue, name), function in TASKS.items():
            self.app.task(name=name, queue=queue, retry=Again())(self._in_context(function))

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
        listening = threading.Thread(target=Listening(hands.connectors, self.context, hands.leaving).run, name="listening", daemon=True)
        listening.start()
        rounds = asyncio.create_task(self._rounds(stop))
        rounds.add_done_callback(lambda _: stop.set())  # a worker without rounds ends, so that it is started anew
        try:
            while not stop.is_set():
                await self._live(stop)
                await pause(stop, PAUSE)
        finally:
            stop.set()
            hands.leaving.set()
            await rounds

    async def _live(self, stop: asyncio.Event) -> None:
        """Do jobs until the process is to end or the database is lost."""
        work, stopped = asyncio.create_task(self._work()), asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            hands.leaving.set()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            return
        stopped.cancel()
        try:
            await work
            log.warning("the queue of jobs was lost and is opened anew")
        except (ProcrastinateException, psycopg.Error) as error:
            log.warning("the queue of jobs was lost and is opened anew: %s", brief(error))

    async def _work(self) -> None:
        async with self.app.open_async():
            await self.app.run_worker_async(
                concurrency=self.concurrency,
                delete_jobs="successful",
                install_signal_handlers=False,
                shutdown_graceful_timeout=20,
                update_heartbeat_interval=self.stalled / 4,
                stalled_worker_timeout=self.stalled,
                fetch_job_polling_interval=1.0,
                worker_middleware=[self.rescue.hold],
            )

    async def _rounds(self, stop: asyncio.Event) -> None:
        """Look at the timers often and for lost work now and then."""
        since_rescue = self.stalled
        while not stop.is_set():
            rest = TICK
            try:
                due = await asyncio.to_thread(self._tick)
                since_rescue += TICK
                if since_rescue >= self.stalled / 2:
                    since_rescue = 0.0
                    await self.rescue.put_back()
                    await asyncio.to_thread(self._sweep)
                rest = 0.0 if due else TICK
            except (Unavailable, ProcrastinateException, psycopg.Error) as error:
                log.warning("the round is tried again: %s", brief(error))
                rest = PAUSE
                await self._revive()
            except Exception:
                log.exception("the round failed and is tried again")
                rest = PAUSE
            await pause(stop, rest)

    async def _revive(self) -> None:
        if self.revive is None:
            return
        try:
            await asyncio.to_thread(self.revive)
        except Exception as error:  # it is tried again: the rounds must go on whatever happens
            log.warning("the database does not come up: %s", brief(error))

    def _tick(self) -> int:
        with self.context(), transaction() as session:
            return timers.enqueue_due(session) + renewal.enqueue_changed(session) + deliveries.wake_waiting(session)

    def _sweep(self) -> None:
        with self.context(), transaction() as session:
            sweep(session)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until `stop` is set."""
    if seconds:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


def brief(error: Exception) -> str:
    """Return one line on what a library or we have wrapped: while a database is away this is said once a second."""
    cause = error.__cause__ or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]
