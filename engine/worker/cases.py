"""What a case waits for besides people: timers, messages, signals, its beginning, its process being suspended, and who is told of it."""

import logging
from uuid import UUID

from engine import messages, notices, signals, suspension, timers
from engine.database import transaction
from engine.errors import InstanceSuspended, ShenpiError
from engine.permissions import SYSTEM, load_actor
from engine.worker import hands

log = logging.getLogger("shenpi.worker")

NOTICE_ATTEMPTS = 3


def fire(instance: str, token: str) -> None:
    """Let a BPMN timer fire."""
    with transaction("timer.fire") as session:
        timers.fire(session, UUID(instance), UUID(token))


def begin(definition: str, element: str, number: int) -> None:
    """Begin a case because its time has come."""
    with transaction() as session:
        timers.begin(session, UUID(definition), element, number)


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
            if not left or hands.leaving.wait(1.0):
                return
