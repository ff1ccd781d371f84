"""Substitutes in office systems: both see the task there, from when a substitution begins until it ends, within its scope."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from drawings import END, START, drawing, human, node, path
from engine_support import advance, deploy, execute, rows, start, take_all, task_of, value
from flask import Flask
from sqlalchemy import text
from tests_support import person

from api.cli.company import CONNECTION
from engine import deliveries, inbox, jobs, renewal, substitutions, tasks, worker
from engine.database import transaction
from engine.database.prepared import Prepared
from engine.oa.contract import Event, InstanceSnapshot, TaskView
from engine.step import Step

FACTS = {"shenpi_amount": "${amount}", "shenpi_currency": "CNY"}


@pytest.fixture
def asked(app: Flask) -> Step:
    deploy(drawing(START, human("a"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"), **FACTS))
    return start(amount="900")


def away(who: str, substitute: str, *, after: float = 0, lasts: float | None = None, **scope: Any) -> UUID:
    with transaction() as session:
        begins = session.execute(text("SELECT shenpi_now()")).scalar_one() + timedelta(seconds=after)
        ends = begins + timedelta(seconds=lasts) if lasts else None
        return substitutions.add(
            session, by=person("ma.lin"), person=who, substitute=substitute, starts_at=begins, ends_at=ends, reason="出差", **scope
        )[0].id


def taken() -> list[deliveries.Pending]:
    with transaction() as session:
        found = deliveries.take(session, CONNECTION, "http://here", lease=0.0)
    execute("UPDATE oa_delivery SET state = 'sent', open = false, receipt = '{}', delivered_at = shenpi_now(), next_at = NULL WHERE open")
    take_all(jobs.PUSH)
    return found


def shown(snapshot: InstanceSnapshot | None, element: str = "a") -> dict[str, TaskView]:
    assert snapshot is not None
    return {view.assignee: view for view in snapshot.tasks if view.node_key == element}


def renewed() -> int:
    """Do what a worker's round does; returns how many cases are shown again."""
    with transaction() as session:
        renewal.enqueue_changed(session)
    for arguments in take_all(jobs.RENEW):
        worker.renew(**arguments)
    return int(value("SELECT count(*) FROM oa_delivery WHERE open"))


def press(view: TaskView, by: str) -> tuple[str, str | None]:
    facts: dict[str, Any] = {"connector": CONNECTION, "kind": "task.action", "dedupe_key": f"{view.task_key}!", "raw_digest": "00" * 32}
    with transaction() as session:
        inbox.receive(
            session, CONNECTION, Event(**facts, task_key=view.task_key, nonce=view.nonce, actor=by, outcome="approve", comment="代批")
        )
    for arguments in take_all(jobs.INBOX):
        worker.apply_message(**arguments)
    row = rows("SELECT state, note FROM oa_message")[-1]
    return row.state, row.note


def test_both_see_the_task_and_the_substitute_presses_for_whom_she_stands_in(asked: Step) -> None:
    away("wang.fang", "wu.gang")
    (pending,) = taken()
    views = shown(pending.snapshot)
    assert {who: (view.origin, view.on_behalf_of, view.status) for who, view in views.items()} == {
        "wang.fang": ("normal", None, "pending"), "wu.gang": ("proxy", "wang.fang", "pending"),
    }  # fmt: skip
    assert views["wu.gang"].task_key == f"{task_of(asked)}:wu.gang" and views["wu.gang"].nonce == views["wang.fang"].nonce

    assert press(views["wu.gang"], "wu.gang") == ("applied", None)

    row = rows("SELECT decided_by, on_behalf_of FROM user_task WHERE element = 'a'")[0]
    assert tuple(row) == ("wu.gang", "wang.fang")
    (after,) = taken()
    assert {who: view.status for who, view in shown(after.snapshot).items()} == {"wang.fang": "closed", "wu.gang": "approved"}
    assert shown(after.snapshot)["wu.gang"].on_behalf_of == "wang.fang"


def test_what_a_group_is_asked_is_shown_to_the_substitutes_of_its_members_once_each(app: Flask) -> None:
    deploy(drawing(START, node("userTask", "a", camunda_candidateUsers="wu.gang,zhao.lei"), END, path("start", "a", "end")))
    start()
    away("wu.gang", "zhao.lei")
    away("zhao.lei", "qian.yi")
    (pending,) = taken()
    assert {who: view.on_behalf_of for who, view in shown(pending.snapshot).items()} == {
        "wu.gang": None,
        "zhao.lei": None,
        "qian.yi": "wu.gang",
    }


def test_a_chain_of_substitutes_is_shown_to_its_end_and_nobody_who_left(asked: Step) -> None:
    away("wang.fang", "chen.jing")
    away("chen.jing", "wu.gang")
    away("wang.fang", "sun.mei")
    execute("UPDATE person SET active = false WHERE key = 'sun.mei'")
    (pending,) = taken()
    assert set(shown(pending.snapshot)) == {"wang.fang", "chen.jing", "wu.gang"}


@pytest.mark.parametrize(
    ("scope", "within"),
    [({"amount_limit": "900"}, True), ({"amount_limit": "899.99"}, False), ({"amount_limit": "900", "currency": "EUR"}, False),
     ({"definition_key": "p"}, True), ({"definition_key": "invoice_approval"}, False), ({"department": "office"}, True), ({"department": "board"}, False),
     ({"after": 60}, False)],
)  # fmt: skip
def test_only_what_the_scope_covers_is_shown_and_that_is_what_she_may_decide(asked: Step, scope: dict[str, Any], within: bool) -> None:
    away("wang.fang", "wu.gang", **scope)
    (pending,) = taken()
    assert ("wu.gang" in shown(pending.snapshot)) == within
    with transaction() as session:
        assert substitutions.may_decide(session, person("wu.gang"), task_of(asked)) == within


def test_a_substitution_that_begins_is_revoked_or_ends_shows_the_open_cases_again(asked: Step) -> None:
    assert [set(shown(one.snapshot)) for one in taken()] == [{"wang.fang"}]
    assert renewed() == 0

    away("wang.fang", "wu.gang", after=60, lasts=60)
    assert renewed() == 0, "not before its time"
    advance(61)
    assert renewed() == 1 and renewed() == 1, "once"
    (begun,) = taken()
    assert (set(shown(begun.previous)), set(shown(begun.snapshot))) == ({"wang.fang"}, {"wang.fang", "wu.gang"})
    advance(60)
    assert renewed() == 1
    (ended,) = taken()
    assert (set(shown(ended.previous)), set(shown(ended.snapshot))) == ({"wang.fang", "wu.gang"}, {"wang.fang"})

    second = away("wang.fang", "wu.gang")
    assert renewed() == 1
    taken()
    with transaction() as session:
        substitutions.revoke(session, second, by=person("ma.lin"))
    assert renewed() == 1
    assert [set(shown(one.snapshot)) for one in taken()] == [{"wang.fang"}]


def test_a_substitution_that_begins_and_ends_between_two_rounds_leaves_no_card_that_a_step_in_between_has_shown(asked: Step) -> None:
    taken()
    away("wang.fang", "wu.gang", lasts=60)
    start(amount="901")
    assert [set(shown(one.snapshot)) for one in taken()] == [{"wang.fang", "wu.gang"}]
    advance(61)

    assert renewed() == 2, "every case that waits for her"
    assert [set(shown(one.snapshot)) for one in taken()] == [{"wang.fang"}] * 2


def test_the_versions_shown_again_grow_with_those_of_the_steps(asked: Step) -> None:
    taken()
    away("wang.fang", "wu.gang")
    renewed()
    with transaction() as session:
        tasks.claim(session, task_of(asked), by=person("wang.fang"))
        tasks.transfer(session, task_of(asked), by=person("wang.fang"), to="sun.mei")
    versions = [row.version for row in rows("SELECT version FROM oa_delivery ORDER BY created_at, version")]
    assert len(versions) == 3 and versions == sorted(set(versions))
    assert value("SELECT oa_version FROM process_instance") == versions[-1]


def test_a_substitution_that_never_began_or_concerns_other_processes_shows_nothing_again(asked: Step) -> None:
    taken()
    with transaction() as session:
        substitutions.revoke(session, away("wang.fang", "wu.gang", after=60), by=person("ma.lin"))
    away("wang.fang", "wu.gang", definition_key="invoice_approval")
    assert renewed() == 0
    assert {row.told for row in rows("SELECT told FROM substitution")} == {"over", "begun"}


def test_whoever_is_far_behind_in_a_chain_is_shown_when_it_grows(asked: Step) -> None:
    away("wang.fang", "chen.jing")
    renewed()
    taken()
    away("chen.jing", "wu.gang")
    assert renewed() == 1
    assert [set(shown(one.snapshot)) for one in taken()] == [{"wang.fang", "chen.jing", "wu.gang"}]


def test_a_case_that_is_over_is_not_shown_again(asked: Step) -> None:
    away("wang.fang", "wu.gang")
    execute("UPDATE process_instance SET ended_at = shenpi_now()")
    with transaction() as session:
        deliveries.show_again(session, asked.case.id)
    assert len(rows("SELECT version FROM oa_delivery")) == 1


def test_without_a_substitution_a_push_takes_one_statement(asked: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    plain = Prepared.run
    monkeypatch.setattr(Prepared, "run", lambda self, *given: (ran.append(self), plain(self, *given))[1])
    taken()
    assert len(ran) == 1
    away("sun.mei", "wu.gang")
    start(amount="1")
    start(amount="2")
    ran.clear()
    assert len(taken()) == 2 and len(ran) == 2
