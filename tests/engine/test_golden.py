"""Histories and saved states of each release are kept, and every later release must read them: `golden/<version>/<story>.json`.

`SHENPI_MAKE_GOLDEN=1 pytest tests/engine/test_golden.py` plays the stories on the real database and writes the files of this release. They are written once,
when a release is made, and never changed: a case may run for years. `-k` with the name of a story writes that one only.
"""

import json
import os
import tomllib
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from drawings import (
    END,
    START,
    boundary,
    compensated,
    definition,
    drawing,
    end,
    event_start,
    event_sub,
    flow,
    gateway,
    human,
    node,
    path,
    script,
    sub,
    task,
    throw,
    timer,
    whole,
)
from drawings import start as begin
from engine_support import advance, decide, deploy, rows, start, take_all, value
from flask import Flask
from sqlalchemy import text
from tests_support import person

from engine import incidents, jobs, timers, worker
from engine.bpmn.reader import processes, read_process
from engine.bpmn.xml import parse
from engine.database import transaction
from engine.dmn import Decision
from engine.execution import Execution, Program
from engine.execution.program import build
from engine.execution.values import tagged, untagged
from engine.history.chain import COLUMNS, Row, verify
from engine.reexecution import rerun
from engine.step import lock

FOLDER = Path(__file__).parent / "golden"
VERSION = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
LOOP = '<multiInstanceLoopCharacteristics camunda:collection="${people}" camunda:elementVariable="person"/>'

REWORK = drawing(
    START, node("exclusiveGateway", "again"), human("work"), node("exclusiveGateway", "good", default="good_to_end"), END,
    path("start", "again", "work", "good", "end"), flow("good", "again", "${outcome == 'return'}"),
)  # fmt: skip
PARALLEL = drawing(
    START, node("parallelGateway", "split"), human("a"), human("b"), timer("late", "PT1H", attachedToRef="b", cancelActivity="false"),
    script("note", "late = true"), node("endEvent", "noted"), node("parallelGateway", "join"), human("after"), END,
    path("start", "split", "a", "join", "after", "end"), path("split", "b", "join"), path("late", "note", "noted"),
)  # fmt: skip
NESTED = drawing(
    START,
    node(
        "subProcess", "sub",
        node("startEvent", "s0") + human("vote", "${person}").replace("</userTask>", LOOP + "</userTask>") + node("endEvent", "s1") + path("s0", "vote", "s1"),
    ),
    node("boundaryEvent", "stop", "<signalEventDefinition/>", attachedToRef="sub", cancelActivity="false"), node("endEvent", "stopped"),
    script("sum", "votes = len(decisions.vote)"), END, path("start", "sub", "sum", "end"), path("stop", "stopped"),
)  # fmt: skip
NESTED = NESTED.replace(b"<signalEventDefinition/>", b'<signalEventDefinition signalRef="S"/>')
NESTED = NESTED.replace(b"</definitions>", b'<signal id="S" name="stop"/></definitions>')
CALLED = drawing(
    START, human("inner"), script("answer", "answer = question + 1"), END, path("start", "inner", "answer", "end"), key="called"
)
CALLING = drawing(
    START,
    node(
        "callActivity", "call",
        '<extensionElements><camunda:in source="n" target="question"/><camunda:out source="answer" target="result"/></extensionElements>',
        calledElement="called",
    ),
    END, path("start", "call", "end"),
)  # fmt: skip

UNDO = human("undo", isForCompensation="true")
COMPENSATION = whole(
    START, script("book", "booked = 1"), compensated("book", "undo"), UNDO, human("check"), throw("back", "compensate"), END,
    path("start", "book", "check", "back", "end"),
)  # fmt: skip
TRANSACTION = whole(
    START,
    sub(
        "deal", begin("d0"), script("book", "booked = 1"), compensated("book", "undo"), UNDO, human("check"), end("no", "cancel"),
        path("d0", "book", "check", "no"), kind="transaction",
    ),
    boundary("off", "deal", "cancel"), human("told"), END, path("start", "deal"), path("off", "told", "end"),
)  # fmt: skip
EVENT_SUB_PROCESS = whole(
    START, human("work"), END, path("start", "work", "end"),
    event_sub("late", event_start("hour", "timer", "PT1H", False), human("remind"), path("hour", "remind")),
)  # fmt: skip
CONDITIONAL = whole(
    START, gateway("split", "parallel"), human("wait"), boundary("high", "wait", "conditional", "${n > 5}", False), human("look"), human("count"),
    script("raised", "n = 9"), path("start", "split", "wait"), path("split", "count", "raised"), path("high", "look"),
)  # fmt: skip
INCLUSIVE = whole(
    START, gateway("split", "inclusive"), human("a"), human("b"), gateway("join", "inclusive"), human("after"), END,
    path("start", "split"), flow("split", "a", "${n > 1}"), flow("split", "b", "${n > 2}"), path("a", "join", "after", "end"), path("b", "join"),
)  # fmt: skip
SAVE_POINT = whole(
    START, node("scriptTask", "x", "<script>n = 1</script>", camunda_asyncBefore="true", camunda_asyncAfter="true"), END, path("start", "x", "end"),
)  # fmt: skip
PARALLEL_MULTIPLE = whole(
    START, node("intermediateCatchEvent", "both", definition("timer", "PT1H") + definition("timer", "PT3H"), parallelMultiple="true"), END,
    path("start", "both", "end"),
)  # fmt: skip
HELD = whole(
    START,
    gateway("split", "parallel"),
    script("bad", "n = missing + 1"),
    human("a"),
    END,
    task("b"),
    path("start", "split", "bad", "b"),
    path("split", "a", "end"),
)


@dataclass
class Player:
    """Plays a story step by step and keeps every state on the way."""

    drawings: tuple[bytes, ...]
    states: list[dict[str, Any]] = field(default_factory=list)
    case: UUID | None = None

    def start(self, **variables: Any) -> None:
        deploy(*self.drawings)
        self.case = start("p", **variables).case.id
        self.look()

    def decide(self, element: str, outcome: str = "approve", by: str = "wang.fang") -> None:
        assert self.case is not None
        task = rows("SELECT id FROM user_task WHERE instance_id = :case AND element = :element AND state = 'open' AND assignee = :by LIMIT 1",
                    case=self.case, element=element, by=by)[0].id  # fmt: skip
        decide(task, by=by, outcome=outcome, comment="同意")
        self.look()

    def wait(self, seconds: int) -> None:
        advance(seconds)
        with transaction() as session:
            timers.enqueue_due(session)
        for job in take_all(jobs.TIMERS):
            worker.fire(**job)
        self.look()

    def resolve(self) -> None:
        """Pass over what is held."""
        incident = value("SELECT id FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=self.case)
        with transaction() as session:
            incidents.resolve(session, incident, by=person("ma.lin"), reason="补录")
        self.look()

    def look(self) -> None:
        assert self.case is not None
        with transaction() as session:
            step = lock(session, self.case, running=False)
            execution = step.execution
            self.states.append({"state": b64encode(step.case.state).decode(), "now": step.now.isoformat()} | seen(execution))

    def written(self) -> dict[str, Any]:
        """Return the story with its drawings as they ran and its record."""
        with transaction() as session:
            kept = list(
                session.execute(text(f"SELECT {COLUMNS} FROM history_event WHERE instance_id = :id ORDER BY number"), {"id": self.case})
            )
            entered = [row.body for row in kept if row.type in ("instance:started", "call:entered")]
            called = {json.loads(bytes(body))["data"]["id"] for body in entered if "id" in json.loads(bytes(body))["data"]}
            root = session.execute(text("SELECT definition_id FROM process_instance WHERE id = :id"), {"id": self.case}).scalar_one()
            normalised = {
                str(identity): session.execute(
                    text("SELECT r.content FROM resource r JOIN process_definition d ON d.normalised_sha256 = r.sha256 WHERE d.id = :id"), {"id": identity}
                ).scalar_one().decode()
                for identity in [root, *called]
            }  # fmt: skip
        rows_ = [[b64encode(v).decode() if isinstance(v, bytes) else (str(v) if isinstance(v, UUID) else (v.isoformat() if isinstance(v, datetime) else v))
                  for v in row] for row in kept]  # fmt: skip
        return {"root": str(root), "definitions": normalised, "states": self.states, "rows": rows_}


def seen(execution: Execution) -> dict[str, Any]:
    """Return what a state says: what is open, what waits, every variable."""
    return {
        "open": [task.element for task in execution.open_tasks()],
        "timers": [[timer.element, timer.due_at.isoformat()] for timer in execution.timers()],
        "signals": [[signal.element, signal.name] for signal in execution.signals()],
        "variables": tagged(dict(execution.memory.variables)),
        "finished": execution.finished,
    }


def rework(player: Player) -> None:
    player.start(amount="1280.50", 供应商="上海某某有限公司")
    for _ in range(3):
        player.decide("work", "return")
    player.decide("work")


def parallel(player: Player) -> None:
    player.start()
    player.decide("a")
    player.wait(3700)
    player.decide("b")
    player.decide("after")


def nested(player: Player) -> None:
    player.start(people=["wang.fang", "zhao.lei"])
    player.decide("vote", by="zhao.lei", outcome="reject")
    player.decide("vote")


def called(player: Player) -> None:
    player.start(n=41)
    player.decide("inner")


def compensation(player: Player) -> None:
    player.start()
    player.decide("check")
    player.decide("undo")


def cancelled(player: Player) -> None:
    player.start()
    player.decide("check")
    player.decide("undo")
    player.decide("told")


def event_sub_process(player: Player) -> None:
    player.start()
    player.wait(3700)
    player.decide("work")
    player.decide("remind")


def conditional(player: Player) -> None:
    player.start(n=1)
    player.decide("count")
    player.decide("look")
    player.decide("wait")


def inclusive(player: Player) -> None:
    player.start(n=3)
    player.decide("a")
    player.decide("b")
    player.decide("after")


def save_point(player: Player) -> None:
    player.start()
    player.wait(0)
    player.wait(0)


def parallel_multiple(player: Player) -> None:
    player.start()
    player.wait(3700)
    player.wait(7300)


def held(player: Player) -> None:
    player.start()
    player.decide("a")
    player.resolve()


STORIES: dict[str, tuple[tuple[bytes, ...], Callable[[Player], None]]] = {
    "rework": ((REWORK,), rework),
    "parallel": ((PARALLEL,), parallel),
    "nested": ((NESTED,), nested),
    "called": ((CALLED, CALLING), called),
    "compensation": ((COMPENSATION,), compensation),
    "cancelled": ((TRANSACTION,), cancelled),
    "event_sub_process": ((EVENT_SUB_PROCESS,), event_sub_process),
    "conditional": ((CONDITIONAL,), conditional),
    "inclusive": ((INCLUSIVE,), inclusive),
    "save_point": ((SAVE_POINT,), save_point),
    "parallel_multiple": ((PARALLEL_MULTIPLE,), parallel_multiple),
    "held": ((HELD,), held),
}


@pytest.mark.parametrize("name", STORIES)
def test_each_story_ends_today(app: Flask, name: str) -> None:
    drawings, story = STORIES[name]
    player = Player(drawings)
    story(player)

    assert player.states[-1]["finished"]
    if os.environ.get("SHENPI_MAKE_GOLDEN"):
        file = FOLDER / VERSION / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(player.written(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@dataclass
class Kept:
    """A definition of a golden story, built from its XML as it ran then."""

    program: Program
    decisions: dict[str, Decision] = field(default_factory=dict)


class Unasked:
    """No operation stands in the golden stories; calls are answered from the story."""

    def __init__(self, kept: dict[str, Kept]) -> None:
        self.kept = kept

    def program(self, identity: str) -> Program:
        return self.kept[identity].program


GOLDEN = sorted(FOLDER.glob("*/*.json"))


@pytest.fixture(params=GOLDEN, ids=[f"{file.parent.name}-{file.stem}" for file in GOLDEN])
def golden(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    found["kept"] = {
        identity: Kept(build(identity, read_process(processes(parse(xml.encode(), "golden"))[0], "golden")))
        for identity, xml in found["definitions"].items()
    }
    return found


def test_every_release_has_its_golden_files() -> None:
    assert {file.stem for file in GOLDEN if file.parent.name == VERSION} == set(STORIES)


def test_a_state_of_every_release_says_the_same_today(golden: dict[str, Any]) -> None:
    for kept in golden["states"]:
        raw, now = b64decode(kept["state"]), datetime.fromisoformat(kept["now"])
        program = golden["kept"][golden["root"]].program
        execution = Execution.restore(program, now, Unasked(golden["kept"]), raw)  # type: ignore[arg-type]

        assert seen(execution) == {name: kept[name] for name in seen(execution)}
        again = Execution.restore(program, now, Unasked(golden["kept"]), execution.save())  # type: ignore[arg-type]
        assert seen(again) == seen(execution)
        assert dict(execution.memory.variables) == untagged(kept["variables"])


def test_a_record_of_every_release_verifies_and_comes_out_the_same_today(golden: dict[str, Any]) -> None:
    kept = [
        Row(UUID(row[0]), row[1], row[2], row[3], datetime.fromisoformat(row[4]), row[5], row[6], *(b64decode(v) if v else None for v in row[7:]))
        for row in golden["rows"]
    ]  # fmt: skip

    assert not verify(kept).faults
    outcome = rerun(kept, golden["kept"][golden["root"]], golden["kept"].__getitem__)
    assert not outcome.faults, outcome.faults
    assert outcome.steps == len(golden["states"])
