"""What each kind of job does, and the loop that does them. Any number of workers on any number of machines share one PostgreSQL.

A job is one or more short transactions with calls to the outside between them, never inside. A job whose worker was killed is put back by the others after
its heartbeat stopped; it starts from the beginning with the same key.
"""

import asyncio
import logging
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from procrastinate import App
from sqlalchemy import text
from uuid_utils.compat import uuid7

from engine import (
    alerts,
    attachments,
    checks,
    deliveries,
    directory,
    drafts,
    inbox,
    incidents,
    jobs,
    messages,
    notices,
    reconciliation,
    renewal,
    sign_ins,
    signals,
    suspension,
    timers,
)
from engine.crash import point
from engine.database import transaction
from engine.deliveries import catching_up, resending, taking
from engine.errors import (
    BpmnError,
    Conflict,
    InstanceSuspended,
    InvalidContent,
    NotFound,
    OAError,
    OAUnavailable,
    Refused,
    ShenpiError,
    Unavailable,
)
from engine.listening import Listening
from engine.oa.contract import Receipt
from engine.oa.desk import talking
from engine.oa.registry import Connectors
from engine.permissions import SYSTEM, load_actor
from engine.settings import Settings, read_settings
from models.oa import OaConnection

log = logging.getLogger("shenpi.worker")

LONGEST_CALL = 12.0  #: seconds a connector may take at most, with some to spare
TICK = 0.25  #: seconds between looks at the timers
SHORTEST_PAUSE = 0.05  #: seconds between two looks for pushes: what comes meanwhile goes together
PROMISE = 1.0  #: seconds
NOTICE_ATTEMPTS = 3
LONGEST_PUSH = 5.0  #: seconds after which a job that finds more and more makes room for others

connectors = Connectors()
leaving = threading.Event()  #: set when this process is asked to end


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


def push(connection: str) -> None:
    """Push what waits for an office system, some snapshots at a time, until nothing is due."""
    settings = read_settings()
    while push_some(connection, settings):
        pass


def keep_pushing(connection: str) -> None:
    """Push what waits for an office system and go on while more comes: a job with its transactions costs more than the pushes.

    When it finds more after a pause it promises to look again, which spares the steps their jobs until then; so it ends with a look after that time.
    """
    settings = read_settings()
    pause, promised = SHORTEST_PAUSE, 0.0
    over = time.monotonic() + LONGEST_PUSH
    found = push_some(connection, settings)
    while not leaving.wait(0.0 if found == taking.BATCH else pause) and time.monotonic() < over:
        began = time.monotonic()
        renew = promised - began < PROMISE / 2
        found = push_some(connection, settings, promise=PROMISE if renew else 0.0)
        if found:
            pause, promised = SHORTEST_PAUSE, time.monotonic() + PROMISE if renew else promised
        elif began > promised:
            return
        else:
            pause = min(2 * pause, promised - began + SHORTEST_PAUSE)
    if found or time.monotonic() < promised:  # what was promised is left to another job
        with transaction() as session:
            deliveries.wake(session, connection)


def push_some(connection: str, settings: Settings, promise: float = 0.0) -> int:
    """Take some waiting snapshots, push them and record their receipts; returns how many were taken. If there were any, promise to look again."""
    lease = 2 * settings.worker_stalled + LONGEST_CALL
    with transaction() as session:
        taken = deliveries.take(session, connection, settings.public_url, lease=lease)
        if taken and promise:
            deliveries.promise(session, connection, promise)
        if len(taken) == taking.BATCH:  # there is more than one worker can do
            deliveries.wake(session, connection)
    if not taken:
        return 0
    point("push:taken")
    receipts: list[deliveries.Delivered] = []
    until = time.monotonic() + settings.worker_stalled
    for place, pending in enumerate(taken):
        receipt = send(pending, partial(keep, taken, lease))
        if receipt is not None:
            receipts.append((pending, receipt))
        if receipt is None or time.monotonic() > until:
            with transaction() as session:  # the others are tried by themselves: an office system that is down must not hold their lease
                for other in taken[place + 1 :]:
                    deliveries.put_back(session, other)
            break
    with transaction("push.receipts") as session:
        busy = deliveries.record_receipts(session, receipts)
    for one in busy:
        with transaction() as session:
            deliveries.record_receipts(session, [one])
    if any(receipt.items for _, receipt in receipts):
        with transaction() as session:
            inbox.wake_early(session, connection)
    return len(taken)


def keep(taken: Sequence[deliveries.Pending], lease: float) -> None:
    """Keep what is being pushed: a push of many calls may take longer than a lease, and nobody else may speak of its case meanwhile."""
    with transaction() as session:
        deliveries.keep(session, taken, lease=lease)


def send(pending: deliveries.Pending, still_here: Callable[[], None] | None = None) -> Receipt | None:
    """Push one snapshot; None when it failed, which is recorded. `still_here` is called now and then while it lasts."""
    try:
        with talking("push", pending.instance_id, pending.version, still_here):
            receipt = connectors.get(pending.connection).push(pending.snapshot, pending.previous)
    except Exception as error:  # a fault of a connector must end as an incident too, not be repeated for ever
        known = isinstance(error, ShenpiError)
        if not known:
            log.exception("push to %s", pending.connection_key)
        failure = error if isinstance(error, OAError) else OAUnavailable(reason=str(error) if known else f"{type(error).__name__}: {error}")
        with transaction() as session:
            deliveries.record_failure(session, pending, failure)
        return None
    point("push:sent")
    return receipt


def apply_message(message: str) -> None:
    """Apply what an office system told us."""
    with transaction("inbox.apply") as session:
        inbox.apply(session, UUID(message))


def compare(connection: str, everything: bool = False) -> None:
    """Compare the cases of a connection that are due, and take ours where they differ, unless the connection says that people do that."""
    with transaction() as session:
        row = session.get(OaConnection, connection)
        cases = reconciliation.due(session, connection, everything=everything) if row is not None and row.active else []
        mends = row is not None and row.settings.get("mend", "yes") not in ("no", False)
    for case in cases:
        if leaving.is_set():
            return
        try:
            found = reconciliation.compare_case(connectors, connection, case)
        except ShenpiError as error:
            log.warning("%s cannot be compared now: %s", connection, error)
            with transaction() as session:
                reconciliation.end(session, connection, failure=str(error))
            return
        except (
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
        ):  # an answer that is not what it should be: the other cases are compared all the same
            log.exception("case %s cannot be compared at %s", case, connection)
            continue
        for difference in found if mends else ():
            with transaction() as session:
                reconciliation.take_ours(session, connectors, difference, by=SYSTEM)
    with transaction() as session:
        reconciliation.end(session, connection)


def fire(instance: str, token: str) -> None:
    """Let a BPMN timer fire."""
    with transaction("timer.fire") as session:
        timers.fire(session, UUID(instance), UUID(token))


def deliver(message: str) -> None:
    """Look for who waits for a message."""
    with transaction() as session:
        messages.deliver(session, UUID(message))


def look(instance: str | None = None, name: str | None = None) -> None:
    """Look for messages that wait for a case, or under a name."""
    with transaction() as session:
        found = messages.look(session, instance=UUID(instance) if instance else None, name=name)
    for message in found:
        with transaction() as session:
            messages.deliver(session, message)


def hear(signal: str, target: str | None = None, element: str = "") -> None:
    """Give a signal to who waits for it; without a target, find out who that is."""
    with transaction() as session:
        if target is None:
            signals.spread(session, UUID(signal))
            return
        try:
            signals.hear(session, UUID(signal), UUID(target), element)
        except InstanceSuspended:
            log.info("signal %s waits until case %s is resumed", signal, target)


def begin(definition: str, element: str, number: int) -> None:
    """Begin a case because its time has come."""
    with transaction() as session:
        timers.begin(session, UUID(definition), element, number)


def bring_answer(job: str) -> None:
    """Bring an answer that was kept to its case."""
    with transaction() as session:
        incidents.bring_answer(session, UUID(job))


def suspend_cases(process: str, suspended: bool, by: str, reason: str) -> None:
    """Suspend or resume the cases of a process that was."""
    with transaction() as session:
        actor = load_actor(session, by) or SYSTEM
    after: UUID | None = None
    while True:
        with transaction() as session:
            found = suspension.cases_to_follow(session, process, after, suspended=suspended)
        if not found:
            return
        for case in found:
            with transaction() as session:
                suspension.follow(session, case, suspended=suspended, by=actor, reason=reason)
        after = found[-1]


def tell(key: str, kind: str, instance: str, people: list[str], text: str = "") -> None:
    """Tell people something; what cannot be sent is tried again a few times."""
    for left in reversed(range(NOTICE_ATTEMPTS)):
        try:
            notices.send(notices.Notice(key, kind, UUID(instance), tuple(people), text))
            return
        except (ShenpiError, OSError) as error:
            log.warning("the notice %s could not be sent: %s", key, error)
            if not left or leaving.wait(1.0):
                return


def resend(resend: str) -> None:
    """Put what an administrator wants sent again back into the outbox, until nothing is left; a process that ends leaves the rest to another job."""
    identity = UUID(resend)
    while not leaving.is_set():
        with transaction("resend.place") as session:
            more = resending.place_next(session, identity)
        if not more:
            return
    with transaction() as session:
        jobs.enqueue(session, jobs.RESEND, jobs.arguments(resend=identity))


def catch_up(connection: str) -> None:
    """Tell an office system that was switched on how all cases stand that have moved on without it."""
    after: UUID | None = None
    while not leaving.is_set():
        with transaction() as session:
            found = catching_up.behind(session, connection, after)
        if not found:
            break
        for case in found:
            with transaction("catch_up") as session:
                catching_up.tell(session, connection, case)
        after = found[-1]
        with transaction() as session:
            deliveries.wake(session, connection)
    else:
        with transaction() as session:
            jobs.enqueue(session, jobs.CATCH_UP, jobs.arguments(connection=connection))


def check(check: str) -> None:
    """Test a connection and keep what came of it."""
    identity = UUID(check)
    with transaction() as session:
        taken = checks.take(session, identity)
    if taken is None:
        return
    connection, what, person = taken
    about = None
    try:
        connector = connectors.get(connection)
    except ShenpiError as error:
        outcome = checks.Outcome(False, str(error))
    else:
        with talking("health" if what == "health" else "check") as about:
            outcome = checks.perform(connector, connection, what, person, f"check-{identity}")
    with transaction() as session:
        checks.record(session, identity, outcome, about.exchange if about is not None else None)


def look_at_directory(connection: str, apply: bool = False, only: str | None = None, gone: str | None = None, id_type: str = "") -> None:
    """Fetch the people and departments of an office system and, if asked for, bring our organisation to them; or note that somebody left."""
    if gone is not None:
        try:
            with transaction("directory.apply") as session:
                left = directory.disable(session, connection, gone, id_type)
            raise_handover([left] if left else [])
        except Refused as error:
            with transaction() as session:
                directory.fail(session, connection, str(error))
        return
    with transaction() as session:
        asked = directory.take(session, connection)
    if asked is None:
        return
    try:
        with talking("people"):
            connector = connectors.get(asked)
            people, departments = list(connector.people()), list(connector.departments())
    except Exception as error:  # an answer that is not what it should be must be told too: who asked waits for it
        known = isinstance(error, ShenpiError)
        if not known:
            log.exception("contacts of %s", connection)
        with transaction() as session:
            directory.fail(session, connection, str(error) if known else f"{type(error).__name__}: {error}")
        return
    with transaction() as session:
        directory.keep(session, connection, people, departments)
    if not apply:
        return
    try:
        with transaction("directory.apply") as session:
            applied = directory.apply(session, connection, by=SYSTEM, only=only, unseen=True)
        raise_handover(applied.left)
    except (InvalidContent, Refused) as error:
        told = "; ".join(map(str, error.faults[:5])) if isinstance(error, InvalidContent) else str(error)
        with transaction() as session:
            directory.fail(session, connection, told)


def renew(substitution: str) -> None:
    """Show office systems again what waits for whom a substitution concerns; each case in a transaction of its own, for a step may hold it."""
    with transaction() as session:
        cases = renewal.cases_of(session, UUID(substitution))
    for case in cases:
        with transaction() as session:
            deliveries.show_again(session, case)


def alert(alert: str, over: bool) -> None:
    """Tell administrators that a connection fails, or that it works again."""
    with transaction() as session:
        told = alerts.alarm(session, UUID(alert), read_settings(), over=over)
    if told is not None:
        notices.raise_alarm(told)


def raise_handover(left: Sequence[str]) -> None:
    """Tell administrators of people who left and still have something to do."""
    with transaction() as session:
        due = [f"{each.name}（{each.key}）" for each in directory.leavers(session) if each.key in left]
    if due:
        notices.raise_alarm(alerts.leaving(due, read_settings(), str(uuid7())))


TASKS: dict[tuple[str, str], Callable[..., None]] = {
    jobs.CALL: call,
    jobs.PUSH: keep_pushing,
    jobs.INBOX: apply_message,
    jobs.TIMERS: fire,
    jobs.MESSAGE: deliver,
    jobs.LOOK: look,
    jobs.SIGNAL: hear,
    jobs.STARTS: begin,
    jobs.ANSWER: bring_answer,
    jobs.SUSPEND: suspend_cases,
    jobs.NOTICE: tell,
    jobs.RESEND: resend,
    jobs.CATCH_UP: catch_up,
    jobs.CHECK: check,
    jobs.DIRECTORY: look_at_directory,
    jobs.ALERT: alert,
    jobs.COMPARE: compare,
    jobs.RENEW: renew,
}
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
            listening = threading.Thread(target=Listening(connectors, self.context, leaving).run, name="listening", daemon=True)
            listening.start()
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            leaving.set()
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
        """Wake work whose job is nowhere in the queue: rows are the truth."""
        with self.context(), transaction() as session:
            session.execute(text(_LOST_CALLS))
            session.execute(text(_LOST_MESSAGES))
            signals.wake_lost(session)
            resending.wake_lost(session)
            alerts.watch(session)
            alerts.forget_exchanges(session, read_settings().keep_exchanges)
            sign_ins.forget(session, read_settings().keep_sign_ins)
            checks.ask_for_due(session)
            directory.want_nightly(session, read_settings().time_zone)
            reconciliation.enqueue_due(session)
            messages.expire(session)
            drafts.clean_up(session)
            attachments.clean_up(session)


_LOST_CALLS = """
SELECT procrastinate_defer_jobs_v1(array_agg(ROW('work', 'call', 0, NULL, NULL, jsonb_build_object('job', b.id), NULL)::procrastinate_job_to_defer_v1))
FROM job b JOIN process_instance i ON i.id = b.instance_id AND i.status = 'running'
WHERE b.state = 'waiting' AND b.created_at < shenpi_now() - interval '30 seconds'
  AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'call' AND j.status IN ('todo', 'doing') AND j.args ->> 'job' = b.id::text)
HAVING count(*) > 0
"""
_LOST_MESSAGES = """
SELECT procrastinate_defer_jobs_v1(array_agg(ROW('oa', 'inbox', 0, NULL, NULL, jsonb_build_object('message', m.id), NULL)::procrastinate_job_to_defer_v1))
FROM oa_message m WHERE m.state = 'received' AND m.received_at < now() - interval '30 seconds'
  AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'inbox' AND j.status IN ('todo', 'doing') AND j.args ->> 'message' = m.id::text)
HAVING count(*) > 0
"""
