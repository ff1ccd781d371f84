"""`make bench`: each line of the speed budget beside the floor measured in the same run. One JSON line a row.

Floor: the bare library doing the same steps and writing one JSON row a step. Product and floor take turns, medians of at least ten rounds; what is judged
are ratios and counts, so a slow machine does not matter. Statements are counted at the driver, without BEGIN and COMMIT.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
os.environ.setdefault("SHENPI_LOCAL_HOSTS", "127.0.0.1")

import psycopg
from drawings import END, START, drawing, flow, human, node, path, script
from flask import Flask
from journeys_support import free_port
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import text
from tests_support import HOME, SECRET, settings_for

from api import accounts
from api.cli.company import make_company
from api.foundation import configure
from engine import definitions, instances, tasks
from engine.database import transaction
from engine.database.embedded import EmbeddedServer
from engine.history.chain import COLUMNS, verify
from engine.permissions import Actor, load_actor
from models import db
from models.migrations import upgrade
from models.oa import OaConnection
from processes import catalogue
from tests.bench import growth, todos, workers
from tests.bench.served import served

ROUNDS, INNER = 12, 12
HTTP_INNER = 30
VARIABLES = {"amount": "1280.50", "currency": "CNY", "supplier": "上海某某有限公司", "invoice": "24312000000012345678"}

APPROVAL = drawing(
    START, human("t1", "", camunda_candidateGroups="finance").replace(' camunda:assignee=""', ""), node("exclusiveGateway", "g", default="g_to_end"),
    human("t2", "", camunda_candidateGroups="finance").replace(' camunda:assignee=""', ""), script("sc", "result = 'paid'"), END,
    path("start", "t1", "g"), flow("g", "t2", "outcome == 'approve'"), flow("g", "end"), path("t2", "sc", "end"), key="bench_approval",
)  # fmt: skip
STRAIGHT = drawing(
    START, *(script(f"x{n}", f"v{n} = {n}") for n in range(5)), node("exclusiveGateway", "g", default="g_to_end"), node("endEvent", "other"), END,
    path("start", *(f"x{n}" for n in range(5)), "g"), flow("g", "other", "v0 == 1"), flow("g", "end"), key="bench_straight",
)  # fmt: skip
REWORK = drawing(
    START, node("exclusiveGateway", "m"), human("t1"), node("exclusiveGateway", "g", default="g_to_end"), END, path("start", "m", "t1", "g", "end"),
    flow("g", "m", "outcome == 'return'"), key="bench_rework",
)  # fmt: skip


def loop(count: int) -> bytes:
    return drawing(
        START, script("i", "n = 0"), node("exclusiveGateway", "m"), script("x", "n = n + 1"), node("exclusiveGateway", "g", default="g_to_end"), END,
        path("start", "i", "m", "x", "g", "end"), flow("g", "m", f"n < {count}"), key=f"bench_loop_{count}",
    )  # fmt: skip


def report(name: str, value: float, floor: float | None, limit: float, ok: bool, **more: Any) -> bool:
    ratio = round(value / floor, 3) if floor else None
    print(
        json.dumps(
            {
                "name": name,
                "value": round(value, 3),
                "floor": round(floor, 3) if floor else None,
                "ratio": ratio,
                "limit": limit,
                "ok": ok,
                **more,
            }
        )
    )
    sys.stdout.flush()
    return ok


def cpu(work: Callable[[], Any], times: int = INNER) -> float:
    """Return milliseconds of this process's CPU for one run."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times * 1000


def turns(product: Callable[[], Any], floor: Callable[[], Any], inner: int = INNER, floor_inner: int | None = None) -> tuple[float, float]:
    """Let product and floor take turns; return the medians."""
    mine, bare = [], []
    for _ in range(ROUNDS):
        mine.append(cpu(product, inner))
        bare.append(cpu(floor, floor_inner or inner))
    return statistics.median(mine), statistics.median(bare)


@contextmanager
def counted() -> Any:
    """Count what is sent to the driver: every execute of a cursor or connection of psycopg."""
    counts = {"statements": 0, "commits": 0}
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def counting(self: Any, *arguments: Any, **named: Any) -> Any:
        counts["statements"] += 1
        return execute(self, *arguments, **named)

    def committing(self: Any) -> Any:
        counts["commits"] += 1
        return commit(self)

    psycopg.Cursor.execute, psycopg.Connection.commit = counting, committing  # type: ignore[method-assign]
    try:
        yield counts
    finally:
        psycopg.Cursor.execute, psycopg.Connection.commit = execute, commit  # type: ignore[method-assign]


#: from the step's commit to the receipt of its push, over the last thousand pushes, while everything is busy
DELAY = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), percentile_cont(0.95) WITHIN GROUP (ORDER BY ms)
FROM (SELECT extract(epoch FROM delivered_at - created_at) * 1000 AS ms FROM oa_delivery WHERE state = 'sent' ORDER BY created_at DESC LIMIT 1000) AS d
"""


class Floor:
    """The bare library, one JSON row a step."""

    def __init__(self, dsn: str) -> None:
        self.connection = psycopg.connect(dsn)
        self.connection.execute("CREATE TABLE IF NOT EXISTS bench_floor (id serial PRIMARY KEY, state text)")
        self.connection.commit()
        self.serializer = BpmnWorkflowSerializer()

    def parsed(self, xml: bytes, key: str) -> tuple[Any, Any]:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(xml.replace(b"outcome ==", b"outcome ==").replace(b"${", b"").replace(b"}", b"")))
        return parser.get_spec(key), parser.get_subprocess_specs(key)

    def start(self, spec: tuple[Any, Any]) -> int:
        workflow = BpmnWorkflow(*spec)
        workflow.task_tree.data.update(VARIABLES)
        workflow.do_engine_steps()
        row = self.connection.execute(
            "INSERT INTO bench_floor (state) VALUES (%s) RETURNING id", (self.serializer.serialize_json(workflow),)
        ).fetchone()
        self.connection.commit()
        assert row is not None
        return int(row[0])

    def complete(self, identity: int) -> None:
        row = self.connection.execute("SELECT state FROM bench_floor WHERE id = %s FOR UPDATE", (identity,)).fetchone()
        assert row is not None
        workflow = self.serializer.deserialize_json(row[0])
        task = next(task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual)
        task.data["outcome"] = "approve"
        task.run()
        workflow.do_engine_steps()
        self.connection.execute("UPDATE bench_floor SET state = %s WHERE id = %s", (self.serializer.serialize_json(workflow), identity))
        self.connection.commit()


def open_task(step: Any) -> UUID:
    return UUID(next(iter(step.execution.memory.tasks.values()))["id"])


class Bench:
    def __init__(self, app: Flask, dsn: str) -> None:
        self.app = app
        self.floor = Floor(dsn)
        with transaction() as session:
            self.li = load_actor(session, "li.na")
            self.zhao = load_actor(session, "zhao.lei")
            self.wang = load_actor(session, "wang.fang")
            for xml in (APPROVAL, STRAIGHT, REWORK, loop(1000), loop(2000)):
                definitions.deploy(session, {"bench.bpmn": xml}, by=None)

    def start(self, key: str, **variables: Any) -> Any:
        with transaction() as session:
            return instances.start(session, key, by=self.li, variables=VARIABLES | variables)  # type: ignore[arg-type]

    def complete(self, task: UUID, by: Actor | None, outcome: str = "approve") -> Any:
        assert by is not None
        with transaction() as session:
            return tasks.complete(session, task, by=by, outcome=outcome, comment="同意")

    def approve(self) -> Any:
        step = self.start("bench_approval")
        step = self.complete(open_task(step), self.zhao)
        return self.complete(open_task(step), self.zhao)

    def approval(self) -> bool:
        spec = self.floor.parsed(APPROVAL, "bench_approval")

        def bare() -> None:
            identity = self.floor.start(spec)
            self.floor.complete(identity)
            self.floor.complete(identity)

        for _ in range(20):
            self.approve()
            bare()
        with counted() as counts:
            step = self.approve()
        assert step.case.status == "completed"
        value, floor = turns(self.approve, bare)
        ok = value <= 1.2 * floor and counts["statements"] <= 8 and counts["commits"] == 3
        return report("approval", value, floor, 1.2, ok, **counts)

    def straight(self) -> bool:
        spec = self.floor.parsed(STRAIGHT, "bench_straight")
        for _ in range(20):
            self.start("bench_straight")
            self.floor.start(spec)
        with counted() as counts:
            assert self.start("bench_straight").case.status == "completed"
        value, floor = turns(lambda: self.start("bench_straight"), lambda: self.floor.start(spec))
        return report("straight", value, floor, 0.9, value <= 0.9 * floor and counts["statements"] <= 2, **counts)

    def rework(self) -> bool:
        fields = {f"field{number}": "x" * 20 for number in range(30)}
        step = self.start("bench_rework", **fields)
        for _ in range(500):
            step = self.complete(open_task(step), self.wang, "return")
        fresh, old = [], []
        for _ in range(12):  # a case in its first rounds and the old one take turns
            young = self.start("bench_rework", **fields)
            for _ in range(4):
                for case, figures in ((young, fresh), (step, old)):
                    task, begin = open_task(case), time.process_time()
                    moved = self.complete(task, self.wang, "return")
                    figures.append((time.process_time() - begin) * 1000)
                    if figures is fresh:
                        young = moved
                    else:
                        step = moved
        size = len(step.execution.save())
        step = self.complete(open_task(step), self.wang)
        ended = step.case.status == "completed"
        first, last = statistics.median(fresh), statistics.median(old)
        return report("rework_500", last, first, 1.1, last <= 1.1 * first and size < 4000 and ended, bytes=size, ended=ended)

    def loop(self) -> bool:
        bare = BpmnParser()
        bare.add_bpmn_xml(etree.fromstring(loop(450)))
        spec = (bare.get_spec("bench_loop_450"), bare.get_subprocess_specs("bench_loop_450"))
        self.start("bench_loop_1000")
        self.start("bench_loop_2000")
        one, two, floor = [], [], []
        for _ in range(10):
            one.append(cpu(lambda: self.start("bench_loop_1000"), 1))
            two.append(cpu(lambda: self.start("bench_loop_2000"), 1))
            floor.append(cpu(lambda: self.floor.start(spec), 1))
        value, double, base = (statistics.median(figures) for figures in (one, two, floor))
        growth = double / value
        return report("loop_1000", value, base, 0.12, value <= 0.12 * base and growth <= 2.2, of_2000=round(growth, 2))

    def http(self, home: Path) -> bool:
        """Through a server process of its own; its CPU is counted in ticks of 10 ms, so each turn is longer than the others'."""
        with transaction() as session:
            tokens = {key: accounts.make_token(session, key, f"bench-{uuid4()}")[1] for key in ("li.na", "zhao.lei")}
        mine, bare = [], []
        with served(self.app.config["SETTINGS"].database_url, home, free_port()) as server:

            def whole() -> None:
                body = server.post(
                    "/process-instances", tokens["li.na"], {"processDefinitionKey": "bench_approval", "variables": VARIABLES}
                )
                for _ in range(2):
                    address = f"/user-tasks/{body['tasks'][0]['id']}/complete"
                    body = server.post(address, tokens["zhao.lei"], {"outcome": "approve", "comment": "同意"})
                assert body["status"] == "completed"

            for _ in range(10):
                whole()
            for _ in range(ROUNDS):
                before = server.spent()
                for _ in range(HTTP_INNER):
                    whole()
                mine.append((server.spent() - before) / HTTP_INNER * 1000)
                bare.append(cpu(self.approve))
        value, base = statistics.median(mine), statistics.median(bare)
        return report("http_approval", value, base, 3, value <= 3 * base)

    def todo(self) -> bool:
        """The first, a middle and the last page of somebody's list; beside it, without a limit, what filters, sorting and counts cost."""
        step = self.start("bench_approval")
        with transaction() as session:
            seconds = todos.fill(session, step.case.id)
        with transaction() as session:
            pages, rows = todos.pages(session)
        p95 = {name: todos.p95(figures) for name, figures in pages.items()}
        value = max(p95.values())
        ok = value <= 5 and rows == todos.MINE
        result = report(
            "todo_page", value, None, 5, ok, median=round(statistics.median([figure for figures in pages.values() for figure in figures]), 2),
            **{name: round(figure, 2) for name, figure in p95.items()}, open=todos.OPEN, mine=rows, filled_in_s=round(seconds, 1),
        )  # fmt: skip
        with transaction() as session:
            print(json.dumps({"name": "todo_lists", "limit": None, **todos.beside(session)}), flush=True)
        return result

    def workers(self, home: Path) -> bool:
        port = free_port()
        with transaction() as session:
            connection = session.get_one(OaConnection, "demo-oa")
            session.execute(text("UPDATE oa_delivery SET state = 'superseded', open = false WHERE open"))
            session.execute(text("DELETE FROM procrastinate_jobs"))
            connection.base_url = f"http://127.0.0.1:{port}"
        began = time.time()
        rate, done, cpu = workers.measure(self.app.config["SQLALCHEMY_DATABASE_URI"], home, port)
        with transaction() as session:
            delay = session.execute(text(DELAY)).one()
            pushes = session.execute(
                text("SELECT count(*) FROM oa_delivery WHERE state = 'sent' AND created_at >= to_timestamp(:t)"), {"t": began}
            ).scalar_one()
        return report(
            "workers",
            rate,
            None,
            100,
            rate >= 100,
            approvals=done,
            delay_ms_median=round(delay[0]),
            delay_ms_p95=round(delay[1]),
            cpu_ms=cpu,
            pushes=round(pushes / done, 2),
        )

    def verify(self) -> bool:
        url = self.app.config["SQLALCHEMY_DATABASE_URI"].replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url) as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM history_event ORDER BY instance_id, number", binary=True).fetchall()
        rates = []
        for _ in range(10):
            begin = time.process_time()
            check = verify(rows)  # type: ignore[arg-type]
            rates.append(check.events / (time.process_time() - begin))
        assert not check.faults, check.faults[:3]
        rate = statistics.median(rates)
        return report("verify", rate, None, 50_000, rate >= 50_000, events=check.events)


def rows(bench: Bench, home: Path, wanted: set[str]) -> list[bool]:
    """Measure the rows that are asked for by name, all when none is; whether each is within its limit."""
    results: list[bool] = []
    if not wanted or wanted & {"approval"}:
        results.append(bench.approval())
    measures: dict[str, Callable[[], bool]] = {
        "straight": bench.straight, "rework_500": bench.rework, "loop_1000": bench.loop, "http_approval": lambda: bench.http(home),
        "workers": lambda: bench.workers(home), "verify": bench.verify, "todo_page": bench.todo,  # last: its million rows are in nobody's way
    }  # fmt: skip
    results.extend(measure() for name, measure in measures.items() if not wanted or name in wanted)
    bench.floor.connection.close()
    if not wanted or "growth" in wanted:
        growth.report()
    return results


def main() -> int:
    server = EmbeddedServer(HOME)
    name = f"bench_{uuid4().hex[:8]}"
    server.start(name)
    upgrade(server.url(name))
    home = Path(tempfile.mkdtemp())
    app = configure(Flask("bench"), settings_for(server.url(name), home))
    try:
        with app.app_context():
            with transaction() as session:
                catalogue.deploy_shipped(session)
                make_company(session, simulator_url="http://127.0.0.1:9", secret=SECRET)
                session.get_one(OaConnection, "demo-oa").active = True
            results = rows(Bench(app, server.dsn(name)), home, set(sys.argv[1:]))
            db.session.remove()
            db.engine.dispose()
    finally:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(home, ignore_errors=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
