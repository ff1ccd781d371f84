"""Snapshots on their way to office systems: push what waits, and put there again what is to be shown again."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from engine import deliveries, inbox, jobs, renewal
from engine.crash import point
from engine.database import transaction
from engine.deliveries import catching_up, resending, taking
from engine.errors import OAError, OAUnavailable, ShenpiError
from engine.oa.contract import Receipt
from engine.oa.desk import talking
from engine.settings import Settings, read_settings
from engine.worker import hands

log = logging.getLogger("shenpi.worker")

LONGEST_CALL = 12.0  #: seconds a connector may take at most, with some to spare
SHORTEST_PAUSE = 0.05  #: seconds between two looks for pushes: what comes meanwhile goes together
PROMISE = 1.0  #: seconds
LONGEST_PUSH = 5.0  #: seconds after which a job that finds more and more makes room for others


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
    while not hands.leaving.wait(0.0 if found == taking.BATCH else pause) and time.monotonic() < over:
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
            receipt = hands.connectors.get(pending.connection).push(pending.snapshot, pending.previous)
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


def resend(resend: str) -> None:
    """Put what an administrator wants sent again back into the outbox, until nothing is left; a process that ends leaves the rest to another job."""
    identity = UUID(resend)
    while not hands.leaving.is_set():
        with transaction("resend.place") as session:
            more = resending.place_next(session, identity)
        if not more:
            return
    with transaction() as session:
        jobs.enqueue(session, jobs.RESEND, jobs.arguments(resend=identity))


def catch_up(connection: str) -> None:
    """Tell an office system that was switched on how all cases stand that have moved on without it."""
    after: UUID | None = None
    while not hands.leaving.is_set():
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


def renew(substitution: str) -> None:
    """Show office systems again what waits for whom a substitution concerns; each case in a transaction of its own, for a step may hold it."""
    with transaction() as session:
        cases = renewal.cases_of(session, UUID(substitution))
    for case in cases:
        with transaction() as session:
            deliveries.show_again(session, case)
