"""Many to-dos through one connector while one call in twenty goes wrong: none is lost, none is there twice, and no limit of the vendor's is exceeded.

The simulator's clock runs faster, and our limits with it, so that a vendor's calls a minute do not take hours.
"""

import random
import re
import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from engine_support import advance, execute, rows, take_all
from rehearsal_support import Rehearsal

from engine import jobs, worker
from engine.oa.contract import Connection
from engine.oa.desk import StoredDesk
from engine.oa.kinds import Kind
from engine.oa.limits import Rate
from models import db

FAULTS = ("fail", "busy", "lose", "loseBefore", "html")
SHARE = 0.05
HANDS = 3  #: threads that push
TASK = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Found:
    """What a soak came to."""

    todos: int  #: that people saw there
    cards: int  #: that were made for them: one may be for several people, and one may be used again
    duplicates: int
    lost: int
    exceeded: dict[str, object]
    calls: int
    faults: int

    @property
    def good(self) -> bool:
        return self.duplicates == self.lost == 0 and not self.exceeded


class Soak:
    """One vendor, a number of to-dos, a seed."""

    def __init__(self, stage: Rehearsal, todos: int, seed: int, rate: float) -> None:
        self.stage = stage
        self.chance = random.Random(seed)
        self.cases = -(-todos // 3)  # two candidates, then one more
        self.rate = rate
        self.faults = 0

    def run(self) -> Found:
        """Go through all of it, while our clock for limits runs as fast as theirs: also where they ask for a pause. As many may come at once as ever."""
        hold_off, limits = StoredDesk.hold_off, Kind.limits

        def sooner(kind: Kind, connection: Connection) -> dict[str, tuple[Rate, ...]]:
            return {
                api: tuple(replace(rate, seconds=rate.seconds / self.rate) for rate in rates)
                for api, rates in limits(kind, connection).items()
            }

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(StoredDesk, "hold_off", lambda desk, api, seconds: hold_off(desk, api, seconds / self.rate))
            patch.setattr(Kind, "limits", sooner)
            return self._run()

    def _run(self) -> Found:
        stage = self.stage
        stage.tell("clock", rate=self.rate)
        execute(
            "UPDATE oa_connection SET settings = settings || '{\"soaked\": true}' WHERE key = :key", key=stage.key
        )  # its connector is made anew
        cases = [stage.begin(amount=100 + number) for number in range(self.cases)]
        self.push()
        shown = 0
        for element, people in (("check", ("wang.fang", "zhao.lei")), ("decide", ("wu.gang",))):
            seen = {person: self.cards(person) for person in people}
            shown += sum(map(len, seen.values()))
            for case in cases:
                by = self.chance.choice(people)
                self.decide(case, element, by, seen[by].get(case))
            self.push()
        undecided = sum(len(stage.decisions(case)) != 2 for case in cases)
        unlike = sum(bool(stage.reconcile(case)) for case in self.chance.sample(cases, min(len(cases), 20)))
        left = sum(len(stage.door("todos", person=stage.remote(key))) for key in ("wang.fang", "zhao.lei", "wu.gang"))
        lost = undecided + unlike + left + abs(3 * len(cases) - shown)
        tasks = stage.door("tasks")
        doubled = sum(int(task.get("cards", 1)) > 1 for task in tasks)
        limits = {api: one for api, one in stage.door("limits").items() if self.over(one)}
        return Found(shown, len(tasks), doubled, lost, limits, len(stage.door("calls")), self.faults)

    @staticmethod
    def over(limit: dict[str, object]) -> bool:
        return bool(limit.get("refused"))

    def cards(self, person: str) -> dict[UUID, dict[str, Any]]:
        """Return what somebody sees there, by case; looked at once, for thousands of cards are no small answer."""
        cases = {str(row.id): UUID(str(row.instance_id)) for row in rows("SELECT id, instance_id FROM user_task WHERE state = 'open'")}
        shown = self.stage.door("todos", person=self.stage.remote(person))
        return {cases[task]: todo for todo in shown for task in TASK.findall(unquote(str(todo["url"]))) if task in cases}

    def decide(self, case: UUID, element: str, by: str, card: dict[str, Any] | None) -> None:
        """Press there, or decide here: half and half where there are buttons."""
        self.spoil(3)
        if self.stage.vendor.buttons and self.chance.random() < 0.5 and card:
            self.stage.press_on(card, by)
            self.stage.work()
        else:
            self.stage.decide(case, element, by)

    def push(self) -> None:
        """Push with several hands until nothing waits, while calls go wrong."""
        stage = self.stage
        for _ in range(400):
            self.spoil(rows("SELECT count(*) AS n FROM oa_delivery WHERE open")[0].n)
            hands = [threading.Thread(target=self.hand) for _ in range(HANDS)]
            for hand in hands:
                hand.start()
            for hand in hands:
                hand.join()
            take_all(jobs.PUSH)
            stage.work()
            if not stage.waiting() and not (stage.vendor.asks and stage.answer_doubts()):
                return
            if not rows("SELECT 1 FROM oa_delivery WHERE open AND (next_at IS NULL OR next_at <= shenpi_now()) LIMIT 1"):
                advance(700)
        raise AssertionError("it never came to an end")

    def spoil(self, calls: int) -> None:
        """Let about one of the next calls in twenty go wrong."""
        count = sum(self.chance.random() < SHARE for _ in range(calls))
        if count:
            self.stage.faults(**Counter(self.chance.choice(FAULTS) for _ in range(count)))
        self.faults += count

    def hand(self) -> None:
        with self.stage.app.app_context():
            worker.push(self.stage.key)
            db.session.remove()
