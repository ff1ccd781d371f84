"""Tests of connections: an administrator presses, a worker asks the office system, and what came of it is kept. Health is also asked every five minutes."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import jobs
from engine.database.transaction import read_clock
from engine.errors import Fault, InvalidVariables, NotFound, OAError
from engine.oa.contract import Capabilities, Connection, Connector, OARequest
from engine.oa.kinds import KINDS
from engine.oa.opening import opened
from engine.oa.webhook.signature import headers
from engine.permissions import SYSTEM, Actor, require
from engine.trust import trusted
from models.desk import OaCheck
from models.identity import Person
from models.oa import OaConnection

WHATS = ("health", "contacts", "notice", "callback")
KEPT_DAYS = 7
PATIENCE = 10.0  #: seconds for our own address to answer

_DUE = text(
    """
    SELECT c.key FROM oa_connection c WHERE c.active AND NOT EXISTS (
      SELECT 1 FROM oa_check k WHERE k.connection = c.key AND k.what = 'health' AND k.at > now() - interval '5 minutes')
    FOR UPDATE OF c SKIP LOCKED
    """
)
_LATEST = text("SELECT DISTINCT ON (what) * FROM oa_check WHERE connection = :connection ORDER BY what, at DESC, id DESC")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test."""

    ok: bool
    detail: str
    milliseconds: int = 0


def possible(connector: Connector | None) -> tuple[str, ...]:
    """Return what of a connection can be tested, by what its office system can do."""
    can = connector.capabilities() if connector is not None else Capabilities()
    found = ["health"]
    found += ["contacts"] if can.contacts else []
    found += ["notice"] if can.notify else []
    found += ["callback"] if can.callback_actions else []
    return tuple(found)


def ask(session: Session, connection: str, what: str, *, by: Actor, person: str | None = None) -> OaCheck:
    """Have a connection tested by a worker. Refuses with `NotFound`, with `InvalidVariables` an unknown test and a notice to nobody."""
    require(by, "connection.manage")
    row = session.get(OaConnection, connection)
    if row is None:
        raise NotFound(kind="connection")
    if what not in WHATS:
        raise InvalidVariables([Fault("check-unknown", "没有这种测试", "No such test", path="what", found=what[:100])])
    if what == "notice" and session.scalars(select(Person.id).filter_by(key=person or "", active=True)).first() is None:
        raise InvalidVariables([Fault("person-unknown", "请选择收测试消息的人", "Choose who gets the test notice", path="person")])
    made = _make(session, connection, what, by.key, person if what == "notice" else None)
    jobs.enqueue(session, jobs.CHECK, jobs.arguments(check=made.id))
    return made


def _make(session: Session, connection: str, what: str, by: str, person: str | None) -> OaCheck:
    made = OaCheck(id=uuid7(), connection=connection, what=what, person=person, asked_by=by)
    session.add(made)
    session.flush()
    return made


def ask_for_due(session: Session) -> None:
    """Have it asked whether active office systems are there that nobody has asked for five minutes; forget old answers."""
    for connection in session.scalars(_DUE).all():
        made = _make(session, connection, "health", SYSTEM.key, None)
        jobs.enqueue(session, jobs.CHECK, jobs.arguments(check=made.id))
    session.execute(text("DELETE FROM oa_check WHERE at < now() - make_interval(days => :days)"), {"days": KEPT_DAYS})


def take(session: Session, check_id: UUID) -> tuple[Connection, str, str | None] | None:
    """Return what is to be tested; None when it was, or is gone."""
    row = session.get(OaCheck, check_id)
    if row is None or row.state != "waiting":
        return None
    return opened(session.get_one(OaConnection, row.connection)), row.what, row.person


def perform(connector: Connector, connection: Connection, what: str, person: str | None, key: str) -> Outcome:
    """Ask the office system, outside any transaction. Raises nothing of its own."""
    began = time.monotonic()
    try:
        ok, detail = _perform(connector, connection, what, person, key)
    except OAError as error:
        ok, detail = False, str(error)
    except Exception as error:  # a fault of a connector is an answer, too
        ok, detail = False, f"{type(error).__name__}: {error}"
    return Outcome(ok, detail.replace("\0", "")[:1000], round((time.monotonic() - began) * 1000))


def _perform(connector: Connector, connection: Connection, what: str, person: str | None, key: str) -> tuple[bool, str]:
    if what == "health":
        health = connector.health()
        return health.ok, health.detail
    if what == "contacts":
        number = sum(1 for _ in connector.people())
        return number > 0, str(number)
    if what == "notice":
        payload = {"kind": "test", "title": "测试消息 Test notice", "text": "审批系统的测试消息，不需要处理。", "users": [person]}
        receipt = connector.call(OARequest("oa.notify", key, payload))
        return True, receipt.remote_id or ""
    return _call_ourselves(connection, key)


def _call_ourselves(connection: Connection, key: str) -> tuple[bool, str]:
    """Call our own address as the office system would: signed where we hold the secret, else only to see that we are there."""
    door = KINDS[connection.kind].doors[0]
    with httpx.Client(timeout=PATIENCE, trust_env=False, follow_redirects=False, verify=trusted()) as client:
        try:
            if connection.kind == "webhook":
                body = orjson.dumps({"eventId": key, "kind": "test.ping"})
                signed = headers(connection.credentials.get("secret", ""), key, body, datetime.now(UTC))
                answer = client.post(connection.callback(door), content=body, headers={**signed, "Content-Type": "application/json"})
                return answer.status_code == 200, f"HTTP {answer.status_code} {connection.callback(door)}"
            answer = client.get(connection.callback(door))
            return answer.status_code < 500 and answer.status_code != 404, f"HTTP {answer.status_code} {connection.callback(door)}"
        except httpx.HTTPError as error:
            return False, f"{type(error).__name__} {connection.callback(door)}"


def record(session: Session, check_id: UUID, outcome: Outcome, exchange: UUID | None) -> None:
    """Keep what came of a test."""
    row = session.get(OaCheck, check_id, with_for_update=True)
    if row is not None and row.state == "waiting":
        row.state, row.detail, row.milliseconds, row.exchange_id = (
            "ok" if outcome.ok else "failed",
            outcome.detail,
            outcome.milliseconds,
            exchange,
        )
        row.ended_at = read_clock(session)
        session.flush()


def latest(session: Session, connection: str) -> dict[str, Any]:
    """Return the newest test of each sort."""
    return {row.what: row for row in session.execute(_LATEST, {"connection": connection})}
