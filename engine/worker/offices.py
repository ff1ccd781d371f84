"""What office systems tell and are asked: presses, comparisons, tests of a connection, people; and the alarm when one fails."""

import logging
from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from engine import alerts, checks, directory, inbox, notices, reconciliation
from engine.database import transaction
from engine.errors import InvalidContent, Refused, ShenpiError
from engine.oa.desk import talking
from engine.permissions import SYSTEM
from engine.settings import read_settings
from engine.worker import hands
from models.oa import OaConnection

log = logging.getLogger("shenpi.worker")


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
        if hands.leaving.is_set():
            return
        try:
            found = reconciliation.compare_case(hands.connectors, connection, case)
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
                reconciliation.take_ours(session, hands.connectors, difference, by=SYSTEM)
    with transaction() as session:
        reconciliation.end(session, connection)


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
        connector = hands.connectors.get(connection)
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
            connector = hands.connectors.get(asked)
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


def raise_handover(left: Sequence[str]) -> None:
    """Tell administrators of people who left and still have something to do."""
    with transaction() as session:
        due = [f"{each.name}（{each.key}）" for each in directory.leavers(session) if each.key in left]
    if due:
        notices.raise_alarm(alerts.leaving(due, read_settings(), str(uuid7())))


def alert(alert: str, over: bool) -> None:
    """Tell administrators that a connection fails, or that it works again."""
    with transaction() as session:
        told = alerts.alarm(session, UUID(alert), read_settings(), over=over)
    if told is not None:
        notices.raise_alarm(told)
