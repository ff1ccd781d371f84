"""Every pattern, through all its paths."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from approvals_support import act, decide, open_tasks, prove, status, task, why_closed
from engine_support import advance, execute, rows, take_all
from engine_support import start as begin
from flask import Flask
from tests_support import person

from engine import definitions, jobs, substitutions, tasks, timers, worker
from engine.database import transaction
from engine.errors import DutyConflict, NotPermitted
from engine.organisation import authority

FOLDER = Path(__file__).resolve().parents[3] / "processes" / "patterns"
THREE = ["wang.fang", "zhao.lei", "wu.gang"]


def start(name: str, by: str = "li.na", **variables: object) -> UUID:
    """Deploy a pattern and start a case of it."""
    with transaction() as session:
        definitions.deploy(session, {f"{name}.bpmn": (FOLDER / f"{name}.bpmn").read_bytes()}, by=None)
    return begin(name, by, subject="采购服务器", **variables).case.id


def test_every_pattern_is_told_of_and_every_one_that_is_told_of_is_there() -> None:
    told = (FOLDER / "about.md").read_text(encoding="utf-8")
    assert all(f"`{drawing.name}`" in told for drawing in FOLDER.glob("*.bpmn"))
    assert {drawing.stem for drawing in FOLDER.glob("*.bpmn")} == {
        line.split("`")[1][:-5] for line in told.splitlines() if line.startswith("| `")
    }


@pytest.mark.parametrize(
    ("name", "given", "outcome"),
    [
        ("countersign", ["approve", "approve", "approve"], "approve"),
        ("countersign", ["approve", "reject"], "reject"),
        ("any_sign", ["approve"], "approve"),
        ("any_sign", ["reject"], "reject"),
        ("sequential", ["approve", "approve", "approve"], "approve"),
        ("sequential", ["reject"], "reject"),
        ("vote", ["approve", "approve"], "approve"),
        ("vote", ["reject"], "reject"),
    ],
)
def test_a_vote_comes_out_as_drawn_and_nobody_is_left_with_a_to_do(app: Flask, name: str, given: list[str], outcome: str) -> None:
    case = start(name, approvers=THREE, weights={"wang.fang": 2, "zhao.lei": 2, "wu.gang": 1})
    element = "ballot" if name == "vote" else "sign"
    for who, decision in zip(THREE, given, strict=False):
        decide(case, element, who, outcome=decision)
    assert status(case) == ("completed", outcome)
    assert open_tasks(case) == []
    asked_in_vain = [who for who in THREE[len(given) :] if name != "sequential"]
    assert why_closed(case) == [(element, who, "decided") for who in asked_in_vain]
    prove(case)


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ([("draft", "li.na", "approve"), ("review", "wang.fang", "approve"), ("approve", "wu.gang", "approve")], "approve"),
        ([("draft", "li.na", "approve"), ("review", "wang.fang", "approve"), ("approve", "wu.gang", "reject")], "reject"),
        ([("draft", "li.na", "approve"), ("review", "wang.fang", "reject"), ("draft", "li.na", "approve")], None),
    ],
)
def test_a_rejection_means_something_else_at_each_step(app: Flask, path: list[tuple[str, str, str]], outcome: str | None) -> None:
    case = start("return")
    for element, who, decision in path:
        decide(case, element, who, outcome=decision)
    assert status(case) == (("completed", outcome) if outcome else ("running", None))
    prove(case)


def test_a_case_is_returned_where_the_drawing_lets_it_and_straight_back(app: Flask) -> None:
    case = start("return")
    decide(case, "draft", "li.na")
    decide(case, "review", "wang.fang")
    act(tasks.return_to, task(case, "approve"), by="wu.gang", to="draft", comment="请附合同", straight_back=True)
    decide(case, "draft", "li.na")
    assert open_tasks(case) == [("approve", "wu.gang")]
    act(tasks.return_to, task(case, "approve"), by="wu.gang", to="review")
    with pytest.raises(NotPermitted):
        act(tasks.return_to, task(case, "review"), by="wang.fang", to="review")
    act(tasks.return_to, task(case, "review"), by="wang.fang", to="draft")
    assert open_tasks(case) == [("draft", "li.na")]
    prove(case)


@pytest.mark.parametrize("place", ["before", "after", "beside"])
def test_signers_are_added_at_the_head_of_department_and_not_at_finance(app: Flask, place: str) -> None:
    case = start("add_signer")
    act(tasks.add_signer, task(case, "approve"), by="wang.fang", who="wu.gang", place=place)
    for who in ("wu.gang", "wang.fang") if place == "before" else ("wang.fang", "wu.gang"):
        decide(case, "approve", who)
    for verb, more in ((tasks.add_signer, {"who": "wu.gang", "place": place}), (tasks.transfer, {"to": "wu.gang"})):
        with pytest.raises(NotPermitted):
            act(verb, task(case, "pay"), by="zhao.lei", **more)
    decide(case, "pay", "zhao.lei")
    assert status(case) == ("completed", "approve")
    prove(case)


@pytest.mark.parametrize(
    ("by", "variables", "left"),
    [
        ("li.na", {"amount": 999, "matched": True, "budgetOwner": "zhao.lei"}, [("again", "zhao.lei")]),
        ("li.na", {"amount": 1000, "matched": True, "budgetOwner": "wang.fang"}, [("head", "wang.fang")]),
        ("wang.fang", {"amount": 5000, "matched": False, "budgetOwner": "zhao.lei"}, [("head", "wu.gang")]),
        ("li.na", {"amount": 1, "matched": True, "budgetOwner": "nobody"}, [("again", "u:ma.lin")]),
    ],
)
def test_what_passes_by_itself_does_and_nothing_else(
    app: Flask, by: str, variables: dict[str, object], left: list[tuple[str, str]]
) -> None:
    execute(
        """UPDATE department SET parent_id = (SELECT d.id FROM department d JOIN person p ON p.id = d.head_id WHERE p.key = 'wu.gang')
           WHERE head_id = (SELECT id FROM person WHERE key = 'wang.fang')"""
    )
    case = start("automatic", by, **variables)
    assert open_tasks(case) == left
    if variables["budgetOwner"] == "wang.fang":  # she approves once for both
        decide(case, "head", "wang.fang")
        assert status(case) == ("completed", "approve")
    prove(case)


def wait(case: UUID, hours: float) -> None:
    """Let so much time pass, and everything that is due happen."""
    advance(hours * 3600)
    with transaction() as session:
        timers.enqueue_due(session)
    for job in take_all(jobs.TIMERS):
        worker.fire(**job)


def test_who_is_late_is_reminded_then_her_superior_is_asked_and_silence_is_consent(app: Flask) -> None:
    case = start("time_out")
    due = {row.element: row.due_at for row in rows("SELECT element, due_at FROM timer WHERE instance_id = :case", case=case)}
    assert set(due) == {"remind", "escalate"}
    hours = {element: rows("SELECT extract(epoch FROM :at - shenpi_now()) / 3600 AS h", at=at)[0].h for element, at in due.items()}
    assert 7.9 < hours["remind"] < hours["escalate"]

    wait(case, float(hours["remind"]) + 0.1)
    assert rows("SELECT reminded_at FROM user_task WHERE instance_id = :case", case=case)[0].reminded_at is not None
    wait(case, float(hours["escalate"] - hours["remind"]) + 0.1)
    ((element, who),) = open_tasks(case)
    decide(case, element, who)
    assert open_tasks(case) == [("object", "g:finance")]
    silent = rows("SELECT extract(epoch FROM due_at - shenpi_now()) / 3600 AS h FROM timer WHERE instance_id = :case", case=case)[0].h
    wait(case, float(silent) + 0.1)
    assert status(case) == ("completed", "approve")
    prove(case)


@pytest.mark.parametrize(("amount", "who", "second"), [(900, "wang.fang", "wu.gang"), (5000, "wu.gang", None)])
def test_the_authority_matrix_names_the_approver_and_the_second_has_not_acted_before(
    app: Flask, amount: int, who: str, second: str | None
) -> None:
    with transaction() as session:
        for up_to, approver in (("1000", "wang.fang"), ("", "wu.gang")):
            authority.add(session, {"currency": "CNY", "up_to": up_to, "approver": approver}, by="ma.lin")
    case = start("authority", amount=amount, currency="CNY", expenseClass="办公")
    assert open_tasks(case) == [("approve", who)]
    decide(case, "approve", who)
    assert open_tasks(case) == [("second", f"u:{second}" if second else "u:ma.lin")]  # nobody else is a director: the administrators
    decide(case, "second", second or "ma.lin")
    assert status(case) == ("completed", "approve")
    prove(case)


def test_a_substitute_approves_on_behalf_and_never_signs_twice(app: Flask) -> None:
    with transaction() as session:
        substitutions.add(
            session,
            by=person("wang.fang"),
            person="wang.fang",
            substitute="zhao.lei",
            starts_at=datetime(2026, 1, 1, tzinfo=UTC),
            reason="休假",
        )
    case = start("substitution")
    act(tasks.complete, task(case, "approve"), by="zhao.lei", outcome="approve")
    row = rows("SELECT decided_by, on_behalf_of FROM user_task WHERE instance_id = :case AND element = 'approve'", case=case)[0]
    assert tuple(row) == ("zhao.lei", "wang.fang")
    with pytest.raises(DutyConflict):
        act(tasks.complete, task(case, "pay"), by="zhao.lei", outcome="approve")
    execute(
        "INSERT INTO group_member SELECT g.id, p.id FROM \"group\" g, person p WHERE g.key = 'finance' AND p.key = 'ma.lin' ON CONFLICT DO NOTHING"
    )
    act(tasks.complete, task(case, "pay"), by="ma.lin", outcome="approve")
    assert status(case) == ("completed", "approve")
    prove(case)
