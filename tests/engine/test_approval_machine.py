"""Verbs and people on random processes: in whatever order, nothing is left hanging, nothing is lost or counted twice, and the record proves it.

Sequences that once failed are kept at the end.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from approvals_support import act, open_or_over, prove
from drawings import END, drawing, human, instances, node, path, sub, timer
from engine_support import advance, deploy, rows, take_all
from engine_support import start as begin
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text
from tests_support import person

from engine import copies, interventions, jobs, suspension, tasks, timers, worker
from engine import instances as cases
from engine.database import transaction
from engine.errors import ShenpiError

PEOPLE = ("li.na", "wang.fang", "zhao.lei", "wu.gang", "chen.jing", "ma.lin")
OUTCOMES = ("approve", "approve", "approve", "reject", "return")
OWN = node("startEvent", "start", camunda_initiator="initiator")
_keys = count()

POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "shenpi_onReject": st.sampled_from(["end", "flow"]),
        "shenpi_samePerson": st.just("skip"),
        "shenpi_selfApproval": st.sampled_from(["skip", "superior"]),
        "shenpi_returnTo": st.sampled_from(["any", "none"]),
        "shenpi_copies": st.just("sun.mei"),
    },
)


@st.composite
def blocks(draw: st.DrawFn, names: Iterator[int], depth: int = 2) -> tuple[str, str, str]:
    """Return a block as XML with the ids of its first and its last element."""
    kind = draw(st.sampled_from(["human", "human", "human", "vote", "one-by-one", "late", *(["row", "parallel", "sub"] if depth else [])]))
    name = f"e{next(names)}"
    who = draw(st.sampled_from(["wang.fang", "zhao.lei", "wu.gang", "${initiator}"]))
    if kind in ("vote", "one-by-one"):
        rule_ = draw(
            st.sampled_from([{"shenpi_vote": "all"}, {"shenpi_vote": "any"}, {"shenpi_vote": "share", "shenpi_voteShare": "0.5"}, {}])
        )
        loop = instances(collection="people", element="person", sequential=kind == "one-by-one")
        return human(name, "${person}", **rule_).replace("</userTask>", loop + "</userTask>"), name, name
    if kind == "late":
        action = draw(st.sampled_from(["remind", "escalate", "pass", "refuse"]))
        return human(name, who) + timer(f"{name}_t", "PT1H", attachedToRef=name, cancelActivity="false", shenpi_timeout=action), name, name
    if kind == "human":
        return human(name, who, **draw(POLICIES)), name, name
    one, two = draw(blocks(names, depth - 1)), draw(blocks(names, depth - 1))
    if kind == "row":
        return one[0] + two[0] + path(one[2], two[1]), one[1], two[2]
    if kind == "parallel":
        inner = path(f"{name}_split", one[1]) + path(f"{name}_split", two[1]) + path(one[2], f"{name}_join") + path(two[2], f"{name}_join")
        gates = node("parallelGateway", f"{name}_split") + node("parallelGateway", f"{name}_join")
        return gates + one[0] + two[0] + inner, f"{name}_split", f"{name}_join"
    body = node("startEvent", f"{name}_s") + node("endEvent", f"{name}_e") + one[0] + path(f"{name}_s", one[1]) + path(one[2], f"{name}_e")
    return sub(name, body), name, name


class Approvals(RuleBasedStateMachine):
    """One case of a random process, and everybody who may act on it."""

    case: UUID
    done = 0
    held = False

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        xml, first, last = data.draw(blocks(count()))
        key = f"m{next(_keys)}"
        deploy(drawing(OWN, human("draft", "${initiator}"), xml, END, path("start", "draft", first), path(last, "end"), key=key))
        self.case = begin(key, people=["wang.fang", "chen.jing", "wu.gang"]).case.id

    # --- what there is

    def present(self, state: str = "open") -> list[Any]:
        return rows("SELECT id, assignee, element, owner, parent_id FROM user_task WHERE instance_id = :case AND state = :state ORDER BY created_at, id",
                    case=self.case, state=state)  # fmt: skip

    def chosen(self, data: st.DataObject, state: str = "open") -> Any:
        found = self.present(state)
        return found[data.draw(st.integers(0, len(found) - 1))] if found else None

    def attempt(self, verb: Any, *given: Any, by: str, **more: Any) -> bool:
        """Do a verb; a refusal is an answer, anything else is a fault."""
        try:
            act(verb, *given, by=by, **more)
        except ShenpiError:
            return False
        return True

    # --- verbs

    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), other=st.sampled_from(PEOPLE), own=st.integers(0, 9))
    def decide(self, data: st.DataObject, outcome: str, other: str, own: int) -> None:
        task = self.chosen(data)
        if task is not None:
            by = task.assignee if own and task.assignee else other
            delegated = task.owner is not None
            if self.attempt(tasks.complete, task.id, by=by, outcome=outcome, comment="好") and not delegated:
                self.done += 1

    @rule(data=st.data(), to=st.sampled_from(PEOPLE), verb=st.sampled_from([tasks.transfer, tasks.delegate]))
    def hand_on(self, data: st.DataObject, to: str, verb: Any) -> None:
        task = self.chosen(data)
        if task is not None and task.assignee:
            self.attempt(verb, task.id, by=task.assignee, to=to)

    @rule(data=st.data(), who=st.sampled_from(PEOPLE), place=st.sampled_from(["before", "after", "beside"]))
    def sign(self, data: st.DataObject, who: str, place: str) -> None:
        task = self.chosen(data)
        if task is not None and task.assignee:
            self.attempt(tasks.add_signer, task.id, by=task.assignee, who=who, place=place)

    @rule(data=st.data(), by=st.sampled_from(PEOPLE), state=st.sampled_from(["open", "held"]))
    def unsign(self, data: st.DataObject, by: str, state: str) -> None:
        task = self.chosen(data, state)
        if task is not None:
            self.attempt(tasks.remove_signer, task.id, by=by)

    @rule(data=st.data(), straight=st.booleans())
    def go_back(self, data: st.DataObject, straight: bool) -> None:
        task = self.chosen(data)
        if task is None or not task.assignee:
            return
        try:
            steps: Any = act(tasks.steps_back, task.id, by=task.assignee)
        except ShenpiError:
            return
        if steps:
            to = steps[data.draw(st.integers(0, len(steps) - 1))][0]
            if self.attempt(tasks.return_to, task.id, by=task.assignee, to=to, straight_back=straight):
                self.done += 1
            else:
                assert straight, f"{to} was offered and refused"

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        found = rows("SELECT id, decided_by FROM user_task WHERE instance_id = :case AND state = 'completed' AND decided_by <> 'system' ORDER BY ended_at, id",
                     case=self.case)  # fmt: skip
        if found:
            task = found[-1 - data.draw(st.integers(0, min(2, len(found) - 1)))]
            with transaction() as session:
                offered = tasks.may_take_back(session, task.id, by=person(task.decided_by))
            assert self.attempt(tasks.take_back, task.id, by=task.decided_by) is (offered and self.running())

    def running(self) -> bool:
        return bool(rows("SELECT 1 FROM process_instance WHERE id = :case AND status = 'running'", case=self.case))

    @rule(data=st.data(), by=st.sampled_from(PEOPLE))
    def talk(self, data: st.DataObject, by: str) -> None:
        self.attempt(tasks.comment, self.case, by=by, said="请稍等")
        self.attempt(copies.send_by_hand, self.case, by=by, to=["sun.mei"])
        task = self.chosen(data)
        if task is not None:
            self.attempt(tasks.urge, task.id, by=by)

    @rule()
    def time_passes(self) -> None:
        advance(3700)
        with transaction() as session:
            timers.enqueue_due(session)
        for job in take_all(jobs.TIMERS):
            worker.fire(**job)

    @rule(to=st.integers(0, 5))
    def jump(self, to: int) -> None:
        elements = rows("SELECT DISTINCT element FROM user_task WHERE instance_id = :case ORDER BY element", case=self.case)
        element = elements[to % len(elements)].element
        try:
            with transaction() as session:
                asked = interventions.ask(session, self.case, by=person("ma.lin"), kind="jump", element=element, reason="卡住").id
        except ShenpiError:
            return
        self.attempt(interventions.confirm, asked, by="wu.gang")

    @rule()
    def hold_and_let_go(self) -> None:
        if self.attempt(suspension.suspend, self.case, by="ma.lin", reason="核查"):
            assert self.attempt(suspension.resume, self.case, by="ma.lin", reason="核查完毕")

    @precondition(lambda self: self.done > 3)
    @rule(sure=st.integers(0, 5))
    def withdraw(self, sure: int) -> None:
        if not sure:
            self.attempt(cases.withdraw, self.case, by="li.na")

    # --- what always holds

    @invariant()
    def nothing_hangs_and_nothing_is_lost(self) -> None:
        open_or_over(self.case)
        assert not rows("SELECT message FROM incident WHERE instance_id = :case AND resolved_at IS NULL", case=self.case)
        decided = rows(
            "SELECT count(*) AS n FROM user_task WHERE instance_id = :case AND state = 'completed' AND decided_by <> 'system'",
            case=self.case,
        )[0].n
        assert decided == self.done
        assert not rows(
            "SELECT 1 FROM candidate c JOIN user_task t ON t.id = c.task_id WHERE t.instance_id = :case AND t.state <> 'open'",
            case=self.case,
        )

    def teardown(self) -> None:
        if hasattr(self, "case"):
            prove(self.case)


QUICK = settings(
    max_examples=40, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, database=None
)


@pytest.mark.slow
def test_whatever_people_do_a_case_neither_hangs_nor_loses_a_decision(app: Flask) -> None:
    with transaction() as session:
        session.execute(text("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang'"))
    run_state_machine_as_test(Approvals, settings=QUICK)  # type: ignore[no-untyped-call]
