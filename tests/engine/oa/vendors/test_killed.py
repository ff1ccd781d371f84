"""A worker killed at each line of a delivery: before and after every call of the vendor's API and everything that is committed in between."""

import gc
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from rehearsal_support import Rehearsal

from engine import crash
from models import db


def work_and_die(stage: Rehearsal, point: str, folder: Path) -> bool:
    """Do the worker's work in a process of its own that is killed at a point; False if it never came there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads: the child touches none of theirs
        child = os.fork()
    if child == 0:
        gc.disable()  # to look for what is unreachable, it would copy everything that it shares with its parent
        try:
            db.engine.dispose(close=False)  # the connections are the parent's
            db.session.remove()
            crash._AT, crash._ONCE = frozenset({point}), str(folder)
            for _ in range(2):  # what was told, and then what follows from it
                stage.work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


class Passed(frozenset[str]):
    """Kills nobody, and keeps which points were passed."""

    names: set[str]

    def __bool__(self) -> bool:
        return True

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return False


@contextmanager
def watched(passed: Passed) -> Iterator[None]:
    before = crash._AT
    crash._AT = passed
    try:
        yield
    finally:
        crash._AT = before


@pytest.fixture
def points(stage: Rehearsal) -> list[str]:
    """Every point that a worker passes on the way of a case here, when all that is made once was made: ours, and those of the vendor's calls."""
    passed = Passed()
    passed.names = set()
    for _ in range(2):
        passed.names.clear()
        case = stage.begin()
        with watched(passed):
            stage.settle()
        decide(stage, case)
        with watched(passed):
            stage.settle()
        finish(stage, case)
    return sorted(passed.names)


def decide(stage: Rehearsal, case: UUID) -> None:
    """Decide the first step: there, where there are buttons."""
    if stage.vendor.buttons:
        stage.press("zhao.lei", case)
    else:
        stage.decide(case, "check", "zhao.lei")


def finish(stage: Rehearsal, case: UUID) -> None:
    for element, by in (("check", "zhao.lei"), ("decide", "wu.gang")):
        if element not in [done for done, _ in stage.decisions(case)]:
            stage.decide(case, element, by)
            stage.settle()


@pytest.mark.slow
def test_a_worker_may_die_anywhere_and_both_sides_agree_in_the_end(stage: Rehearsal, points: list[str], tmp_path: Path) -> None:
    hit = []
    for number, point in enumerate(points):
        case = stage.begin()
        first, second = tmp_path / f"{number}-1", tmp_path / f"{number}-2"
        first.mkdir(), second.mkdir()
        died = work_and_die(stage, point, first)
        stage.settle()
        decide(stage, case)
        died = work_and_die(stage, point, second) or died
        stage.settle()
        finish(stage, case)
        stage.reconcile(case)
        assert stage.differences(case) == [], point
        assert stage.doubles(case) == [], point
        assert stage.reconcile(case) == [], point
        hit += [point] if died else []
    print(f"{stage.vendor.name}: killed at {len(hit)} points: {', '.join(hit)}")
    assert hit == points
    assert {"push:taken", "push:sent", "push.receipts:before", "push.receipts:after"} <= set(hit)
    assert {"inbox.apply:before", "inbox.apply:after"} <= set(hit) or not stage.vendor.buttons
    assert any(point.startswith("ask ") and point.endswith(":after") for point in hit)
