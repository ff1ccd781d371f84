"""Through the verbs: who acts for somebody away (代理), and what nobody may do because of what she did before (职责分离)."""

from typing import Any
from uuid import UUID

import pytest
from approvals_support import act, decide, open_tasks, prove, status, task
from drawings import END, START, drawing, human, node, path, timer
from engine_support import advance, deploy, execute, rows, start, take_all
from flask import Flask
from sqlalchemy import text
from tests_support import person

from engine import attachments, drafts, incidents, jobs, substitutions, tasks, timers, worker, worklist
from engine.database import transaction
from engine.duties import overrides, rules
from engine.errors import DutyConflict, NotFound, NotPermitted, Refused

OWN = node("startEvent", "start", camunda_initiator="initiator")
ROW = (START, human("a"), human("b", "zhao.lei"), END, path("start", "a", "b", "end"))


def away(who: str, substitute: str, **scope: Any) -> UUID:
    with transaction() as session:
        now = session.execute(text("SELECT shenpi_now()")).scalar_one()
        return substitutions.add(session, by=person("ma.lin"), person=who, substitute=substitute, starts_at=now, reason="出差", **scope)[
            0
        ].id


def behalf(case: UUID, element: str) -> tuple[str, str | None]:
    """Return who decided the newest task at an element, and for whom."""
    row = rows("SELECT decided_by, on_behalf_of FROM user_task WHERE id = :id", id=task(case, element, state="completed"))[0]
    return row.decided_by, row.on_behalf_of


def case_of(*parts: str, **variables: Any) -> UUID:
    deploy(drawing(*(parts or ROW)))
    return start(**variables).case.id


def candidates(identity: str, **more: str) -> str:
    return node("userTask", identity, **more)


# --- substitution


def test_a_substitute_decides_and_the_record_says_for_whom(app: Flask) -> None:
    case = case_of()
    away("wang.fang", "wu.gang")
    step = decide(case, "a", "wu.gang")

    assert behalf(case, "a") == ("wu.gang", "wang.fang")
    assert step.execution.memory.variables["decisions"]["a"]["onBehalfOf"] == "wang.fang"
    events = [event for event in step.recorder.events if event.type == "task:completed"]
    assert b'"onBehalfOf":"wang.fang"' in events[0].body
    prove(case)


def test_she_who_is_away_may_still_decide_herself(app: Flask) -> None:
    case = case_of()
    away("wang.fang", "wu.gang")
    decide(case, "a", "wang.fang")
    assert behalf(case, "a") == ("wang.fang", None)


def listed(who: str) -> tuple[list[UUID], int]:
    with transaction() as session:
        actor = person(who)
        shown = [*worklist.my_tasks(session, actor).rows, *worklist.on_behalf(session, actor).rows]
        return [row.id for row in shown], len(shown)


@pytest.mark.parametrize(
    "task_", [human("a"), node("userTask", "a", camunda_candidateUsers="wang.fang"), node("userTask", "a", camunda_candidateGroups="g")]
)
def test_both_see_the_task_its_form_and_keep_files_and_drafts(app: Flask, task_: str) -> None:
    """A substitute could decide what no list showed her, and neither look at the form nor upload anything."""
    execute("INSERT INTO \"group\" (id, key, name) VALUES (gen_random_uuid(), 'g', 'g')")
    execute("INSERT INTO group_member SELECT g.id, p.id FROM \"group\" g, person p WHERE g.key = 'g' AND p.key = 'wang.fang'")
    case = case_of(START, task_, END, path("start", "a", "end"))
    before = (listed("wang.fang"), listed("qian.yi"))
    assert before == (([task(case, "a")], 1), ([], 0))
    away("wang.fang", "qian.yi")
    assert (listed("wang.fang"), listed("qian.yi")) == (before[0], before[0])
    with transaction() as session:
        file = attachments.store(session, by=person("qian.yi"), task_id=task(case, "a"), name="a.txt", content=b"x").id
        drafts.save(session, task(case, "a"), by=person("qian.yi"), values={}, comment="先记下")
    decide(case, "a", "qian.yi", files=[file])
    assert behalf(case, "a") == ("qian.yi", "wang.fang")
    assert listed("qian.yi") == ([], 0)
    prove(case)


def test_a_chain_of_substitutes_acts_for_the_first(app: Flask) -> None:
    case = case_of()
    away("wang.fang", "chen.jing")
    away("chen.jing", "wu.gang")
    decide(case, "a", "wu.gang")
    assert behalf(case, "a") == ("wu.gang", "wang.fang")


def test_one_that_has_ended_lets_nobody_act(app: Flask) -> None:
    case = case_of()
    found = away("wang.fang", "wu.gang")
    act(substitutions.revoke, found, by="ma.lin")
    with pytest.raises(NotFound):
        decide(case, "a", "wu.gang")
    assert open_tasks(case) == [("a", "wang.fang")]


SCOPES: tuple[tuple[dict[str, str], bool], ...] = (
    ({"amount_limit": "900"}, True), ({"amount_limit": "899.99"}, False), ({"definition_key": "p"}, True), ({"definition_key": "q"}, False),
    ({"department": "office"}, True), ({"department": "board"}, False),
)  # fmt: skip


@pytest.mark.parametrize(("scope", "within"), SCOPES)
def test_she_acts_within_the_scope_and_not_beyond(app: Flask, scope: dict[str, str], within: bool) -> None:
    deploy(drawing(START, human("a"), END, path("start", "a", "end"), key="q"))
    deploy(drawing(*ROW, shenpi_amount="${amount}", shenpi_currency="CNY"))
    department = rows("SELECT d.key FROM person p JOIN department d ON d.id = p.department_id WHERE p.key = 'li.na'")[0].key
    scope = scope | ({"department": department} if scope.get("department") == "office" else {})
    case = start(amount="900").case.id
    away("wang.fang", "wu.gang", **scope)
    assert listed("wu.gang")[1] == within
    assert listed("wu.gang")[0] == ([task(case, "a")] if within else [])
    if within:
        decide(case, "a", "wu.gang")
        assert behalf(case, "a") == ("wu.gang", "wang.fang")
    else:
        with pytest.raises((Refused, NotFound)):
            decide(case, "a", "wu.gang")


def test_what_is_asked_of_a_group_is_claimed_for_her_and_both_may_work_on_it(app: Flask) -> None:
    """A task claimed for somebody is hers: else the decision would not say for whom it was, and would outlive the substitution."""
    case = case_of(START, candidates("a", camunda_candidateGroups="finance"), human("b", "wu.gang"), END, path("start", "a", "b", "end"))
    found = away("zhao.lei", "qian.yi")
    act(tasks.claim, task(case, "a"), by="qian.yi")
    assert open_tasks(case) == [("a", "zhao.lei")]
    act(tasks.unclaim, task(case, "a"), by="zhao.lei")
    act(tasks.claim, task(case, "a"), by="qian.yi")
    act(tasks.claim, task(case, "a"), by="qian.yi")
    act(substitutions.revoke, found, by="ma.lin")
    with pytest.raises(Refused):
        decide(case, "a", "qian.yi")
    away("zhao.lei", "qian.yi")
    decide(case, "a", "qian.yi")
    assert behalf(case, "a") == ("qian.yi", "zhao.lei")
    prove(case)


def test_what_a_substitute_delegates_returns_or_takes_back_comes_back_to_whom_she_stands_in_for(app: Flask) -> None:
    case = case_of()
    away("wang.fang", "wu.gang")
    away("zhao.lei", "chen.jing")
    act(tasks.delegate, task(case, "a"), by="wu.gang", to="sun.mei")
    act(tasks.resolve, task(case, "a"), by="sun.mei", comment="可以")
    assert open_tasks(case) == [("a", "wang.fang")]
    decide(case, "a", "wu.gang")
    act(tasks.take_back, task(case, "a", state="completed"), by="wu.gang")
    assert open_tasks(case) == [("a", "wang.fang")]
    decide(case, "a", "wu.gang")
    act(tasks.return_to, task(case, "b"), by="chen.jing", to="a", straight_back=True)
    assert behalf(case, "b") == ("chen.jing", "zhao.lei")
    decide(case, "a", "wang.fang")
    assert open_tasks(case) == [("b", "zhao.lei")]
    prove(case)


def test_a_substitute_presses_in_the_office_system_of_whom_she_stands_in_for(app: Flask) -> None:
    case = case_of()
    away("wang.fang", "wu.gang")
    nonce = rows("SELECT nonce FROM user_task WHERE id = :id", id=task(case, "a"))[0].nonce
    for given in ("x", ""):
        with pytest.raises(NotPermitted):
            act(tasks.complete, task(case, "a"), by="wu.gang", outcome="approve", nonce=given)
    act(tasks.complete, task(case, "a"), by="wu.gang", outcome="approve", nonce=nonce, channel="oa:demo")
    assert behalf(case, "a") == ("wu.gang", "wang.fang")


# --- duties


KEPT = (OWN, human("check"), candidates("sign", camunda_candidateUsers="wang.fang,zhao.lei,li.na", shenpi_notBy="initiator check"), END,
        path("start", "check", "sign", "end"))  # fmt: skip


@pytest.fixture
def kept(app: Flask) -> UUID:
    case = case_of(*KEPT)
    decide(case, "check", "wang.fang")
    return case


def test_nobody_takes_decides_or_returns_what_a_rule_keeps_from_her(kept: UUID) -> None:
    for who in ("wang.fang", "li.na"):
        for verb, more in ((tasks.claim, {}), (tasks.complete, {"outcome": "approve"}), (tasks.complete, {"outcome": "reject"}),
                           (tasks.return_to, {"to": "check"}), (tasks.delegate, {"to": "wu.gang"})):  # fmt: skip
            with pytest.raises(DutyConflict):
                act(verb, task(kept, "sign"), by=who, **more)
    decide(kept, "sign", "zhao.lei")
    assert status(kept)[0] == "completed"
    prove(kept)


def test_nobody_is_given_what_a_rule_keeps_from_her(kept: UUID) -> None:
    for verb, more in (
        (tasks.transfer, {"to": "wang.fang"}),
        (tasks.delegate, {"to": "li.na"}),
        (tasks.add_signer, {"who": "li.na", "place": "after"}),
    ):
        with pytest.raises(DutyConflict):
            act(verb, task(kept, "sign"), by="zhao.lei", **more)


@pytest.mark.parametrize(("who", "substitute"), [("zhao.lei", "li.na"), ("wang.fang", "wu.gang")])
def test_a_substitute_is_bound_by_the_duties_of_both(kept: UUID, who: str, substitute: str) -> None:
    act(tasks.claim, task(kept, "sign"), by="zhao.lei")
    if who == "wang.fang":
        execute("UPDATE user_task SET assignee = NULL WHERE id = :id", id=task(kept, "sign"))
        act(tasks.unclaim, task(kept, "sign"), by="zhao.lei")
    away(who, substitute)
    with pytest.raises(DutyConflict):
        decide(kept, "sign", substitute)


SELF = human("a", "${initiator}", shenpi_notBy="initiator")


@pytest.mark.parametrize(
    ("policy", "left"), [("skip", [("b", "zhao.lei")]), ("administrator", [("a", "u:ma.lin")]), ("wu.gang", [("a", "wu.gang")])]
)
def test_who_must_not_do_it_is_not_asked_and_the_policy_says_who_is(app: Flask, policy: str, left: list[tuple[str, str]]) -> None:
    case = case_of(
        OWN,
        human("a", "${initiator}", shenpi_notBy="initiator", shenpi_nobody=policy),
        human("b", "zhao.lei"),
        END,
        path("start", "a", "b", "end"),
    )
    assert open_tasks(case) == left
    prove(case)


@pytest.mark.parametrize("policy", [{}, {"shenpi_nobody": "li.na"}])
def test_without_a_policy_or_with_one_that_names_her_again_it_is_an_incident(app: Flask, policy: dict[str, str]) -> None:
    case = case_of(OWN, human("a", "${initiator}", shenpi_notBy="initiator", **policy), END, path("start", "a", "end"))
    assert "Separation of duties" in rows("SELECT message FROM incident WHERE instance_id = :case", case=case)[0].message


def test_an_exception_of_two_people_counts_in_one_case_and_stands_in_its_record(app: Flask) -> None:
    """An exception used to be looked at only when somebody decided: nobody was ever asked again because of it."""
    deploy(drawing(OWN, SELF, END, path("start", "a", "end")))
    case, other = start().case.id, start().case.id
    with transaction() as session:
        asked = overrides.ask(
            session, case, by=person("ma.lin"), rule="notBy:initiator", person="li.na", element="a", reason="只有一人在岗"
        ).id
    execute("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang'")
    with transaction() as session:
        overrides.settle(session, asked, by=person("wu.gang"), approve=True)
    for one in rows("SELECT id FROM incident"):
        with transaction() as session:
            incidents.retry(session, one.id, by=person("ma.lin"))

    assert open_tasks(case) == [("a", "li.na")]
    assert rows("SELECT 1 FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=other)
    step = decide(case, "a", "li.na")
    assert any(b'"exceptions":["notBy:initiator"]' in event.body for event in step.recorder.events)
    assert status(case)[0] == "completed"
    prove(case)


def test_time_that_runs_out_hands_a_task_to_nobody_who_must_not_do_it(app: Flask) -> None:
    late = timer("late", "PT1H", attachedToRef="a", cancelActivity="false", shenpi_timeout="escalate")
    case = case_of(
        OWN, human("first", "wang.fang"), human("a", "li.na", shenpi_notBy="first"), late, END, path("start", "first", "a", "end")
    )
    decide(case, "first", "wang.fang")
    advance(3700)
    with transaction() as session:
        timers.enqueue_due(session)
    for job in take_all(jobs.TIMERS):
        worker.fire(**job)
    assert open_tasks(case) == [("a", "li.na")]
    prove(case)


def test_the_company_keeps_apart_what_one_person_must_not_do_twice(app: Flask) -> None:
    case = case_of(START, human("a"), candidates("b", camunda_candidateUsers="wang.fang,zhao.lei"), END, path("start", "a", "b", "end"))
    with transaction() as session:
        rules.add(session, {"kind": "elements", "definition_key": "p", "element": "a", "other_element": "b", "reason": "内控"}, by="ma.lin")
    decide(case, "a", "wang.fang")
    with pytest.raises(DutyConflict):
        act(tasks.claim, task(case, "b"), by="wang.fang")
    decide(case, "b", "zhao.lei")
    prove(case)
