"""Verbs and people on random processes: in whatever order, nothing is left hanging, nothing is lost or counted twice, and the record proves it.

Sequences that once failed are kept as small tests, each beside those of its verb.
"""

from collections import Counter
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from approvals_support import act, open_or_over, prove, root_decisions, steps_back
from drawings import END, human, node, path, whole
from engine_support import advance, deploy, execute, rows, take_all
from engine_support import start as begin
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from random_approvals_support import MESSAGE, PEOPLE, blocks
from sqlalchemy import text
from sqlalchemy.orm import Session
from tests_support import person

from engine import copies, definitions, incidents, interventions, jobs, messages, substitutions, suspension, tasks, timers, worker
from engine import instances as cases
from engine.database import transaction
from engine.duties import rules
from engine.errors import ShenpiError
from engine.operations import Outcome
from engine.organisation.involved import deciders_of
from engine.permissions import Actor
from engine.step import Step

OUTCOMES = ("approve", "approve", "approve", "reject", "return")
OWN = node("startEvent", "start", camunda_initiator="initiator")
COMPANY = "nobody approves what she began"
VERBS = [
    *["decide"] * 8, *["sign"] * 3, *["take_back", "go_back", "hand_on", "take", "time_passes", "unsign", "go_away"] * 2, "give_back", "come_back", "talk",
    "jobs_answer", "somebody_pays", "jump", "hold_and_let_go", "look_after", "look_after", "leave",
    "withdraw",
]  # fmt: skip
_keys = count()
succeeded: Counter[str] = Counter()  #: how often each verb did something, so that nothing is tested in vain


def hand_over(session: Session, task: UUID, *, by: Actor, person: str, to: str) -> Step:
    return tasks.hand_over(session, task, tasks.leaving(session, person, by=by, to=to, reason="离职"), by=by)


class Approvals(RuleBasedStateMachine):
    """One case of a random process, and everybody who may act on it."""

    case: UUID
    done = 0
    ruled = False  #: the company lets nobody approve what she began

    @initialize(data=st.data(), ruled=st.sampled_from([False, False, False, True]))
    def begin(self, data: st.DataObject, ruled: bool) -> None:
        xml, first, last = data.draw(blocks(count()))
        self.key = key = f"m{next(_keys)}"
        execute("DELETE FROM substitution")
        draft = human("draft", "${initiator}", shenpi_outcomes="done,approve" if not ruled else "done")
        if ruled:  # the rule leaves nobody for a step of her own
            xml, first = human("own", "${initiator}") + xml + path("own", first), "own"
        deploy(whole(OWN, draft, xml, END, path("start", "draft", first), path(last, "end"), key=key))
        self.ruled = ruled
        if ruled:
            with transaction() as session:
                rules.add(session, {"kind": "initiator", "definition_key": key, "reason": COMPANY}, by="ma.lin")
        weights = {"wang.fang": 2, "chen.jing": 1, "wu.gang": 1}
        self.case = begin(key, people=["wang.fang", "chen.jing", "wu.gang"], weights=weights).case.id
        succeeded["start"] += 1
        if data.draw(st.integers(0, 3)):
            drafted = rows("SELECT id FROM user_task WHERE instance_id = :case AND state = 'open'", case=self.case)
            self.done += self.attempt(tasks.complete, drafted[0].id, by="li.na", outcome="done")

    # --- what there is

    def present(self, state: str = "open") -> list[Any]:
        return rows("SELECT id, assignee, element, owner, parent_id, outcomes FROM user_task WHERE instance_id = :case AND state = :state ORDER BY id",
                    case=self.case, state=state)  # fmt: skip

    def chosen(self, data: st.DataObject, state: str = "open") -> Any:
        found = self.present(state)
        return found[data.draw(st.integers(0, len(found) - 1))] if found else None

    def attempt(self, verb: Any, *given: Any, by: str, named: str = "", **more: Any) -> bool:
        """Do a verb; a refusal is an answer, anything else is a fault."""
        try:
            act(verb, *given, by=by, **more)
        except ShenpiError:
            return False
        succeeded[named or verb.__name__] += 1
        return True

    # --- verbs

    @rule(data=st.data(), verb=st.sampled_from(VERBS))
    def do(self, data: st.DataObject, verb: str) -> None:
        """One rule, so that each run mixes all verbs, those more often that lead on."""
        getattr(self, verb)(data)

    def decide(self, data: st.DataObject) -> None:
        if self.wrong() and data.draw(st.booleans()):  # else it would wait long for somebody who looks after it
            self.look_after(data)
            return
        outcome = data.draw(st.sampled_from(OUTCOMES))
        other = data.draw(st.sampled_from(PEOPLE))
        own = data.draw(st.integers(0, 9))
        task = self.chosen(data)
        if task is None:
            return
        by = task.assignee if own > 3 and task.assignee else other
        standing_in = rows(
            "SELECT substitute FROM substitution WHERE person = :person AND revoked_at IS NULL ORDER BY id", person=task.assignee
        )
        if standing_in and own < 6:
            by = standing_in[0].substitute
        outcome = outcome if outcome in task.outcomes else task.outcomes[0]
        before = deciders_of(root_decisions(self.case))
        if self.attempt(tasks.complete, task.id, by=by, outcome=outcome, comment="好") and task.owner is None:
            self.done += 1
            self.look_at(task, by, before)

    def look_at(self, task: Any, by: str, before: Any) -> None:
        """Who decided for whom is in the row, and no rule forbade it."""
        row = rows("SELECT decided_by, on_behalf_of FROM user_task WHERE id = :id", id=task.id)[0]
        assert row.decided_by == by
        if task.assignee is not None:
            assert row.on_behalf_of == (None if task.assignee == by else task.assignee)
        if row.on_behalf_of is not None:
            assert rows("SELECT 1 FROM substitution WHERE substitute = :by AND revoked_at IS NULL", by=by), row
            succeeded["on behalf"] += 1
        model = self.model()
        people = {by, row.on_behalf_of} - {None}
        kept = model.elements[task.element].not_by
        if "initiator" in kept or (self.ruled and "approve" in model.elements[task.element].outcomes):
            assert "li.na" not in people, row
            succeeded["kept apart"] += 1
        if "draft" in kept:
            assert people.isdisjoint(before.get("draft", ())), (row, before)

    def model(self) -> Any:
        with transaction() as session:
            return definitions.latest(session, self.key).model

    def take(self, data: st.DataObject) -> None:
        by = data.draw(st.sampled_from(PEOPLE))
        verb = data.draw(st.sampled_from([tasks.claim, tasks.claim, tasks.unclaim]))
        task = self.chosen(data)
        if task is not None:
            self.attempt(verb, task.id, by=by)

    def hand_on(self, data: st.DataObject) -> None:
        to = data.draw(st.sampled_from(PEOPLE))
        verb = data.draw(st.sampled_from([tasks.transfer, tasks.delegate]))
        other = data.draw(st.sampled_from(PEOPLE))
        task = self.chosen(data)
        if task is not None:
            self.attempt(verb, task.id, by=task.assignee or other, to=to)

    def give_back(self, data: st.DataObject) -> None:
        task = self.chosen(data)
        if task is not None and task.assignee:
            self.attempt(tasks.resolve, task.id, by=task.assignee)

    def leave(self, data: st.DataObject) -> None:
        """An administrator gives what somebody has to somebody else."""
        task = self.chosen(data, data.draw(st.sampled_from(["open", "open", "held"])))
        to = data.draw(st.sampled_from(PEOPLE))
        if task is not None and task.assignee:
            self.attempt(hand_over, task.id, by="ma.lin", person=task.assignee, to=to)

    def go_away(self, data: st.DataObject) -> None:
        """Somebody who has something to do goes away, and another stands in for her."""
        task = self.chosen(data)
        who = task.assignee if task is not None and task.assignee else data.draw(st.sampled_from(PEOPLE))
        substitute = data.draw(st.sampled_from(PEOPLE))
        with transaction() as session:
            now = session.execute(text("SELECT shenpi_now()")).scalar_one()
        try:
            with transaction() as session:
                substitutions.add(session, by=person("ma.lin"), person=who, substitute=substitute, starts_at=now, reason="出差")
            succeeded["substitute"] += 1
        except ShenpiError:
            return

    def come_back(self, data: st.DataObject) -> None:
        execute(
            """UPDATE substitution SET revoked_at = shenpi_now(), revoked_by = person
               WHERE id = (SELECT id FROM substitution WHERE revoked_at IS NULL ORDER BY id LIMIT 1)"""
        )

    def sign(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(PEOPLE))
        place = data.draw(st.sampled_from(["before", "after", "beside"]))
        state = data.draw(st.sampled_from(["open", "open", "held"]))
        task = self.chosen(data, state)
        if task is not None and task.assignee:
            self.attempt(tasks.add_signer, task.id, by=task.assignee, who=who, place=place, named=f"signer {place}")

    def unsign(self, data: st.DataObject) -> None:
        task = self.chosen(data, data.draw(st.sampled_from(["open", "held"])))
        if task is not None:
            base = rows("SELECT assignee FROM user_task WHERE id = :id", id=task.parent_id)
            self.attempt(
                tasks.remove_signer, task.id, by=base[0].assignee if base and base[0].assignee else data.draw(st.sampled_from(PEOPLE))
            )

    def go_back(self, data: st.DataObject) -> None:
        straight = data.draw(st.booleans())
        task = self.chosen(data)
        if task is None or not task.assignee:
            return
        try:
            steps = steps_back(task.id, task.assignee)
        except ShenpiError:
            return
        if steps:
            to = steps[data.draw(st.integers(0, len(steps) - 1))][0]
            before = deciders_of(root_decisions(self.case))
            if self.attempt(tasks.return_to, task.id, by=task.assignee, to=to, straight_back=straight):
                self.done += 1
                self.look_at(task, task.assignee, before)
                assert rows(
                    "SELECT 1 FROM user_task WHERE instance_id = :case AND state = 'open' AND element = :to", case=self.case, to=to
                ), "it passed itself"
            else:
                assert straight, f"{to} was offered and refused"

    def take_back(self, data: st.DataObject) -> None:
        found = rows("SELECT id, decided_by FROM user_task WHERE instance_id = :case AND state = 'completed' AND decided_by <> 'system' ORDER BY ended_at, id",
                     case=self.case)  # fmt: skip
        if found:
            task = found[-1 - data.draw(st.integers(0, min(2, len(found) - 1)))]
            with transaction() as session:
                offered = tasks.may_take_back(session, task.id, by=person(task.decided_by))
            assert self.attempt(tasks.take_back, task.id, by=task.decided_by) is offered

    def talk(self, data: st.DataObject) -> None:
        by = data.draw(st.sampled_from(PEOPLE))
        self.attempt(tasks.comment, self.case, by=by, said="请稍等")
        self.attempt(copies.send_by_hand, self.case, by=by, to=["sun.mei"])
        task = self.chosen(data)
        if task is not None:
            self.attempt(tasks.urge, task.id, by=by)

    def time_passes(self, data: st.DataObject) -> None:
        advance(3700)
        with transaction() as session:
            timers.enqueue_due(session)
        for job in take_all(jobs.TIMERS):
            if job["instance"] == str(self.case):  # not of an example before: the ids of tokens are the same in each example
                worker.fire(**job)
                succeeded["timer"] += 1

    def jobs_answer(self, data: st.DataObject) -> None:
        for job in rows(
            "SELECT id FROM job WHERE instance_id = :case AND state IN ('waiting', 'retrying') ORDER BY id LIMIT 1", case=self.case
        ):
            with transaction() as session:
                assert incidents.answer(session, job.id, Outcome({}, {})) is not None
            succeeded["job answered"] += 1

    def somebody_pays(self, data: st.DataObject) -> None:
        key = rows("SELECT business_key FROM process_instance WHERE id = :case", case=self.case)[0].business_key
        self.attempt(messages.correlate, MESSAGE, by="ma.lin", business_key=key, ttl="PT0S", named="message")

    def jump(self, data: st.DataObject) -> None:
        to = data.draw(st.integers(0, 5))
        elements = rows("SELECT DISTINCT element FROM user_task WHERE instance_id = :case ORDER BY element", case=self.case)
        if not elements:
            return
        element = elements[to % len(elements)].element
        try:
            with transaction() as session:
                asked = interventions.ask(session, self.case, by=person("ma.lin"), kind="jump", element=element, reason="卡住").id
        except ShenpiError:
            return
        self.attempt(interventions.confirm, asked, by="wu.gang", named="jump")

    def hold_and_let_go(self, data: st.DataObject) -> None:
        if self.attempt(suspension.suspend, self.case, by="ma.lin", reason="核查"):
            task = self.chosen(data)
            if task is not None and task.assignee:
                assert not self.attempt(tasks.complete, task.id, by=task.assignee, outcome="approve")
            assert self.attempt(suspension.resume, self.case, by="ma.lin", reason="核查完毕")

    def look_after(self, data: st.DataObject) -> None:
        """Somebody tries again what went wrong, or names who is to do it; where nobody is found again, there is an incident again."""
        who = data.draw(st.sampled_from([None, *PEOPLE]))
        for one in self.wrong():
            if who is None:
                self.attempt(incidents.retry, one.id, by="ma.lin")
            else:
                self.attempt(tasks.assign, one.id, by="ma.lin", to=who, reason="补位")

    def withdraw(self, data: st.DataObject) -> None:
        if self.done > 3 and not data.draw(st.integers(0, 5)):
            self.attempt(cases.withdraw, self.case, by="li.na")

    # --- what always holds

    def wrong(self) -> list[Any]:
        return rows("SELECT id, message, token FROM incident WHERE instance_id = :case AND resolved_at IS NULL ORDER BY id", case=self.case)

    @invariant()
    def nothing_hangs_and_nothing_is_lost(self) -> None:
        if not hasattr(self, "case"):
            return
        open_or_over(self.case)
        tokens = {row.token for row in rows("SELECT token FROM user_task WHERE instance_id = :case AND state = 'open'", case=self.case)}
        for one in self.wrong():
            assert self.ruled and "Separation of duties" in one.message, one
            assert one.token in tokens, "an incident of what is gone"
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
    max_examples=25, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, database=None
)


@pytest.mark.slow
def test_whatever_people_do_a_case_neither_hangs_nor_loses_a_decision(app: Flask) -> None:
    with transaction() as session:
        session.execute(text("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang'"))
    succeeded.clear()
    run_state_machine_as_test(Approvals, settings=QUICK)  # type: ignore[no-untyped-call]
    print(succeeded.most_common())
