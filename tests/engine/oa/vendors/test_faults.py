"""Every fault on every connector: at the end both sides agree, one decision a task, no card left over, nothing unknown that could be resolved.

`pytest -s` prints the matrix as a table.
"""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from approvals_support import prove
from engine_support import execute, rows, value
from rehearsal_support import Rehearsal

Fault = Callable[[Rehearsal], UUID]
MATRIX: dict[str, dict[str, str]] = {}


def walk(stage: Rehearsal, fault: dict[str, float]) -> UUID:
    """Start and decide a case with a fault before each push."""
    stage.faults(**fault)
    case = stage.begin()
    stage.settle()
    for element, by in (("check", "zhao.lei"), ("decide", "wu.gang")):
        stage.faults(**fault)
        if stage.vendor.buttons:
            stage.press(by, case)
        else:
            stage.decide(case, element, by)
        stage.settle()
        left = {name: each["value"] for name, each in stage.door("faults").items() if each["value"]}
        assert left == {}, "what should have gone wrong did"
    return case


def switched(**fault: float) -> Fault:
    return lambda stage: walk(stage, fault)


def before_our_push_returned(stage: Rehearsal) -> UUID:
    """The button is pressed while the push that made the card is still on its way."""
    stage.faults(early=1)
    case = stage.begin()
    stage.settle()
    assert stage.decisions(case)[:1] in ([("check", "wang.fang")], [("check", "zhao.lei")])
    stage.decide(case, "decide", "wu.gang")
    stage.settle()
    return case


def repeated_and_reordered(stage: Rehearsal) -> UUID:
    case, other = stage.begin(), stage.begin()
    stage.settle()
    stage.faults(outOfOrder=1, duplicate=2)
    stage.press("wang.fang", case)
    stage.press("wang.fang", other)
    stage.settle()
    assert stage.decisions(case) == stage.decisions(other) == [("check", "wang.fang")]
    for each in (case, other):
        stage.faults(duplicate=1)
        stage.press("wu.gang", each)
        stage.settle()
    assert stage.differences(other) == []
    return case


def wrong_secret(stage: Rehearsal) -> UUID:
    """An administrator mistypes the secret, and puts it right later: nothing is lost meanwhile."""
    kept = value("SELECT credentials FROM oa_connection WHERE key = :key", key=stage.key)
    stage.credentials(dict.fromkeys(stage.vendor.credentials, "mistyped-by-somebody"))
    stage.tell("faults", revoke=1)
    case = stage.begin()
    for _ in range(3):
        stage.work()
    if stage.vendor.authenticates:
        assert (
            rows("SELECT state FROM oa_delivery WHERE instance_id = :case AND connection = :key", case=case, key=stage.key)[-1].state
            == "retry"
        )
    execute("UPDATE oa_connection SET credentials = :kept WHERE key = :key", kept=kept, key=stage.key)
    stage.settle()
    for element, by in (("check", "zhao.lei"), ("decide", "wu.gang")):
        stage.decide(case, element, by)
        stage.settle()
    return case


def person_unknown(stage: Rehearsal) -> UUID:
    """Somebody is unknown to the office system until an administrator maps her."""
    execute(
        "UPDATE oa_identity SET remote_id = remote_id || '-x' FROM person p WHERE p.id = person_id AND p.key = 'wu.gang' AND connection = :key",
        key=stage.key,
    )
    case = stage.begin()
    stage.settle()
    stage.decide(case, "check", "wang.fang")
    stage.settle()
    assert [row.person for row in rows("SELECT person FROM oa_hold WHERE instance_id = :case", case=case)] == ["wu.gang"]
    execute("UPDATE oa_identity SET remote_id = replace(remote_id, '-x', '') WHERE connection = :key", key=stage.key)
    stage.push_again(case)
    stage.settle()
    assert len(stage.todos("wu.gang", case)) == 1
    assert rows("SELECT 1 FROM oa_hold WHERE instance_id = :case", case=case) == []
    stage.decide(case, "decide", "wu.gang")
    stage.settle()
    return case


def skewed(stage: Rehearsal) -> UUID:
    """Their clock is ten minutes fast: what carries a time is refused, and repeated when the clock is right."""
    stage.faults(skew=600)
    case = stage.begin()
    stage.settle()
    try:
        pressed = stage.press("zhao.lei", case) if stage.vendor.buttons else None
        stage.settle()
    finally:
        stage.faults(skew=0)
    if pressed is not None and not stage.decisions(case):
        stage.press("zhao.lei", case)
        stage.settle()
    elif pressed is None:
        stage.decide(case, "check", "zhao.lei")
        stage.settle()
    stage.decide(case, "decide", "wu.gang")
    stage.settle()
    return case


def one_of_many(stage: Rehearsal) -> UUID:
    """The first item of a call for many fails, which calls itself a success; where what closes is no list, only what is shown can fail so."""
    stage.faults(partial=1)
    case = stage.begin()
    stage.settle()
    assert stage.door("faults")["partial"]["value"] == 0, "what should have gone wrong did"
    assert stage.differences(case) == []
    for element, by in (("check", "zhao.lei"), ("decide", "wu.gang")):
        stage.faults(partial=1)
        stage.decide(case, element, by)
        stage.settle()
    stage.faults(partial=0)
    return case


FAULTS: dict[str, Fault] = {
    "timeout before the effect": switched(loseBefore=1),
    "timeout after the effect": switched(lose=1),
    "timeout after, again and again": switched(lose=3),
    "rate limit": switched(busy=2),
    "5xx": switched(fail=2),
    "HTML instead of JSON": switched(html=2),
    "no permission": switched(unauthorized=1),
    "token revoked": switched(revoke=1),
    "one item of many fails": one_of_many,
    "wrong secret": wrong_secret,
    "callbacks repeated and reordered": repeated_and_reordered,
    "callback before our push returned": before_our_push_returned,
    "clock 10 minutes off": skewed,
    "person unknown": person_unknown,
}
PRESSING = {"callbacks repeated and reordered", "callback before our push returned"}


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    kinds = list(MATRIX)
    print("\n" + " | ".join(["fault".ljust(36), *(kind.ljust(9) for kind in kinds)]))
    for name in FAULTS:
        print(" | ".join([name.ljust(36), *(MATRIX[kind].get(name, "-").ljust(9) for kind in kinds)]))


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_goes_wrong_both_sides_agree_in_the_end(stage: Rehearsal, name: str) -> None:
    row = MATRIX.setdefault(stage.vendor.name, {})
    if name in PRESSING and not stage.vendor.buttons:
        row[name] = "no button"
        return
    if name in stage.vendor.cannot:
        row[name] = stage.vendor.cannot[name]
        return
    row[name] = "FAILED"
    case = FAULTS[name](stage)
    stage.reconcile(case)  # as every five minutes
    assert stage.differences(case) == []
    assert stage.reconcile(case) == [], "a second look is clean"
    assert [element for element, _ in stage.decisions(case)] == ["check", "decide"]
    for key in ("wang.fang", "zhao.lei", "wu.gang"):
        assert stage.todos(key, case) == []
    assert stage.doubles(case) == [], "a card is there once"
    prove(case)
    row[name] = "agreed"
