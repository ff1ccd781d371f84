"""A vendor's simulator in a process of its own, our web server for its callbacks, and a worker's hands, over one database: what a rehearsal needs.

Faults are set in the simulator; `settle` works until nothing is left to do, moving the clock over every back-off; `differences` says in what both sides differ.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote
from uuid import UUID

import httpx
import nursery_support
import pytest
from drawings import END, START, drawing, node, path
from engine_support import advance, execute, rows, start, take_all
from flask import Flask
from journeys_support import answers, free_port
from sqlalchemy import select
from tests_support import application, eventually, fresh_database, person
from uuid_utils.compat import uuid7
from werkzeug.serving import make_server

from api.cli.company import PEOPLE
from engine import definitions, deliveries, incidents, jobs, reconciliation, tasks, worker
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from engine.oa import vault
from engine.oa.contract import Connector, InstanceSnapshot
from engine.oa.items import task_key
from engine.oa.opening import opened
from engine.oa.registry import Connectors
from models import db
from models.identity import OaIdentity, Person
from models.oa import OaConnection
from models.runtime import UserTask

#: anybody of two decides, then one more
WALK = drawing(
    START, node("userTask", "check", name="初审", camunda_candidateUsers="wang.fang,zhao.lei"),
    node("userTask", "decide", name="终审", camunda_assignee="wu.gang"), END, path("start", "check", "decide", "end"),
    key="rehearsal", name="演练", shenpi_title="${'演练 ' + initiator}", shenpi_amount="${amount}", shenpi_currency="CNY",
)  # fmt: skip


@dataclass(frozen=True)
class Vendor:
    """How a vendor's simulator is started and how we are connected to it."""

    kind: str
    simulator: str
    settings: dict[str, Any]
    credentials: dict[str, str]
    options: dict[str, str]
    ids: dict[str, Callable[[str], str]]
    #: the id type that the simulator's doors call people by
    door: str
    buttons: bool = True
    reasons: bool = True  #: who presses can say why
    words: bool = True  #: who presses is answered in words
    authenticates: bool = True  #: a wrong secret is noticed when we push
    #: where one kind is rehearsed in several ways
    label: str = ""
    #: a lost answer may leave something that only a person can decide on
    asks: bool = False
    #: faults that cannot happen there, with why
    cannot: dict[str, str] = field(default_factory=dict)
    #: the button of an outcome, as the simulator names it
    actions: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.label or self.kind


def login(key: str) -> str:
    return key.replace(".", "_")


FEISHU = Vendor(
    "feishu", "feishu", {"app_id": "cli_simulator", "sign_in": False},
    {"app_secret": "simulated-app-secret", "callback_token": "our-callback-token", "callback_key": "our-callback-key", "event_key": "our-event-key",
     "event_token": "simulated-verification"},
    {"encrypt-key": "our-event-key", "same-instance-per-second": "0"},
    {"user_id": login, "open_id": lambda key: f"ou_{login(key)}", "union_id": lambda key: f"on_{login(key)}"}, "user_id",
    actions={"approve": "APPROVE", "reject": "REJECT"}, cannot={"one item of many fails": "no lists"},
)  # fmt: skip
DINGTALK = Vendor(
    "dingtalk", "dingtalk", {"app_key": "dingsimappkey", "corp_id": "dingsimcorp", "api_key": "simulated-api-key", "event_owner": "dingsimappkey",
     "oapi_url": "{simulator}", "sign_in": False},
    {"app_secret": "simulated-app-secret", "press_secret": "a-secret-of-the-address", "event_token": "simtoken",
     "event_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},
    {"gateway-url": "{callback}/press-a-secret-of-the-address", "event-url": "{callback}/events"},
    {"userid": login, "unionid": lambda key: f"on_{login(key)}"}, "userid", actions={"approve": "agree", "reject": "refuse"}, asks=True,
)  # fmt: skip
TODOS = Vendor(
    "dingtalk", "dingtalk", {"app_key": "dingsimappkey", "corp_id": "dingsimcorp", "mode": "todo", "oapi_url": "{simulator}", "sign_in": False},
    {"app_secret": "simulated-app-secret"}, {}, {"userid": login, "unionid": lambda key: f"on_{login(key)}"}, "userid", buttons=False, label="todos",
    cannot={"one item of many fails": "no lists"},
)  # fmt: skip
NO_LISTS, NO_TOKENS = "no lists", "no tokens"
WEAVER = Vendor(
    "weaver", "weaver", {"syscode": "shenpi"}, {}, {}, {"account": login}, "account", buttons=False, authenticates=False,
    cannot={"one item of many fails": NO_LISTS, "token revoked": NO_TOKENS, "wrong secret": "no secret"},
)  # fmt: skip
SEEYON = Vendor(
    "seeyon", "seeyon", {"user": "rest", "register_code": "3001"}, {"password": "simulated-password"}, {}, {"account": login}, "account", buttons=False,
)  # fmt: skip
WECOM = Vendor(
    "wecom", "wecom", {"corp_id": "wwsimulator", "agent_id": 1000002, "sign_in": False},
    {"corp_secret": "simulated-corp-secret", "callback_token": "simtoken", "callback_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},
    {"callback-url": "{callback}/callback"}, {"userid": login}, "userid", reasons=False, words=False,
    cannot={"one item of many fails": NO_LISTS},
)  # fmt: skip
LANDRAY = Vendor(
    "landray", "landray", {"user": "shenpi"}, {"password": "simulated-password"}, {"user": "shenpi", "password": "simulated-password"},
    {"account": login}, "account", buttons=False, cannot={"one item of many fails": NO_LISTS, "token revoked": NO_TOKENS},
)  # fmt: skip
VENDORS = {vendor.name: vendor for vendor in (FEISHU, DINGTALK, TODOS, WEAVER, SEEYON, WECOM, LANDRAY)}


def only(chosen: Callable[[Vendor], bool]) -> pytest.MarkDecorator:
    """Rehearse a test with these vendors, for it says nothing about the others."""
    return pytest.mark.parametrize("stage", [name for name in sorted(VENDORS) if chosen(VENDORS[name])], indirect=True)


class Rehearsal:
    """One vendor, its simulator and us."""

    def __init__(self, vendor: Vendor, app: Flask, simulator: str, url: str) -> None:
        self.vendor = vendor
        self.app = app
        self.url = url
        self.http = httpx.Client(base_url=simulator, timeout=30, verify=False)
        self.key = f"{vendor.name}-1"

    # the simulator

    def door(self, path: str, **query: str) -> Any:
        return self.http.get(f"/_sim/{path}", params=query).raise_for_status().json()

    def tell(self, path: str, **body: Any) -> Any:
        return self.http.post(f"/_sim/{path}", json=body).raise_for_status().json()

    def faults(self, **counts: float) -> None:
        self.tell("faults", **counts)

    def remote(self, key: str) -> str:
        return self.vendor.ids[self.vendor.door](key)

    def todos(self, key: str, case: UUID) -> list[dict[str, Any]]:
        """Return what somebody sees open of a case in the office system; a card leads to the page of its task."""
        ours = [str(row.id) for row in rows("SELECT id FROM user_task WHERE instance_id = :case", case=case)]
        return [todo for todo in self.door("todos", person=self.remote(key)) if any(task in unquote(str(todo["url"])) for task in ours)]

    def cards(self, case: UUID) -> list[dict[str, Any]]:
        """Return every card of a case that the office system has or had, whosever it is."""
        ours = [str(row.id) for row in rows("SELECT id FROM user_task WHERE instance_id = :case", case=case)]
        return [card for card in self.door("tasks") if any(task in unquote(str(card.get("url"))) for task in ours)]

    def press(self, key: str, case: UUID, outcome: str = "approve", reason: str = "同意", **more: str) -> Any:
        """Press a button of somebody's to-do, as on a phone."""
        (todo,) = self.todos(key, case)
        return self.press_on(todo, key, outcome, reason, **more)

    def press_on(self, todo: dict[str, Any], key: str, outcome: str = "approve", reason: str = "同意", **more: str) -> Any:
        """Press a button of a card that was seen before."""
        action = self.vendor.actions.get(outcome, outcome)
        keys = [str(one["key"]) for one in todo["actions"]]
        action = next((key for key in keys if key.partition("#")[0] == action), action)  # some keys bring the nonce along
        return self.tell("press", person=self.remote(key), task=todo["id"], action=action, reason=reason, **more)

    # us

    def rest(self) -> None:
        """Let the limits of both sides forget what was called: some time without calls goes by."""
        execute("UPDATE oa_rate SET free_at = now()")
        self.tell("limits")

    def begin(self, **variables: Any) -> UUID:
        return start("rehearsal", **({"amount": 10600} | variables)).case.id

    def decide(self, case: UUID, element: str, by: str, outcome: str = "approve") -> None:
        with transaction() as session:
            task = session.execute(select(UserTask.id).filter_by(instance_id=case, element=element, state="open")).scalar_one()
            tasks.complete(session, task, by=person(by), outcome=outcome, comment="同意")

    def work(self) -> None:
        """Do once what waits: push, and apply what was told."""
        worker.push(self.key)
        take_all(jobs.PUSH)
        take_all(jobs.INBOX)
        for row in rows(
            "SELECT id FROM oa_message WHERE state = 'received' ORDER BY received_at"
        ):  # also those whose job a dead worker took along
            worker.apply_message(str(row.id))

    def settle(self, rounds: int = 40) -> None:
        """Work until nothing waits, over every back-off."""
        for _ in range(rounds):
            self.work()
            if not self.waiting() and not (self.vendor.asks and self.answer_doubts()):
                return
            if rows("SELECT 1 FROM oa_delivery WHERE open AND next_at > shenpi_now()"):
                advance(700)
                self.rest()
        raise AssertionError(f"not settled: {rows('SELECT state, attempts, last_error FROM oa_delivery WHERE open')}")

    @property
    def connectors(self) -> Connectors:
        return worker.hands.connectors

    def compare_all(self) -> int:
        """Do what the worker's rounds do when the time has come; returns how many connections were due."""
        with transaction() as session:
            found = reconciliation.enqueue_due(session)
        for arguments in take_all(jobs.COMPARE):
            worker.compare(**arguments)
        return found

    def reconcile(self, case: UUID, *, mend: bool = True) -> list[str]:
        """Compare a case, take ours where it differs as the worker does, and return in words what was found."""
        found = reconciliation.compare_case(worker.hands.connectors, self.key, case)
        said = [
            f"{row.kind} {row.field}".strip()
            for row in rows("SELECT kind, field FROM oa_difference WHERE id = ANY(:ids) ORDER BY kind, field, key", ids=found)
        ]
        for one in found if mend else ():
            with transaction() as session:
                reconciliation.take_ours(session, worker.hands.connectors, one, by=person("ma.lin"))
        self.settle()
        return said

    def answer_doubts(self) -> bool:
        """Do what an administrator does with deliveries of which nobody knows what came: look at the office system, and send again."""
        doubtful = rows("SELECT id FROM incident WHERE kind = 'delivery' AND resolved_at IS NULL AND connection = :key", key=self.key)
        for one in doubtful:
            with transaction() as session:
                incidents.retry(session, UUID(str(one.id)), by=person("ma.lin"))
        return bool(doubtful)

    def waiting(self) -> bool:
        return bool(
            rows("SELECT 1 FROM oa_delivery WHERE open LIMIT 1") or rows("SELECT 1 FROM oa_message WHERE state = 'received' LIMIT 1")
        )

    def differences(self, case: UUID) -> list[str]:
        """Say in what the office system and we are not of one mind about a case."""
        ours = {
            (row.element, name)
            for row in rows("SELECT id, element, assignee FROM user_task WHERE instance_id = :case AND state = 'open'", case=case)
            for name in (
                [row.assignee] if row.assignee else [one.name for one in rows("SELECT name FROM candidate WHERE task_id = :t", t=row.id)]
            )
        }
        found = []
        shown = Counter(card["person"] for card in self.cards(case) if card["open"])
        for key in (one.key for one in PEOPLE):
            seen, expected = shown[self.remote(key)], sum(name == key for _, name in ours)
            if seen != expected:
                found.append(f"{key} sees {seen} to-dos instead of {expected}")
        for state in rows("SELECT DISTINCT state FROM oa_delivery WHERE instance_id = :case AND state IN ('unknown', 'dead')", case=case):
            found.append(f"a delivery is {state.state}")
        decided = [
            row.element
            for row in rows("SELECT element FROM history_event WHERE instance_id = :case AND type = 'task:completed'", case=case)
        ]
        if len(decided) != len(set(decided)):
            found.append(f"decided twice: {decided}")
        return found

    def doubles(self, case: UUID) -> list[dict[str, Any]]:
        """Return the tasks of a case of which the office system has shown more than one card."""
        return [card for card in self.cards(case) if int(card.get("cards", 1)) > 1]

    def credentials(self, given: dict[str, str]) -> None:
        execute("UPDATE oa_connection SET credentials = :sealed WHERE key = :key", sealed=vault.seal(self.key, given), key=self.key)

    def push_again(self, case: UUID) -> None:
        execute(
            """UPDATE oa_delivery SET state = 'pending', open = true, next_at = NULL WHERE instance_id = :case AND connection = :key
               AND version = (SELECT max(version) FROM oa_delivery WHERE instance_id = :case AND connection = :key)""",
            case=case, key=self.key,
        )  # fmt: skip

    def connector(self) -> Connector:
        with transaction() as session:
            return worker.hands.connectors.get(opened(session.get_one(OaConnection, self.key)))

    def snapshot(self, case: UUID) -> InstanceSnapshot:
        """Return the newest snapshot of a case as a worker would push it."""
        self.push_again(case)
        with transaction() as session:
            (pending,) = [one for one in deliveries.take(session, self.key, self.url, lease=60) if one.instance_id == case]
            deliveries.put_back(session, pending)
        return pending.snapshot

    def slip_in(self, case: UUID, key: str) -> None:
        """Have one more to-do of somebody stand open there, of which we know nothing."""
        snapshot = self.snapshot(case)
        (mine,) = [task for task in snapshot.tasks if task.assignee == key]
        extra = replace(mine, task_key=f"{uuid7()}:{key}", node_key="elsewhere")
        self.connector().push(replace(snapshot, version=snapshot.version + 1, tasks=(*snapshot.tasks, extra)), snapshot)
        execute("DELETE FROM oa_shown WHERE key = :key", key=task_key(extra.task_key))
        self.settle()

    def decisions(self, case: UUID) -> list[tuple[str, str]]:
        """Return the decided steps of a case with who did it."""
        return [
            (row.element, row.decided_by)
            for row in rows(
                "SELECT element, decided_by FROM user_task WHERE instance_id = :case AND state = 'completed' ORDER BY ended_at", case=case
            )
        ]


Office = TypeVar("Office", bound=Rehearsal)


def connect(vendor: Vendor, simulator: str) -> None:
    """Make the connection the only one, and map the whole cast."""
    key = f"{vendor.name}-1"
    with transaction() as session:
        for other in session.scalars(select(OaConnection)):
            other.active = False
        session.add(
            OaConnection(
                key=key, kind=vendor.kind, name=vendor.kind, base_url=simulator, credentials=vault.seal(key, vendor.credentials),
                settings={name: text.replace("{simulator}", simulator) if isinstance(text, str) else text for name, text in vendor.settings.items()},
                active=True,
            )
        )  # fmt: skip
        for each in session.scalars(select(Person)):
            for id_type, spelled in vendor.ids.items():
                session.add(OaIdentity(connection=key, id_type=id_type, remote_id=spelled(each.key), person_id=each.id))
        definitions.deploy(session, {"rehearsal.bpmn": WALK}, by=None)


@contextmanager
def simulator(vendor: Vendor, folder: Path, callback: str) -> Iterator[str]:
    """Give the address of a simulator that runs in a process of its own."""
    port = free_port()
    given = [word for name, text in vendor.options.items() for word in (f"--{name}", text.replace("{callback}", callback))]
    words = ("simulate", vendor.simulator, "--port", str(port), "--store", str(folder / "simulator.sqlite"), *given)
    process = nursery_support.start(*words, environment={**os.environ, "SHENPI_HOME": str(folder)}, log=folder / "simulator.log")
    try:
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(f"{address}/_sim/faults"))
        people = [
            {
                "userId": vendor.ids[vendor.door](one.key), "openId": f"ou_{login(one.key)}", "unionId": f"on_{login(one.key)}", "name": one.name,
                "mobile": f"1380000{number:04d}", "email": f"{one.key}@example.com", "department": "总部", "active": True,
            }
            for number, one in enumerate(PEOPLE)
        ]  # fmt: skip
        httpx.post(f"{address}/_sim/people", json=people, timeout=30, verify=False).raise_for_status()
        yield address
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def rehearsal(vendor: Vendor, server: EmbeddedServer, template: str, folder: Path) -> Iterator[Rehearsal]:
    """Give a vendor's simulator connected to us: our web server answers on a port of its own."""
    port = free_port()
    with (
        simulator(vendor, folder, f"http://127.0.0.1:{port}/oa/{vendor.name}-1") as address,
        product(vendor, server, template, folder, port, address, Rehearsal) as found,
    ):
        yield found


@contextmanager
def product(
    vendor: Vendor, server: EmbeddedServer, template: str, folder: Path, port: int, address: str, made: type[Office]
) -> Iterator[Office]:  # fmt: skip
    """Give us, with a database and a web server of our own, connected to an office system at an address."""
    url = f"http://127.0.0.1:{port}"
    before = os.environ.get("SHENPI_PUBLIC_URL")
    os.environ["SHENPI_PUBLIC_URL"] = url
    with fresh_database(server, template) as name:
        app = application(server.url(name), folder)
        web = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        try:
            with app.app_context():
                connect(vendor, address)
                found = made(vendor, app, address, url)
                yield found
                found.http.close()
        finally:
            web.shutdown()
            thread.join()
            web.server_close()
            worker.hands.connectors.close()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
            os.environ.pop("SHENPI_PUBLIC_URL")
            if before is not None:
                os.environ["SHENPI_PUBLIC_URL"] = before
